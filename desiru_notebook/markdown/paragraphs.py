"""The text of a paragraph: its lines without their indentation, cut where it is too long, and the box of a task."""

from __future__ import annotations

import re
from collections.abc import Iterator

SEGMENT = 4096  # characters after which a paragraph is cut at the next space or line end
LONGEST = 2 * SEGMENT  # characters that stay together without a space

_INDENTATION = re.compile(r"\n[ \t]+")
_SPACE = re.compile(r"[ \n]")
_BOX = re.compile(r"\[([ xX])\][ \t]+")


def unindented(text: str) -> str:
    """The lines without what stands before each and after the last."""
    return _INDENTATION.sub("\n", text).strip(" \t\n")


def segments(text: str) -> Iterator[str]:
    """The pieces that are parsed and shown each by itself; the space where a cut is made is dropped."""
    start = 0
    while len(text) - start > SEGMENT:
        space = _SPACE.search(text, start + SEGMENT, start + LONGEST + 1)
        if space is None and len(text) - start <= LONGEST:
            break
        end = space.start() if space else start + LONGEST
        yield text[start:end]
        start = space.end() if space else end
    yield text[start:]


def task(text: str) -> tuple[str, str]:
    """Whether the paragraph is a task (``done``, ``to do``, or empty if it is none), and its text without the box."""
    box = _BOX.match(text)
    if box is None:
        return "", text
    return "to do" if box.group(1) == " " else "done", text[box.end() :]
