"""The end of a Markdown text that still grows: to show it costs the same however long the text is."""

from __future__ import annotations

import re

_FENCE = re.compile(r"\n {0,3}(`{3,}|~{3,})([^\n]*)")
_BLOCK = re.compile(r"\n[ \t]*\n(?=[^ \t\n])")


def tail(text: str, lines: int, width: int) -> str:
    """The end of the text, from where a block begins: at least so many lines of that width, and about twice that at most.

    Inside a block that is longer, it begins with one of its lines, and code keeps its fence.
    """
    near = _start(text, len(text), lines, width)
    far = _start(text, near, lines, width)
    if near <= 0:
        return text
    fence, after = _fence(text[:near])
    if fence:
        return fence + text[near:]
    blocks = [match.end() for match in _BLOCK.finditer(text, max(far, after, 0), near + 1)]
    return text[blocks[-1] if blocks else near :]


def _start(text: str, end: int, lines: int, width: int) -> int:
    """Where the last lines before ``end`` begin, blank ones not counted; one that is longer than all of them is cut."""
    start = end
    while lines > 0 and start > 0:
        line = text.rfind("\n", max(0, start - 1 - lines * width), start - 1) + 1
        line = line or max(0, start - lines * width)
        lines -= -(-len(text[line:start].strip()) // width)
        start = line
    return start


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
