"""Writes the blocks of a text."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it.token import Token

from . import code, elements
from .formulas import is_display
from .inlines import InlineWriter
from .limits import is_too_long
from .paragraphs import segments, task, unindented
from .parser import Parser

_ALIGNMENT = {f"text-align:{side}": f' class="desiru-{side}"' for side in ("left", "center", "right")}


class BlockWriter:
    """Goes through the tokens once. Whether headings skip a level is a matter of the whole text."""

    def __init__(self, parser: Parser, tokens: list[Token]) -> None:
        self._parser = parser
        self._tokens = tokens
        self._outline = 0

    def html(self) -> str:
        """The elements, in one string."""
        return "".join(self._token(position, token) for position, token in enumerate(self._tokens))

    def _token(self, position: int, token: Token) -> str:
        if token.type == "inline":
            return self._leaf(position, unindented(token.content))
        if token.type == "list_item_open":
            return '<li class="desiru-task">' if self._task(position)[0] else "<li>"
        if token.type == "heading_open":
            return self._heading(int(token.tag[1:]))
        return _CONSTANT.get(token.type) or _WRITERS.get(token.type, _nothing)(token)

    def _leaf(self, position: int, text: str) -> str:
        if self._tokens[position - 1].type != "paragraph_open":
            return self._inline(text)
        box = ""
        before = position - 2
        while self._tokens[before].type == "definition":
            before -= 1
        if self._tokens[before].type == "list_item_open":
            name, text = self._task(before)
            box = elements.box(name) if name else ""
        first, *more = segments(text)
        pieces = "".join(f'<span class="desiru-more">{self._inline(piece)}</span>' for piece in more)
        return f'<p dir="auto">{box}{self._inline(first)}{pieces}</p>'

    def _task(self, position: int) -> tuple[str, str]:
        """Whether the item is a task, and the text of its first paragraph without the box."""
        while self._tokens[position + 1].type == "definition":
            position += 1
        paragraph, content = self._tokens[position + 1 : position + 3]
        return task(unindented(content.content)) if paragraph.type == "paragraph_open" else ("", "")

    def _inline(self, text: str) -> str:
        if is_too_long(text):
            return elements.text(text)
        return InlineWriter(self._parser.parse_inline(text)).html()

    def _heading(self, depth: int) -> str:
        self._outline = min(depth, self._outline + 1)
        names = f'class="desiru-heading desiru-h{depth}" dir="auto" role="heading"'
        return f'<div aria-level="{self._outline + 2}" {names}><b>'


def _list(token: Token) -> str:
    names = [name for name in ("more", "loose") if token.meta.get(name)]
    shown = f' class="{" ".join(f"desiru-{name}" for name in names)}"' if names else ""
    start = f' start="{token.attrs["start"]}"' if "start" in token.attrs else ""
    return f"<{token.tag}{shown}{start}>"


def _cell(token: Token) -> str:
    return f'<{token.tag}{_ALIGNMENT.get(str(token.attrs.get("style")), "")} dir="auto">'


def _formula(token: Token) -> str:
    return elements.formula(token.content, token.info, is_display(token), "div")


def _nothing(token: Token) -> str:
    """Of what a leaf has written itself, and of definitions."""
    return ""


def _row(token: Token) -> str:
    """A row; the first of a table that goes on ends the element before it."""
    return f"{_TABLE_END}{_MORE_TABLE}<tr>" if token.meta.get("more") else "<tr>"


_TABLE_END = "</tbody></table></div>"
_MORE_TABLE = '<div class="desiru-table desiru-more" tabindex="0"><table><tbody>'
_WRITERS: dict[str, Callable[[Token], str]] = {
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "th_open": _cell,
    "td_open": _cell,
    "tr_open": _row,
    "fence": code.to_html,
    "code_block": code.to_html,
    "formula": _formula,
}
_CONSTANT = {
    "hr": "<hr>",
    "heading_close": "</b></div>",
    "blockquote_open": "<blockquote>",
    "blockquote_close": "</blockquote>",
    "bullet_list_close": "</ul>",
    "ordered_list_close": "</ol>",
    "list_item_close": "</li>",
    "table_open": '<div class="desiru-table" tabindex="0"><table>',
    "table_close": "</table></div>",
    "thead_open": "<thead>",
    "thead_close": "</thead>",
    "tbody_open": "<tbody>",
    "tbody_close": "</tbody>",
    "tr_close": "</tr>",
    "th_close": "</th>",
    "td_close": "</td>",
}
