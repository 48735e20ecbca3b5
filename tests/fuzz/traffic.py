"""Answers of six protocols, made by ourselves, and what can become of them on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from replaying import DECODERS
from test_awsevents import message as aws_message

from desiru_notebook.providers.reading import Decode
from desiru_notebook.sse import encode_sse

Word = tuple[str, str]  # "text" or "reasoning", and a piece of it
WORDS = {"text": "Hi", "reasoning": "hm"}
USAGE = {"input_tokens": 12, "output_tokens": 34, "total_tokens": 46}


@dataclass(frozen=True)
class Event:
    """An event as the service sends it: its name, its JSON, and what the model says in it."""

    name: str
    data: Any
    word: Word | None = None


@dataclass(frozen=True)
class Protocol:
    """How a service tells an answer: from its words to events, and from an event to bytes."""

    events: Callable[[list[Word]], list[Event]]
    framed: Callable[[str, str], bytes]
    decoder: Callable[[], Decode]


def _chat(words: list[Word]) -> list[Event]:
    def choice(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    names = {"text": "content", "reasoning": "reasoning_content"}
    usage = {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}
    return [
        Event("", choice({"role": "assistant", "content": ""})),
        *(Event("", choice({names[kind]: text}), (kind, text)) for kind, text in words),
        Event("", choice({}, "stop")),
        Event("", {"choices": [], "usage": usage}),
    ]


def _responses(words: list[Word]) -> list[Event]:
    names = {"text": "response.output_text.delta", "reasoning": "response.reasoning_text.delta"}
    said = "".join(text for kind, text in words if kind == "text")
    whole = [{"type": "message", "content": [{"type": "output_text", "text": said}]}]
    return [
        _typed("response.created", response={"status": "in_progress", "output": []}),
        *(_typed(names[kind], (kind, text), delta=text, item_id="i") for kind, text in words),
        _typed("response.completed", response={"status": "completed", "output": whole if said else [], "usage": USAGE}),
    ]


def _anthropic(words: list[Word]) -> list[Event]:
    names = {"text": ("text_delta", "text"), "reasoning": ("thinking_delta", "thinking")}

    def delta(kind: str, text: str) -> Event:
        name, field = names[kind]
        return _typed("content_block_delta", (kind, text), index=0, delta={"type": name, field: text})

    return [
        _typed("message_start", message={"role": "assistant", "content": [], "usage": USAGE}),
        _typed("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(delta(kind, text) for kind, text in words),
        _typed("content_block_stop", index=0),
        _typed("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 34}),
        _typed("message_stop"),
    ]


def _gemini(words: list[Word]) -> list[Event]:
    def candidate(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
        usage = {"promptTokenCount": 12, "candidatesTokenCount": 34, "totalTokenCount": 46}
        return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, **more}], "usageMetadata": usage}

    thought = {"text": {}, "reasoning": {"thought": True}}
    return [
        *(Event("", candidate({"text": text, **thought[kind]}), (kind, text)) for kind, text in words),
        Event("", candidate({"text": ""}, finishReason="STOP")),
    ]


def _cohere(words: list[Word]) -> list[Event]:
    names = {"text": "text", "reasoning": "thinking"}
    return [
        _typed("message-start", id="a", delta={"message": {"role": "assistant", "content": []}}),
        _typed("content-start", index=0, delta={"message": {"content": {"type": "text", "text": ""}}}),
        *(_typed("content-delta", (k, text), delta={"message": {"content": {names[k]: text}}}) for k, text in words),
        _typed("message-end", delta={"finish_reason": "COMPLETE", "usage": {"tokens": USAGE}}),
    ]


def _bedrock(words: list[Word]) -> list[Event]:
    def delta(kind: str, text: str) -> dict[str, Any]:
        return {"text": text} if kind == "text" else {"reasoningContent": {"text": text}}

    usage = {"inputTokens": 12, "outputTokens": 34, "totalTokens": 46}
    return [
        Event("messageStart", {"role": "assistant"}),
        *(Event("contentBlockDelta", {"delta": delta(*word), "contentBlockIndex": 0}, word) for word in words),
        Event("messageStop", {"stopReason": "end_turn"}),
        Event("metadata", {"usage": usage}),
    ]


def _typed(kind: str, word: Word | None = None, **data: Any) -> Event:
    return Event(kind, {"type": kind, **data}, word)


def _binary(name: str, data: str) -> bytes:
    kind = {"exception_type": name, "message_type": "exception"} if name.endswith("Exception") else {"event_type": name}
    return aws_message(data.encode(), content_type="application/json", **kind)


def _text(name: str, data: str) -> bytes:
    return encode_sse(data, name)


PROTOCOLS = {
    "chat": Protocol(_chat, _text, DECODERS["chat"]),
    "responses": Protocol(_responses, _text, DECODERS["responses"]),
    "anthropic": Protocol(_anthropic, _text, DECODERS["anthropic"]),
    "gemini": Protocol(_gemini, _text, DECODERS["gemini"]),
    "cohere": Protocol(_cohere, _text, DECODERS["cohere"]),
    "bedrock": Protocol(_bedrock, _binary, DECODERS["bedrock-eventstream"]),
}

# No character of these can be part of a marker.
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]#:<>"), min_size=1, max_size=8)
words = st.lists(st.tuples(st.sampled_from(["text", "reasoning"]), LETTERS), max_size=6)


def _nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + "1" + closing * depth


# JSON that hurts, or that is not quite JSON.
HOSTILE = st.sampled_from(
    [
        "null", "true", "0", "-1", "-0.0", "0.5", "1e400", "NaN", "Infinity", "-Infinity", "1" + "0" * 400, "9" * 5000,
        f'"{"9" * 5000}"', '"1.2.3s"', '"1e999"', '"nan"', '"inf"', '"\u0663"', '"\u00b2"', '"-5"', '""', "[]", "{}", "[[]]",
        '"\\ud83d"', '"\\ude42\\ud83d"', '"\\u0000"', '"\\u202e\\u2066"', '"\\u001b]52;c;aGk=\\u0007"', f'"{"x" * 5000}"',
        _nested("[", "]", 450), _nested('{"error":', "}", 450), _nested("[", "]", 5000), '"eyJ-eyJ-eyJ-eyJ-"', "", "oops",
    ]
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
odd = st.one_of(HOSTILE, values.map(json.dumps))
_PLACE = "\x00here\x00"
_ERROR = ("message", "code", "type", "status", "details")


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in it."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [at, *(path for key, value in inner for path in places(value, (*at, key)))]


def changed(data: Any, path: tuple[Any, ...], value: str) -> str:
    """The JSON, with this text in the place of the value there."""
    return json.dumps(_put(data, path)).replace(json.dumps(_PLACE), value)


def _put(data: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return _PLACE
    key, *rest = path
    if isinstance(data, dict):
        return data | {key: _put(data[key], tuple(rest))}
    return [_put(value, tuple(rest)) if at == key else value for at, value in enumerate(data)]


@st.composite
def errors(draw: st.DrawFn) -> str:
    """The JSON of an error, as services write one, with odd values."""
    retry = f'[{{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": {draw(odd)}}}]'
    said = {"message": '"Slow down."', "code": "429", "type": '"rate_limit_error"', "status": '"UNAVAILABLE"', "details": retry}
    said |= draw(st.dictionaries(st.sampled_from(_ERROR), odd, max_size=2))
    inside = ", ".join(f'"{name}": {value}' for name, value in said.items())
    return f'{{"error": {{{inside}}}}}'


@dataclass(frozen=True)
class Sent:
    """What was sent of an answer: its bytes as they are read, and the words that came before anything was wrong."""

    pieces: list[bytes]
    intact: list[Word]

    def said(self, kind: str) -> str:
        """The text, or the reasoning, of these words."""
        return "".join(text for of, text in self.intact if of == kind)


@st.composite
def answers(draw: st.DrawFn, api: str) -> Sent:
    """An answer of the protocol in any pieces: whole, with events that changed, and with bytes that did."""
    protocol = PROTOCOLS[api]
    events = protocol.events(draw(words))
    lines = [(event.name, json.dumps(event.data)) for event in events]
    first = len(events)
    for _ in range(draw(st.integers(0, 2))):
        first = min(first, draw(_disturbed(events, lines, api)))
    parts = [protocol.framed(name, data) for name, data in lines] + [encode_sse("[DONE]")] * (api == "chat")
    body = b"".join(parts)
    body, damage = draw(_damaged(body))
    while first and len(b"".join(parts[:first])) > damage:
        first -= 1
    intact = [event.word for event in events[:first] if event.word is not None]
    return Sent(draw(cut(body)), intact)


@st.composite
def _disturbed(draw: st.DrawFn, events: list[Event], lines: list[tuple[str, str]], api: str) -> int:
    """Disturb one of the lines; from which event on they are not what they were."""
    at = draw(st.integers(0, max(0, len(lines) - 1)))
    match draw(st.sampled_from(["change", "drop", "repeat", "swap", "fail"])) if lines else "fail":
        case "change" if at < len(events):
            path = draw(st.sampled_from(places(events[at].data)))
            lines[at] = (lines[at][0], changed(events[at].data, path, draw(odd)))
        case "drop":
            del lines[at]
        case "repeat":
            lines.insert(at, lines[at])
        case "swap":
            other = draw(st.integers(at, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines.insert(at, ("throttlingException" if api == "bedrock" else "error", draw(errors())))
    return at


@st.composite
def _damaged(draw: st.DrawFn, body: bytes) -> tuple[bytes, int]:
    """The bytes, some of them changed or cut off, and where that begins."""
    at = draw(st.integers(0, len(body)))
    match draw(st.sampled_from(["not at all", "change", "cut off"])):
        case "change":
            return body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 3)) :], at
        case "cut off":
            return body[:at], at
    return body, len(body)


@st.composite
def cut(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """The bytes in any pieces."""
    borders = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    return [body[start:end] for start, end in pairwise([0, *borders, len(body)])]
