r"""The address of a link, as CommonMark has it.

markdown-it ends an address before a backslash that stands before a space, and leaves a reference to a character that no
document may hold as it is. In CommonMark the backslash is part of the address, and the character the replacement character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from markdown_it import MarkdownIt, helpers
from markdown_it.common.entities import entities
from markdown_it.common.utils import isValidEntityCode

_MOST_PARENTHESES = 32
_POINTED = re.compile(r"<((?:[^<>\n\\]|\\.)*+)>")
_SIGN = re.compile(r"\\[!-/:-@\[-`{-~]|[()\0-\x20\x7f]")
_MEANT = re.compile(r"\\([!-/:-@\[-`{-~])|&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]{1,31}));")


@dataclass(frozen=True)
class Destination:
    """What was read: the names are markdown-it's."""

    ok: bool = False
    pos: int = 0
    str: str = ""


def add_to(markdown: MarkdownIt) -> None:
    """Let definitions read their addresses so, too."""
    ours = SimpleNamespace(parseLinkDestination=parse_destination, parseLinkTitle=helpers.parseLinkTitle)
    markdown.helpers = cast(Any, ours)


def parse_destination(src: str, position: int, end: int) -> Destination:
    """The address at that position, and where it ends."""
    if pointed := _POINTED.match(src, position, end):
        return Destination(True, pointed.end(), unescaped(pointed[1]))
    last = None if src.startswith("<", position) else _end(src, position, end)
    if last is None:
        return Destination()
    return Destination(last > position, last, unescaped(src[position:last]))


def _end(src: str, position: int, end: int) -> int | None:
    """Where an address without brackets ends: at white space, or at a parenthesis that was not opened in it."""
    depth, stop = 0, end
    for sign in _SIGN.finditer(src, position, end):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if depth > _MOST_PARENTHESES:
            return None
        if depth < 0 or sign[0] <= " " or sign[0] == "\x7f":
            stop = sign.start()
            break
    return None if depth > 0 else stop


def unescaped(text: str) -> str:
    """The text with its escapes and character references as they are meant."""
    return _MEANT.sub(_meaning, text) if "\\" in text or "&" in text else text


def _meaning(source: re.Match[str]) -> str:
    escaped, hexadecimal, decimal, name = source.groups()
    if escaped or name:
        return str(escaped or entities.get(name, source[0]))
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if isValidEntityCode(code) else "\ufffd"
