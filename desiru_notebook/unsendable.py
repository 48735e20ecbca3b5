"""Names for values that cannot be sent to a model as text, and advice about what to pass instead."""

from __future__ import annotations

from types import ModuleType
from typing import Any

_PICTURES = {"PIL", "altair", "bokeh", "matplotlib", "plotly", "plotnine", "seaborn"}
# Methods that lead to a value that can be sent: of tables that are elsewhere or not computed yet, sparse matrices, groups.
_METHODS = ("toPandas", "to_pandas", "collect", "compute", "toarray", "numpy", "agg")


def bases(value: Any) -> set[str]:
    """The classes of the value as ``"library.Name"``: where in the library a class is defined differs between versions."""
    return {f"{library(base)}.{base.__name__}" for base in type(value).__mro__}


def library(kind: type) -> str:
    """The library that the class comes from."""
    return str(kind.__module__).partition(".")[0]


def named(value: Any) -> str:
    """The value's type for an error, or its own name if it is a class."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value)
    return f"a value of type {kind.__qualname__ if kind.__module__ == 'builtins' else f'{kind.__module__}.{kind.__qualname__}'}"


def advice(value: Any) -> str:
    """What to pass instead of the value."""
    kind = type(value)
    if isinstance(value, type):
        return "Pass an instance of it, or its source: inspect.getsource(value)."
    if isinstance(value, ModuleType):
        return "Pass its source: inspect.getsource(value), or its description: value.__doc__."
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "Decode it if it is text, as in bytes(value).decode('utf-8'); other data cannot be sent."
    if any(library(base) in _PICTURES for base in kind.__mro__):
        return "Pass the data that it shows, or a description in words."
    return _advice_by_methods(value, kind)


def _advice_by_methods(value: Any, kind: type) -> str:
    if hasattr(kind, "__await__"):
        return "Await it, or call its .result() if it has one, and pass what that returns."
    if hasattr(value, "read"):
        return "Pass what it contains: its .read()."
    if hasattr(kind, "__next__") or hasattr(kind, "__anext__"):
        return "Pass its items as a list: list(value), or [item async for item in value]."
    for method in _METHODS:
        if hasattr(kind, method):
            return f"Pass what its .{method}() returns."
    if callable(value):
        return "Call it and pass what it returns, or pass its source: inspect.getsource(value)."
    return "Pass its text, str(value), or a mapping of what matters in it."
