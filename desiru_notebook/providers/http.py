"""Service: a model behind HTTP. The loop that every service shares, from the open connection to chunks.

What a service has of its own is where it is (:meth:`Service.url`, :meth:`Service.headers`) and two pure functions: what is
asked, ``to_payload``, and how an event is read, ``decode``.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import weakref
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..chunks import AtOnce, Chunk
from ..errors import AuthenticationError, ConfigError, ProviderError
from ..flow import received
from .base import Request
from .connections import new_client
from .faults import Asked, mentions_streaming, refusal, said_in, scrub
from .keys import Key, key_of_environment, key_of_keyring
from .reading import Decode, Reading

_TIMEOUTS = (10.0, None, None, None)  # seconds to connect; the waiting after that is the run's own to limit
_LINGER_SECONDS = 1.0  # for what may still follow an answer's end: the count of tokens, the end of the connection
_ERROR_BYTES, _ERROR_SECONDS = 65_536, 5.0  # what is read of a refusal; a body may never end


class Service(ABC):
    """A model behind HTTP.

    Args:
        name: the model's name at the service.
        base_url: another server than the service's own.
        api_key: the key; else the first of ``key_variables`` that the environment or the keyring knows.
        http_client: an ``httpx2.AsyncClient`` or ``httpx.AsyncClient`` to use.

    Raises:
        ConfigError: the name is empty, nobody knows where the service is, or the client is none that can be awaited.
    """

    provider: str
    key_variables: tuple[str, ...]
    default_url: str
    url_variable = ""  # the environment's variable for the address, and what belongs after the address in it
    url_suffix = ""
    example = "MODEL"

    def __init__(self, name: str, *, base_url: str | None = None, api_key: str | None = None, http_client: Any = None) -> None:
        if not name:
            raise ConfigError(f"Which model of {self.provider}? Name it as '{self.provider}:{self.example}'.")
        if http_client is not None and not hasattr(http_client, "aclose"):
            raise ConfigError(f"http_client is an AsyncClient of httpx2 or httpx, not {type(http_client).__name__}.")
        import_module("httpx2")  # here in the caller's thread: on the loop it would hold up every other run
        self.name = name
        self._base_url = (base_url or self._address()).rstrip("/")
        self._own_server = base_url is not None or self._base_url != self.default_url != ""
        self._given_key, self._http_client = Key(api_key or ""), http_client
        # A client's connections belong to one event loop; a model may be used on several.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = weakref.WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    # What each service has of its own.

    @abstractmethod
    def url(self, streaming: bool) -> str:
        """Where to ask."""

    @abstractmethod
    def headers(self, key: Key) -> dict[str, str]:
        """What to send beside the question."""

    @abstractmethod
    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question."""

    @abstractmethod
    def decoder(self) -> Decode:
        """A new reader of one answer's events."""

    # What they share.

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """The answer's chunks as they come. A server that cannot stream is asked once more for the whole answer.

        Raises:
            ProviderError: or one of its kinds, with what to do next.
        """
        try:
            async with aclosing(self._answer(request, streaming=True)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except ProviderError as error:
            if not mentions_streaming(error):
                raise
        yield AtOnce()
        for chunk in await self.complete(request):
            yield chunk

    async def complete(self, request: Request) -> list[Chunk]:
        """The whole answer at once, for a server or a user that does not want to stream."""
        async with aclosing(self._answer(request, streaming=False)) as chunks:
            return [chunk async for chunk in chunks if not isinstance(chunk, AtOnce)]

    async def _answer(self, request: Request, *, streaming: bool) -> AsyncGenerator[Chunk, None]:
        key = await self._key()
        asked = self._asked(request, key)
        async with self._response(request, key, asked, streaming=streaming) as response:
            reading = Reading(self.decoder(), asked, response.status_code)
            async with aclosing(_pieces(response, reading)) as pieces:
                async for piece in pieces:
                    for chunk in reading.feed(piece):
                        yield chunk
            for chunk in reading.finish():
                yield chunk

    @asynccontextmanager
    async def _response(self, request: Request, key: Key, asked: Asked, *, streaming: bool) -> AsyncIterator[Any]:
        """The open response to the request, which the service has not refused."""
        content = json.dumps(self.payload(request, streaming), ensure_ascii=False).encode()
        client = self._client()
        try:
            message = client.build_request(
                "POST", self.url(streaming), headers=self.headers(key), content=content, timeout=_TIMEOUTS
            )
            response = await client.send(message, stream=True, follow_redirects=False)
        except _broken() as error:
            raise self._unreachable(error, asked) from None
        try:
            if not response.is_success:
                raise refusal(asked, response.status_code, await _short(response), response.headers) from None
            yield response
        finally:
            await response.aclose()

    def _client(self) -> Any:
        if self._http_client is not None:
            return self._http_client
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = new_client()
        return self._clients[loop]

    async def _key(self) -> Key:
        """The key as it is now: it may have been set anew since the model was made."""
        key = self._given_key or key_of_environment(self.key_variables)
        if not key:  # a keyring may ask its user first, and that must not hold up every other run
            key = await asyncio.to_thread(key_of_keyring, self.key_variables)
        if not key and self._needs_key():
            raise AuthenticationError(
                f"No key for {self.name}: set {self.key_variables[0]}, pass api_key=, or choose another model "
                "('local' needs none).",
                provider=self.provider,
            )
        if not key.usable:
            raise AuthenticationError(
                f"The key for {self.name} holds characters that no key has: check {self.key_variables[0]}, or api_key=.",
                provider=self.provider,
            )
        return key

    def _needs_key(self) -> bool:
        return not self._own_server

    def _asked(self, request: Request, key: Key) -> Asked:
        return Asked(self.provider, self.name, self.key_variables[0], self._where(), (key.reveal(), *said_in(request)))

    def _address(self) -> str:
        """The service's own address, or the one that the environment gives it."""
        given = os.environ.get(self.url_variable, "") if self.url_variable else ""
        address = given.rstrip("/") + self.url_suffix if given else self.default_url
        if not address:
            raise ConfigError(f"Where is {self.provider}? Set {self.url_variable}, or pass base_url=.")
        return address

    def _where(self) -> str:
        """The server without what may be secret in its address: user, password and query."""
        url = urlsplit(self._base_url)
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"

    def _joined(self, path: str, query: str = "") -> str:
        """The address of a path below the base URL, which keeps a query of its own."""
        url = urlsplit(self._base_url)
        return urlunsplit(url._replace(path=url.path.rstrip("/") + path, query="&".join(filter(None, (url.query, query)))))

    def _unreachable(self, error: Exception, asked: Asked) -> ProviderError:
        reason = scrub(str(error.__cause__ or error) or type(error).__name__, asked.secrets)
        return ProviderError(
            f"{asked.where} cannot be reached for {self.name} ({reason}). Is the server running, is the base_url right?",
            provider=self.provider,
            transient=True,
        )


def versioned(base_url: str, version: str) -> str:
    """The version that belongs after the address; nothing where the address has one in it."""
    return "" if re.search(r"/v\d", urlsplit(base_url).path) else version


async def _pieces(response: Any, reading: Reading) -> AsyncGenerator[bytes, None]:
    """The body as it comes, until it ends, breaks, or has nothing more to say after the answer's end."""
    body = response.aiter_bytes()
    linger = _Linger(reading)
    try:
        while not linger.over():
            async with asyncio.timeout_at(linger.deadline):
                piece = await anext(body, None)
            if piece is None:
                return
            received(len(piece))
            yield piece
    except _broken():
        return  # whether that matters, the reading knows


class _Linger:
    """How long to stay on a connection whose answer has ended: a moment longer than the end, or than a word that follows."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._clock = reading, asyncio.get_running_loop().time
        self._words = 0
        self.deadline: float | None = None

    def over(self) -> bool:
        if not self._reading.ended:
            return False
        if self.deadline is None or self._reading.words > self._words:
            self.deadline, self._words = self._clock() + _LINGER_SECONDS, self._reading.words
        return self._clock() > self.deadline


async def _short(response: Any) -> str:
    """The beginning of a refusal's body, which may be endless."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_SECONDS):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= _ERROR_BYTES:
                    break
    except _broken():
        pass  # the status says enough
    return body[:_ERROR_BYTES].decode("utf-8", errors="replace")


def _broken() -> tuple[type[Exception], ...]:
    """What a connection that breaks, or takes too long, raises; of httpx only where the user's own client has loaded it."""
    modules = [sys.modules[name] for name in ("httpx2", "httpx") if name in sys.modules]
    return (OSError, TimeoutError, *(kind for module in modules for kind in (module.RequestError, module.InvalidURL)))
