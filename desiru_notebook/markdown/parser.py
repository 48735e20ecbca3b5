"""The parser: CommonMark with tables, strikethrough, bare addresses and formulas, and of HTML only what :mod:`tags` has.

markdown-it's own rules for links and images call themselves for every bracket inside a bracket; the rules of
:mod:`brackets` stand in their place, and keep a stack instead. No text makes the parser recurse deeper than containers may
nest.
"""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from . import brackets, containers, destinations, ends, formulas, lazy, strikethrough, tags, urls

Environment = dict[str, Any]


class Parser:
    """Reads one text: its blocks first, with the definitions of its links, then the inline content of each leaf."""

    def __init__(self) -> None:
        self._markdown = _Markdown()
        self._environment: Environment = {}

    def parse(self, text: str) -> list[Token]:
        """The blocks; the leaves' text stands in tokens of type ``inline`` that have no children yet."""
        # White space after the last line end is no line. And the last line has an end: markdown-it loses a blank one without.
        lines = text.rstrip(" \t")
        return self._markdown.parse(lines if lines.endswith(("\n", "\r")) else f"{text}\n", self._environment)

    def parse_inline(self, text: str) -> list[Token]:
        """The inline content of a leaf; call it after :meth:`parse`."""
        inline = self._markdown.inline
        state = brackets.BracketState(text, self._markdown, self._environment, [])
        inline.tokenize(state)
        for rule in inline.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Markdown(MarkdownIt):
    """markdown-it with our rules; addresses come through as they were written, for the policy to judge."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": 1000, "inline_definitions": True})
        self.disable(["inline", "text_join", "html_block", "html_inline", "link", "image"])
        lazy.add_to(self)
        ends.add_to(self)
        containers.add_to(self)
        formulas.add_to(self)
        strikethrough.add_to(self)
        brackets.add_to(self)
        destinations.add_to(self)
        tags.add_to(self)
        urls.add_to(self)

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # markdown-it's names
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return True
