"""Cohere's Chat, version 2.

Format: https://docs.cohere.com/v2/docs/streaming
"""

from __future__ import annotations

from typing import Any

from ..chunks import Chunk, Finish, Reasoning, Text, ToolCall
from . import documented
from .base import Request, present
from .http import Service
from .reading import Decode
from .usages import inside, usage


class Cohere(Service):
    """A model of Cohere."""

    provider = "cohere"
    key_variables = ("CO_API_KEY", "COHERE_API_KEY")
    default_url = "https://api.cohere.com"
    url_variable = "CO_API_URL"
    path = "/chat"
    example = "command-a-03-2025"
    setting_names = documented.COHERE

    def url(self, streaming: bool) -> str:
        """The same for both."""
        return self._address.joined(self._address.versioned("/v2") + self.path)

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question."""
        return {"stream": streaming, **to_payload(self.name, request)}

    def decoder(self) -> Decode:
        """No event needs to know of another."""
        return decode


def to_payload(name: str, request: Request) -> dict[str, Any]:
    """The request as Cohere wants it."""
    stops = list(request.stop) or None
    return {
        "model": name,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        **present(temperature=request.temperature, max_tokens=request.max_tokens, stop_sequences=stops),
        **request.extra,
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream, or in a whole answer."""
    kind, delta = event.get("type"), event.get("delta") or {}
    if kind is None and "finish_reason" in event:
        return _message(event["message"]) + _end(event)
    if kind == "message-end":
        return _end(delta)
    if kind in ("content-start", "content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta"):
        return _message(delta["message"])
    return []


def _message(message: dict[str, Any]) -> list[Chunk]:
    """A message, or a piece of one, whose lists have lost their brackets."""
    chunks: list[Chunk] = [Reasoning(message["tool_plan"])] if message.get("tool_plan") else []
    for part in _listed(message.get("content")):
        chunks += [Reasoning(part["thinking"])] if part.get("thinking") else []
        chunks += [Text(part["text"])] if part.get("text") else []
    for call in _listed(message.get("tool_calls")):
        function = call.get("function") or {}
        chunks.append(ToolCall(function.get("name") or "", function.get("arguments") or "", call.get("id") or ""))
    return chunks


def _listed(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []


def _end(said: dict[str, Any]) -> list[Chunk]:
    return [Finish(said["finish_reason"]), *usage(inside(said, "usage", "tokens"), "input_tokens", "output_tokens")]
