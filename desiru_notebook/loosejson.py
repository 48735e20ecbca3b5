"""Reads JSON as models write it.

Allowed besides JSON are Python's words, quotes, tuples and sets, typographic quotes, bare words, comments, commas before a
closing bracket, and backslashes that JSON does not know: they stay as they are, as in ``["\\alpha"]``. Nothing is repaired:
brackets and quotes that do not match are an error. Every character is read once.
"""

from __future__ import annotations

import json
import re
from typing import Any

_DEEPEST = 100  # brackets in one another
_MOST_WORDS = 8  # of a bare item; more are prose
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_SPACE = re.compile(r"(?:\s++|//[^\n]*+|\#\s[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL),
    "`": re.compile(r"`([^`]*+)`"),
    "\u201c": re.compile("\u201c([^\u201d]*+)\u201d"),
    "\u2018": re.compile("\u2018([^\u2019]*+)\u2019"),
}
_AMOUNT = r"[$\u20ac\u00a3\u00a5]\s?\d{1,3}(?:,\d{3})++|"
_BARE = re.compile(rf'(?:{_AMOUNT}\([^()\n]*+\)|[^\[\]{{}}(),"\u201c\u201d\n])*+')
_BARE_KEY = re.compile(r'[^\[\]{}(),:"\u201c\u201d\n]*+')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][-+]?\d++)?")
_PAIR_BEHIND = re.compile(r";\s*+\w+\s*+[:=]")
_COMMENT = re.compile(r"(?<!\s)\s++(?:#\s|//).*+", re.DOTALL)
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}

# Commands of LaTeX whose first letter makes an escape of JSON, and paths of Windows: nobody means a form feed and "rac".
_LATEX = (
    r"(?:bar|begin|beta|bf|big[a-z]*|binom|bmod|boldsymbol|bot|boxed|breve|bullet|fbox|flat|forall|frac|frown|nabla|neg|neq|newline|"
    r"nexists|nmid|notin|nu|rangle|rceil|rfloor|rho|right[a-z]*|rm|tan|tanh|tau|tbinom|"
    r"text[a-z]*|tfrac|theta|tilde|times|to|top|triangle|xi)(?![a-z])"
)
_PATH = r"""[A-Za-z]:\\(?:[bfrt]|(?:[^\\"'\n]{1,80}\\){1,20}?[bfnrt])(?=\w)|[Cc]:\\n(?=[\w.-]++(?:["'\\]|\Z))"""
_MISREAD = re.compile(rf"""(?<!\\)(?:\\\\)*+\\{_LATEX}|(?:\A|(?<=["'\s]))(?:{_PATH}|\\ne(?![a-z]))""")
_SERVER = re.compile(r"\\\\\w[\w.-]*+\\\w")  # \\server\share, each backslash once
_ESCAPE = re.compile(r'\\(u[\da-fA-F]{4}|.|\Z)(?=(\w?))|"', re.DOTALL)


def read_data(text: str) -> Any:
    """The value that the whole text is.

    Raises:
        ValueError: it is not one value, or it cannot be read without guessing.
    """
    if not _MISREAD.search(text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    if text[:1] not in _CLOSING:
        raise ValueError("expected JSON")
    value, end = read_bracketed(text, 0)
    if _SPACE.fullmatch(text, end) is None:
        raise ValueError("expected nothing behind the value")
    return value


def read_bracketed(text: str, at: int) -> tuple[Any, int]:
    """The value whose opening bracket is at ``at``, and where it ends. Raises ValueError where it cannot be read."""
    reader = _Reader(text, at)
    return reader.container(0), reader.at


class _Reader:
    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def container(self, depth: int) -> Any:
        """A list, or a dict; tuples and sets are lists."""
        if depth > _DEEPEST:
            raise ValueError("too many brackets in one another")
        opening = self._text[self.at]
        items: list[Any] = []
        pairs: dict[str, Any] = {}
        self.at += 1
        while not self._take(_CLOSING[opening]):
            if (items or pairs) and not self._take(","):
                raise ValueError("expected a comma")
            if (items or pairs) and self._take(_CLOSING[opening]):
                break
            if opening == "{":
                self._add_pair(items, pairs, depth)
            else:
                items.append(self._value(_BARE, depth))
        return pairs if opening == "{" and not items else self._checked(opening, items, pairs)

    def _add_pair(self, items: list[Any], pairs: dict[str, Any], depth: int) -> None:
        begin = self.at
        key = self._value(_BARE_KEY, depth)
        end = self.at
        if not self._take(":"):
            items.append(key)
        elif isinstance(key, (list, dict)):
            raise ValueError("expected a text as the key")
        else:
            name = str(key) if isinstance(key, str) else _SPACE.sub("", self._text[begin:end])
            pairs[name] = _unmarked(self._value(_BARE, depth))

    def _checked(self, opening: str, items: list[Any], pairs: dict[str, Any]) -> list[Any]:
        """The items without the marks of bare words. ``[Your answer here]`` and ``{name}`` are placeholders, not lists."""
        placeholder = len(items) == 1 and isinstance(items[0], _Bare) and (opening == "{" or " " in items[0])
        if pairs or placeholder or (opening == "{" and any(isinstance(item, (list, dict)) for item in items)):
            raise ValueError("expected items")
        return [_unmarked(item) for item in items]

    def _value(self, bare: re.Pattern[str], depth: int) -> Any:
        self._skip()
        first = self._text[self.at : self.at + 1]
        if first in _CLOSING:
            return self.container(depth + 1)
        quoted = _QUOTED.get(first)
        found = (quoted or bare).match(self._text, self.at)
        if not found or self._text.startswith("/*", self.at):  # a comment without an end
            raise ValueError("expected a closing quote")
        self.at = found.end()
        return _unescaped(found[1]) if quoted else _plain(found[0].strip())

    def _take(self, char: str) -> bool:
        self._skip()
        taken = self._text.startswith(char, self.at)
        self.at += taken
        return taken

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self.at)
        self.at = space.end() if space else self.at


class _Bare(str):
    """A text without quotes."""

    __slots__ = ()


def _unmarked(value: Any) -> Any:
    return str(value) if isinstance(value, _Bare) else value


def _plain(word: str) -> Any:
    word = _COMMENT.sub("", word)
    if word in _WORDS:
        return _WORDS[word]
    if _NUMBER.fullmatch(word):
        return json.loads(word)
    if (
        not word.strip(".\u2026-\u2013\u2014")
        or word.upper() == "N/A"
        or _PAIR_BEHIND.search(word)
        or word.count("'") > 1
        or "/*" in word
        or "&quot;" in word
        or word.count(" ") >= _MOST_WORDS
    ):
        raise ValueError("expected an item")
    return _Bare(word)


def _unescaped(raw: str) -> str:
    """The text between two quotes, its escapes read as JSON's."""
    if _SERVER.match(raw):
        raise ValueError("expected a path with two backslashes for each")
    text: str = json.loads(f'"{spelled_as_json(raw)}"', strict=False) if "\\" in raw else raw
    return text


def spelled_as_json(raw: str) -> str:
    """The text between two quotes, as JSON spells it."""
    misread = bool(_MISREAD.search(raw))

    def spelled(found: re.Match[str]) -> str:
        escape = found[1]
        if escape is None:
            return '\\"'
        if escape == "'":
            return "'"
        if escape == "\\" and misread:
            return found[0] * 2
        if escape in ('"', "\\", "/") or (escape and escape[0] in "bfnrtu" and escape != "u" and not (misread and found[2])):
            return found[0]
        return "\\\\" + escape

    return _ESCAPE.sub(spelled, raw)
