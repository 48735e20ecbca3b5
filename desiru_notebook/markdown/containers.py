"""Block quotes, lists and tables: how deep they nest, which lists are loose, and how a long one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, heading, list_block, table
from markdown_it.token import Token

from .lazy import State

MAX_LEVEL = 20  # a quote counts one, a list with its item two; a marker that is deeper is text
GROUP = 32  # items of a list that stand in one element; the next element goes on with the list
ROWS = 64  # below the head of a table, and in each table that it goes on in
AHEAD = 16  # lines that are looked at as a quote's at first, and how many times as many when they all are


def add_to(markdown: MarkdownIt) -> None:
    """Put the bounded rules in the place of markdown-it's."""
    markdown.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    # After quotes and lists, and no heading, as GitHub has it: their markers are no text of a cell.
    markdown.block.ruler.after("list", "gfm_table", _table, {"alt": ["paragraph", "reference"]})


def _quote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """markdown-it looks at all lines up to a blank one as if they went on with the quote, and reads those that do not again."""
    if silent or state.level >= MAX_LEVEL:
        return state.level < MAX_LEVEL and blockquote(state, line, end, True)
    ahead, place = cast(State, state).ahead, (line, state.level)
    first, count = len(state.tokens), ahead.get(place, AHEAD)
    while _read_quote(state, line, last := min(line + count, end)):
        if state.line < last:
            return True
        count = ahead[place] = count * AHEAD
        if last == end or state.isEmpty(last):
            return True
        del state.tokens[first:]
    return False


def _read_quote(state: StateBlock, line: int, end: int) -> bool:
    """The mark of an indented line is none: the line can only go on with a paragraph."""
    state = cast(State, state)
    indents = state.sCount[line + 1 : end]
    for at in range(line + 1, end):
        if state.is_code_block(at):
            state.sCount[at] = -1
    columns, bases, state.bases = state.bsCount[line:end], state.bases, ()
    found = blockquote(state, line, end, False)
    state.sCount[line + 1 : end], state.bsCount[line:end], state.bases = indents, columns, bases
    return found


def _list(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    first = len(state.tokens)
    if state.level >= MAX_LEVEL or not _begins_list(state, line, end, silent):
        return False
    if not silent:
        first = _joined(state.tokens, first)
        state.tokens[first].meta["loose"] = _is_loose(state, state.tokens[first:])
        state.tokens[first:] = _grouped(state.tokens[first:])
    return True


def _begins_list(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A definition is the beginning of a paragraph, and interrupted by what interrupts one."""
    state = cast(State, state)
    parent, bases = state.parentType, state.bases
    if parent == "reference":
        state.parentType = "paragraph"
    state.bases = (*bases, state.blkIndent)
    found = list_block(state, line, end, silent)
    state.parentType, state.bases = parent, bases
    return found


def _joined(tokens: list[Token], first: int) -> int:
    """Where the list begins: markdown-it begins another one after an empty item and two blank lines, CommonMark does not."""
    opening, before = tokens[first], tokens[first - 1] if first else tokens[first]
    if (before.type, before.markup, before.level) != (tokens[-1].type, opening.markup, opening.level):
        return first
    del tokens[first - 1 : first + 1]
    return next(at for at in range(first - 2, -1, -1) if (tokens[at].type, tokens[at].level) == (opening.type, opening.level))


def _table(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    first = len(state.tokens)
    found = not heading(state, line, end, True) and table(state, line, end, silent)
    rows = [token for token in state.tokens[first:] if token.type == "tr_open"]
    for row in rows[1 + ROWS :: ROWS]:
        row.meta["more"] = True
    return found


def _is_loose(state: StateBlock, tokens: list[Token]) -> bool:
    """Whether a blank line stands between two items of the list, or between two blocks of an item."""
    item = tokens[0].level + 1
    previous = -1
    for token in tokens:
        if token.nesting < 0 or token.map is None or token.level not in (item, item + 1):
            continue
        if previous >= token.level and state.isEmpty(token.map[0] - 1):
            return True
        previous = token.level
    return False


def _grouped(tokens: list[Token]) -> Iterator[Token]:
    """The tokens of a list, in as many lists as the view has elements for it."""
    count = 0
    for token in tokens:
        if token.type == "list_item_open" and token.level == tokens[0].level + 1:
            if count and count % GROUP == 0:
                yield tokens[-1]
                yield _continued(tokens[0], count)
            count += 1
        yield token


def _continued(opening: Token, count: int) -> Token:
    """What opens the rest of a list, after so many of its items."""
    attrs = {"start": int(opening.attrs.get("start", 1)) + count} if opening.tag == "ol" else {}
    return opening.copy(attrs=attrs, meta=opening.meta | {"more": True})
