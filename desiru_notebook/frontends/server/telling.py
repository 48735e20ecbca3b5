"""Telling: a run's events as server-sent events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from ...events import FieldDelta, RunEnd, event_to_dict
from ...sse import encode_sse
from .feed import Told

HEARTBEAT = b": \n\n"
DONE = encode_sse("[DONE]")


def encode(events: Iterable[Told]) -> bytes:
    """The events on the wire: one for each field that goes on in them, and one for the end."""
    return b"".join(encode_end(event) if isinstance(event, RunEnd) else _delta(event) for event in _joined(events))


def encode_end(end: RunEnd) -> bytes:
    """``event: result`` with the whole prediction, or ``event: error`` with what there is of it."""
    told, prediction = event_to_dict(end), end.prediction
    if end.error is not None:
        return encode_error(type(end.error).__name__, str(end.error), told["prediction"])
    whole = {"complete": prediction.complete, "missing": prediction.missing, "thinking": prediction.thinking}
    return encode_sse(_line({"prediction": told["prediction"], **whole, "stats": told["stats"]}), "result")


def encode_error(kind: str, message: str, partial: Any) -> bytes:
    """``event: error``: what happened, and what the model had said by then."""
    return encode_sse(_line({"type": kind, "message": message, "partial": partial}), "error")


def _delta(delta: FieldDelta) -> bytes:
    return encode_sse(_line({"type": delta.field, "content": delta.text}))


def _joined(events: Iterable[Told]) -> Iterator[Told]:
    """The events, the deltas that follow one another in a field as one."""
    field, texts = "", list[str]()
    for event in events:
        if texts and not (isinstance(event, FieldDelta) and event.field == field):
            yield FieldDelta(field, "".join(texts))
            texts = []
        if isinstance(event, FieldDelta):
            field = event.field
            texts.append(event.text)
        else:
            yield event
    if texts:
        yield FieldDelta(field, "".join(texts))


def _line(value: Any) -> str:
    """The value as one line of ASCII: half a surrogate pair has no other way through UTF-8."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value))


def _finite(value: Any) -> Any:
    """The value with the numbers that JSON has no word for as their text."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
