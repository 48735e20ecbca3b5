"""Writes the inline content of a leaf."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it.token import Token

from . import elements, policy
from .ends import UNICODE_SPACE
from .formulas import is_display

MAX_DEPTH = 100  # emphasis inside emphasis; what is deeper shows its markers

_BREAKS = {"softbreak": "\n", "hardbreak": "\n"}


def plain(tokens: list[Token]) -> str:
    """What the tokens say, without any markup."""
    return "".join(_BREAKS.get(token.type, token.info if token.type == "formula" else token.content) for token in tokens)


class InlineWriter:
    """Goes through the tokens once; links do not nest, and an image is its description."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._html: list[str] = []
        self._open: list[bool] = []  # emphasis, from the outside in: whether it is an element
        self._link_end: str | None = None  # what closes the link that is open

    def html(self) -> str:
        """The elements and text nodes, in one string."""
        position = 0
        while position < len(self._tokens):
            position = self._write(position)
        return "".join(self._html)

    def _write(self, position: int) -> int:
        """Write the token at that place; returns the place of the next."""
        token = self._tokens[position]
        if token.type == "image_open":
            return self._image(position)
        if token.type == "link_open":
            self._start_link(position)
        elif token.type == "link_close":
            self._html.append(self._link_end or "")
            self._link_end = None
        elif token.nesting:
            self._html.append(self._emphasis(token))
        else:
            self._html.append(_LEAVES[token.type](token))
        return position + 1

    def _emphasis(self, token: Token) -> str:
        if token.nesting > 0:
            self._open.append(len(self._open) < MAX_DEPTH)
            shown = self._open[-1]
        else:
            shown = self._open.pop()
        if not shown:
            return elements.text(token.markup)
        return f"<{token.type[:-5]}>" if token.nesting > 0 else f"</{token.type[:-6]}>"

    def _start_link(self, position: int) -> None:
        source = str(self._tokens[position].attrs["href"])
        address = policy.address(source)
        said = plain(self._tokens[position + 1 : self._end(position)])
        is_address = bool(self._tokens[position].markup) or said in (source, address.href if address else source)
        where = "" if is_address else elements.host(address.host if address else source)
        self._link_end = f"</a>{where}" if address else where
        self._html.append(elements.link_start(address) if address else "")

    def _image(self, position: int) -> int:
        end = self._end(position)
        description = plain(self._tokens[position + 1 : end]).strip(UNICODE_SPACE)
        source = str(self._tokens[position].attrs["href"])
        self._html.append(elements.image(description, source, linked=self._link_end is not None))
        return end + 1

    def _end(self, position: int) -> int:
        """The place of the token that closes the one at ``position``."""
        depth = 0
        while True:
            depth += self._tokens[position].nesting
            if not depth:
                return position
            position += 1


_LEAVES: dict[str, Callable[[Token], str]] = {
    "text": lambda token: elements.text(token.content),
    "text_special": lambda token: elements.text(token.content),
    "code_inline": lambda token: f"<code>{elements.text(token.content)}</code>",
    "softbreak": lambda _: "\n",
    "hardbreak": lambda _: "<br>",
    "formula": lambda token: elements.formula(token.content, token.info, is_display(token), "span"),
}
