"""Strikethrough as GitHub has it: one tilde or two on either side, as many at the end as at the beginning."""

from __future__ import annotations

from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_MARKERS = {1: ord("~"), 2: 2 * ord("~")}  # by length: markdown-it pairs equal markers only


def add_to(markdown: MarkdownIt) -> None:
    """Add the rules; tilde runs become pairs together with the asterisks and underscores."""
    markdown.inline.ruler.before("emphasis", "tildes", _tildes)
    markdown.inline.ruler2.before("emphasis", "tilde_pairs", _tilde_pairs)


def _tildes(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "~":
        return False
    run = state.scanDelims(state.pos, True)
    state.push("text", "", 0).content = "~" * run.length
    if marker := _MARKERS.get(run.length):
        token = len(state.tokens) - 1
        state.delimiters.append(Delimiter(marker, 0, token, -1, run.can_open, run.can_close))
    state.pos += run.length
    return True


def _tilde_pairs(state: StateInline) -> None:
    nested = (meta["delimiters"] for meta in state.tokens_meta if meta)
    for delimiters in (state.delimiters, *nested):
        for opener in delimiters:
            if opener.marker in _MARKERS.values() and opener.end >= 0:
                _mark(state, opener, "s_open", 1)
                _mark(state, delimiters[opener.end], "s_close", -1)


def _mark(state: StateInline, delimiter: Delimiter, kind: str, nesting: Literal[1, -1]) -> None:
    token = state.tokens[delimiter.token]
    token.type, token.nesting = kind, nesting
    token.markup, token.content = token.content, ""
