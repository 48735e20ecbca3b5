"""Reads JSON, or a Python literal, that may be incomplete. ``js/src/partialjson.ts`` does the same."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from .loosejson import spelled_as_json

OPENED_FENCE = re.compile(r"\A(?:`{1,2}\Z|```\w*(?:\n|\Z))")
_CUT_TEXTS = re.compile(r'\[\s*"(?:[^"\\]|\\.)*(?:"\s*,\s*"(?:[^"\\]|\\.)*)*(?:"\s*(?:,\s*[-+.\w]*)?)?\Z', re.DOTALL)
_OPEN_WORD = re.compile(r"(?<![-+.\w])[-+.\w]+\Z")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)', re.DOTALL)
_PYTHON = re.compile(r'"(?:[^"\\]|\\.)*"?|\'((?:[^\'\\]|\\.)*)(\'?)|\b(?:True|False|None)\b|,(?=\s*[\]}])', re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null", ",": ""}
_SPECIAL = re.compile(r'\\.|["\x00-\x09\x0b-\x1f]', re.DOTALL)


def read_beginning(body: str, mode: Literal["on", "trailing-strings"]) -> Any:
    """The JSON, or the Python literal, that begins here.

    Raises:
        ValueError: it is neither.
    """
    import jiter

    for spelling in (body, _PYTHON.sub(_as_json, body)):
        try:
            return jiter.from_json(_without_open_word(spelling).encode(), partial_mode=mode)
        except ValueError:
            pass
    raise ValueError("no data")


def cut_texts(text: str) -> list[Any] | None:
    """The items of a list of texts that ends too early, the last one as far as it came; None for any other text."""
    spelled = _PYTHON.sub(_as_json, OPENED_FENCE.sub("", text.strip()))
    if not _CUT_TEXTS.match(spelled):
        return None
    try:
        items: list[Any] = read_beginning(spelled, "trailing-strings")
    except ValueError:
        return None
    return items


def _without_open_word(text: str) -> str:
    """JSON without the number or the word at its end, which may go on, unless that stands in a string."""
    in_string = not all(_STRING.findall(text))
    return text if in_string else _OPEN_WORD.sub("", text)


def _as_json(found: re.Match[str]) -> str:
    """A token of Python as JSON spells it."""
    if found[0][0] == '"':
        closed = len(found[0]) > 1 and found[0][-1] == '"'
        return f'"{spelled_as_json(found[0][1 : -1 if closed else None])}' + '"' * closed
    if found[1] is None:
        return _WORDS.get(found[0], found[0])
    return f'"{_SPECIAL.sub(_escaped, found[1])}' + ('"' if found[2] else "")


def _escaped(found: re.Match[str]) -> str:
    """What JSON says for a quote, a control character or an escape in a string of Python's."""
    char = found[0]
    if char[0] != "\\":
        return json.dumps(char)[1:-1]
    return "'" if char == "\\'" else char if char[1] in '"\\/bfnrtu' else "\\" + char
