"""Unpacking: the lines of a recording's file, plain or packed with gzip, up to a limit, from any place between two runs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

MOST = 256 * 1024 * 1024  # bytes of text in a file: a few kilobytes, packed, may be as many gigabytes
LONGEST_LINE = 32 * 1024 * 1024  # bytes; an answer has at most 16 million characters
GZIP = b"\x1f\x8b\x08"  # how a member begins
WBITS = 31  # a gzip member, to zlib
_BLOCK = 16_384  # bytes that are read or unpacked at a time
_RUN = b'{"run"'  # how the member of a run begins, unpacked
_CUT = b"(here the packed file is cut)"  # stands for what could not be unpacked
_LONG = b"(here a line is too long)"  # stands for the line


class TooLong(Exception):
    """The file holds more text than is read."""


class Place(NamedTuple):
    """Where reading can begin: how many bytes of the file stand before it, and how many of the text."""

    at: int = 0
    text: int = 0


_BEGIN = Place()


def lines(file: BinaryIO, start: Place = _BEGIN) -> Iterator[tuple[Place | None, bytes]]:
    """The lines from ``start`` on, without their ends, each with its place, or ``None`` if reading cannot begin there.

    The last line is what follows the last line end: nothing, or a line that is still being written.

    Raises:
        TooLong: after all lines that are read.
    """
    line, begins, size = bytearray(), None, start.text
    for at, piece in _packed(file, start.at) if _is_packed(file) else _plain(file, start.at):
        if at is not None and not line:
            begins = Place(at, size)
        size += len(piece)
        if size > MOST:
            raise TooLong
        *whole, rest = piece.split(b"\n")
        for end in whole:
            yield begins, bytes(line + end) if len(line) < LONGEST_LINE else _LONG
            line.clear()
            begins = None
        if len(line) < LONGEST_LINE:
            line += rest
    yield begins, bytes(line) if len(line) < LONGEST_LINE else _LONG


def _is_packed(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(len(GZIP)) == GZIP


def _plain(file: BinaryIO, at: int) -> Iterator[tuple[int | None, bytes]]:
    """Pieces of the text, each with its place; a piece never has more than one line."""
    file.seek(at)
    while piece := file.readline(_BLOCK):
        yield at, piece
        at += len(piece)
    yield at, b""


def _packed(file: BinaryIO, begin: int) -> Iterator[tuple[int | None, bytes]]:
    """Pieces of the text of all members; the first piece of each has its place. A member that a crash has cut gives its
    beginning, and a line that says so."""
    file.seek(begin)
    data = file.read(MOST)
    at, ends_a_line, budget = 0, True, 4 * len(data) + 64 * _BLOCK
    while at < len(data):
        member, place = _Member(data, at), begin + at
        for number, text in enumerate(member):
            if not number and not ends_a_line and text.startswith(_RUN):  # somebody has packed it without its last end of line
                yield None, b"\n"
            yield None if number else place, text
            ends_a_line = text.endswith(b"\n")
        budget -= 0 if member.end else member.fed - at
        # A hostile file may begin a member at every third byte.
        following = data.find(GZIP, member.end or at + 1) if budget > 0 else -1
        at = following if following >= 0 else len(data)
        if not member.end or data[member.end : at].strip(b"\0"):  # some tools fill up with these
            yield None, b"\n" + _CUT + b"\n"
            ends_a_line = True
        elif at == len(data):
            yield begin + at, b""


class _Member:
    """A gzip member. Iterating gives its text in pieces, up to its first fault.

    Attributes:
        fed: how far the data was read.
        end: where the member ends; 0 while it does not.
    """

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self.fed, self.end = data, start, 0

    def __iter__(self) -> Iterator[bytes]:
        member, text = zlib.decompressobj(WBITS), b""
        while not member.eof:
            block = member.unconsumed_tail
            more = len(text) == _BLOCK  # there may be more of the last block
            if not block and not more and not (block := self._next()):
                return
            before = member.copy()
            try:
                text = member.decompress(block, _BLOCK)
            except zlib.error:  # nothing comes of a step with a fault in it: so the smallest steps
                yield from _up_to_its_fault(before, block)
                return
            if text:
                yield text
        self.end = self.fed - len(member.unused_data)

    def _next(self) -> bytes:
        block = self._data[self.fed : self.fed + _BLOCK]
        self.fed += len(block)
        return block


def _up_to_its_fault(member: zlib._Decompress, block: bytes) -> Iterator[bytes]:
    with suppress(zlib.error):
        for at in range(len(block)):
            if text := member.decompress(block[at : at + 1]):
                yield text
