"""Chunked bodies (RFC 9112, section 7.1), and the heads before them, in the bytes of a connection. No I/O.

httpcore2's parser and the iterators around it take longer for a token than all that comes after them. So they get the head of
the answer and, at the end, its last chunk, as if the body were empty: then the connection can be used again. What is no chunk
is left to them too, and is theirs to complain of.
"""

from __future__ import annotations

import re

_BLANK_LINE = re.compile(rb"\n\r?\n")  # as httpcore2 has it
_PRELIMINARY = b"HTTP/1.1 1"  # an answer that another one follows (RFC 9110, section 15.2)
_LONGEST_LINE = 16_384  # bytes behind the size in a chunk's line; of a longer one httpcore2 is to judge
# A chunk's first line, behind the end of the chunk before it. What follows a semicolon is for nobody (section 7.1.1).
# Possessive, so that a line which does not end is looked at once and not again from each of its blanks.
_LINE = rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]{0,%d}+|[ \t]{0,%d}+)\r\n" % (_LONGEST_LINE, _LONGEST_LINE)
_FIRST, _NEXT = re.compile(rb"()" + _LINE), re.compile(rb"(\r\n)" + _LINE)


class Head:
    """Sees to it that httpcore2 reads the head of an answer and nothing beyond.

    Attributes:
        is_read: whether that is so.
    """

    def __init__(self) -> None:
        self._known: bytearray | None = bytearray()  # what has been read of it, unless that is all
        self.is_read = False

    def read(self, come: bytearray) -> int:
        """How many of the bytes that have come are to be read next."""
        self.is_read = False
        if self._known is None:
            return len(come)
        before = len(self._known)
        self._known += come
        end = _BLANK_LINE.search(self._known, max(0, before - 2))
        if end is None:
            return len(come)
        self.is_read = not self._known.startswith(_PRELIMINARY)
        self._known = None if self.is_read else bytearray()
        return end.end() - before


class Chunks:
    """Takes the data out of a body's chunks.

    Attributes:
        over: whether what has come begins with the last chunk now, or with what is none.
    """

    def __init__(self) -> None:
        self._left = 0  # bytes that the current chunk still has
        self._line = _FIRST
        self.over = False

    def take(self, come: bytearray) -> bytes:
        """The data in what has come, which loses what has been read.

        Raises:
            ConnectionError: a chunk is longer than it says, and there is no data before that.
        """
        data, at, parts = bytes(come), 0, []
        while True:
            if part := data[at : at + self._left]:
                parts.append(part)
                at += len(part)
                self._left -= len(part)
            if self._left or (line := self._line.match(data, at)) is None:
                break
            self._line, self._left, at = _NEXT, int(line[2], 16), line.end()
            if not self._left:
                self.over, at = True, line.end(1)
                break
        del come[:at]
        if not (self._left or self.over):
            self._check(come, known=bool(parts))
        return b"".join(parts)

    def _check(self, rest: bytearray, *, known: bool) -> None:
        """Whether the rest, which is no whole line of a chunk, can become one."""
        if self._line is _NEXT and rest.startswith(b"\r\n"):
            self._line = _FIRST
            del rest[:2]
        if self._line is _FIRST:
            self.over = b"\n" in rest or len(rest) > _LONGEST_LINE
        elif not known and not b"\r\n".startswith(rest):
            raise ConnectionError("A chunk of the answer is longer than it says.")
