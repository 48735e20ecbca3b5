"""Redaction: an answer without whatever looks like a key, for a recording that others will read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from .chunks import Chunk, Reasoning, Refusal, Text, ToolCall
from .providers.scrubbing import keys_in, without_keys

_HIDDEN = "\u2026"
Moment = tuple[float, list[Chunk]]  # when something came, and what


_PIECES = {Text: "text", Reasoning: "text", Refusal: "text", ToolCall: "arguments"}  # what several make one of, and where


def redacted(moments: list[Moment]) -> list[Moment]:
    """The moments without whatever looks like a key, also where several pieces of text make one together."""
    moments = [(at, [_alone(chunk) for chunk in chunks]) for at, chunks in moments]
    for kind, name in _PIECES.items():
        said = [getattr(chunk, name) for _, chunks in moments for chunk in chunks if isinstance(chunk, kind)]
        left = iter(_without_keys(said))
        moments = [(at, [_with(c, {name: next(left)}) if isinstance(c, kind) else c for c in chunks]) for at, chunks in moments]
    return moments


def _alone(chunk: Chunk) -> Chunk:
    """The chunk without a key in what comes whole."""
    if not is_dataclass(chunk):
        return chunk
    said = {field.name: getattr(chunk, field.name) for field in fields(chunk) if field.name != _PIECES.get(type(chunk))}
    return _with(chunk, {name: without_keys(value) for name, value in said.items() if isinstance(value, str)})


def _with(chunk: Any, said: dict[str, str]) -> Chunk:
    changed: Chunk = replace(chunk, **said)
    return changed


def _without_keys(pieces: list[str]) -> list[str]:
    """The pieces, a key's characters hidden in each."""
    text = "".join(pieces)
    found, at, kept = deque(keys_in(text)), 0, []
    for piece in pieces:
        kept.append("".join(_left_of(text, at, at + len(piece), found)))
        at += len(piece)
    return kept


def _left_of(text: str, start: int, end: int, found: deque[tuple[int, int]]) -> Iterator[str]:
    """What is left between two places; the keys that end there are taken from those found."""
    at = start
    while found and found[0][0] < end:
        first, last = found[0]
        if first >= start:
            yield text[at:first] + _HIDDEN
        at = min(last, end)
        if last > end:
            break
        found.popleft()
    yield text[at:end]
