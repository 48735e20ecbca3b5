"""Markdown in a terminal: the blocks that the page shows too, each behind what it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.rule import Rule
from rich.text import Text

from ...markdown.highlight import Highlighter, language_name
from ...markdown.paragraphs import segments, task, unindented
from ...markdown.parser import Parser
from ...markdown.policy import visible
from .inlines import inline_text
from .lines import Led
from .tables import Rows

_BOXES = {"": "\u2022 ", "to do": "\u2610 ", "done": "\u2611 "}
_BAR = "\u258c "
_CODE = {"kw": "magenta", "str": "green", "com": "dim italic", "num": "cyan", "lit": "cyan"}
_HEADINGS = {"h1": "bold underline", "h2": "bold", "h3": "bold"}
_ALIGNMENT: dict[str, JustifyMethod] = {"text-align:center": "center", "text-align:right": "right"}


class Prose:
    """A renderable of Markdown text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        parser = Parser()
        yield from _Blocks(parser, parser.parse(self._text)).lines()


@dataclass
class _Container:
    """What blocks stand in: the page, a quotation, a list or one of its items."""

    first: str = ""  # the lead of its next line
    rest: str = ""  # the lead of all the others
    tight: bool = False  # no blank lines between its blocks
    empty: bool = True
    number: int = 0  # of the next item, in an ordered list


class _Blocks:
    """Goes through the tokens once."""

    def __init__(self, parser: Parser, tokens: list[Token]) -> None:
        self._parser, self._tokens = parser, tokens
        self._inside = [_Container()]
        self._table = Rows()

    def lines(self) -> Iterator[RenderableType]:
        for position, token in enumerate(self._tokens):
            match token.type:
                case "blockquote_open" | "bullet_list_open" | "ordered_list_open" | "list_item_open":
                    yield from self._open(position, token)
                case "blockquote_close" | "bullet_list_close" | "ordered_list_close" | "list_item_close":
                    yield from self._close()
                case "inline":
                    yield from self._leaf(position, unindented(token.content))
                case "hr" | "fence" | "code_block" | "formula":
                    yield from self._block(*_LEAVES[token.type](token))
                case "tr_close":
                    self._table.end_row()
                case "table_close":
                    yield from self._block(self._table)
                    self._table = Rows()

    def _open(self, position: int, token: Token) -> Iterator[RenderableType]:
        yield from self._gap()
        outer = self._inside[-1]
        match token.type:
            case "blockquote_open":
                inner = _Container(_BAR, _BAR)
            case "list_item_open":
                inner = self._item(position, outer)
            case _:
                inner = _Container(tight=not token.meta["loose"], number=int(token.attrs.get("start", 1)))
        self._inside.append(inner)

    def _item(self, position: int, outer: _Container) -> _Container:
        ordered = self._tokens[position].info  # the number as it was written
        paragraph, content = self._tokens[position + 1 : position + 3]
        name = task(unindented(content.content))[0] if paragraph.type == "paragraph_open" else ""
        mark = f"{outer.number}. " if ordered and not name else _BOXES[name]
        outer.number += 1
        return _Container(mark, " " * len(mark), outer.tight)

    def _close(self) -> Iterator[RenderableType]:
        if self._inside[-1].first.strip() and self._inside[-1].empty:
            yield self._led(Text())
        self._inside.pop()

    def _leaf(self, position: int, text: str) -> Iterator[RenderableType]:
        kind = self._tokens[position - 1]
        if kind.type in ("th_open", "td_open"):
            self._table.add(self._inline(text), _ALIGNMENT.get(str(kind.attrs.get("style")), "left"))
        elif kind.type == "heading_open":
            heading = self._inline(text)
            heading.style = _HEADINGS.get(kind.tag, "bold italic")
            yield from self._block(heading)
        else:
            if self._tokens[position - 2].type == "list_item_open":
                text = task(text)[1]
            yield from self._block(*map(self._inline, segments(text)))

    def _inline(self, text: str) -> Text:
        return inline_text(self._parser.parse_inline(text))

    def _block(self, *parts: RenderableType) -> Iterator[RenderableType]:
        yield from self._gap()
        yield from map(self._led, parts)

    def _gap(self) -> Iterator[RenderableType]:
        """The blank line before a block, unless it is the first in its container."""
        inner = self._inside[-1]
        if not inner.empty and not inner.tight:
            yield self._led(Text())
        inner.empty = False

    def _led(self, body: RenderableType) -> RenderableType:
        first = "".join(container.first for container in self._inside)
        for container in self._inside:
            container.first = container.rest
        rest = "".join(container.rest for container in self._inside)
        return Led(first, rest, body) if first else body


def _code(token: Token) -> Iterator[RenderableType]:
    """The language's name and the code, line by line, with two spaces before each, also where a line is broken."""
    word = next(iter(unescapeAll(token.info).split()), "")
    if word:
        yield Text(f"  {visible(language_name(word))}", "dim italic")
    highlighter = Highlighter(word)
    for line in token.content.removesuffix("\n").split("\n"):
        pieces = [(visible(text), _CODE.get(kind, "")) for kind, text in highlighter.line(line)]
        yield Led("  ", "  ", Text.assemble(*pieces))


_LEAVES: dict[str, Callable[[Token], Iterable[RenderableType]]] = {
    "hr": lambda _: [Rule(style="dim")],
    "fence": _code,
    "code_block": _code,
    "formula": lambda token: [Text(visible(token.info), "italic")],
}
