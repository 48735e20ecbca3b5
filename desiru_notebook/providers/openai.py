"""OpenAI's Chat Completions, and every server that speaks them.

Format: https://platform.openai.com/docs/api-reference/chat-streaming. OpenAI's own client knows its addresses, its
organisations and its headers; the body is read and decoded here, for the client's objects cost ten times as much.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..chunks import Chunk, Finish, Reasoning, Refusal, Text, ToolCall
from . import connections, documented
from .base import Request, present
from .http import Service
from .keys import Key
from .reading import Decode
from .usages import inside, usage


@dataclass(frozen=True, slots=True)
class Server:
    """A server that speaks Chat Completions: where it is, and in what it differs. Called as a provider, it makes a model.

    Attributes:
        name: the provider's name.
        base_url: the address under which ``/chat/completions`` stands; empty where everybody has one of their own.
        keys: the environment's variables for the key, in order.
        url_variable: the environment's variable for the address.
        url_suffix: what belongs after the address in that variable.
        key_needed: whether the server refuses requests without a key.
        limit: its name for ``max_tokens``.
        counts: whether it has to be asked for the count of tokens, and takes that.
        reasoning: how it spells native reasoning, for the documentation.
    """

    name: str
    base_url: str
    keys: tuple[str, ...]
    url_variable: str = ""
    url_suffix: str = ""
    key_needed: bool = True
    limit: str = "max_tokens"
    counts: bool = True
    reasoning: str = "`reasoning_content`"

    def __call__(self, name: str, **options: Any) -> OpenAI:
        """The model of that name on this server."""
        return OpenAI(name, server=self, **options)


OPENAI = Server(
    "openai", "https://api.openai.com/v1", ("OPENAI_API_KEY",), "OPENAI_BASE_URL",
    limit="max_completion_tokens", reasoning="none in Chat Completions: use `openai-responses`",
)  # fmt: skip


class OpenAI(Service):
    """A model behind Chat Completions.

    Args:
        name: the model's name at the server.
        server: what is known of the server.
        options: as of every :class:`~desiru_notebook.providers.http.Service`; the server behind ``base_url`` may need no key.
    """

    path = "/chat/completions"
    example = "gpt-5-mini"
    protocol_settings = documented.CHAT

    def __init__(self, name: str, *, server: Server = OPENAI, **options: Any) -> None:
        self.server, self.provider, self.key_variables = server, server.name, server.keys
        self.default_url, self.url_variable, self.url_suffix = server.base_url, server.url_variable, server.url_suffix
        self.example = self.example if server.keys == OPENAI.keys else "MODEL"
        super().__init__(name, **options)
        self._counting = server.counts
        self.setting_names = self.protocol_settings | documented.of_server(server.name, elsewhere=self._own_server)
        # What the environment says of OpenAI's organisations is nobody else's business.
        self._sdk = _sdk(self._address.plain) if server.keys == OPENAI.keys and options.get("base_url") is None else None

    def url(self, streaming: bool) -> str:
        """The same for both."""
        return self._address.joined(self.path)

    def headers(self, key: Key) -> dict[str, str]:
        """What OpenAI's client would send to OpenAI; the key to any other server."""
        if self._sdk is None:
            return super().headers(key)
        sdk = self._sdk.with_options(api_key=key.reveal() or "none")
        return {name: value for name, value in (sdk.default_headers | sdk.auth_headers).items() if isinstance(value, str)}

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question, with the count of tokens where it has to be asked for."""
        # A server that only imitates OpenAI has kept the old name of the limit.
        limit = "max_tokens" if self.server is OPENAI and self._own_server else self.server.limit
        options = {"stream_options": {"include_usage": True}} if streaming and self._counting else {}
        return {"stream": streaming, **options, **to_payload(self.name, request, limit)}

    def decoder(self) -> Decode:
        """No event needs to know of another."""
        return decode

    def leave_out(self, setting: str) -> bool:
        """Ask without the count of tokens from now on, where the server does not know that it can be asked for."""
        known = setting == "stream_options" and self._counting
        self._counting = self._counting and not known
        return known

    def _needs_key(self) -> bool:
        return self.server.key_needed and super()._needs_key()


def _sdk(base_url: str) -> Any:
    """OpenAI's client, for its headers; it is never asked to connect."""
    # Half a second of importing, here in the caller's thread: on the loop it would hold up every other run.
    openai, httpx2 = import_module("openai"), import_module("httpx2")
    idle = httpx2.AsyncClient(trust_env=False, verify=connections.trust())
    return openai.AsyncOpenAI(api_key="none", base_url=base_url, http_client=idle)


_PLAIN = {"content", "role"}  # what the delta of a plain piece of text has


def to_payload(name: str, request: Request, limit: str = "max_completion_tokens") -> dict[str, Any]:
    """The request as Chat Completions want it; ``limit`` is the server's name for ``max_tokens``."""
    return {
        "model": name,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        **present(temperature=request.temperature, stop=list(request.stop) or None, **{limit: request.max_tokens}),
        **request.extra,
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream, or in a whole answer. Only the first choice counts."""
    if (text := _only_text(event)) is not None:
        return [Text(text)]
    if isinstance(event.get("message"), dict) and "choices" not in event:
        return _ollamas_own(event)
    choices: Sequence[dict[str, Any]] = event.get("choices") or ({},)
    choice = choices[0] if not choices[0].get("index") else next((other for other in choices if not other.get("index")), {})
    whole = choice.get("delta") is None
    chunks = _said((choice.get("message") if whole else choice["delta"]) or {})
    if whole and choice.get("message") is None:
        chunks += _said({"content": choice.get("text")})  # legacy completions, which small servers still send
    reason = choice.get("finish_reason") or ("stop" if whole and choice.get("message") is not None else "")
    if reason:
        chunks.append(Finish(reason))
    said = event.get("usage") or choice.get("usage") or inside(event, "x_groq", "usage")
    return chunks + usage(said, "prompt_tokens", "completion_tokens", "total_tokens")


def _only_text(event: dict[str, Any]) -> str | None:
    """The text of an event that says nothing else, which nearly every event of a stream is."""
    try:
        (choice,) = event["choices"]
        delta = choice["delta"]
        text = delta["content"]
    except (KeyError, TypeError, ValueError):
        return None
    alone = type(text) is str and text and delta.keys() <= _PLAIN and not choice.get("finish_reason")
    return text if alone and not (event.get("usage") or choice.get("usage") or choice.get("index")) else None


def _said(delta: dict[str, Any]) -> list[Chunk]:
    chunks: list[Chunk] = []
    if thought := delta.get("reasoning_content") or delta.get("reasoning") or _details(delta.get("reasoning_details")):
        chunks.append(Reasoning(thought))
    if content := delta.get("content"):
        chunks += [Text(content)] if isinstance(content, str) else _parts(content)
    if refusal := delta.get("refusal"):
        chunks.append(Refusal(refusal))
    for call in delta.get("tool_calls") or ():
        function = call.get("function") or {}
        given = function.get("arguments") or ""
        arguments = json.dumps(given) if isinstance(given, dict) else given  # Ollama's own are an object
        chunks.append(ToolCall(function.get("name") or "", arguments, call.get("id") or ""))
    return chunks


def _details(details: list[dict[str, Any]] | None) -> str:
    """OpenRouter's list of parts, which only stands alone where there is no ``reasoning`` beside it."""
    return "".join(part.get("text") or part.get("summary") or "" for part in details or ())


def _parts(content: list[dict[str, Any]]) -> list[Chunk]:
    """Mistral's list of parts, some of which are the model's reasoning."""
    chunks: list[Chunk] = []
    for part in content:
        if isinstance(part, str):
            chunks.append(Text(part))
        elif part.get("type") == "thinking":
            thoughts = part.get("thinking") or ()
            texts = [thoughts] if isinstance(thoughts, str) else [thought.get("text") for thought in thoughts]
            chunks += [Reasoning(text) for text in texts if text]
        elif text := part.get("text"):
            chunks.append(Text(text))
    return chunks


def _ollamas_own(event: dict[str, Any]) -> list[Chunk]:
    """An event of Ollama's own API, https://docs.ollama.com/api/chat, which a proxy may answer with."""
    message = event["message"]
    chunks: list[Chunk] = [Reasoning(message["thinking"])] if message.get("thinking") else []
    chunks += _said({"content": message.get("content"), "tool_calls": message.get("tool_calls")})
    if event.get("done"):
        chunks.append(Finish(event.get("done_reason") or "stop"))
        chunks += usage(event, "prompt_eval_count", "eval_count")
    return chunks
