"""The few HTML elements that models write: ``<br>``, and ``<sub>``, ``<sup>`` and ``<kbd>`` with their end tags.

A tag with an attribute is text. The others pair as the signs of emphasis do: an end tag belongs to the nearest start tag of its
name that is still open, and what is open between the two is text, as is a tag without its counterpart.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

from .strikethrough import mark, pairs

_TAG = re.compile(r"<(?:(/?)(sub|sup|kbd)>|br[ \t]*/?>[ \t]*\n?[ \t]*)", re.IGNORECASE)
_MARKERS = {"sub": -1, "sup": -2, "kbd": -3}  # no character's
_NAMES = {marker: name for name, marker in _MARKERS.items()}


def add_to(markdown: MarkdownIt) -> None:
    """Add the rules; tags become pairs together with the signs of emphasis."""
    markdown.inline.ruler.before("autolink", "tag", _tag)
    markdown.inline.ruler2.before("emphasis", "tag_pairs", _tag_pairs)


def _tag(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos)
    if found is None:
        return False
    if found[2] is None:
        state.push("hardbreak", "br", 0)
    else:
        state.push("text", "", 0)  # markdown-it does not pair what stands side by side
        state.push("text", "", 0).content = found[0]
        marker, token = _MARKERS[found[2].lower()], len(state.tokens) - 1
        state.delimiters.append(Delimiter(marker, 0, token, -1, not found[1], bool(found[1])))
    state.pos = found.end()
    return True


def _tag_pairs(state: StateInline) -> None:
    for opener, closer in pairs(state):
        if name := _NAMES.get(opener.marker):
            mark(state, opener, f"{name}_open", 1)
            mark(state, closer, f"{name}_close", -1)
