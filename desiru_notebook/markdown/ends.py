"""The ends of a paragraph and of a heading: Markdown drops spaces and tabs there, markdown-it all that Unicode calls space.

The wide space that begins a Japanese paragraph is part of its text.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, heading

_SPACE = " \t\n"


class Lines(str):
    """Lines of a leaf, from which markdown-it's rules strip Markdown's white space and no other."""

    def strip(self, chars: str | None = None, /) -> str:
        return super().strip(_SPACE)


def add_to(markdown: MarkdownIt) -> None:
    """Put the rule for headings in the place of markdown-it's."""
    markdown.block.ruler.at("heading", _heading, {"alt": ["paragraph", "reference", "blockquote"]})


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
