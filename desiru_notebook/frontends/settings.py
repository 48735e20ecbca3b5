"""What ``%desiru`` shows, and its commands that record and replay."""

from __future__ import annotations

import math
import re
import textwrap

from .. import recording
from ..asking import model_name
from ..config import settings
from ..errors import ConfigError
from ..providers.base import provider_names
from ..visible import visible

_LINE = 100  # characters of a line of the settings
_USE = {"record": "record [--redact] FILE", "replay": "replay [--speed N] FILE"}
_FLAG = {"record": re.compile(r"(--redact)(?:\s+|$)"), "replay": re.compile(r"--speed(?:\s+|=)(\S+)\s*")}


def settings_table() -> str:
    """The settings in force, one a line."""
    chosen = dict(settings())
    chosen["model"] = chosen["model"] if isinstance(chosen["model"], str) else model_name(chosen["model"])
    if (current := recording.current()) is not None:
        chosen[current.mode] = current.path
    chosen["providers"] = ", ".join(provider_names())
    width = max(map(len, chosen)) + 2
    return "\n".join(_in_lines(f"{name:<{width}}", visible(str(value))) for name, value in chosen.items())


def _in_lines(name: str, value: str) -> str:
    """The value beside its name; what does not fit stands below it."""
    below = " " * len(name)
    return textwrap.fill(
        value, _LINE, initial_indent=name, subsequent_indent=below, break_long_words=False, break_on_hyphens=False
    )


def begin_recording(command: str, words: str) -> None:
    """``%desiru record [--redact] FILE`` and ``%desiru replay [--speed N] FILE``, in the place of what was in force.

    Raises:
        ConfigError: no file is named, or it cannot be used.
    """
    flag = _FLAG[command].match(words)
    path = words[flag.end() if flag else 0 :].strip("\"'")
    if not path or path.startswith("--"):
        raise ConfigError(f"Which file? Write %desiru {_USE[command]}, such as %desiru {command} sky.jsonl.")
    before = recording.current()
    if command == "record":
        recording.record(path, redact=flag is not None)
        print(f"Recording: {visible(path)}.")
    else:
        runs = len(recording.replay(path, speed=_speed(flag[1]) if flag else 1).takes())
        print(f"Replaying {visible(path)}: {runs} run{'s' * (runs != 1)}.")
    if before is not None:
        before.stop()


def _speed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # which is no speed, and refused as such
