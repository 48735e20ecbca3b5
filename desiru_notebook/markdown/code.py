"""Code blocks: the language's name, and the lines in groups that the browser can leave out while they are not in sight."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter

from markdown_it.token import Token

from . import elements
from .destinations import unescaped
from .highlight import Highlighter, language_name

GROUP = 64  # lines

_WORD = re.compile(r"[^ \t\n]+")


def to_html(token: Token) -> str:
    """A fence or an indented block."""
    return lines_to_html(token.content, next(iter(_WORD.findall(unescaped(token.info))), ""))


def lines_to_html(content: str, word: str = "", *, named: bool = True) -> str:
    """Lines of code in the language that the word names, which stands above them if it is to be ``named``."""
    language = f'<div class="desiru-lang">{elements.text(language_name(word))}</div>' if word and named else ""
    return f'<div class="desiru-code">{language}<pre dir="ltr" tabindex="0"><code>{_lines(content, word)}</code></pre></div>'


def _lines(content: str, word: str) -> str:
    highlighter = Highlighter(word)
    lines = [_line(highlighter, line) for line in content.removesuffix("\n").split("\n")] if content else []
    groups = ("".join(lines[start : start + GROUP]) for start in range(0, len(lines), GROUP))
    return "".join(f'<span class="desiru-lines">{group}</span>' for group in groups)


def _line(highlighter: Highlighter, line: str) -> str:
    """One line; neighbours of one kind are one piece."""
    pieces = highlighter.line(line)
    if not pieces:
        return "\n"
    kinds = groupby(pieces, key=itemgetter(0))
    return "".join(_piece(kind, "".join(text for _, text in piece)) for kind, piece in kinds) + "\n"


def _piece(kind: str, content: str) -> str:
    shown = elements.text(content)
    return f'<span class="desiru-{kind}">{shown}</span>' if kind else shown
