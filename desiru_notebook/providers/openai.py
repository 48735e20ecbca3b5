"""OpenAI's Chat Completions, and every server that speaks them (``base_url``).

Format: https://platform.openai.com/docs/api-reference/chat-streaming. The openai client does what it is good at, keys,
retries and connections; its raw bytes are decoded here, for its objects cost ten times as much.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from ..chunks import Chunk, Finish, Reasoning, Text, ToolCall, Usage
from ..errors import AuthenticationError, ConfigError, ProtocolError, ProviderError, StreamInterrupted
from ..sse import ServerEvent, SSEDecoder
from .base import Request
from .faults import said_by, said_in, scrub, status_error

_DONE = "[DONE]"
_CONNECT_SECONDS = 10.0  # the waiting after that is the run's own to limit


class OpenAI:
    """A model behind Chat Completions.

    Args:
        name: the model's name at the service.
        base_url: another server than OpenAI's.
        api_key: the key; else ``OPENAI_API_KEY``. A server of one's own (``base_url``) may need none.
        http_client: an ``httpx2.AsyncClient`` or ``httpx.AsyncClient`` to use.

    Raises:
        ConfigError: the name is empty.
    """

    provider = "openai"
    key_variable = "OPENAI_API_KEY"

    def __init__(self, name: str, *, base_url: str | None = None, api_key: str | None = None, http_client: Any = None) -> None:
        if not name:
            raise ConfigError("Which model of openai? Name it as 'openai:model', for example 'openai:gpt-5-mini'.")
        # Half a second of importing, here in the caller's thread: on the loop it would hold up every other run.
        import_module("openai")
        self.name = name
        self._base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        self._api_key, self._http_client = api_key, http_client
        # A client's connections belong to one event loop; a model may be used on several.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = weakref.WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"OpenAI({self.name!r})"

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """The answer's chunks as they come.

        Raises:
            ProviderError: or one of its kinds, with what to do next.
        """
        async with self._response(request, stream=True) as response:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                for chunk in decode_whole(await self._json(response)):
                    yield chunk
                return
            async for chunk in self._chunks(response.iter_bytes(), self._secrets(request)):
                yield chunk

    async def complete(self, request: Request) -> list[Chunk]:
        """The whole answer at once, for a server or a user that does not want to stream."""
        async with self._response(request, stream=False) as response:
            return decode_whole(await self._json(response))

    async def _chunks(self, body: AsyncIterator[bytes], secrets: list[str]) -> AsyncIterator[Chunk]:
        ended = False
        async for events in _events(body):
            for event in events:
                ended = ended or event.data == _DONE
                for chunk in self._decoded(event.data, secrets):
                    ended = ended or isinstance(chunk, Finish)
                    yield chunk
        if not ended:
            raise self._interrupted()

    def _decoded(self, data: str, secrets: list[str]) -> Iterable[Chunk]:
        if not data.startswith("{"):
            return ()
        try:
            event = json.loads(data)
        except ValueError:
            raise self._interrupted() from None
        if event.get("error"):
            raise ProviderError(
                f"{self.name} failed while it answered: {said_by(event, secrets) or 'no reason given'} Try again.",
                provider=self.provider,
            )
        return decode(event)

    async def _json(self, response: Any) -> dict[str, Any]:
        body = await response.read()
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict) or "choices" not in parsed:
            raise ProtocolError(
                f"What came back from {self._where()} is no answer of a model: is the base_url right?",
                provider=self.provider,
                status=response.status_code,
            )
        return parsed

    @asynccontextmanager
    async def _response(self, request: Request, *, stream: bool) -> AsyncIterator[Any]:
        """The open response; whatever fails in opening or reading it becomes one of our errors."""
        import openai

        payload = to_payload(self.name, request, own_server=self._base_url is not None)
        client = self._client(request.retries)
        create = client.chat.completions.with_streaming_response.create
        options = {"include_usage": True}
        extra = ({"stream_options": options} if stream else {}) | payload
        try:
            async with create(
                model=extra.pop("model"), messages=extra.pop("messages"), stream=stream, extra_body=extra
            ) as response:
                yield response
        except openai.APIStatusError as error:
            raise self._refused(error, request) from None
        except (openai.APIConnectionError, OSError) as error:
            raise self._unreachable(error, request) from None
        except _transport_errors():
            raise self._interrupted() from None

    def _client(self, retries: int | None) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._new_client()
        # The key may have been set anew since the client was made.
        options = {"api_key": self._key()} | ({} if retries is None else {"max_retries": retries})
        return self._clients[loop].with_options(**options)

    def _key(self) -> str:
        key = self._given_key() or ("none" if self._base_url else "")
        if not key:
            raise AuthenticationError(
                f"No key for {self.name}: set {self.key_variable}, pass api_key=, or choose another model "
                "('local' needs none).",
                provider=self.provider,
            )
        if not (key.isascii() and key.isprintable()):  # an HTTP client would refuse it, and quote it
            raise AuthenticationError(
                f"The key for {self.name} holds characters that no key has: check {self.key_variable}, or api_key=.",
                provider=self.provider,
            )
        return key

    def _given_key(self) -> str:
        return (self._api_key or os.environ.get(self.key_variable) or "").strip()  # a key from a file has its line end

    def _new_client(self) -> Any:
        import httpx2
        import openai

        return openai.AsyncOpenAI(
            api_key=self._key(),
            base_url=self._base_url,
            http_client=self._http_client,
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
        )

    def _refused(self, error: Any, request: Request) -> ProviderError:
        return status_error(
            error.status_code,
            error.body,
            error.response.headers,
            provider=self.provider,
            model=self.name,
            key_variable=self.key_variable,
            secrets=self._secrets(request),
        )

    def _unreachable(self, error: Exception, request: Request) -> ProviderError:
        reason = scrub(str(error.__cause__ or error), self._secrets(request))
        return ProviderError(
            f"{self._where()} cannot be reached for {self.name} ({reason}). Is the server running, is the base_url right?",
            provider=self.provider,
        )

    def _interrupted(self) -> StreamInterrupted:
        return StreamInterrupted(
            f"The stream of {self.name} broke off before its end. What came is kept in `partial`; run again for the rest.",
            provider=self.provider,
        )

    def _where(self) -> str:
        """The server without what may be secret in its address: user, password and query."""
        url = urlsplit(self._base_url or "https://api.openai.com/v1")
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"

    def _secrets(self, request: Request) -> list[str]:
        return [self._given_key(), *said_in(request)]


async def _events(body: AsyncIterator[bytes]) -> AsyncIterator[list[ServerEvent]]:
    """The events of each piece, and at last those that its end completes."""
    decoder = SSEDecoder()
    async for piece in body:
        yield decoder.feed(piece)
    yield decoder.finish()


def to_payload(name: str, request: Request, *, own_server: bool = False) -> dict[str, Any]:
    """The request as Chat Completions want it. OpenAI itself has renamed ``max_tokens``, the compatible servers have not."""
    limit = "max_tokens" if own_server else "max_completion_tokens"
    settings = {"temperature": request.temperature, limit: request.max_tokens, "stop": list(request.stop) or None}
    return {
        "model": name,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        **{key: value for key, value in settings.items() if value is not None},
        **request.extra,
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream. Only the first choice counts."""
    chunks: list[Chunk] = []
    choices = event.get("choices") or []
    if choices and not choices[0].get("index"):
        chunks += _said(choices[0].get("delta") or {})
        if reason := choices[0].get("finish_reason"):
            chunks.append(Finish(reason))
    return chunks + _usage(event)


def decode_whole(answer: dict[str, Any]) -> list[Chunk]:
    """The chunks in an answer that came at once."""
    choice = answer["choices"][0] if answer["choices"] else {}
    return [*_said(choice.get("message") or {}), *_usage(answer), Finish(choice.get("finish_reason") or "stop")]


def _said(delta: dict[str, Any]) -> list[Chunk]:
    chunks: list[Chunk] = []
    if thought := delta.get("reasoning_content") or delta.get("reasoning"):
        chunks.append(Reasoning(thought))
    chunks += _content(delta.get("content"))
    for call in delta.get("tool_calls") or []:
        function = call.get("function") or {}
        chunks.append(ToolCall(function.get("name") or "", function.get("arguments") or "", call.get("id") or ""))
    return chunks


def _content(content: Any) -> list[Chunk]:
    """Text is text; Mistral's models send a list of parts instead, some of which are their reasoning."""
    if not isinstance(content, list):
        return [Text(content)] if content else []
    return [chunk for part in content for chunk in _part(part)]


def _part(part: dict[str, Any]) -> list[Chunk]:
    if part.get("type") == "thinking":
        return [Reasoning(thought["text"]) for thought in part.get("thinking") or [] if thought.get("text")]
    return [Text(part["text"])] if part.get("text") else []


def _usage(event: dict[str, Any]) -> list[Chunk]:
    usage = event.get("usage")
    if not usage:
        return []
    return [Usage(usage.get("prompt_tokens"), usage.get("completion_tokens"), usage.get("total_tokens"))]


def _transport_errors() -> tuple[type[Exception], ...]:
    """What the HTTP clients raise when a connection breaks; httpx only where the user's own client has loaded it."""
    modules = [sys.modules[name] for name in ("httpx2", "httpx") if name in sys.modules]
    return tuple(module.RequestError for module in modules)
