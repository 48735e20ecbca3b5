"""Hostile JSON: what stands in a protocol's place for a value, and is none that a sound service sends. In texts, for no writer
of JSON makes all of it."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from desiru_notebook.providers import anthropic, bedrock, cohere, gemini, openai, responses

# Written in place of a string that stands for it.
RAW = {
    "@huge": "9" * 5000,
    "@large": "1" + "0" * 400,
    "@inf": "1e999",
    "@nan": "NaN",
    "@450": "[" * 450 + "]" * 450,
    "@errors": '{"error": ' * 450 + "1" + "}" * 450,
    "@900": '{"message": ' * 900 + "1" + "}" * 900,
    "@100000": "[" * 100_000,
}
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [*RAW, "9" * 5000, "\u0661\u0662", "1.2.3s", "", "400", "error", "failed", "\ud83d", [], {}, [[]], [5], {"message": [5]},
     {"error": {}}, {"text": 5}, True, None, -1, 429, 10**17, 1e300, 0.5]
)  # fmt: skip
NAMES = st.sampled_from(
    ["error", "type", "code", "message", "status", "detail", "object", "usage", "choices", "delta", "index", "response",
     "retryDelay", "details", "metadata", "raw", "loc", "errors", "event"]
)  # fmt: skip
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    VALUES, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4), max_leaves=8
)

# Of each protocol: a new decoder, and sound events of it.
PROTOCOLS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "chat": (
        lambda: openai.decode,
        [
            {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {"reasoning_content": "hm", "tool_calls": [{"function": {"name": "f"}}]}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        ],
    ),
    "ollama": (
        lambda: openai.decode,
        [
            {"message": {"role": "assistant", "content": "Hi", "thinking": "hm"}, "done": False},
            {"message": {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, "done": False},
            {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 2},
        ],
    ),
    "responses": (
        responses.Decoder,
        [
            {"type": "response.output_text.delta", "delta": "Hi"},
            {"type": "response.output_item.added", "item": {"type": "function_call", "id": "1", "name": "f"}},
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Oh."}}},
            {"type": "response.completed", "response": {"output": [], "usage": {"input_tokens": 1, "output_tokens": 2}}},
        ],
    ),
    "anthropic": (
        lambda: anthropic.decode,
        [
            {"type": "message_start", "message": {"usage": {"input_tokens": 1}}},
            {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f", "input": {"a": 1}}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        ],
    ),
    "gemini": (
        lambda: gemini.decode,
        [
            {"candidates": [{"content": {"parts": [{"text": "Hi"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]}}]},
            {"promptFeedback": {"blockReason": "OTHER"}},
            {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"candidatesTokenCount": 1, "thoughtsTokenCount": 2}},
        ],
    ),
    "cohere": (
        lambda: cohere.decode,
        [
            {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}},
            {"type": "tool-call-start", "delta": {"message": {"tool_calls": {"id": "1", "function": {"name": "f"}}}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 1}}}},
        ],
    ),
    "bedrock": (
        lambda: bedrock.decode,
        [
            {"contentBlockDelta": {"delta": {"text": "Hi"}}},
            {"contentBlockStart": {"start": {"toolUse": {"name": "f", "input": {"a": 1}}}}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}},
        ],
    ),
}  # fmt: skip


def written(value: Any) -> str:
    """The value as a JSON text, with what no writer would write."""
    text = json.dumps(value)
    for name, raw in RAW.items():
        text = text.replace(json.dumps(name), raw)
    return text


@st.composite
def events(draw: st.DrawFn, protocol: str) -> str:
    """An event of the protocol in which one value is another than it should be, or has something strange beside it."""
    event = copy.deepcopy(draw(st.sampled_from(PROTOCOLS[protocol][1])))
    holder, at = draw(st.sampled_from(list(_places(event))))
    holder[at] = draw(ANYTHING)
    if draw(st.booleans()):
        event[draw(NAMES)] = draw(ANYTHING)
    return written(event)


def _places(value: Any) -> Any:
    """Every place in the value that has a value."""
    for at in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, at
        yield from _places(value[at])
