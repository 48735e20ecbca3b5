"""Typed values in a terminal: numbers bold, lists as bullets, objects as their names and values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from ...markdown.policy import visible
from ..values import number_text, said
from ..words import value_text
from .lines import Led

_BULLET = "\u2022 "
_DEEPEST = 8  # what is nested deeper stands on one line, as JSON


def as_value(value: Any) -> RenderableType:
    """The value, as many lines as it takes."""
    data = _plain(value)
    return Group(*_rows(data, "")) if isinstance(data, (dict, list)) and data else _scalar(data)


def _rows(data: Any, lead: str) -> Iterator[Led]:
    """A line, or a few, for everything in it."""
    deeper = lead + "  "
    if isinstance(data, dict):
        for name, value in data.items():
            inner = _inner(value, deeper)
            yield Led(lead, deeper, Text.assemble(visible(str(name)), ":") if inner else _named(str(name), value))
            yield from inner
    else:
        for item in map(_plain, data):
            first, *others = _inner(item, deeper) or [Led(deeper, deeper, _scalar(item))]
            yield dataclasses.replace(first, first=lead + _BULLET + first.first[len(deeper) :])
            yield from others


def _inner(value: Any, lead: str) -> list[Led]:
    """The rows of what is inside the value; none of one that stands on a single line."""
    data = _plain(value)
    nested = isinstance(data, (dict, list)) and data and len(lead) <= 2 * _DEEPEST
    return list(_rows(data, lead)) if nested else []


def _named(name: str, value: Any) -> Text:
    return Text.assemble(visible(name), ": ", _scalar(_plain(value)))


def _scalar(data: Any) -> Text:
    if isinstance(data, (bool, dict, list)):
        return Text(visible(value_text(data))) if data or isinstance(data, bool) else Text("empty", "dim")
    if data is None:
        return Text("none", "dim")
    if isinstance(data, (int, float)):
        return Text(number_text(data), "bold")
    return Text(visible(str(data)))


def _plain(value: Any) -> Any:
    """Objects as the names and values of their fields, and every kind of list as a list; not what is inside of them."""
    value = said(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else value
