"""The first line of a ``%%desiru`` cell: options, and then the signature, taken literally."""

from __future__ import annotations

import difflib
import keyword
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError, DesiruError
from ..timeouts import Timeouts

_FLAG = re.compile(r"(-[^\s=]*)(=?)")
_WORD = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+)""")


@dataclass(slots=True)
class Options:
    """What stands before the signature, and the signature's text."""

    signature: str = ""
    model: str | None = None
    out: str | None = None
    background: bool = False
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    think: bool = False
    instructions: str | None = None

    def settings(self) -> dict[str, Any]:
        """The settings that were given, as a module takes them."""
        limits = None if self.timeout is None else Timeouts(total=self.timeout)
        given = {"temperature": self.temperature, "max_tokens": self.max_tokens, "timeout": limits}
        return {name: value for name, value in given.items() if value is not None}


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError("is no variable name")
    return text


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is no number")
    return number


def _positive(text: str) -> float:
    if (number := _number(text)) <= 0:
        raise ValueError("is not above zero")
    return number


def _tokens(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("is no whole number above zero")
    return int(text)


# Each option: the attribute that it sets, how its value is read (None: it has none), and what it is for.
OPTIONS: dict[str, tuple[str, Callable[[str], Any] | None, str]] = {
    "--model": ("model", str, "NAME  the model, such as local or openai:gpt-5-mini"),
    "--out": ("out", _name, "NAME  bind the prediction to this variable too"),
    "--background": ("background", None, "go on at once: the value is the run, and the answer comes meanwhile"),
    "--temperature": ("temperature", _number, "T  randomness of the answer"),
    "--max-tokens": ("max_tokens", _tokens, "N  tokens the answer may have"),
    "--timeout": ("timeout", _positive, "SECONDS  limit of the whole run"),
    "--think": ("think", None, "add a field `reasoning` before the outputs"),
    "--instructions": ("instructions", str, "TEXT  what the model should do, in quotes"),
}
SHORT = {"-m": "--model", "-o": "--out", "-b": "--background", "-t": "--temperature"}


def read_options(line: str) -> Options:
    """Read the line. Everything from the first word on that is no option is the signature.

    Raises:
        ConfigError: an option that does not exist, or a value that does not fit it.
    """
    options = Options()
    rest = line.strip()
    while rest.startswith("-") and not rest.startswith("->"):
        flag, equals, rest = _flag(rest)
        attribute, read = _option(flag)
        if read is not None:
            text, rest = ("", rest) if equals and rest[:1].isspace() else _word(rest)
            setattr(options, attribute, _value(flag, text, read))
        elif equals:
            raise ConfigError(f"The option {flag} takes no value.")
        else:
            setattr(options, attribute, True)
        rest = rest.lstrip()
    options.signature = rest
    return options


def _flag(text: str) -> tuple[str, str, str]:
    """The option's name, the sign that its value follows at once, and the rest."""
    match = _FLAG.match(text)
    return (match[1], match[2], text[match.end() :]) if match else ("", "", text)


def _word(text: str) -> tuple[str, str]:
    """The first word, out of its quotes, and the rest."""
    match = _WORD.match(text)
    if match is None:
        return "", ""
    word = match[1]
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        word = re.sub(r"""\\(["'])""", r"\1", word[1:-1])  # and no other backslash: paths have them too
    return word, text[match.end() :].lstrip()


def _option(flag: str) -> tuple[str, Callable[[str], Any] | None]:
    name = SHORT.get(flag, flag)
    if name not in OPTIONS:
        close = difflib.get_close_matches(name, OPTIONS, n=1, cutoff=0.7)
        guess = f" Did you mean {close[0]}?" if close else ""
        raise ConfigError(f"%%desiru has no option {flag}.{guess} It has {', '.join(OPTIONS)}.")
    attribute, read, _ = OPTIONS[name]
    return attribute, read


def _value(flag: str, text: str, read: Callable[[str], Any]) -> Any:
    if not text:
        raise ConfigError(f"The option {flag} needs a value.")
    try:
        return read(text)
    except DesiruError:
        raise
    except ValueError as fault:
        raise ConfigError(f"The option {flag} does not take {text!r}: it {fault}.") from None
