"""Tables as CSV and arrays as nested lists, without an import of the libraries that they come from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Cell = Callable[[Any], str | None]  # the text of a cell, or None where its value is missing

TABLES = {"pandas.DataFrame", "pandas.Series", "polars.DataFrame", "polars.Series"}
_NOT_IN_CSV = {"Array", "Binary", "Duration", "List", "Object", "Struct"}  # types of columns that polars does not write


def size(value: Any) -> int:
    """The number of cells of a table, or of items of an array."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return len(value) if hasattr(value, "__len__") else 1
    return math.prod(shape)


def csv(value: Any, kinds: set[str], cell: Cell) -> str:
    """All rows of the table below a header. ``cell`` writes the cells of columns that can hold any object."""
    if len(value.shape) == 1:
        value = value.to_frame("value" if value.name is None or value.name == "" else value.name)
    write = _pandas_csv if kinds & {"pandas.DataFrame", "pandas.Series"} else _polars_csv
    return write(value, cell).removesuffix("\n")


def _pandas_csv(frame: Any, cell: Cell) -> str:
    """The index is a column too, unless it only counts the rows."""
    frame, index = frame.copy(deep=False), frame.index
    _check_labels(index, cell)
    _check_labels(frame.columns, cell)
    for at, kind in enumerate(frame.dtypes):
        if kind.kind == "O":
            frame.isetitem(at, [cell(value) for value in frame.iloc[:, at]])
    counts = type(index).__name__ == "RangeIndex" and (index.start, index.step, index.name) == (0, 1, None)
    return str(frame.to_csv(index=not counts, lineterminator="\n"))


def _check_labels(labels: Any, cell: Cell) -> None:
    """Refuse a label that cannot be sent; pandas writes the others."""
    for level in getattr(labels, "levels", [labels]):
        if level.dtype.kind == "O":
            for label in level:
                cell(label)


def _polars_csv(frame: Any, cell: Cell) -> str:
    odd = [column for column in frame.get_columns() if str(column.dtype).partition("(")[0] in _NOT_IN_CSV]
    written = [type(column)(column.name, [cell(value) for value in column.to_list()]) for column in odd]
    return str(frame.with_columns(written).write_csv())


def lists(value: Any, kinds: set[str]) -> Any:
    """The array as nested lists, a scalar as what it is in Python; dates as texts."""
    if kinds & {"numpy.ndarray", "numpy.generic"}:
        if value.dtype.kind in "mM":
            value = value.astype(str)  # as numbers they would be nanoseconds
        elif value.dtype.kind == "f" and value.dtype.itemsize != 8:
            value = value.astype(str).astype("float64")  # 0.1, not 0.10000000149011612
    return value.tolist()
