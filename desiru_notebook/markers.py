"""Markers: where in an answer a field begins. Both styles, whatever the chunk borders. No I/O.

Headers are DSPy's, ``[[ ## name ## ]]``; labels are ``Name:``, in any case, an underscore as a space. What they look like is
defined in :mod:`desiru_notebook.prompt`, which asks for them. Until one has come as it was asked for, decorated ones count,
too: :mod:`desiru_notebook.decorated`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .decorated import NAME, Decorated, prefixes
from .prompt import COMPLETED, MarkerStyle, header, label
from .signature import fold

_ENDINGS = (COMPLETED, "completion", "end")
_OPENING = "[[ ## "
# A header on a line of its own, of whatever name.
_HEADER = re.compile(rf"\[\[ ## ({NAME}?) ## \]\][ \t\r]{{0,20}}(?=\n)")
_MAY_BE_HEADER = prefixes(r"\[", r"\[", " ", "#", "#", " ", NAME, " ", "#", "#", " ", r"\]", r"\]", r"[ \t\r]{1,20}")


@dataclass(frozen=True, slots=True)
class Marker:
    """What stands at the beginning of a line, and where the text behind it begins.

    Attributes:
        name: the field that it opens, or :data:`COMPLETED`; the name in the header where it ``is_foreign``.
        end: where the text behind it begins.
        is_foreign: whether it opens no field: a field of that name is there already, or the signature has none.
        lead: what the text behind it begins with: the marks of a bold line in which it stands.
    """

    name: str
    end: int
    is_foreign: bool = False
    lead: str = ""


class Markers:
    """Finds markers at the start of a line, among the names that no marker has opened yet."""

    def __init__(self, names: Iterable[str]) -> None:
        self._style: MarkerStyle | None = None
        names = list(names)
        self._headers = {header(name): name for name in names} | {
            header(ending): COMPLETED for ending in _ENDINGS if ending not in names
        }
        self._labels = {fold(label(name)): name for name in names}
        self._longest = max(map(len, [*self._headers, *self._labels]))
        self._decorated: Decorated | None = Decorated(names, [ending for ending in _ENDINGS if ending not in names])

    def match(self, text: str, at: int, current: str | None = None) -> Marker | None:
        """The marker at this place. In the midst of the field ``current``, a decorated label of its own name is text."""
        is_header = self._style != "label" and text.startswith(_OPENING, at)
        if is_header and ((found := self._header(text, at)) or _MAY_BE_HEADER.match(text, at)):
            return found  # or None, until the line's end decides
        colon = text.find(":", at, at + self._longest + 1)
        if colon > 0 and self._style != "header" and (name := self._labels.get(fold(text[at : colon + 1]))):
            self._decorated = None
            return self._taken("label", Marker(name, colon + 1))
        seen = self._decorated.match(text, at) if self._decorated is not None else None
        if seen is None or (seen.style == "label" and seen.name == current):
            return None
        return self._taken(seen.style, Marker(seen.name, seen.end, seen.is_foreign, seen.lead))

    def _header(self, text: str, at: int) -> Marker | None:
        for marker, name in self._headers.items():
            if text.startswith(marker, at):
                self._decorated = None
                return self._taken("header", Marker(name, at + len(marker)))
        if (line := _HEADER.match(text, at)) is None:
            return None
        name = next((name for known, name in self._headers.items() if fold(known) == fold(header(line[1]))), "")
        self._decorated = None
        return self._taken("header", Marker(name or line[1], line.end(), is_foreign=not name))

    def may_begin(self, text: str, at: int) -> bool:
        """Whether all text from this place on could be the beginning of a marker."""
        if at == len(text):
            return True
        if self._style != "label" and text.startswith(_OPENING[: len(text) - at], at) and _MAY_BE_HEADER.match(text, at):
            return True
        if self._decorated is not None and self._decorated.may_begin(text, at):
            return True
        if self._style == "header" or len(text) - at > self._longest:
            return False
        tail = fold(text[at:])
        return any(marker.startswith(tail) for marker in self._labels)

    def _taken(self, style: MarkerStyle, found: Marker) -> Marker:
        self._style = style
        if not found.is_foreign:
            self.drop(found.name)
        return found

    def drop(self, name: str) -> None:
        """The field is closed, or a marker has opened it: from now on its marker is text, or opens no field."""
        for marker in [marker for marker, opened in self._headers.items() if opened == name and name != COMPLETED]:
            del self._headers[marker]
        self._labels.pop(fold(label(name)), None)
        if self._decorated is not None:
            self._decorated.drop(name)
