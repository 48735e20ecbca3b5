"""What a value becomes in a prompt: text, JSON, or CSV for a table. ``docs/cell.md`` has the table of types.

Values of other libraries are recognised by the names of their classes, so none of these has to be installed or imported.
"""

from __future__ import annotations

import dataclasses
import json
from collections import UserString
from collections.abc import Mapping, MappingView, Sequence, Set
from enum import Enum
from typing import Any

from .errors import InputError
from .tables import TABLES, csv, lists, size
from .unsendable import advice, bases, named

LARGEST = 200_000  # characters that the tables and arrays of one input may have together

_PLAIN = {str, int, float, bool, type(None)}
_AS_THEIR_TEXT = {
    "builtins.complex", "datetime.date", "datetime.time", "datetime.timedelta", "decimal.Decimal", "fractions.Fraction",
    "numpy.complexfloating", "numpy.dtype", "pandas.ExtensionDtype", "pandas.Interval", "pandas.Period", "pathlib.PurePath",
    "polars.DataType", "uuid.UUID",
}  # fmt: skip
_MISSING = {"pandas.NAType", "pandas.NaTType"}


def as_text(value: Any, where: str = "The input") -> str:
    """The text that a model is sent for the value. ``where`` names the value in errors, as their first words.

    Raises:
        InputError: the value cannot be sent as text, or it is too large.
    """
    try:
        data = _Converter(value, where).data(value)
        text = data if isinstance(data, str) else _json(data)
    except InputError:
        raise
    except RecursionError:
        raise InputError(f"{where} cannot be sent as text: it is nested too deeply, or contains itself.") from None
    except ValueError as error:  # an integer that Python does not write, or a model that cannot be written
        reason = str(error)
        raise InputError(f"{where} cannot be sent as text: {reason[:1].lower()}{reason[1:]}.") from error
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{where} holds bytes that are not UTF-8 text: decode it with its own encoding.") from None
    return text


class _Converter:
    """Converts one input to the types that JSON has. A table becomes its CSV, as a text, at any depth."""

    def __init__(self, whole: Any, where: str) -> None:
        self._whole, self._where = whole, where
        self._room = LARGEST

    def data(self, value: Any) -> Any:
        """The value in JSON's types.

        Raises:
            InputError: it cannot be sent as text, or it is too large.
        """
        if type(value) in _PLAIN:
            return value
        if isinstance(value, Enum):
            return self.data(value.value)
        if isinstance(value, str):
            return str.__str__(value)  # a subclass may show itself in another way
        if isinstance(value, UserString):
            return value.data
        if isinstance(value, (int, float)):
            return value
        if isinstance(value, (type, bytes, bytearray, memoryview)):
            raise self._refusal(value)
        if hasattr(type(value), "model_dump"):
            return self._model(value)
        if dataclasses.is_dataclass(value):
            return {field.name: self.data(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, (Mapping, Sequence, MappingView, Set)):
            return self._collection(value)
        return self._foreign(value, bases(value))

    def _model(self, value: Any) -> Any:
        """The fields of a pydantic model; by the rules here where pydantic has no JSON for one of them."""
        try:
            return value.model_dump(mode="json")
        except ValueError:
            return self.data(value.model_dump())

    def _collection(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value)
        items = [self.data(item) for item in value]
        return items if isinstance(value, (Sequence, MappingView)) else _in_order(items)

    def _mapping(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        data = {self._key(key): self.data(item) for key, item in value.items()}
        if len(data) < len(value):
            raise InputError(f"{self._where} cannot be sent as JSON: two keys of a mapping become the same text. Rename one.")
        return data

    def _key(self, key: Any) -> Any:
        plain = self.data(key)
        if plain is None or isinstance(plain, (str, int, float)):
            return plain
        raise InputError(
            f"{self._where} cannot be sent as JSON: it contains a mapping with a key of type {type(key).__name__}. "
            "Make its keys texts: {str(key): value for key, value in mapping.items()}."
        )

    def _foreign(self, value: Any, kinds: set[str]) -> Any:
        if kinds & _MISSING:
            return None
        if kinds & _AS_THEIR_TEXT:
            return str(value)
        if kinds & TABLES:
            self._check_room(value, size(value))  # before it is written: a cell has at least the character that ends it
            return self._fitting(value, csv(value, kinds, self._cell))
        if hasattr(type(value), "tolist"):
            return self._array(value, kinds)
        raise self._refusal(value)

    def _cell(self, value: Any) -> str | None:
        data = self.data(value)
        if data is None or data != data:  # NaN: pandas has it for a missing value
            return None
        return _json(data) if isinstance(data, (list, dict)) else str(data)

    def _array(self, value: Any, kinds: set[str]) -> Any:
        if getattr(value, "shape", None) == ():
            return self.data(lists(value, kinds))
        self._check_room(value, 3 * size(value))  # a digit, a comma and a space
        return self._fitting(value, self.data(lists(value, kinds)))

    def _fitting(self, value: Any, data: Any) -> Any:
        characters = len(data if isinstance(data, str) else _json(data))
        self._check_room(value, characters)
        self._room -= characters
        return data

    def _check_room(self, value: Any, characters: int) -> None:
        if characters > self._room:
            shape = tuple(getattr(value, "shape", (size(value),)))
            raise InputError(
                f"{self._where} is too large: its tables and arrays, such as the {type(value).__name__} of shape {shape}, have "
                f"more than {LARGEST:,} characters. Select rows and columns, take the first ones (.head(), or array[:100]), or "
                "summarise it (.describe(), or a mean)."
            )

    def _refusal(self, value: Any) -> InputError:
        verb = "is" if value is self._whole else "contains"
        return InputError(f"{self._where} cannot be sent as text: it {verb} {named(value)}. {advice(value)}")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _in_order(items: list[Any]) -> list[Any]:
    """The items of a set, in the same order in every process."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=_json)
