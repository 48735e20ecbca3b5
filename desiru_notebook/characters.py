"""Whole characters: a service may cut between the two UTF-16 halves of one, each an escape of its own in its JSON."""

from __future__ import annotations


class WholeCharacters:
    """Joins halves across pieces; a half whose other one never comes is the replacement character, U+FFFD.

    Attributes:
        half: what is held back; nearly always nothing.
    """

    __slots__ = ("half",)

    def __init__(self) -> None:
        self.half = ""

    def feed(self, text: str) -> str:
        """Take a piece; returns it in whole characters, a half at its end held back."""
        if text.isascii() and not self.half:
            return text
        text = self.half + text
        self.half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        text = text[: len(text) - len(self.half)]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def finish(self) -> str:
        """No more pieces will come: what stands for the half that is still held back, if there is one."""
        half, self.half = self.half, ""
        return "\ufffd" if half else ""
