"""Links and images, read with a stack of open brackets as the CommonMark specification describes it.

An opening bracket is text until its closing bracket makes it a ``link_open`` or an ``image_open``; what stands between is
inline content like any other. The renderer reads an image's description from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.helpers import parseLinkTitle
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .destinations import parse_destination

_SPACE = re.compile(r"[ \t\n]*")
_LABEL = re.compile(r"\[(?!\^)((?:[^\\\[\]]|\\.){0,999})\]", re.DOTALL)


@dataclass
class Bracket:
    """An open bracket: where its text begins, its token, and the delimiters before it."""

    start: int
    token: int
    delimiters: int
    image: bool
    active: bool = True  # a link that stands after it makes it text: links do not nest
    holds_brackets: bool = False


class BracketState(StateInline):
    """The state of one leaf, with its open brackets."""

    def __init__(self, src: str, md: MarkdownIt, env: dict[str, Any], tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.brackets: list[Bracket] = []


def add_to(markdown: MarkdownIt) -> None:
    """Add the rules in the place of ``link`` and ``image``."""
    markdown.inline.ruler.before("link", "open_bracket", _open_bracket)
    markdown.inline.ruler.before("link", "close_bracket", _close_bracket)


def _open_bracket(state: StateInline, silent: bool) -> bool:
    marker = "![" if state.src.startswith("![", state.pos) else "["
    if not isinstance(state, BracketState) or not state.src.startswith(marker, state.pos):
        return False
    state.push("text", "", 0).content = marker
    state.pos += len(marker)
    if state.brackets:
        state.brackets[-1].holds_brackets = True
    state.brackets.append(Bracket(state.pos, len(state.tokens) - 1, len(state.delimiters), marker == "!["))
    return True


def _close_bracket(state: StateInline, silent: bool) -> bool:
    if not isinstance(state, BracketState) or state.src[state.pos] != "]" or not state.brackets:
        return False
    bracket = state.brackets.pop()
    target = (_inline_target(state) or _reference(state, bracket)) if bracket.active else None
    if target is None:
        return False
    address, state.pos = target
    _enclose(state, bracket, address)
    if not bracket.image:
        _deactivate(state.brackets)
    return True


def _inline_target(state: StateInline) -> tuple[str, int] | None:
    """What ``(address "title")`` after the bracket says, and where it ends. Titles are read over: ours is the address."""
    src, end = state.src, state.posMax
    if not src.startswith("](", state.pos):
        return None
    position = _skip_space(src, state.pos + 2)
    found = parse_destination(src, position, end)
    if found.ok:
        position = _skip_title(src, found.pos)
    return (found.str, position + 1) if src.startswith(")", position) else None


def _skip_title(src: str, position: int) -> int:
    """The place after the address, its title if there is one, and the white space around it."""
    after_space = _skip_space(src, position)
    if after_space == position:
        return position
    title = parseLinkTitle(src, after_space, len(src))
    return _skip_space(src, title.pos) if title.ok else after_space


def _skip_space(src: str, position: int) -> int:
    space = _SPACE.match(src, position)
    return space.end() if space else position


def _reference(state: StateInline, bracket: Bracket) -> tuple[str, int] | None:
    """The address that is defined for the bracket's label, or for its text, and where the label ends."""
    label = _LABEL.match(state.src, state.pos + 1)
    if label is not None and label.group(1):
        name = label.group(1)
    elif bracket.holds_brackets or state.pos - bracket.start > 999:
        return None
    else:
        name = state.src[bracket.start : state.pos]
    definition = state.env.get("references", {}).get(normalizeReference(name))
    return (definition["href"], label.end() if label else state.pos + 1) if definition else None


def _enclose(state: StateInline, bracket: Bracket, address: str) -> None:
    """Make the tokens since the bracket the content of a link or an image."""
    kind = "image" if bracket.image else "link"
    if kind == "link":
        _unlink(state.tokens[bracket.token :])
    closing = state.push(f"{kind}_close", "", 0)  # with nesting 0: push() keeps delimiters of its own for the others
    closing.nesting = -1
    opening = state.tokens[bracket.token]
    opening.type, opening.nesting, opening.content, opening.attrs = f"{kind}_open", 1, "", {"href": address}
    state.tokens_meta.append({"delimiters": state.delimiters[bracket.delimiters :]})
    del state.delimiters[bracket.delimiters :]


def _unlink(tokens: list[Token]) -> None:
    """Addresses inside the text of a link are text."""
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            token.type, token.nesting = "text", 0


def _deactivate(brackets: list[Bracket]) -> None:
    for bracket in reversed(brackets):
        if not bracket.image:
            if not bracket.active:
                return
            bracket.active = False
