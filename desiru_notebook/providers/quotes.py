"""Where a text quotes a secret, also in another spelling: in other case or white space, escaped, or in base64."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_SHORTEST_SECRET = 6  # characters of a line; anything shorter would blank out ordinary words
_SHORTEST_QUOTE = 16  # characters in a row that stand in the secret too; anything shorter is chance
_STEP = _SHORTEST_QUOTE // 2  # every quote that long has a whole window of this length at a multiple of it
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\[nrt]|(\+)")  # of an address, of JSON
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_STANDARD = bytes.maketrans(b"-_", b"+/")

Span = tuple[int, int]


class _Spelling(NamedTuple):
    """What a text may stand for, in UTF-8, and where in the text each byte comes from."""

    data: bytes
    spans: list[Span]


class _Reading(NamedTuple):
    """The same as it is compared, and where in the text each character comes from."""

    text: str
    spans: list[Span]


def quotes_in(text: str, secrets: Iterable[str]) -> list[Span]:
    """Where the text says what a secret says: 16 characters of it or more, or a whole line of 6 or more.

    The text is short, the secrets may be long: each of them is read once, whatever is in it.
    """
    readings = [_compared(spelling) for spelling in _spellings(text)]
    windows = _Windows(readings)
    quotes = {quote for secret in secrets for quote in (*_long_quotes(secret, windows), *_short_lines(secret, windows))}
    return [span for reading in readings for span in _places(reading, quotes)]


class _Windows(dict[int, set[str]]):
    """All pieces of a length that the readings have, by length."""

    def __init__(self, readings: list[_Reading]) -> None:
        super().__init__()
        self._texts = [reading.text for reading in readings]

    def __missing__(self, length: int) -> set[str]:
        self[length] = {text[at : at + length] for text in self._texts for at in range(len(text) - length + 1)}
        return self[length]


def _long_quotes(secret: str, windows: _Windows) -> Iterator[str]:
    """The pieces of the secret, as long as the shortest quote, that the readings have."""
    secret, steps = _folded(secret), windows[_STEP]
    around = {
        secret[max(at - _STEP, 0) : at + _SHORTEST_QUOTE]
        for at in range(0, len(secret) - _STEP + 1, _STEP)
        if secret[at : at + _STEP] in steps
    }
    for piece in around:
        for at in range(len(piece) - _SHORTEST_QUOTE + 1):
            if (quote := piece[at : at + _SHORTEST_QUOTE]) in windows[_SHORTEST_QUOTE]:
                yield quote


def _short_lines(secret: str, windows: _Windows) -> Iterator[str]:
    """The lines of the secret that are too short to be a quote, and that the readings have."""
    for line in map(_folded, secret.splitlines()):
        if _SHORTEST_SECRET <= len(line) < _SHORTEST_QUOTE and line in windows[len(line)]:
            yield line


def _places(reading: _Reading, quotes: set[str]) -> Iterator[Span]:
    for length in set(map(len, quotes)):
        for at in range(len(reading.text) - length + 1):
            if reading.text[at : at + length] in quotes:
                yield reading.spans[at][0], reading.spans[at + length - 1][1]


def _folded(text: str) -> str:
    """The text without its case, and with one blank for each piece of white space."""
    return " ".join(text.casefold().split())


def _compared(spelling: _Spelling) -> _Reading:
    """The spelling folded as a secret is."""
    letters: list[str] = []
    spans: list[Span] = []
    at = 0
    for letter in spelling.data.decode("utf-8", "surrogateescape"):
        start, at = at, at + len(letter.encode("utf-8", "surrogateescape"))
        span = spelling.spans[start][0], spelling.spans[at - 1][1]
        if letter.isspace() and letters[-1:] == [" "]:
            spans[-1] = spans[-1][0], span[1]
            continue
        folded = " " if letter.isspace() else letter.casefold()
        letters += folded
        spans += [span] * len(folded)
    return _Reading("".join(letters), spans)


def _spellings(text: str) -> Iterator[_Spelling]:
    """What the text may stand for: itself, what was escaped in it, and what base64 in it says."""
    letters = [letter.encode("utf-8", "surrogatepass") for letter in text]
    plain = _Spelling(b"".join(letters), [(at, at + 1) for at, letter in enumerate(letters) for _ in letter])
    yield plain
    unescaped = _unescaped(plain, plus=b"+")
    if unescaped != plain:
        yield unescaped
    if b"+" in plain.data:
        yield _unescaped(plain, plus=b" ")
    yield from _of_base64(unescaped)


def _unescaped(spelling: _Spelling, plus: bytes) -> _Spelling:
    data, spans, kept = bytearray(), [], 0
    for found in _ESCAPE.finditer(spelling.data):
        start, end = found.span()
        letter = _letter(found, plus)
        data += spelling.data[kept:start] + letter
        spans += spelling.spans[kept:start] + [(spelling.spans[start][0], spelling.spans[end - 1][1])] * len(letter)
        kept = end
    return _Spelling(bytes(data) + spelling.data[kept:], spans + spelling.spans[kept:])


def _letter(found: re.Match[bytes], plus: bytes) -> bytes:
    in_address, in_json, is_plus = found.groups()
    if in_address:
        return bytes.fromhex(in_address.decode())
    return chr(int(in_json, 16)).encode("utf-8", "surrogatepass") if in_json else plus if is_plus else b" "


def _of_base64(spelling: _Spelling) -> Iterator[_Spelling]:
    """What each run of its letters says, whichever of the first four begins a group; lines may break in it."""
    inked = [at for at, byte in enumerate(spelling.data) if byte not in b" \t\r\n"]
    for run in _BASE64.finditer(bytes(spelling.data[at] for at in inked)):
        spans = [spelling.spans[at] for at in inked[run.start() : run.end()]]
        for offset in range(4):
            letters = run[0][offset:].translate(_STANDARD)
            data = binascii.a2b_base64(letters + b"A" * (-len(letters) % 4))
            firsts = [offset + 4 * (at // 3) + at % 3 for at in range(len(data))]
            ends = [min(first + 1, len(spans) - 1) for first in firsts]
            yield _Spelling(data, [(spans[min(f, e)][0], spans[e][1]) for f, e in zip(firsts, ends, strict=True)])
