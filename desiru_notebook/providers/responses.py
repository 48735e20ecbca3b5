"""OpenAI's Responses, and every server that speaks them.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..chunks import Chunk, Finish, Reasoning, Refusal, Text, ToolCall
from ..errors import ConfigError
from . import documented
from .base import Request, present
from .openai import OPENAI, OpenAI
from .reading import Decode
from .usages import usage

_TEXT, _REFUSAL = "response.output_text.delta", "response.refusal.delta"
_REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_REASONING_PART = ("response.reasoning_summary_part.added", "response.reasoning_part.added", "response.content_part.added")
_ARGUMENTS = (
    "response.function_call_arguments.delta", "response.custom_tool_call_input.delta", "response.mcp_call_arguments.delta",
    "response.code_interpreter_call_code.delta", "response.shell_call_command.delta",
)  # fmt: skip
_END = ("response.completed", "response.incomplete")
# Calls that the service answers itself.
_HOSTED = (
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call", "tool_search_call",
)  # fmt: skip


SERVER = replace(OPENAI, name="openai-responses", reasoning="summaries, `reasoning_text`")


class Responses(OpenAI):
    """A model behind Responses, which tell a summary of their reasoning where ``reasoning={"summary": "auto"}`` asks for it."""

    path = "/responses"
    protocol_settings = documented.RESPONSES

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, server=SERVER, **options)

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question."""
        return {"stream": streaming, **to_payload(self.name, request)}

    def decoder(self) -> Decode:
        """One that remembers what has been said."""
        return Decoder()


def to_payload(name: str, request: Request) -> dict[str, Any]:
    """The request as Responses want it.

    Raises:
        ConfigError: it has texts to stop at, which Responses do not know.
    """
    if request.stop:
        raise ConfigError(f"{SERVER.name} has no setting 'stop': leave it out, or use {OPENAI.name}.")
    return {
        "model": name,
        "input": [{"role": message.role, "content": message.content} for message in request.messages],
        **present(temperature=request.temperature, max_output_tokens=request.max_tokens),
        **request.extra,
    }


class Decoder:
    """Reads the events of one answer. The last one repeats everything: what has not been streamed is taken from there."""

    def __init__(self) -> None:
        self._said: set[type] = set()  # kinds of chunk
        self._calls: set[str] = set()
        self._new_part = False

    def __call__(self, event: dict[str, Any]) -> list[Chunk]:
        """The chunks in one event, or in a whole answer."""
        chunks = self._chunks(event)
        self._said.update(map(type, chunks))
        return chunks

    def _chunks(self, event: dict[str, Any]) -> list[Chunk]:
        kind = event.get("type")
        if kind == _TEXT:
            return [Text(event["delta"])] if event["delta"] else []
        if kind in _REASONING:
            return self._reasoning(event["delta"])
        if kind == _REFUSAL:
            return [Refusal(event["delta"])] if event["delta"] else []
        if kind in _ARGUMENTS:
            return [ToolCall("", event["delta"], event.get("item_id") or "")] if event["delta"] else []
        if kind == "response.output_item.added":
            return self._call(event["item"])
        if kind in _REASONING_PART:
            self._new_part = True
        elif kind in _END:
            return self._end(event["response"])
        elif event.get("object") == "response":
            return self._end(event)
        return []

    def _reasoning(self, text: str) -> list[Chunk]:
        """Parts of a summary are paragraphs."""
        if not text:
            return []
        gap = "\n\n" if self._new_part and Reasoning in self._said else ""
        self._new_part = False
        self._said.add(Reasoning)
        return [Reasoning(gap + text)]

    def _call(self, item: dict[str, Any]) -> list[Chunk]:
        """The call to a tool that the item is, if it is one and has not been told yet."""
        kind, name = str(item.get("type")), str(item.get("id") or "")
        if not kind.endswith("_call") or (name and name in self._calls):
            return []
        self._calls.add(name)
        arguments = item.get("arguments") or item.get("input") or ""
        return [ToolCall(item.get("name") or kind.removesuffix("_call"), arguments, name, kind in _HOSTED)]

    def _end(self, response: dict[str, Any]) -> list[Chunk]:
        told = frozenset(self._said)
        chunks = [chunk for item in response.get("output") or () for chunk in self._item(item) if type(chunk) not in told]
        status = response.get("status") or "completed"
        reason = (response.get("incomplete_details") or {}).get("reason") or status
        return [*chunks, Finish(reason), *usage(response.get("usage"), "input_tokens", "output_tokens", "total_tokens")]

    def _item(self, item: dict[str, Any]) -> list[Chunk]:
        chunks: list[Chunk] = []
        if item.get("type") == "reasoning":
            for part in item.get("summary") or item.get("content") or ():
                self._new_part = True
                chunks += self._reasoning(part.get("text") or "")
        for part in (item.get("content") or ()) if item.get("type") == "message" else ():
            chunks += [Text(part["text"])] if part.get("text") else []
            chunks += [Refusal(part["refusal"])] if part.get("refusal") else []
        return chunks + self._call(item)
