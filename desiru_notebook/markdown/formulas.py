r"""Formulas: ``$x$`` and ``\(x\)`` in a line, ``$$x$$`` and ``\[x\]`` on display.

On lines of its own a displayed formula is a block: it interrupts a paragraph and runs to its closing mark at a line's end,
as a fence does, but not over a blank line. Where that mark is missing, or far away, the lines are text.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading, paragraph, table
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .ends import UNICODE_SPACE
from .paragraphs import unindented

_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
_LONGEST = {"$$": 4000, r"\[": 4000, r"\(": 1000}  # characters between the marks
_FARTHEST = 4096  # UTF-16 units before the closing mark of a formula on lines of its own, as the live view counts
_DOLLARS = re.compile(rf"\$(?![{UNICODE_SPACE}])((?:[^$\\`]|\\[^`]){{1,1000}}+)(?<![{UNICODE_SPACE}])\$(?![0-9])", re.DOTALL)


def add_to(markdown: MarkdownIt) -> None:
    """Add both rules; in a line, before a backslash escapes anything."""
    markdown.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.inline.ruler.before("escape", "formula", _inline)


def is_display(token: Token) -> bool:
    """Whether the formula stands on display."""
    return token.markup in ("$$", r"\[")


def _inline(state: StateInline, silent: bool) -> bool:
    start, opening = state.pos, state.src[state.pos : state.pos + 2]
    if opening in _CLOSING:
        tex = _between(state, opening)
    else:
        opening, tex = opening[0], _dollars(state)
    if tex is not None:
        state.pos += len(tex) + 2 * len(opening)
        _fill(state.push("formula", "", 0), opening, tex, state.src[start : state.pos])
    elif opening == "$$":  # text, and the second dollar opens nothing either
        state.pending += opening
        state.pos += 2
    return state.pos > start


def _between(state: StateInline, opening: str) -> str | None:
    """The TeX up to the closing mark. Code binds tighter: a formula in a line holds no backtick."""
    start = state.pos + 2
    end = state.src.find(_CLOSING[opening], start, start + _LONGEST[opening] + 2)
    tex = state.src[start : max(end, start)]
    return tex if tex.strip(UNICODE_SPACE) and "`" not in tex else None


def _dollars(state: StateInline) -> str | None:
    """The TeX between two dollars, where the second is the next one: prices are no formulas."""
    match = _DOLLARS.match(state.src, state.pos)
    return match.group(1) if match else None


def _block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    opening = state.src[start : min(start + 2, state.eMarks[line])]
    if opening not in ("$$", r"\[") or state.is_code_block(line):
        return False
    if silent:
        return True
    last, closed = _end(state, line, end, _CLOSING[opening])
    source = unindented(state.getLines(line, last + 1, state.blkIndent, False))
    if closed and (tex := source[2:-2].strip(UNICODE_SPACE)):
        _push_block(state, line, last, opening, tex, source)
    elif last == line:
        return False  # a line of text, or the head of a table
    else:
        _push_text(state, line, last, end)
    return True


def _end(state: StateBlock, line: int, end: int, closing: str) -> tuple[int, bool]:
    """The last line of the formula, and whether it ends in the closing mark."""
    last, offset, length = line, 2, 0
    for number in range(line, end):
        if state.isEmpty(number) or state.sCount[number] < state.blkIndent:
            break
        last = number
        text = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
        place = text.find(closing, offset)
        if place >= 0 and length + _units(text[:place]) <= _FARTHEST:
            return last, not text[place + 2 :].strip(" \t")
        offset, length = 0, length + _units(text)
        if length > _FARTHEST + 1:
            break
    return last, False


def _units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _push_block(state: StateBlock, line: int, last: int, opening: str, tex: str, source: str) -> None:
    token = state.push("formula", "", 0)
    _fill(token, opening, tex, source)
    token.map = [line, last + 1]
    state.line = last + 1


def _push_text(state: StateBlock, line: int, last: int, end: int) -> None:
    """The lines as a paragraph or a heading, which goes on as they do; the last one may be the head of a table."""
    if table(state, last, end, True):
        paragraph(state, last - 1, last, False)
        last -= 1
    elif not lheading(state, last, end, False):
        paragraph(state, last, end, False)
    opening, content, _ = state.tokens[-3:]
    if last > line:
        content.content = state.getLines(line, last, state.blkIndent, True).lstrip(" \t") + content.content
    opening.map = [line, state.line]


def _fill(token: Token, opening: str, tex: str, source: str) -> None:
    """``markup`` is the opening mark, ``content`` the TeX, ``info`` the source as it was written."""
    token.markup, token.content, token.info = opening, tex.strip(UNICODE_SPACE), source
