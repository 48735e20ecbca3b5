r"""Bare addresses in text: ``http://``, ``https://`` and ``www.``, as GitHub links them.

Beyond GitHub's rules an address ends before what a sentence, a quotation, HTML or JSON around it is made of: quotes, angle
brackets, a closing bracket that nothing in the address has opened, and the punctuation of other scripts.
"""

from __future__ import annotations

import re
from unicodedata import category

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from . import policy
from .ends import UNICODE_SPACE

_BEGINNING = re.compile(r"(?<![0-9A-Za-z])https?(?=:)|(?<![0-9A-Za-z/.@:%&=?#+$\\-])www(?=\.[a-z0-9-]+\.[a-z0-9])", re.I | re.A)
_LENGTHS = {":": (5, 4), ".": (3,)}  # of a beginning, by what comes after it
# Longer addresses are refused, so nothing is lost by reading no further, and so are those with a port of no digits.
_LONGEST = 2100  # characters
_HOST = re.compile(rf"(?:://|\.)(?![\w.-]+:/)[^{UNICODE_SPACE}<>/?#'\u2019]+", re.ASCII)
# White space and quotes; the beginning of another address, an arrow, a footnote, and an entity other than an ampersand's.
_END = re.compile(
    rf'[{UNICODE_SPACE}<>"`]|\\(?:[]"\'`{UNICODE_SPACE}]|\Z)|[,;|]http|[-=]>|\[\^|&(?!amp;)#?\w+;',
    re.ASCII,
)
_SIGN = re.compile(r"['()\[\]{}]|[^\x00-\x7f]")
_OPENING = {")": "(", "]": "[", "}": "{"}
_WITHIN_WORDS = "\u2010\u2011\u2013\xb7"  # hyphens, the dash of a range, and the dot of Catalan
_TRAILING = f"?!.,:;*_~'\"|([{{{_WITHIN_WORDS}"
_AMPERSAND = re.compile("&amp;")


def add_to(markdown: MarkdownIt) -> None:
    """Add the rule."""
    markdown.inline.add_terminator_char(".")
    markdown.inline.ruler.push("bare_url", _bare_url)


def _bare_url(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in ":.":
        return False
    beginning = _beginning(state)
    rest = state.src[state.pos : _end(state.src, state.pos)] if beginning else ""
    shown = _AMPERSAND.sub("&", f"{beginning}{rest}")
    address = f"http://{shown}" if state.src[state.pos] == "." else shown
    if not rest or policy.address(address) is None:
        return False
    state.pending = state.pending.removesuffix(beginning)
    _push_link(state, address, shown)
    state.pos += len(rest)
    return True


def _beginning(state: StateInline) -> str:
    """The ``https`` or ``www`` that ends where the state stands."""
    for length in _LENGTHS[state.src[state.pos]]:
        found = _BEGINNING.match(state.src, max(0, state.pos - length))
        if found and found.end() == state.pos:
            return found.group()
    return ""


def _push_link(state: StateInline, address: str, shown: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs, opening.markup = {"href": address}, "autolink"
    state.push("text", "", 0).content = shown
    state.push("link_close", "a", -1).markup = "autolink"


def _end(src: str, start: int) -> int:
    """Where the address ends whose scheme or ``www`` ends at ``start``."""
    host = _HOST.match(src, start, start + _LONGEST)
    if host is None:
        return start
    stop = _END.search(src, start, start + _LONGEST)
    end, opened = stop.start() if stop else min(len(src), start + _LONGEST), list[str]()
    for found in _SIGN.finditer(src, start, end):
        sign = found.group()
        if sign in "([{":
            opened.append(sign)
        elif _ends(sign, src[found.end() : found.end() + 1], opened) or (sign in "'\u2019" and found.start() == host.end()):
            end = found.start()
            break
    return _without_trailing(src, start, end)


def _ends(sign: str, following: str, opened: list[str]) -> bool:
    """Whether the address ends before the sign. A bracket that was opened in it stays, as an apostrophe in a word does."""
    if sign in _OPENING:
        return not opened or opened.pop() != _OPENING[sign]
    if sign in "'\u2019":
        return not following.isalnum()
    return sign not in _WITHIN_WORDS and (category(sign).startswith("P") or category(sign) == "Sm")


def _without_trailing(src: str, start: int, end: int) -> int:
    """The end without the punctuation of the sentence around the address."""
    while end > start:
        if _AMPERSAND.match(src, max(start, end - 5), end):
            end -= 5
        elif src[end - 1] in _TRAILING:
            end -= 1
        else:
            break
    return end
