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
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_WORD = re.compile(rf"\s*({_QUOTED}|\S+)")
BEHIND = re.compile(r"(?<!\S)-{1,2}[A-Za-z][\w-]*")  # an option, where the signature should be
_ARROW = re.compile("->|=>|\u2192")


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


# Each reader of a value raises ``ValueError`` with what it needs.


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError("a variable name")
    return text


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number")
    return number


def _positive(text: str) -> float:
    if (number := _number(text)) <= 0:
        raise ValueError("a number above zero")
    return number


def _tokens(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("a whole number above zero")
    return int(text)


# Each option: the attribute that it sets, how its value is read (None: it has none), and what it is for.
OPTIONS: dict[str, tuple[str, Callable[[str], Any] | None, str]] = {
    "--model": ("model", str, "NAME  the model, such as local or openai:gpt-5-mini"),
    "--out": ("out", _name, "NAME  bind the prediction to this variable too"),
    "--background": ("background", None, "go on at once: the value is the run, and the answer comes meanwhile"),
    "--temperature": ("temperature", _number, "T  sampling temperature"),
    "--max-tokens": ("max_tokens", _tokens, "N  tokens the answer may have"),
    "--timeout": ("timeout", _positive, "SECONDS  limit of the whole run"),
    "--think": ("think", None, "add a field `reasoning` before the outputs"),
    "--instructions": ("instructions", str, "TEXT  what the model should do, in quotes"),
}
SHORT = {"-m": "--model", "-o": "--out", "-b": "--background", "-t": "--temperature"}


def read_options(line: str) -> Options:
    """Read the line. Everything from the first word on that is no option is the signature.

    Raises:
        ConfigError: an option that does not exist or stands behind the signature, or a value that does not fit it or is
            not in quotes.
    """
    options = Options()
    rest, flag, text = line.strip(), "", ""
    quoted = True
    while rest.startswith("-") and not rest.startswith("->"):
        flag, equals, rest = _flag(rest)
        attribute, read = _option(flag)
        text = ""
        if read is not None:
            quoted = attribute != "instructions" or bool(re.match(rf"\s*(?:{_QUOTED})", rest))
            text, rest = ("", rest) if equals and rest[:1].isspace() else _word(rest)
            setattr(options, attribute, _value(flag, text, read))
        elif equals:
            raise ConfigError(f"The option {flag} takes no value.")
        else:
            setattr(options, attribute, True)
        rest = rest.lstrip()
    options.signature = rest
    _check_inputs(rest, flag, text)
    _check_signature(rest, quoted=quoted)
    return options


def _check_inputs(signature: str, flag: str, value: str) -> None:
    """Whether the last option's value is not the signature's own input."""
    if value and _ARROW.match(signature):
        raise ConfigError(
            f"The option {flag} has taken {value!r} for its value, and nothing is left before the arrow: write the value, and "
            "the inputs behind it."
        )


def _check_signature(text: str, *, quoted: bool) -> None:
    """Whether this is a signature alone, and not the rest of unquoted instructions, or options too."""
    bare = re.sub(_QUOTED, "''", text)
    names = [item.partition(":")[0].split() for item in _ARROW.split(bare)[0].split(",")]
    if not quoted and (len(names) > 1 or any(len(name) > 1 for name in names)):
        raise ConfigError(
            'Instructions of several words stand in quotes: write %%desiru --instructions "Answer in one sentence." '
            "question -> answer."
        )
    if behind := BEHIND.search(bare):
        _, read = _option(behind[0])
        raise ConfigError(
            f"Options come before the signature: write %%desiru {behind[0]}{' ...' if read else ''} question -> answer."
        )


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
        raise ConfigError(f"The option {flag} needs {fault}, got {text!r}.") from None
