"""The inline content of Markdown, as styled text: what a link or an image refers to is part of the text."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token
from rich.text import Text

from ...markdown.policy import address, visible

_EMPHASIS = {"em": "italic", "strong": "bold", "s": "strike"}
_STYLES = {"code_inline": "bold cyan", "formula": "italic"}


class _Writer:
    """Goes through the tokens once. Whoever follows a link from a terminal reads its address, so it is shown whole."""

    def __init__(self) -> None:
        self.text = Text()
        self._styles: list[str] = []
        self._addresses: list[tuple[str, int]] = []  # of what is open, from the outside in, and where its text begins

    def add(self, token: Token) -> None:
        kind, _, end = token.type.rpartition("_")
        if kind in ("link", "image"):
            self._open(token) if end == "open" else self._close(kind)
        elif kind in _EMPHASIS:
            self._styles.append(_EMPHASIS[kind]) if token.nesting > 0 else self._styles.remove(_EMPHASIS[kind])
        else:
            self._write(_source(token), _STYLES.get(token.type, ""))

    def _write(self, text: str, style: str = "") -> None:
        self.text.append(visible(text), " ".join([*dict.fromkeys(self._styles), style]).strip() or None)

    def _open(self, token: Token) -> None:
        if token.type == "image_open":
            self._write("\u25a6 ")
        self._addresses.append((str(token.attrs["href"]), len(self.text)))

    def _close(self, kind: str) -> None:
        source, start = self._addresses.pop()
        if kind == "image" and start == len(self.text):
            self._write("image")
        found = address(source)
        shown = found.href if found else source
        said = self.text.plain[start:]
        if kind == "link":
            self.text.stylize("underline", start)
        if said not in (visible(source), visible(shown), visible(shown).removeprefix("mailto:")):
            self._write(f" ({shown})", "dim")


def inline_text(tokens: Iterable[Token]) -> Text:
    """The tokens of one leaf as text."""
    writer = _Writer()
    for token in tokens:
        writer.add(token)
    return writer.text


def _source(token: Token) -> str:
    """What a token without a style of its own says; a formula is its source."""
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.info if token.type == "formula" else token.content
