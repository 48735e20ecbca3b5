r"""Formulas: ``$x$`` and ``\(x\)`` in a line, ``$$x$$`` and ``\[x\]`` on display.

On lines of its own a displayed formula is a block: it interrupts a paragraph and runs to its closing mark at a line's end,
but not over a blank line, a heading or a fence. Where that mark is missing, or far away, its first line is a paragraph's.

Models also escape brackets: ``\[1\]`` and ``\[Optional]`` are text, and so is ``$HOME/$USER``.
"""

from __future__ import annotations

import re
from unicodedata import category

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .ends import UNICODE_SPACE
from .paragraphs import unindented

_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
_LONGEST = {"$$": 4000, r"\[": 4000, r"\(": 1000}  # characters between the marks
_FARTHEST = 4096  # UTF-16 units before the closing mark of a formula on lines of its own, as the live view counts
# The second dollar is the next one: no price, and no variable of a shell. What comes after it may be the end of a word: $n$th.
_DOLLARS = re.compile(
    rf"\$(?![{UNICODE_SPACE}/),;]|[.:][{UNICODE_SPACE}])((?:[^$\\`]|\\[^`]){{1,1000}}+)(?<![{UNICODE_SPACE}\"/:])\$"
    r"(?:(?![0-9A-Za-z_{])|(?=(?:th|st|nd|rd|s)(?![0-9A-Za-z_])))",
    re.DOTALL,
)
# No formula on lines of its own begins with words or a number in brackets, be those escaped or not.
_START = re.compile(r"\$\$|\\\[(?![0-9A-Za-z_][^\\=^_{}+<>|\[\n]*\\?\])")
# What a formula on lines of its own does not go on with: another mark that opens it, a heading or a fence.
_STOP = re.compile(r"#{1,6}[ \t]|```|~~~")
_OPENED = re.compile(r"(?<!\\)\\\[")
# What stands on one line between \[ and \] and has no sign of mathematics is words and numbers in brackets.
_MATHEMATICS = re.compile(r"\\[A-Za-z]|[\^{}+<=>|~]|\w\(|\b(?:[A-Za-z]|[0-9]+)(?:[_!]| [-*/] |\*\w)", re.ASCII)
_WORD = re.compile(r"[0-9.,]+|[0-9A-Za-z]{2,40}|\$.*")  # or more dollars: $$ or $$$, as guides to restaurants have it


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
    is_price = opening == "$$" and state.src.startswith("$", end + 2)
    return None if is_price or "`" in tex or _is_text(opening, tex) else tex


def _is_text(opening: str, tex: str) -> bool:
    """Whether the text between the marks is something else than a formula."""
    bare = tex.strip(UNICODE_SPACE)
    if opening == r"\[" and (_OPENED.search(tex) or ("\n" not in tex and not _has_mathematics(tex))):
        return True
    return not bare or (opening == "$$" and "\n" not in tex and bool(_WORD.fullmatch(bare)))


def _has_mathematics(tex: str) -> bool:
    return bool(_MATHEMATICS.search(tex)) or any(category(sign) in ("Sm", "No") for sign in tex)


def _dollars(state: StateInline) -> str | None:
    """The TeX between two dollars, where the second is the next one: prices are no formulas."""
    match = _DOLLARS.match(state.src, state.pos)
    return match.group(1) if match else None


def _block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    start = _START.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if start is None or state.is_code_block(line):
        return False
    if silent:
        return True
    last = _end(state, line, end, start[0])
    if last is None:
        return False
    source = unindented(state.getLines(line, last + 1, state.blkIndent, False))
    if _is_text(start[0], source[2:-2]):
        return False
    _push_block(state, line, last, start[0], source)
    return True


def _end(state: StateBlock, line: int, end: int, opening: str) -> int | None:
    """The last line of the formula, which ends in the closing mark."""
    offset, length = 2, 0
    for number in range(line, end):
        text = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
        if state.isEmpty(number) or state.sCount[number] < state.blkIndent or _STOP.match(text):
            return None
        place = text.find(_CLOSING[opening], offset)
        if place >= 0:
            return number if length + _units(text[:place]) <= _FARTHEST and not text[place + 2 :].strip(" \t") else None
        length += _units(text)
        if length > _FARTHEST + 1 or (opening == r"\[" and _OPENED.search(text, offset)):
            return None
        offset = 0
    return None


def _units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _push_block(state: StateBlock, line: int, last: int, opening: str, source: str) -> None:
    token = state.push("formula", "", 0)
    _fill(token, opening, source[2:-2], source)
    token.map = [line, last + 1]
    state.line = last + 1


def _fill(token: Token, opening: str, tex: str, source: str) -> None:
    """``markup`` is the opening mark, ``content`` the TeX, ``info`` the source as it was written."""
    token.markup, token.content, token.info = opening, tex.strip(UNICODE_SPACE), source
