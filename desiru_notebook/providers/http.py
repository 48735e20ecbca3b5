"""Service: a model behind HTTP. The loop that every service shares, from the open connection to chunks.

What a service has of its own is where it is (:meth:`Service.url`, :meth:`Service.headers`) and two pure functions: what is
asked, ``to_payload``, and how an event is read, ``decode``.
"""

from __future__ import annotations

import asyncio
import json
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import Any

from ..chunks import AtOnce, Chunk, portions
from ..errors import AuthenticationError, ConfigError, ProviderError
from . import connections, logs
from .addresses import Address
from .answers import Answer, Connection
from .base import Request
from .bodies import broken, pieces, short
from .faults import Asked, declined_setting, refusal
from .keys import Key, key_of_environment, key_of_keyring
from .reading import Decode, Reading
from .scrubbing import said_in
from .unanswered import unreachable

_UNPACKED = {"accept-encoding": "identity"}  # packing saves nothing where each token travels alone
_TIMEOUTS = (10.0, None, None, None)  # seconds to connect; the waiting after that is the run's own to limit


class _Declined(Exception):
    """The service has declined to stream, or a setting of streaming, before it said anything."""

    def __init__(self, setting: str) -> None:
        super().__init__(setting)
        self.setting = setting


class Service(ABC):
    """A model behind HTTP.

    Args:
        name: the model's name at the service.
        base_url: another server than the service's own.
        api_key: the key; else the first of ``key_variables`` that the environment or the keyring knows.
        http_client: an ``httpx2.AsyncClient`` or ``httpx.AsyncClient`` to use.

    Raises:
        ConfigError: the name is empty, the address is none or nobody knows it, or the client cannot be awaited.
    """

    provider: str
    key_variables: tuple[str, ...]
    default_url: str
    url_variable = ""  # the environment's variable for the address, and what belongs after the address in it
    url_suffix = ""
    path = ""  # what comes after the address and its version
    example = "MODEL"
    setting_names: frozenset[str]  # the settings that the service documents

    def __init__(
        self, name: str, *, base_url: str | Key | None = None, api_key: str | Key | None = None, http_client: Any = None
    ) -> None:
        # Before anything can fail, with the key in sight, or a password in the address.
        self._given_key, api_key = Key(api_key), None
        base_url = Key(base_url) if isinstance(base_url, str) else base_url
        if not name:
            raise ConfigError(f"Which model of {self.provider}? Name it as '{self.provider}:{self.example}'.")
        if http_client is not None and not hasattr(http_client, "aclose"):
            raise ConfigError(f"http_client is an AsyncClient of httpx2 or httpx, not {type(http_client).__name__}.")
        connections.trust()  # loads what takes long, here in the caller's thread: on the loop it would hold up every other run
        self.name = name
        self._address = self._own_address() if base_url is None else Address(base_url, self.path)
        self._own_server = base_url is not None or self._address.plain != self.default_url != ""
        self._http_client = http_client

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    # What each service has of its own.

    @abstractmethod
    def url(self, streaming: bool) -> str:
        """Where to ask."""

    def headers(self, key: Key) -> dict[str, str]:
        """What to send beside the question: the key, where there is one, as a bearer's."""
        return {"content-type": "application/json"} | ({"authorization": f"Bearer {key.reveal()}"} if key else {})

    @abstractmethod
    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question."""

    @abstractmethod
    def decoder(self) -> Decode:
        """A new reader of one answer's events."""

    # What they share.

    def stream(self, request: Request) -> Answer:
        """The answer's chunks as they come. A server that cannot stream is asked once more for the whole answer.

        Raises:
            ProviderError: or one of its kinds, with what to do next; while it is read.
        """
        connection = Connection()
        return Answer(self._streamed(request, connection), connection)

    async def complete(self, request: Request) -> list[Chunk]:
        """The whole answer at once, for a server or a user that does not want to stream.

        Raises:
            ProviderError: or one of its kinds; what came beside the fault is its ``received``.
        """
        answer: list[Chunk] = []
        try:
            async with aclosing(self._answer(request, Connection(), streaming=False)) as reads:
                async for chunks in reads:
                    answer += [chunk for chunk in chunks if not isinstance(chunk, AtOnce)]
        except ProviderError as error:
            error.received = answer
            raise
        return answer

    def leave_out(self, setting: str) -> bool:
        """Do without a setting that the server has declined, from now on; ``False`` where that cannot be."""
        return False

    async def _streamed(self, request: Request, connection: Connection) -> AsyncGenerator[list[Chunk], None]:
        streaming = True
        while streaming:
            try:
                async with aclosing(self._answer(request, connection, streaming=True)) as reads:
                    async for chunks in reads:
                        yield chunks
                return
            except _Declined as declined:
                streaming = self.leave_out(declined.setting)
        yield [AtOnce()]
        try:
            yield await self.complete(request)
        except ProviderError as error:
            yield list(error.received)
            raise

    async def _answer(self, request: Request, connection: Connection, *, streaming: bool) -> AsyncGenerator[list[Chunk], None]:
        """The chunks, in the lists in which they came."""
        key = await self._key()
        asked = self._asked(request, key)
        async with self._response(request, key, asked, streaming=streaming) as response:
            reading = Reading(self.decoder(), asked, response.status_code)
            connection.response = response
            try:
                async with aclosing(pieces(response, reading)) as body:
                    async for piece in body:
                        for portion in _portions(reading, reading.feed(piece)):
                            yield portion
                        reading.check()
            finally:
                connection.response = None
            for portion in _portions(reading, reading.finish()):
                yield portion
            reading.check()

    @asynccontextmanager
    async def _response(self, request: Request, key: Key, asked: Asked, *, streaming: bool) -> AsyncIterator[Any]:
        """The open response to the request, which the service has not refused."""
        with connections.client() if self._http_client is None else nullcontext(self._http_client) as client:
            response = await self._sent(client, request, key, asked, streaming=streaming)
            try:
                if not response.is_success:
                    said = await short(response)
                    if streaming and (setting := declined_setting(response.status_code, said)):
                        raise _Declined(setting)
                    # In a thread, for a long prompt is searched for every quote from it.
                    raise await asyncio.to_thread(refusal, asked, response.status_code, said, response.headers) from None
                yield response
            finally:
                await connections.release(response)

    async def _sent(self, client: Any, request: Request, key: Key, asked: Asked, *, streaming: bool) -> Any:
        """The response to the request, as soon as its headers have come."""
        try:
            # No name for the message, and none for its headers and its body: a traceback may show what has a name.
            with logs.hidden(self._secrets(key)):
                return await client.send(
                    client.build_request(
                        "POST", self.url(streaming), headers=_UNPACKED | self._headers(key),
                        content=self._content(request, streaming), timeout=_TIMEOUTS,
                    ),
                    stream=True, follow_redirects=False,
                )  # fmt: skip
        except broken() as error:
            raise unreachable(asked, error, connections.proxy(client, self.url(streaming))) from None
        except RuntimeError as error:
            raise ConfigError(
                f"The http_client of {self.name} cannot be used here ({error}): it is closed, or has been used on another "
                "event loop. Give the model a client of its own."
            ) from None

    def _content(self, request: Request, streaming: bool) -> bytes:
        try:
            return json.dumps(self.payload(request, streaming)).encode()
        except (TypeError, ValueError) as error:
            raise ConfigError(f"A setting for {self.name} cannot be sent: {error}.") from None

    async def _key(self) -> Key:
        """The key as it is now: it may have been set anew since the model was made."""
        key = self._given_key or key_of_environment(self.key_variables)
        if not key:  # a keyring may ask its user first, and that must not hold up every other run
            key = await asyncio.to_thread(key_of_keyring, self.key_variables)
        if not key and self._needs_key():
            raise AuthenticationError(
                f"No key for {self.name}: set {self.key_variables[0]}, pass api_key=, or choose another model "
                "('local' needs none). To set it in a notebook without saving it, run: "
                f'import getpass, os; os.environ["{self.key_variables[0]}"] = getpass.getpass()',
                provider=self.provider,
            )
        if not key.usable:
            raise AuthenticationError(
                f"The key for {self.name} holds characters that no key has: check {self.key_variables[0]}, or api_key=.",
                provider=self.provider,
            )
        return key

    def _needs_key(self) -> bool:
        return not self._own_server and not self._address.headers()

    def _asked(self, request: Request, key: Key) -> Asked:
        secrets = (*(secret.reveal() for secret in self._secrets(key)), *said_in(request))
        return Asked(self.provider, self.name, self.key_variables[0], self._address.plain, secrets)

    def _secrets(self, key: Key) -> list[Key]:
        return [key, *self._address.secrets]

    def _headers(self, key: Key) -> dict[str, str]:
        """The service's own, and those of the address in place of them: one request has one authorization."""
        given = self._address.headers()
        return {name: value for name, value in self.headers(key).items() if name.lower() not in given} | given

    def _own_address(self) -> Address:
        """The service's own address, or the one that the environment gives it."""
        given = Key(os.environ.get(self.url_variable)) if self.url_variable else Key("")
        if given:
            return Address(given, suffix=self.url_suffix)
        if not self.default_url:
            raise ConfigError(f"Where is {self.provider}? Set {self.url_variable}, or pass base_url=.")
        return Address(Key(self.default_url))


def _portions(reading: Reading, chunks: list[Chunk]) -> Sequence[list[Chunk]]:
    return portions(chunks) if reading.is_long else (chunks,)
