"""The value of a field that is still being written, as far as it can be known.

A list has the items that are complete, and the last text as far as it has come; an object is a dict of what is there, not
validated, for a model that lacks a required field cannot exist. Numbers, booleans and choices are values as soon as their
text is one. No code of the user's runs here: a type from code is validated once, when its field is whole.
``js/src/partial.ts`` reads the same for the live view.
"""

from __future__ import annotations

import re
import sys
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from .amidprose import leads
from .coerce import coerce
from .partialjson import OPENED_FENCE, read_beginning

_OPEN_BULLET = re.compile(r"(?:\A|\n)[^\S\n]*(?:[-*+\u2022]|\d{1,3}[.)]?)\Z")
_FENCED = re.compile(r"(?:\A|\n)```\w*(?:\n|\Z)")
_BRACKET = re.compile(r"[\[{]")
_SEPARATORS = re.compile(r"[,;\n]|\A(?:[-*+\u2022]|\d{1,3}[.)])\s")
_WHOLE_ITEMS = re.compile(r".*(?:\n|, )", re.DOTALL)


def partial_value(text: str, kind: Any) -> Any:
    """What ``text``, the beginning of a field's text, is in the type ``kind``; the text itself while it is no value."""
    try:
        return _value(text, kind)
    except Exception:
        return text


def without_none(kind: Any) -> Any:
    """``T`` of ``T | None``; any other type as it is."""
    inner = [arg for arg in get_args(kind) if arg is not NoneType] if get_origin(kind) in (Union, UnionType) else []
    return inner[0] if len(inner) == 1 else kind


def _value(text: str, kind: Any) -> Any:
    inner = without_none(kind)
    if _is_simple(inner):
        return coerce(text, kind)
    is_list = get_origin(inner) is list
    body = _from_its_begin(text.strip())
    try:
        if body[:1] in ("[", "{"):
            return _items(body, get_args(inner)[0]) if is_list else read_beginning(body, "trailing-strings")
    except ValueError:  # an afterword, or bare words
        return coerce(text, kind) if _is_built_in(inner) else text
    if not _is_built_in(inner):
        return text
    return _loose_items(body, inner) if is_list else coerce(text, kind)


def _from_its_begin(text: str) -> str:
    """The text without what leads to its fence or to its first bracket."""
    fence = _FENCED.search(text)
    body = text[fence.end() :] if fence else OPENED_FENCE.sub("", text)
    bracket = _BRACKET.search(body)
    return body[bracket.start() :] if bracket and leads(body[: bracket.start()]) else body


def _is_built_in(kind: Any) -> bool:
    """Whether the type and all its parts are Python's own, which run no code of the user's."""
    origin = get_origin(kind)
    if origin is Literal:
        return True
    if origin in (list, dict, tuple, Union, UnionType):
        return all(map(_is_built_in, get_args(kind)))
    return origin is None and getattr(kind, "__module__", "").partition(".")[0] in sys.stdlib_module_names


def _is_simple(kind: Any) -> bool:
    return kind in (str, int, float, bool) or get_origin(kind) is Literal


def _items(body: str, kind: Any) -> list[Any]:
    """The items of JSON. A text that grows is one already, but not yet a number or a choice."""
    items = read_beginning(body, "trailing-strings" if kind is str or not _is_simple(kind) else "on")
    if not isinstance(items, list):
        raise ValueError("no list")
    return [partial_value(item, kind) if isinstance(item, str) else item for item in items]


def _loose_items(body: str, kind: Any) -> list[Any]:
    """The items of bullets, of lines, or between commas: but for texts, the last one counts when the next begins."""
    if get_args(kind) == (str,):
        if body and not _SEPARATORS.search(body):
            raise ValueError("a lead-in, or the first item")
        known = _OPEN_BULLET.sub("", body)
    else:
        whole = _WHOLE_ITEMS.match(body)
        known = whole[0] if whole else ""
    items: list[Any] = coerce(known, kind)
    return items
