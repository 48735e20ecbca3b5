"""From the text of a field to a value of its type.

Pydantic does the validating. Added are the things that people expect of models: ``a, b, c`` and bullet lists are lists,
``$1,200`` is a number, a fenced block of JSON is its JSON, a list of texts that was cut off has the texts that came,
``None`` is None.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from .partialjson import cut_texts

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_BULLET = re.compile(r"^\s*(?:[-*+\u2022]|\d{1,3}[.)])\s+")
_FENCE = re.compile(r"\A```\w*\n(.*)\n?```\Z", re.DOTALL)
# One that begins no escape of Python stands for itself, and Python would warn about it.
_BACKSLASH = re.compile(r"""(\\[\\'"abfnrtvxNuU0-7\n])|\\""")
_LONGEST_REASON = 200  # characters
_LOOKED_AT = 2_000  # characters of a reason that are read at all
_LONGEST_NUMBER = 500  # characters; the pattern takes their square of time
_NUMBER = re.compile(r"\A([-+]?)\s*[$\u20ac\u00a3\u00a5]?\s*([-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d*\.?\d+)\s*%?\.?\Z")


def coerce(text: str, kind: Any) -> Any:
    """The value that ``text`` stands for in the type ``kind``.

    Raises:
        ValueError: the text is no value of that type; the message is one short sentence.
    """
    origin = get_origin(kind)
    if kind is str:
        return text
    if origin in (Union, UnionType):
        return _optional(text, kind)
    if origin is Literal:
        return _choice(text, get_args(kind))
    if kind in (int, float):
        return _validate(_plain_number(text), kind)
    if kind is bool:
        return _validate(text.strip().rstrip(".!").lower(), kind)
    if origin is list:
        (inner,) = get_args(kind)
        return [_item(item, inner) for item in _list_items(text, inner)]
    return _validate(_data(text), kind)


def _optional(text: str, kind: Any) -> Any:
    if NoneType in get_args(kind) and text.strip().lower() in ("", "none", "null"):
        return None
    inner = [arg for arg in get_args(kind) if arg is not NoneType]
    return coerce(text, inner[0]) if len(inner) == 1 else _validate(_data(text), kind)


def _choice(text: str, choices: tuple[Any, ...]) -> Any:
    said = text.strip().strip("'\"`*.").casefold()
    for choice in choices:
        if said == str(choice).casefold() or text == choice:
            return choice
    raise ValueError(f"expected one of {', '.join(map(repr, choices))}")


def _plain_number(text: str) -> str:
    """``$1,200.50`` as ``1200.50``; anything else as it is, for pydantic to judge."""
    match = _NUMBER.match(text.strip()) if len(text) < _LONGEST_NUMBER else None
    return (match[1] + match[2]).replace(",", "") if match else text


def _list_items(text: str, kind: Any) -> list[Any]:
    """The items of JSON, of a bullet list (a line that leads to it left out), of lines, or between commas."""
    data = _data(text)
    if not isinstance(data, list) and kind is str:
        data = cut_texts(text)
    if isinstance(data, list):
        return data
    lines = [line for line in text.splitlines() if line.strip()]
    bullets = lines if not lines or _BULLET.match(lines[0]) else lines[1:]
    if bullets and all(map(_BULLET.match, bullets)):
        return [_BULLET.sub("", line).strip() for line in bullets]
    parts = lines if len(lines) > 1 else _between_commas(text, kind in (int, float))
    return [part.strip().strip("'\"") for part in parts if part.strip()]


def _between_commas(text: str, numbers: bool) -> list[str]:
    """``$1,200, $3`` are two numbers, for a comma inside one has no space behind it; ``"a", "b, c"`` are two texts."""
    if numbers:
        return text.split(", " if ", " in text else ",")
    try:
        return next(csv.reader([text.strip()], skipinitialspace=True), [])
    except csv.Error:  # longer than csv allows
        return [text]


def _item(item: Any, kind: Any) -> Any:
    return coerce(item, kind) if isinstance(item, str) else _validate(item, kind)


def _data(text: str) -> Any:
    """The JSON, or the Python literal, that the text is; the text itself where it is neither."""
    body = text.strip()
    if fence := _FENCE.match(body):
        body = fence[1].strip()
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(_BACKSLASH.sub(_escape, body)) if body[:1] in "[{(" and body else body
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return body


def _escape(found: re.Match[str]) -> str:
    return found[1] or r"\\"


def _validate(value: Any, kind: Any) -> Any:
    from pydantic import ValidationError

    adapter = _adapter(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
    except BaseException as error:  # the validators of a type from code may raise anything, SystemExit included
        reason = f"its validator raised {type(error).__name__}"
    raise ValueError(_sentence(reason))


def _sentence(message: str) -> str:
    """Pydantic's words on one short line. A validator may repeat what the model said, and that may command a terminal."""
    line = " ".join("".join(char if char.isprintable() or char.isspace() else "" for char in message[:_LOOKED_AT]).split())
    return line[:1].lower() + (line[1:] if len(line) <= _LONGEST_REASON else f"{line[1 : _LONGEST_REASON - 1]}\u2026")


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    # Imported at the first typed field: pydantic alone would take most of the time that importing this package may take.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
