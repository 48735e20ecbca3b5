"""Block quotes and lists: how deep they nest, and which lists are loose."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.token import Token

MAX_LEVEL = 20  # a quote counts one, a list with its item two; a marker that is deeper is text


def add_to(markdown: MarkdownIt) -> None:
    """Put the bounded rules in the place of markdown-it's."""
    markdown.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})


def _quote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    return state.level < MAX_LEVEL and blockquote(state, line, end, silent)


def _list(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    first = len(state.tokens)
    if state.level >= MAX_LEVEL or not list_block(state, line, end, silent):
        return False
    if not silent:
        state.tokens[first].meta["loose"] = _is_loose(state, state.tokens[first:])
    return True


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
