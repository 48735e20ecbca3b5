"""What the highlighter knows of programming languages: each row of ``languages.json`` becomes rules.

``js/src/markdown/languages.ts`` reads the same rows. Their patterns must mean the same to both, take at least one
character, capture nothing, and look a bounded way ahead. A row, by the name that is shown, may have:

``words``
    other names of the language; no info string has a space in its first word, so a row with one only serves others
``like``
    the language whose row holds where this one says nothing; the keywords are those of both
``kw``, ``lit``, ``nocase``
    keywords, constants, and whether their letters may be capitals
``comment``, ``loose``
    what begins a comment that the line ends: anywhere, or only at the start of a line and after a space
``block``
    what begins and ends a comment of many lines
``strings``, ``long``, ``raw``
    what begins and ends a string: of one line, of many, of many and without escapes (one word if both are the same)
``prefix``
    a pattern of what may stand before a string and belongs to it
``extra``
    further characters of words, as they are written in a class of a pattern
``rules``
    patterns that come before all that, each with its kind

A language with neither keywords nor rules has a name and is left plain. Of a diff, the lines that are gone are faded
as comments are, and the new ones stand out as strings do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

LONGEST_NAME = 20

_NUMBER = r"(?:0[xX][0-9A-Fa-f_]+|0[bBoO][0-7_]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+\-]?[0-9]+)?)[A-Za-z0-9_]*"
_ROWS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("languages.json").read_text("utf-8"))
_NAMES = {word.lower(): name for name, row in _ROWS.items() for word in [name, *row.get("words", "").split()]}


class Rule(NamedTuple):
    """A pattern, the kind of what it finds ("word": ask the language), and the mode after it."""

    pattern: str
    kind: str
    next: Mode | None = None  # it stays the same
    closes: bool = False  # code comes next


class Mode:
    """Rules of which the first one that fits applies, the last one to any character."""

    def __init__(self, rules: Iterable[Rule], *, carries: bool = True) -> None:
        self.rules = tuple(rules)
        self.pattern = re.compile("|".join(f"({rule.pattern})" for rule in self.rules), re.DOTALL)
        self.carries = carries  # the next line goes on in it


@dataclass(frozen=True)
class Language:
    """How to read code, and which words are of note: by their small letters if they may have capitals."""

    code: Mode
    kinds: dict[str, str]
    nocase: bool = False

    def kind_of(self, word: str) -> str:
        """What the word is, the empty string for a word like any other."""
        return self.kinds.get(word.lower() if self.nocase else word, "")


_PLAIN = Language(Mode([Rule(".+", "")]), {})


def language_name(word: str) -> str:
    """What to call the language that the first word of an info string names."""
    return _NAMES.get(word.lower(), word[:LONGEST_NAME])


def language(word: str) -> Language:
    """The language that the word names, or one in which nothing is of note."""
    name = _NAMES.get(word.lower())
    return _PLAIN if name is None else _compiled(name)


@cache
def _compiled(name: str) -> Language:
    row = _row(name)
    if "kw" not in row and "rules" not in row:
        return _PLAIN
    kinds = dict.fromkeys(row.get("kw", "").split(), "kw") | dict.fromkeys(row.get("lit", "").split(), "lit")
    return Language(Mode(_rules(row)), kinds, row.get("nocase", False))


def _row(name: str) -> dict[str, Any]:
    own = _ROWS[name]
    if "like" not in own:
        return own
    base = _row(own["like"])
    return base | own | {"kw": f"{base.get('kw', '')} {own.get('kw', '')}"}


def _rules(row: dict[str, Any]) -> Iterator[Rule]:
    extra, prefix = row.get("extra", ""), row.get("prefix", "")
    word = rf"[A-Za-z_{extra}\u0080-\U0010FFFF][A-Za-z0-9_{extra}\u0080-\U0010FFFF]*"
    yield from (Rule(*rule) for rule in row.get("rules", ()))
    yield from _enclosed(row.get("block", ()), "com", escapes=False)
    yield from (Rule(f"{re.escape(start)}.*", "com") for start in row.get("comment", "").split())
    yield from (Rule(rf"(?:^|[ \t]+){re.escape(start)}.*", "com") for start in row.get("loose", "").split())
    yield from _enclosed(row.get("long", ()), "str", prefix, escapes=True)
    yield from _enclosed(row.get("raw", ()), "str", prefix, escapes=False)
    yield from _enclosed(row.get("strings", ()), "str", prefix, escapes=True, carries=False)
    yield Rule(r"\.{2,}", "")
    yield Rule(rf"\.{word}", "")  # a member is no keyword
    yield Rule(word, "word")
    yield Rule(_NUMBER, "num")
    yield Rule(r"[ \t]+|.", "")


def _enclosed(delimiters: Iterable[str], kind: str, prefix: str = "", *, escapes: bool, carries: bool = True) -> Iterator[Rule]:
    for delimiter in delimiters:
        open_, _, close = delimiter.partition(" ")
        close = close or open_
        escaped = [Rule(r"\\.", kind)] if escapes else []
        rest = [Rule(rf"[^\\{re.escape(close[0])}]+", kind), Rule(".", kind)]
        inside = Mode([Rule(re.escape(close), kind, closes=True), *escaped, *rest], carries=carries)
        yield Rule(prefix + re.escape(open_), kind, inside)
