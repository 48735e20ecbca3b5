"""The ends of a paragraph and of a heading: Markdown drops spaces and tabs there, markdown-it all that Unicode calls space.

The wide space that begins a Japanese paragraph is part of its text. At a line's end a space is dropped behind a backslash too.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, heading
from markdown_it.rules_inline import StateInline

_SPACE = " \t\n"
# What a formula and an image's name do not begin or end with: white space as JavaScript counts it. Python's own has the
# information separators and U+0085 in it, and not U+FEFF.
UNICODE_SPACE = "\t\n\v\f\r \xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"

_BACKSLASH = re.compile(r"\\(?![!-/:-@\[-`{-~\n])")


class Lines(str):
    """Lines of a leaf, from which markdown-it's rules strip Markdown's white space and no other."""

    def strip(self, chars: str | None = None, /) -> str:
        return super().strip(_SPACE)


def add_to(markdown: MarkdownIt) -> None:
    """Put the rule for headings in the place of markdown-it's, and one before that for escapes."""
    markdown.block.ruler.at("heading", _heading, {"alt": ["paragraph", "reference", "blockquote"]})
    markdown.inline.ruler.before("escape", "backslash", _backslash)


def _heading(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    found = heading(state, line, end, silent)
    if found and not silent:
        state.tokens[-2].content = _title(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
    return found


def _title(line: str) -> str:
    """The heading's text, without the signs before it, and those that close it."""
    text = line.lstrip("#").strip(_SPACE)
    bare = text.rstrip("#")
    return bare.rstrip(_SPACE) if not bare or bare[-1] in _SPACE else text


def _backslash(state: StateInline, silent: bool) -> bool:
    """A backslash that escapes nothing. markdown-it takes the next character along, which may be a space that ends a line."""
    if not _BACKSLASH.match(state.src, state.pos):
        return False
    state.pending += "\\"
    state.pos += 1
    return True
