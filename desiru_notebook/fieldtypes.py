"""Types as a signature spells them: ``list[str]``, ``Literal['a', 'b']``, ``int | None``. They are read, never evaluated."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

HELP = "Types are str, int, float, bool, list[T], dict[K, V], Literal['a', 'b'] and T | None."
_SCALARS: dict[str, Any] = {"str": str, "int": int, "float": float, "bool": bool, "list": list[str]}
_SCALARS["dict"] = dict[str, str]
_LINE_STARTS = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


class TypeFault(Exception):
    """What is wrong with a type's text, and at which of its characters."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


def type_text(kind: Any) -> str:
    """The type as a signature spells it."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is None or kind is NoneType:
        return "None"
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, args))}]"
    if origin in (Union, UnionType):
        return " | ".join(map(type_text, args))
    if origin is not None and args:
        return f"{origin.__name__}[{', '.join(map(type_text, args))}]"
    return getattr(kind, "__name__", str(kind))


class TypeReader:
    """Reads types; ``given`` are those from code, by their names."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given.keys() - _SCALARS.keys()
        self._types = _SCALARS | dict(given)

    def read(self, text: str) -> Any:
        """The type that the text spells. Raises :class:`TypeFault`."""
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise TypeFault(0, f"{text!r} is not a type. {HELP}") from None
        return self._resolve(node, text)

    def _resolve(self, node: ast.expr, text: str) -> Any:
        match node:
            case ast.Name(id=name) if name in self._types:
                return self._types[name]
            case ast.Subscript(value=ast.Name(id="list"), slice=item):
                return list[self._resolve(item, text)]  # type: ignore[misc]  # built at run time from the text
            case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])):
                return dict[self._resolve(key, text), self._resolve(value, text)]  # type: ignore[misc]  # as above
            case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
                return _literal(choices, text)
            case ast.Subscript(value=ast.Name(id="Optional"), slice=item):
                return self._resolve(item, text) | None
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._resolve(left, text) | None
            case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=right):
                return self._resolve(right, text) | None
        unknown = ast.get_source_segment(text, node) or text
        hint = f" Given in code: {', '.join(sorted(self._given))}." if self._given else ""
        raise TypeFault(_place(node, text), f"{unknown!r} is not a type. {HELP}{hint}")


def _literal(choices: ast.expr, text: str) -> Any:
    values = []
    for node in choices.elts if isinstance(choices, ast.Tuple) else [choices]:
        try:
            values.append(ast.literal_eval(node))
        except (ValueError, TypeError):
            values.append(None)
        if not isinstance(values[-1], (str, int, bool)):
            raise TypeFault(_place(node, text), "Literal takes strings, whole numbers and booleans.")
    if not values:
        raise TypeFault(_place(choices, text), "Literal needs at least one choice.")
    return Literal[tuple(values)]


def _place(node: ast.expr, text: str) -> int:
    """Where the node begins. :mod:`ast` counts lines, and UTF-8 bytes in them; a fault's place is in characters."""
    lines = _LINE_STARTS.split(text)
    before = sum(map(len, lines[: node.lineno - 1]))
    return before + len(lines[node.lineno - 1].encode()[: node.col_offset].decode(errors="ignore"))
