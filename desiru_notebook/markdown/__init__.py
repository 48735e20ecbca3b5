"""Model text as the HTML that is saved: Markdown in, a fixed vocabulary of elements out.

The live view makes the same of the same text (``js/src/markdown/``); ``tests/markdown.json`` holds both to it. Whatever the
text says, only these elements and attributes come out, and every character stands in a text that :func:`policy.visible`
has seen or in an address that :func:`policy.address` has made.
"""

from __future__ import annotations

from . import code
from .blocks import BlockWriter
from .limits import divided
from .parser import Parser

__all__ = ["to_html"]


def to_html(text: str) -> str:
    """The inner HTML of a pane. Takes any text and never fails; nothing in the result names a file or asks for one."""
    beginning, rest = divided(text.removeprefix("\ufeff"))
    parser = Parser()
    return BlockWriter(parser, parser.parse(beginning)).html() + (code.lines_to_html(rest) if rest else "")
