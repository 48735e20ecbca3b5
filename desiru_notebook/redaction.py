"""Redaction: an answer without whatever looks like a key, for a recording that others will read."""

from __future__ import annotations

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
    found, at, kept = keys_in("".join(pieces)), 0, []
    starts = {start for start, _ in found}
    for piece in pieces:
        kept.append("".join(_left_of(c, at + here, found, starts) for here, c in enumerate(piece)) if found else piece)
        at += len(piece)
    return kept


def _left_of(character: str, at: int, found: list[tuple[int, int]], starts: set[int]) -> str:
    if not any(start <= at < end for start, end in found):
        return character
    return _HIDDEN if at in starts else ""
