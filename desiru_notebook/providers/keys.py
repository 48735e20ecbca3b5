"""Where a service's key comes from: the argument, the environment, or the system's keyring where ``keyring`` is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

SERVICE = "desiru_notebook"  # `keyring set desiru_notebook OPENAI_API_KEY`


class Key:
    """A key. It has no repr that shows it, so that no traceback with local variables does."""

    __slots__ = ("_text",)

    def __init__(self, text: str | Key | None) -> None:
        given = text.reveal() if isinstance(text, Key) else text or ""
        self._text = given.strip()  # a key that was read from a file has its line end

    def reveal(self) -> str:
        """The key itself, for a header."""
        return self._text

    @property
    def usable(self) -> bool:
        """Whether it could stand in a header; an HTTP client would refuse any other, and quote it."""
        return self._text.isascii() and self._text.isprintable()

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Key(...)" if self else "Key()"


def key_of_environment(variables: Sequence[str]) -> Key:
    """The first key that stands in the environment under one of these names."""
    return _first(os.environ.get, variables)


def key_of_keyring(variables: Sequence[str]) -> Key:
    """The first key that the system's keyring has under one of these names; it may ask its user to unlock it."""
    try:
        import keyring
    except ImportError:
        return Key("")
    try:
        return _first(lambda variable: keyring.get_password(SERVICE, variable), variables)
    except Exception:
        return Key("")  # a keyring that is locked or has no backend is as good as none


def _first(look_up: Callable[[str], str | None], variables: Sequence[str]) -> Key:
    return next((key for variable in variables if (key := Key(look_up(variable)))), Key(""))
