"""FieldText: a field's text while it grows, kept once for everybody who reads it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from .locks import lock

_BLOCK = 1024  # pieces that become one text: each by itself takes ten times the memory of its few characters
_SHARE = 16  # the blocks after the first one are at most one part of so many of the text


class FieldText:
    """A field's text while it grows: white space at its ends is held back, for it may turn out to be inside.

    One thread writes; any may read.
    """

    __slots__ = ("_at_start", "_blocks", "_lock", "_pieces", "_size", "_space", "_starts")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._starts: list[int] = []  # where in the text each block begins
        self._pieces: list[str] = []  # what comes after the blocks
        self._size = 0  # characters of the blocks
        self._space: list[str] = []  # in pieces: a model may say nothing but line ends for ever
        self._at_start = True
        self._lock = lock()

    def add(self, text: str) -> str:
        """Take more text; returns what can be shown of it now."""
        # Rarely true, and most tokens come by here: Python gives back the same text where no white space ends it.
        if text.rstrip() is not text or self._at_start or self._space:
            text = self._trimmed(text)
        if text:
            self._pieces.append(text)
            if len(self._pieces) >= _BLOCK:
                with self._lock:
                    self._pack()
        return text

    def _trimmed(self, text: str) -> str:
        """The text with the white space that was held back, and without what is now."""
        if self._at_start:
            text = text.lstrip()
        body = text.rstrip()
        if not body:
            if text:
                self._space.append(text)
            return ""
        delta = "".join(self._space) + body
        self._space = [text[len(body) :]] if len(body) < len(text) else []
        self._at_start = False
        return delta

    def begin_paragraph(self) -> None:
        """What comes next stands apart, with no more white space before it than that."""
        self._space = ["\n\n"] if self._pieces or self._size else []
        self._at_start = True

    def whole(self) -> str:
        """The text so far, from now on in one piece. For the thread that writes."""
        with self._lock:
            self._pack()
            self._merge()
            return self._blocks[0]

    def cut(self, start: int, stop: int) -> str:
        """The characters from ``start`` to ``stop``."""
        with self._lock:  # to the end: whoever holds a block makes the writer copy it
            return "".join(self._cuts(start, stop))

    def _cuts(self, start: int, stop: int) -> Iterator[str]:
        for number in range(max(bisect_right(self._starts, start) - 1, 0), bisect_left(self._starts, stop)):
            before = self._starts[number]
            yield self._blocks[number][max(start - before, 0) : stop - before]
        if stop > self._size:
            yield "".join(self._pieces)[max(start - self._size, 0) : stop - self._size]

    def _pack(self) -> None:
        """Make a block of the pieces; many blocks become one with the first, which so takes nearly all of the text."""
        block = "".join(self._pieces)
        self._blocks.append(block)
        self._starts.append(self._size)
        self._size += len(block)
        self._pieces = []
        if (self._size - len(self._blocks[0])) * _SHARE >= self._size:
            self._merge()

    def _merge(self) -> None:
        text = self._blocks.pop(0)
        text += "".join(self._blocks)  # grows in place, for nobody else has it: there are never two copies of a long text
        self._blocks, self._starts = [text], [0]

    def __len__(self) -> int:
        """Characters so far, with the white space that is held back. For the thread that writes."""
        return self._size + sum(map(len, self._pieces)) + sum(map(len, self._space))

    def __str__(self) -> str:
        with self._lock:
            parts = self._blocks + self._pieces
        return "".join(parts)
