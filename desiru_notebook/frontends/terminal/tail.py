"""The end of a Markdown text that still grows, for it costs nothing however long the text is."""

from __future__ import annotations

import re

_FENCE = re.compile(r"\n {0,3}(`{3,}|~{3,})([^\n]*)")
_BLOCK = re.compile(r"\n[ \t]*\n(?=[^ \t\n])")


def tail(text: str, enough: int) -> str:
    """The last characters of the text, at least ``enough`` and about twice that at most, beginning where a block begins.

    Inside a block that is longer, it begins with one of its lines, and code keeps its fence.
    """
    far, near = len(text) - 2 * enough, len(text) - enough
    if far <= 0:
        return text
    near = text.rfind("\n", far, near) + 1 or near
    fence, after = _fence(text[:near])
    if fence:
        return fence + text[near:]
    blocks = [match.end() for match in _BLOCK.finditer(text, max(far, after), near + 1)]
    return text[blocks[-1] if blocks else near :]


def _fence(text: str) -> tuple[str, int]:
    """The first line of the code block that is open at the end, or nothing, and where the last fence line ends."""
    opening, mark, after = "", "", 0
    for match in _FENCE.finditer(f"\n{text}"):
        if not mark:
            opening, mark = match.group()[1:], match.group(1)
        elif match.group(1).startswith(mark) and not match.group(2).strip():
            mark = ""
        after = match.end() - 1
    return f"{opening}\n" if mark else "", after
