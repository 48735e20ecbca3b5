"""Questions: what a client asks, read from a body or from the query of an address, and checked."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jiter

from ...config import check_setting
from ...errors import ConfigError, SignatureError
from ...signature import Signature
from .refusals import Refusal

SETTINGS = ("temperature", "max_tokens")
LONGEST_SIGNATURE = 4_000  # characters: a type in it may be as deep as the text is long
_TYPES: dict[str, tuple[type, str]] = {
    "signature": (str, "a text such as 'question -> answer'"),
    "inputs": (dict, "an object with a value for each input of the signature"),
    "model": (str, "the name of a model"),
    "settings": (dict, f"an object that may have {' and '.join(SETTINGS)}"),
}
_REQUIRED = ("signature", "inputs")
# What Jupyter itself reads from an address.
_JUPYTERS = ("token", "no_track_activity", "_xsrf")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: ``model`` is a name, or ``None`` for the server's own choice. Whether it is allowed is not checked yet."""

    signature: Signature
    inputs: Mapping[str, Any]
    model: str | None
    settings: Mapping[str, Any]


def from_body(body: bytes) -> Question:
    """The question of a body in JSON.

    Raises:
        Refusal: 400, saying what is wrong with it.
    """
    said = _json(body, "The body")
    if not isinstance(said, dict):
        raise _bad(f"The body is an object with {_listed(_TYPES)}, not {_kind(said)}.")
    return _question(said)


def from_query(arguments: Mapping[str, Sequence[bytes]]) -> Question:
    """The question of an address: ``signature`` and ``model`` as they are, ``inputs`` and ``settings`` in JSON.

    Raises:
        Refusal: 400, saying what is wrong with it.
    """
    given = {name: values for name, values in arguments.items() if name not in _JUPYTERS}
    if twice := [name for name, values in given.items() if len(values) > 1]:
        raise _bad(f"The parameter {reprlib.repr(twice[0])} stands twice.")
    return _question({name: _parameter(name, values[0]) for name, values in given.items()})


def _parameter(name: str, value: bytes) -> Any:
    if name in _TYPES and _TYPES[name][0] is dict:
        return _json(value, f"The parameter {name!r}")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _bad(f"The parameter {reprlib.repr(name)} is no UTF-8.") from None


def _json(data: bytes, what: str) -> Any:
    try:
        return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise _bad(f"{what} is no JSON: {error}.") from None


def _question(said: Mapping[str, Any]) -> Question:
    if unknown := [name for name in said if name not in _TYPES]:
        raise _bad(f"There is no {reprlib.repr(unknown[0])} in a question; it has {_listed(_TYPES)}.")
    if missing := [name for name in _REQUIRED if name not in said]:
        kind, words = _TYPES[missing[0]]
        raise _bad(f"{missing[0]!r} is missing: {words}.")
    for name, value in said.items():
        kind, words = _TYPES[name]
        if not isinstance(value, kind):
            raise _bad(f"{name!r} is {words}, not {_kind(value)}.")
    return Question(_signature(said["signature"]), said["inputs"], said.get("model"), _settings(said.get("settings", {})))


def _signature(text: str) -> Signature:
    if len(text) > LONGEST_SIGNATURE:
        raise _bad(f"A signature has at most {LONGEST_SIGNATURE:,} characters here, not {len(text):,}.")
    try:
        return Signature(text)
    except SignatureError as error:
        raise Refusal.of(error, 400) from None


def _settings(given: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := [name for name in given if name not in SETTINGS]:
        raise _bad(f"There is no setting {reprlib.repr(unknown[0])} here; the settings are {_listed(SETTINGS)}.")
    try:
        for name, value in given.items():
            check_setting(name, value)
    except ConfigError as error:
        raise Refusal.of(error, 400) from None
    return given


def _bad(message: str) -> Refusal:
    return Refusal(400, "RequestError", message)


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))


def _kind(value: Any) -> str:
    """What a value is in JSON's words."""
    words: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return words.get(type(value), "a number")
