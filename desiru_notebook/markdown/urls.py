"""Bare addresses in text, as GitHub links them: ``http://`` or ``https://``, up to white space or ``<``."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from . import policy
from .brackets import BracketState

_SCHEME = re.compile(r"(?<![0-9A-Za-z])https?\Z", re.IGNORECASE)
# Longer addresses are refused, so nothing is lost by reading no further, and so are those with a port of no digits. The
# controls are white space to Python alone.
_REST = re.compile(r"://(?![\w.-]+:/)(?:[^\s\ufeff<]|[\x1c-\x1f\x85]){1,2100}")
_TRAILING = re.compile(r"(?:[?!.,:*_~'\"]|&[0-9A-Za-z]+;)\Z")
_LONGEST_ENTITY = 40  # characters


def add_to(markdown: MarkdownIt) -> None:
    """Add the rule."""
    markdown.inline.ruler.push("bare_url", _bare_url)


def _bare_url(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != ":" or (isinstance(state, BracketState) and state.brackets):
        return False  # inside brackets it may be the text of a link, and links do not nest
    scheme = _SCHEME.search(state.pending[-6:])
    rest = _REST.match(state.src, state.pos) if scheme else None
    if scheme is None or rest is None:
        return False
    url = scheme.group() + _without_trailing(rest.group())
    if policy.address(url) is None:
        return False
    state.pending = state.pending.removesuffix(scheme.group())
    _push_link(state, url)
    state.pos += len(url) - len(scheme.group())
    return True


def _push_link(state: StateInline, url: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs, opening.markup = {"href": url}, "autolink"
    state.push("text", "", 0).content = url
    state.push("link_close", "a", -1).markup = "autolink"


def _without_trailing(url: str) -> str:
    """The address without the punctuation of the sentence around it; a parenthesis stays if it is closed inside."""
    end, surplus = len(url), url.count(")") - url.count("(")
    while True:
        if surplus > 0 and url[end - 1] == ")":
            end, surplus = end - 1, surplus - 1
        elif trailing := _TRAILING.search(url, max(0, end - _LONGEST_ENTITY), end):
            end = trailing.start()
        else:
            return url[:end]
