"""Usages: the tokens that a service has counted, in whatever way it writes them."""

from __future__ import annotations

from typing import Any

from ..chunks import MOST_TOKENS, Chunk, Usage


def usage(said: Any, read: str, written: str, total: str = "") -> list[Chunk]:
    """The counts under these names, if there is one. Anything else is left out, and takes no words of its event with it."""
    if not isinstance(said, dict):
        return []
    counts = [count(said.get(name)) for name in (read, written, total)]
    return [Usage(*counts)] if any(number is not None for number in counts) else []


def count(value: Any) -> int | None:
    """Tokens, of a number in whichever way it is written; ``None`` for one that no answer can have."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= len(str(MOST_TOKENS)):
        value = int(value)
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return int(value) if known and value == value // 1 else None


def inside(said: Any, *names: str) -> Any:
    """What stands under the names, one in the other; ``None`` where there is something else on the way."""
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said
