"""Decorated markers: what models write into their Markdown in place of the markers that they were asked for.

``**Answer:** 5``, ``### Answer``, ``- **Answer**: 5`` and, indented, ``Answer: 5`` or ``[[ ## Answer ## ]]``. Headers are also
read in bold, after ``###`` and with other spaces: those of fields, those that end the answer, and those of other names. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from .prompt import COMPLETED, MarkerStyle
from .signature import fold

LONGEST_INDENTATION = 12  # characters

_BLANKS = rf"[ \t]{{0,{LONGEST_INDENTATION}}}"
_LEAD = re.compile(rf"{_BLANKS}(?:[-*+\u2022][ \t]{{1,4}}(?=\*\*|__))?(#{{1,6}}[ \t]{{1,4}})?(\*\*|__)?")
_MAY_LEAD = re.compile(rf"{_BLANKS}(?:[-*+\u2022][ \t]{{0,4}})?#{{0,6}}[ \t]{{0,4}}[*_]{{0,2}}\Z")
_MARKS = "*_#-+\u2022"  # what a lead that is not whole yet may go on with
_NAMES_END = re.compile(r"[:\n]|\*\*|__|\Z")
_LINE_END = r"[ \t\r]{0,12}(?=\n)"
_ON_ITS_OWN, _MAY_BE_ON_ITS_OWN = re.compile(_LINE_END), re.compile(r"[ \t\r]{0,12}\Z")
_MAY_END = re.compile(r"[:*_ \t\r]{0,16}\Z")
NAME = r"[^\s\]#][^\n\]#]{0,63}"  # that may stand in a header
_HEADER = (r"\[", r"\[", r"[ \t]?", "#", "#", r"[ \t]?", f"({NAME}?)", r"[ \t]?", "#", "#", r"[ \t]?", r"\]", r"\]")

_WAIT: Final = "wait"


def prefixes(*parts: str) -> re.Pattern[str]:
    """A pattern for every text that ends between or behind these parts."""
    pattern = ""
    for part in reversed(parts):
        pattern = f"{part}(?:{pattern})?"
    return re.compile(rf"{pattern}\Z")


_WHOLE_HEADER, _MAY_BE_HEADER = re.compile("".join(_HEADER)), prefixes(*_HEADER)


@dataclass(frozen=True, slots=True)
class Found:
    """A marker's field, its style, and where the text behind it begins; ``lead`` opens the rest of a bold line.

    ``is_foreign`` is a header that opens no field: its name is another one, or that field's marker has come already.
    """

    name: str
    style: MarkerStyle
    end: int
    lead: str = ""
    is_foreign: bool = False


_Seen: TypeAlias = Found | Literal["wait"] | None


class Decorated:
    """Finds decorated markers at the start of a line, among the names that no marker has opened yet."""

    def __init__(self, names: Iterable[str], endings: Iterable[str] = ()) -> None:
        """``endings`` are the names in the headers that end the answer."""
        self._names = {fold(name): name for name in names}
        self._endings = dict.fromkeys(endings, COMPLETED)
        self._longest = max(map(len, self._names))
        self._initials = {name[0] for name in self._names}

    def drop(self, name: str) -> None:
        """From now on the field's marker is text."""
        self._names.pop(fold(name), None)

    def match(self, text: str, at: int) -> Found | None:
        """The marker at this place."""
        seen = self._look(text, at)
        return seen if isinstance(seen, Found) else None

    def may_begin(self, text: str, at: int) -> bool:
        """Whether all text from this place on could be the beginning of a marker."""
        return self._look(text, at) == _WAIT

    def _look(self, text: str, at: int) -> _Seen:
        lead = _LEAD.match(text, at)
        if lead is None or lead.end() == len(text):
            return _WAIT
        begin, char = lead.end(), text[lead.end()]
        if char == "[":
            return self._header(text, begin, bold=lead[2] or "")
        if fold(char)[0] in self._initials:
            return None if begin == at else self._label(text, begin, is_heading=bool(lead[1]), bold=lead[2] or "")
        return _WAIT if char in _MARKS and _MAY_LEAD.match(text, at) else None

    def _header(self, text: str, at: int, *, bold: str) -> _Seen:
        if (whole := _WHOLE_HEADER.match(text, at)) is None:
            return _WAIT if _MAY_BE_HEADER.match(text, at) else None
        end = whole.end()
        if bold.startswith(text[end : end + len(bold)]):  # which closes it, or may do so
            if len(text) < end + len(bold):
                return _WAIT
            end, bold = end + len(bold), ""
        if name := (self._names | self._endings).get(fold(whole[1])):
            return Found(name, "header", end)
        if bold or not (_ON_ITS_OWN.match(text, end) or _MAY_BE_ON_ITS_OWN.match(text, end)):
            return None
        return Found(whole[1], "header", end, is_foreign=True) if _ON_ITS_OWN.match(text, end) else _WAIT

    def _label(self, text: str, at: int, *, is_heading: bool, bold: str) -> _Seen:
        end = _NAMES_END.search(text, at, at + self._longest + 2)
        if end is None or end.start() == len(text):
            begun = fold(text[at:]).strip("*_ \t\r")
            return _WAIT if any(name.startswith(begun) for name in self._names) else None
        if (name := self._names.get(fold(text[at : end.start()]).strip())) is None:
            return None
        for closing, lead in _closings(bold, is_heading):
            if closed := closing.match(text, end.start()):
                return Found(name, "label", closed.end(), lead)
        return _WAIT if _MAY_END.match(text, end.start()) else None


@cache
def _closings(bold: str, is_heading: bool) -> list[tuple[re.Pattern[str], str]]:
    """What may stand behind a name, with what the text behind that begins with."""
    if not bold:
        return [(re.compile(f":|{_LINE_END}" if is_heading else ":"), "")]
    mark = re.escape(bold)
    return [
        (re.compile(rf"{mark}[ \t]?:|:[ \t]?{mark}|{mark}{_LINE_END}"), ""),
        (re.compile(r":[ \t]{0,4}(?=[^\s*_])"), bold),
    ]
