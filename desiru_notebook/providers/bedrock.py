"""Amazon Bedrock's Converse, asked with an API key of Bedrock's (its signed requests are not made here).

Format: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. What ``InvokeModel`` streams
in the formats of Nova, Anthropic and Titan is read too.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from ..chunks import Chunk, Finish, Reasoning, Text, ToolCall
from . import anthropic, documented
from .base import Request, present
from .http import Service
from .reading import Decode
from .usages import inside, usage


class Bedrock(Service):
    """A model on Bedrock, in the region of ``AWS_REGION``."""

    provider = "bedrock"
    key_variables = ("AWS_BEARER_TOKEN_BEDROCK",)
    url_variable = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
    example = "amazon.nova-lite-v1:0"
    setting_names = documented.CONVERSE | documented.BEHIND_CONVERSE | {"topP"}

    def __init__(self, name: str, **options: Any) -> None:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self.default_url = f"https://bedrock-runtime.{region}.amazonaws.com"
        super().__init__(name, **options)

    def url(self, streaming: bool) -> str:
        """A method each, with the model's name."""
        return self._address.joined(f"/model/{quote(self.name, safe='')}/{'converse-stream' if streaming else 'converse'}")

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question; whether to stream is part of the address."""
        return to_payload(request)

    def decoder(self) -> Decode:
        """No event needs to know of another."""
        return decode


def to_payload(request: Request) -> dict[str, Any]:
    """The request as Converse wants it; settings of one model's own go to that model."""
    extra = dict(request.extra)
    own = {name: extra.pop(name) for name in documented.CONVERSE & extra.keys()}
    behind = own.pop("additionalModelRequestFields", {})
    system = [{"text": said.content} for said in request.messages if said.role == "system"]
    stops = list(request.stop) or None
    limits = {"maxTokens": request.max_tokens, "stopSequences": stops, "topP": extra.pop("topP", None)}
    inference = present(temperature=request.temperature, **limits)
    return {
        "messages": [
            {"role": said.role, "content": [{"text": said.content}]} for said in request.messages if said.role != "system"
        ],
        **({"system": system} if system else {}),
        **({"inferenceConfig": inference} if inference else {}),
        **({"additionalModelRequestFields": behind | extra} if behind or extra else {}),
        **own,
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream, or in a whole answer."""
    if "type" in event:
        return anthropic.decode(event)
    if "outputText" in event:
        return _titan(event)
    if "output" in event:
        blocks = event["output"]["message"]["content"]
        return [chunk for block in blocks for chunk in _block(block)] + _end(event) + _usage(event)
    chunks = _block((event.get("contentBlockDelta") or {}).get("delta") or {})
    chunks += _block((event.get("contentBlockStart") or {}).get("start") or {})
    return chunks + _end(event.get("messageStop") or {}) + _usage(event.get("metadata"))


def _block(block: dict[str, Any]) -> list[Chunk]:
    """A block of content, or a piece of one."""
    chunks: list[Chunk] = [Text(block["text"])] if block.get("text") else []
    thought = block.get("reasoningContent") or {}
    if text := thought.get("text") or (thought.get("reasoningText") or {}).get("text"):
        chunks.append(Reasoning(text))
    if call := block.get("toolUse"):
        given = call.get("input") or ""
        arguments = given if isinstance(given, str) else json.dumps(given)
        chunks.append(ToolCall(call.get("name") or "", arguments, call.get("toolUseId") or ""))
    return chunks


def _end(said: dict[str, Any]) -> list[Chunk]:
    return [Finish(said["stopReason"])] if said.get("stopReason") else []


def _usage(said: Any) -> list[Chunk]:
    return usage(inside(said, "usage"), "inputTokens", "outputTokens", "totalTokens")


def _titan(event: dict[str, Any]) -> list[Chunk]:
    reason = event.get("completionReason") or event.get("amazon-bedrock-guardrailAction")
    return [Text(event["outputText"]), *([Finish(reason)] if reason and reason != "NONE" else [])]
