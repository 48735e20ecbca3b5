"""Markers: where in an answer a field begins. Both styles, whatever the chunk borders. No I/O.

Headers are DSPy's, ``[[ ## name ## ]]``; labels are ``Name:``, in any case, an underscore as a space. What they look like is
defined in :mod:`desiru_notebook.prompt`, which asks for them.
"""

from __future__ import annotations

from .prompt import COMPLETED, MarkerStyle, header, label
from .signature import fold


class Markers:
    """Finds markers at the start of a line, among the names that no marker has opened yet."""

    def __init__(self, names: list[str]) -> None:
        self._style: MarkerStyle | None = None
        self._headers = {header(name): name for name in [*names, COMPLETED]}
        self._labels = {fold(label(name)): name for name in names}
        self._longest = max(map(len, [*self._headers, *self._labels])) if names else 0

    def match(self, text: str, at: int) -> tuple[str, int] | None:
        """The field that a marker at this place opens, and where the marker ends."""
        if text.startswith("[[ ## ", at) and self._style != "label":
            for marker, name in self._headers.items():
                if text.startswith(marker, at):
                    self._take("header", name)
                    return name, at + len(marker)
        colon = text.find(":", at, at + self._longest + 1)
        if colon > 0 and self._style != "header" and (found := self._labels.get(fold(text[at : colon + 1]))):
            self._take("label", found)
            return found, colon + 1
        return None

    def may_begin(self, text: str, at: int) -> bool:
        """Whether all text from this place on could be the beginning of a marker."""
        if len(text) - at > self._longest:
            return False
        tail = text[at:]
        if self._style != "label" and any(marker.startswith(tail) for marker in self._headers):
            return True
        tail = fold(tail)
        return self._style != "header" and any(marker.startswith(tail) for marker in self._labels)

    def _take(self, style: MarkerStyle, name: str) -> None:
        self._style = style
        self.drop(name)

    def drop(self, name: str) -> None:
        """The field is closed, or a marker has opened it: from now on its marker is text."""
        self._headers.pop(header(name), None)
        self._labels.pop(fold(label(name)), None)
