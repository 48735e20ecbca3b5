"""Redaction: an answer without whatever looks like a key, for a recording that others will read."""

from __future__ import annotations

import dataclasses
from typing import Any

from .chunks import Chunk, Reasoning, Text
from .providers.scrubbing import keys_in, without_keys

_HIDDEN = "\u2026"
Moment = tuple[float, list[Chunk]]  # when something came, and what


def redacted(moments: list[Moment]) -> list[Moment]:
    """The moments without whatever looks like a key, also where several pieces of text make one together."""
    moments = [(at, [_alone(chunk) for chunk in chunks]) for at, chunks in moments]
    for kind in (Text, Reasoning):
        pieces = iter(_without_keys([chunk.text for _, chunks in moments for chunk in chunks if isinstance(chunk, kind)]))
        moments = [
            (at, [kind(next(pieces)) if isinstance(chunk, kind) else chunk for chunk in chunks]) for at, chunks in moments
        ]
    return moments


def _alone(chunk: Chunk) -> Chunk:
    if isinstance(chunk, (Text, Reasoning)) or not dataclasses.is_dataclass(chunk):
        return chunk
    fields: list[Any] = [getattr(chunk, field.name) for field in dataclasses.fields(chunk)]
    kind: Any = type(chunk)
    without: Chunk = kind(*(without_keys(value) if isinstance(value, str) else value for value in fields))
    return without


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
