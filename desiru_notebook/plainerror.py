"""An error as plain data in a recording, and back: data from a file may be anything."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from . import errors
from .errors import DesiruError, ProviderError, StreamTimeout

_OF_PROVIDER: dict[str, type | tuple[type, ...]] = {
    "provider": str, "status": int, "request_id": str, "retry_after": (int, float), "transient": bool,
}  # fmt: skip
_LIMITS = ("first", "idle", "total")
_MOST = 2**53  # of any number in an error


def plain_error(error: DesiruError) -> dict[str, Any]:
    """The error as plain data: its class, or the nearest of this package's; its message, and what else it says."""
    kind = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    names = _OF_PROVIDER if issubclass(kind, ProviderError) else ("kind",) if issubclass(kind, StreamTimeout) else ()
    said = {name: value for name in names if _is_part(name, value := getattr(error, name)) and value != ""}
    return {"type": kind.__name__, "message": str(error)} | said


def error_of(error: Mapping[str, Any] | None) -> DesiruError | None:
    """The error once more, new each time: a run's error keeps that run's partial answer.

    Raises:
        ValueError, TypeError: this package has no such error.
    """
    if error is None:
        return None
    said = dict(error)
    name, message = said.pop("type", None), said.pop("message", None)
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, DesiruError) and isinstance(message, str)):
        raise ValueError(f"{reprlib.repr(error)} is no error with a type and a message")
    if odd := [name for name, value in said.items() if not _is_part(name, value)]:
        raise ValueError(f"an error has no such {reprlib.repr(odd[0])}")
    return kind(message, **said)


def _is_part(name: str, value: object) -> bool:
    """Whether an error may have that value under that name."""
    if name == "kind":
        return value in _LIMITS
    if name not in _OF_PROVIDER or not isinstance(value, _OF_PROVIDER[name]):
        return False
    return not isinstance(value, (int, float)) or abs(value) <= _MOST
