"""How long a text may be to be read as Markdown, as the live view has it: what is longer stands as it came.

A page of so many blocks is hard to scroll. And to read them takes a million objects: while the garbage collector looks through
those, all threads stand still.
"""

from __future__ import annotations

import re
from itertools import islice

MOST_LINES = 10_000
LONGEST_LEAF = 8192  # UTF-16 units of a heading or a cell

_END = re.compile(r"\r\n?|\n")


def divided(text: str) -> tuple[str, str]:
    """The lines that are Markdown, and the ones behind them; white space after the last line end is no line."""
    end = next(islice(_END.finditer(text), MOST_LINES - 1, None), None)
    if end is None:
        return text, ""
    rest = _END.sub("\n", text[end.end() :])
    whole = rest.rstrip(" \t")
    return text[: end.end()], rest if whole and whole[-1] != "\n" else whole


def is_too_long(leaf: str) -> bool:
    """Whether the text of a heading or a cell shows its markup."""
    return len(leaf) > LONGEST_LEAF // 2 and len(leaf.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_LEAF
