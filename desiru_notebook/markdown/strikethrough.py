"""Strikethrough as GitHub has it: one tilde or two on either side, as many at the end as at the beginning.

One tilde after a letter, a digit or a closing bracket is another matter: ``H~2~O`` has a subscript, ``5~10`` is a range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_MARKERS = {1: ord("~"), 2: 2 * ord("~")}  # by length: markdown-it pairs equal markers only

_SPACE = re.compile(r"[ \t\n]")
_DIGITS = frozenset("0123456789")


def add_to(markdown: MarkdownIt) -> None:
    """Add the rules; tilde runs become pairs together with the asterisks and underscores."""
    markdown.inline.ruler.before("emphasis", "tildes", _tildes)
    markdown.inline.ruler2.before("emphasis", "tilde_pairs", _tilde_pairs)


def _tildes(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "~":
        return False
    run = state.scanDelims(state.pos, True)
    text = state.push("text", "", 0)
    text.content, text.meta = "~" * run.length, {"start": state.pos}
    if marker := _MARKERS.get(run.length):
        token = len(state.tokens) - 1
        state.delimiters.append(Delimiter(marker, 0, token, -1, run.can_open, run.can_close))
    state.pos += run.length
    return True


def _tilde_pairs(state: StateInline) -> None:
    for opener, closer in pairs(state):
        if opener.marker in _MARKERS.values() and (name := _name(state, opener, closer)):
            mark(state, opener, f"{name}_open", 1)
            mark(state, closer, f"{name}_close", -1)


def pairs(state: StateInline) -> Iterator[tuple[Delimiter, Delimiter]]:
    """The delimiters that belong together."""
    nested = (meta["delimiters"] for meta in state.tokens_meta if meta)
    for delimiters in (state.delimiters, *nested):
        for opener in delimiters:
            if opener.end >= 0:
                yield opener, delimiters[opener.end]


def _name(state: StateInline, opener: Delimiter, closer: Delimiter) -> str:
    """The element of what stands between the tildes, if it is one."""
    start, end = (state.tokens[one.token].meta["start"] for one in (opener, closer))
    before, after = state.src[start - 1 : start], state.src[end + 1 : end + 2]
    if opener.marker != _MARKERS[1] or before > "\uffff" or not (before.isalnum() or before in (")", "]", "}")):
        return "s"
    is_range = before in _DIGITS and after in _DIGITS
    return "" if is_range or _SPACE.search(state.src, start, end) else "sub"


def mark(state: StateInline, delimiter: Delimiter, kind: str, nesting: Literal[1, -1]) -> None:
    """Make the delimiter's token the beginning or the end of an element."""
    token = state.tokens[delimiter.token]
    token.type, token.nesting = kind, nesting
    token.markup, token.content = token.content, ""
