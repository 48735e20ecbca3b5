"""Lines that go on with a paragraph, where markdown-it and CommonMark's reference implementation differ.

A definition of a link is the beginning of a paragraph, so whatever cannot interrupt a paragraph goes on with it, and a line
under what is no complete definition makes it a heading. And a line that leaves an item to go on with its paragraph begins
nothing if it is indented by four columns where it stands.

A footnote (``[^1]: a``) is text: read as a definition it would be lost.
"""

from __future__ import annotations

import re
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock, code, lheading, paragraph, reference
from markdown_it.token import Token
from markdown_it.utils import EnvType

from .ends import Lines

_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*")


def add_to(markdown: MarkdownIt) -> None:
    """Put the block parser and the rule that know of them in the place of markdown-it's."""
    blocks = _Blocks()
    blocks.ruler = markdown.block.ruler
    blocks.ruler.at("reference", _definitions)
    blocks.ruler.before("lheading", "underline", _underline, {"alt": ["reference"]})
    blocks.ruler.at("code", _code)
    markdown.block = blocks


class Columns(list[int]):
    """How many columns stand before a line's text in its quotes: markdown-it sets those of the innermost quote alone."""

    def __setitem__(self, at: Any, count: Any) -> None:
        super().__setitem__(at, self[at] + count if isinstance(at, int) else count)


class State(StateBlock):
    """The state of one text. A line may leave any number of the lists it is in."""

    reads_code = False
    ahead: dict[tuple[int, int], int]  # by line and level: how far a quote looks that is read again with the one around it
    bases: tuple[int, ...] = ()  # from the outside in: where the text stands that each of the quote's lists stands in

    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.bsCount = Columns(self.bsCount)
        self.ahead = {}

    def getLines(self, begin: int, end: int, indent: int, keepLastLF: bool) -> str:  # noqa: N802, N803  # markdown-it's names
        return Lines(super().getLines(begin, end, indent, keepLastLF))

    def is_code_block(self, line: int) -> bool:
        if self.reads_code:
            return super().is_code_block(line)
        indent = self.sCount[line]
        if indent < 4:
            return indent < 0  # a lazy line of a quote around this one, which has looked at it
        return indent - max((base for base in (*self.bases, self.blkIndent) if base <= indent), default=indent) >= 4


def _code(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Code has no lazy lines."""
    state = cast(State, state)
    state.reads_code = True
    found = code(state, line, end, silent)
    state.reads_code = False
    return found


class _Blocks(ParserBlock):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, outTokens: list[Token]) -> list[Token] | None:  # noqa: N803  # markdown-it's names
        state = State(src, md, env, outTokens)
        if src:
            self.tokenize(state, state.line, state.lineMax)
        return state.tokens


def _definition(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    is_footnote = state.src.startswith("[^", state.bMarks[line] + state.tShift[line])
    return not is_footnote and reference(state, line, end, silent)


def _definitions(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    if not _definition(state, line, end, silent):
        return False
    while not silent and _goes_on(state, state.line, end):
        state.sCount[state.line] = state.blkIndent  # within a paragraph an indentation means nothing
        if not _definition(state, state.line, end, False):
            return lheading(state, state.line, end, False) or paragraph(state, state.line, end, False)
    return True


def _underline(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """The line under a heading, which what is no complete definition before it is."""
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return silent and state.sCount[line] >= state.blkIndent and bool(_UNDERLINE.fullmatch(text))


def _goes_on(state: StateBlock, line: int, end: int) -> bool:
    """Whether the line would go on with a paragraph."""
    if line >= end or state.isEmpty(line):
        return False
    if state.sCount[line] < 0 or state.sCount[line] - state.blkIndent >= 4:  # a quote's own lazy line, or indented
        return True
    parent, state.parentType = state.parentType, "paragraph"
    begins = any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("paragraph"))
    state.parentType = parent
    return not begins
