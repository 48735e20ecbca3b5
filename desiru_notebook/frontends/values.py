"""A typed value as HTML: lists and objects as small trees, numbers, booleans and choices set apart from text.

``js/src/values.ts`` makes the same elements for the live view. Names and attributes are constants; what the model said is
escaped text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any, Literal, get_args, get_origin

from ..markdown.policy import visible
from ..partial_values import without_none

_DEEPEST = 20  # containers in one another; what is deeper stands as JSON
_GROUPED = (10**4, 10**15)  # a year is smaller; of what is larger a float has not all digits


def to_html(value: Any, kind: Any) -> str | None:
    """The markup of a field's value in its type ``kind``; ``None`` for a field of text, which is Markdown."""
    return None if kind is str else _markup(value, kind, 0)


def _markup(value: Any, kind: Any, depth: int) -> str:
    kind = without_none(kind)
    match value:
        case _ if _is_choice(value, kind):
            return _chip("desiru-chip", str(value))
        case None:
            return _chip("desiru-chip desiru-none", "none")
        case bool():
            return _chip("desiru-chip desiru-yes", "true") if value else _chip("desiru-chip desiru-no", "false")
        case int() | float():
            return _chip("desiru-number", number_text(value))
        case str():
            return _text(value) if depth else f'<div class="desiru-plain" dir="auto">{_text(value)}</div>'
        case Mapping() | list() if depth == _DEEPEST:
            return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_data))
        case Mapping():
            return _tree(value, kind, depth)
        case list():
            return _items(value, kind, depth)
    return _markup(_as_data(value), kind, depth)


def _items(items: list[Any], kind: Any, depth: int) -> str:
    (inner,) = get_args(kind) if get_origin(kind) is list else (Any,)
    made = "".join(f'<li dir="auto">{_markup(item, inner, depth + 1)}</li>' for item in items)
    return f'<ol class="desiru-items">{made}</ol>' if made else _chip("desiru-chip desiru-none", "empty list")


def _tree(value: Mapping[Any, Any], kind: Any, depth: int) -> str:
    inner = get_args(kind)[1] if get_origin(kind) is dict else Any
    made = "".join(
        f'<div><dt dir="auto">{_text(str(key))}</dt><dd dir="auto">{_markup(item, inner, depth + 1)}</dd></div>'
        for key, item in value.items()
    )
    return f'<dl class="desiru-tree">{made}</dl>' if made else _chip("desiru-chip desiru-none", "empty dict")


def number_text(value: float) -> str:
    """``1984``, ``12,345.6``, ``1e+21``: all its digits, those before the point in groups of three where they are many."""
    if isinstance(value, int):
        return f"{value:,}" if _GROUPED[0] <= abs(value) < _GROUPED[1] else str(value)
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return repr(value)
    if value == 0:
        return "0"
    grouped = "," if abs(value) >= _GROUPED[0] else ""
    return f"{exact.normalize():{grouped}f}" if 1e-6 <= abs(value) < _GROUPED[1] else f"{exact.normalize():e}"


def said(value: Any) -> Any:
    """A pydantic model as its fields, but for the defaults: nobody has said those, and the live view does not know them."""
    from pydantic import BaseModel

    return value.model_dump(by_alias=True, exclude_unset=True) if isinstance(value, BaseModel) else value


def _chip(class_name: str, text: str) -> str:
    return f'<span class="{class_name}">{_text(text)}</span>'


def _text(text: str) -> str:
    return escape(visible(text), quote=False)


def _is_choice(value: Any, kind: Any) -> bool:
    return get_origin(kind) is Literal and value in get_args(kind)


def _as_data(value: Any) -> Any:
    """Pydantic models, dataclasses and such as their fields, dates and enumerations as text."""
    from pydantic_core import to_jsonable_python

    try:
        return to_jsonable_python(said(value), fallback=str)
    except ValueError:  # what a type from code cannot write down itself
        return str(value)
