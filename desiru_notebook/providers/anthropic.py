"""Anthropic's Messages.

Format: https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

import json
from typing import Any

from ..chunks import Chunk, Finish, Reasoning, Text, ToolCall
from . import documented
from .base import Request, present
from .http import Service
from .keys import Key
from .reading import Decode
from .usages import usage

_VERSION = "2023-06-01"
_MAX_TOKENS = 4096  # Messages want to be told; what most models of theirs can say at least
_HOSTED = ("server_tool_use", "mcp_tool_use")  # calls that the service answers itself


class Anthropic(Service):
    """A model behind Messages. It thinks aloud where ``thinking={"type": "enabled", "budget_tokens": ...}`` asks for it."""

    provider = "anthropic"
    key_variables = ("ANTHROPIC_API_KEY",)
    default_url = "https://api.anthropic.com"
    url_variable = "ANTHROPIC_BASE_URL"
    path = "/messages"
    example = "claude-sonnet-4-5"
    setting_names = documented.MESSAGES

    def url(self, streaming: bool) -> str:
        """The same for both."""
        return self._address.joined(self._address.versioned("/v1") + self.path)

    def headers(self, key: Key) -> dict[str, str]:
        """The key in a header of Anthropic's own."""
        return {"x-api-key": key.reveal(), "anthropic-version": _VERSION, "content-type": "application/json"}

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question."""
        return {"stream": streaming, **to_payload(self.name, request)}

    def decoder(self) -> Decode:
        """No event needs to know of another."""
        return decode


def to_payload(name: str, request: Request) -> dict[str, Any]:
    """The request as Messages want it: the system's words stand apart from the chat."""
    system = "\n\n".join(message.content for message in request.messages if message.role == "system")
    stops = list(request.stop) or None
    return {
        "model": name,
        "max_tokens": request.max_tokens or _MAX_TOKENS,
        "messages": [{"role": said.role, "content": said.content} for said in request.messages if said.role != "system"],
        **present(system=system or None, temperature=request.temperature, stop_sequences=stops),
        **request.extra,
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream, or in a whole answer."""
    match event.get("type"):
        case "content_block_delta":
            return _delta(event["delta"])
        case "content_block_start":
            return _block(event["content_block"])
        case "message_start":
            return _usage(event["message"])
        case "message_delta":
            return _finish(event["delta"]) + _usage(event)
        case "message":
            said = [chunk for block in event["content"] for chunk in _block(block)]
            return said + _finish(event) + _usage(event)
    return []


def _delta(delta: dict[str, Any]) -> list[Chunk]:
    match delta.get("type"):
        case "text_delta":
            return [Text(delta["text"])] if delta["text"] else []
        case "thinking_delta":
            return [Reasoning(delta["thinking"])] if delta["thinking"] else []
        case "input_json_delta":
            return [ToolCall("", delta["partial_json"])] if delta["partial_json"] else []
    return []


def _block(block: dict[str, Any]) -> list[Chunk]:
    """What a block has said when it begins: all of it in a whole answer; redacted thinking is for machines only."""
    kind = block.get("type")
    if kind == "text":
        return [Text(block["text"])] if block.get("text") else []
    if kind == "thinking":
        return [Reasoning(block["thinking"])] if block.get("thinking") else []
    if kind in ("tool_use", *_HOSTED):
        given = json.dumps(block["input"]) if block.get("input") else ""
        return [ToolCall(block.get("name") or "", given, block.get("id") or "", kind in _HOSTED)]
    return []


def _finish(said: dict[str, Any]) -> list[Chunk]:
    reason = said.get("stop_reason")
    return [Finish(reason)] if reason else []


def _usage(said: dict[str, Any]) -> list[Chunk]:
    """The count so far: what was read comes at the start, what was written grows until the end."""
    return usage(said.get("usage"), "input_tokens", "output_tokens")
