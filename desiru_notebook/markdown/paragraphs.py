"""The text of a paragraph: its lines without their indentation, cut where it is too long, and the box of a task."""

from __future__ import annotations

import re
from collections.abc import Iterator

SEGMENT = 4096  # UTF-16 units after which a paragraph is cut at the next space or line end, as the live view counts
LONGEST = 2 * SEGMENT  # units that stay together without a space

_INDENTATION = re.compile(r"\n[ \t]+")
_SPACE = re.compile(r"[ \n]")
_PAIR = re.compile("[\U00010000-\U0010ffff]")  # what is two units long
_BOX = re.compile(r"\[([ xX])\][ \t]+")


def unindented(text: str) -> str:
    """The lines without what stands before each and after the last."""
    return _INDENTATION.sub("\n", text).strip(" \t\n")


def segments(text: str) -> Iterator[str]:
    """The pieces that are parsed each by itself; the space where a cut is made begins the next one."""
    units, start = _PAIR.sub(_halves, text), 0
    while len(units) - start > SEGMENT:
        space = _SPACE.search(units, start + SEGMENT, start + LONGEST + 1)
        if space is None and len(units) - start <= LONGEST:
            break
        end = space.start() if space else start + LONGEST - ("\ud800" <= units[start + LONGEST - 1] < "\udc00")
        yield _whole(units[start:end])
        start = end
    yield _whole(units[start:])


def _halves(character: re.Match[str]) -> str:
    high, low = divmod(ord(character[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


def _whole(units: str) -> str:
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def task(text: str) -> tuple[str, str]:
    """Whether the paragraph is a task (``done``, ``to do``, or empty if it is none), and its text without the box."""
    box = _BOX.match(text)
    if box is None:
        return "", text
    return "to do" if box.group(1) == " " else "done", text[box.end() :]
