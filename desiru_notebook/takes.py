"""Takes: the runs of a recording as they stand in its file, each with what was asked, what came when, and how it ended."""

from __future__ import annotations

import json
import os
import reprlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import errors, tape, tapefile
from .chunks import Chunk
from .errors import DesiruError, ProviderError, StreamTimeout
from .fingerprint import Asked, checked, fingerprint

_HERE, _OF_MAGICS = os.path.dirname(__file__) + os.sep, f"{os.sep}IPython{os.sep}"
_OF_PROVIDER: dict[str, type | tuple[type, ...]] = {
    "provider": str, "status": int, "request_id": str, "retry_after": (int, float), "transient": bool,
}  # fmt: skip
_LIMITS = ("first", "idle", "total")
_MOST = 2**53  # of any number in an error


class RecordingWarning(UserWarning):
    """A recording is not what it was, or has something in it that it should not have."""


def warn(text: str) -> None:
    """Warn whoever records or replays, at his own line where he is in this thread."""
    warnings.warn(text, RecordingWarning, stacklevel=_depth())


def _depth() -> int:
    """How far up the caller of this package stands, seen from the function that asks; of a cell's magic, the cell."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and (frame.f_code.co_filename.startswith(_HERE) or _OF_MAGICS in frame.f_code.co_filename):
        depth, frame = depth + 1, frame.f_back
    return depth


@dataclass(frozen=True, slots=True)
class Ending:
    """How a model's answer ended: ``"done"``, ``"cancelled"`` or ``"failed"``, after how many seconds, and with which error."""

    at: float
    end: str
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """A recorded run; ``lines`` are those of what came."""

    run: str
    session: str
    name: str
    provider: str
    style: str
    test: str
    asked: Asked
    lines: tuple[bytes, ...]
    ending: Ending

    def moments(self) -> Iterator[tuple[float, list[Chunk]]]:
        """What came, and how many seconds after the run's start."""
        for line in self.lines:
            moment = json.loads(line)
            yield float(moment["at"]), tape.chunks_of(moment)


def read(path: Path) -> list[Take]:
    """The runs of a recording, in the order in which they ended. One that is not whole or not true is left out, with a warning.

    Raises:
        ConfigError: the file cannot be read, or is no recording of a version that is known.
    """
    reader = _Reader(path)
    for number, line in enumerate(tapefile.read(path), 2):
        if line.strip():
            reader.take(number, line.strip())
    reader.close()
    return reader.takes


class _Reader:
    """Puts the lines of a file together to takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0  # of the open run's first line
        self._start: Mapping[str, Any] | None = None
        self._lines: list[bytes] = []
        self._warned = False  # of the lines between two runs
        self.takes: list[Take] = []

    def take(self, number: int, line: bytes) -> None:
        found = _object(line)
        if found is not None and "run" in found:
            self.close()
            self._number, self._start, self._lines, self._warned = number, found, [], False
        elif self._start is None:
            self._between(number, found)
        elif found is not None and "end" in found:
            self._end(number, found, line)
        elif fault := _fault(found):
            self._leave_out(f"line {number} cannot be read, for {fault}")
        else:
            self._lines.append(line)

    def _between(self, number: int, found: Mapping[str, Any] | None) -> None:
        if self._warned or found == {tape.HEADER: tape.VERSION}:  # of a recording that was joined to this one
            return
        self._warned = True
        fault = "cannot be read" if found is None or "at" not in found else "belongs to no run"
        self._warn(f"line {number} {fault}, and is left out with what follows it, up to the next run")

    def close(self) -> None:
        """No more lines of the open run will come."""
        if self._start is not None:
            self._leave_out("it has no end: what wrote it was stopped, or the file was cut")

    def _end(self, number: int, end: Mapping[str, Any], line: bytes) -> None:
        try:
            ending = _ending(end)
        except (KeyError, TypeError, ValueError) as fault:
            return self._leave_out(f"line {number} was changed into something else than an end: {fault}")
        try:
            take = _take(self._start or {}, self._lines, ending)
            is_as_asked = fingerprint(take.asked) == take.run
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return self._leave_out("its first line was changed into something else")
        if not is_as_asked:
            return self._leave_out(f"what was asked there was edited, for it does not fit its fingerprint {take.run}")
        if end.get("of") != take.run:
            return self._leave_out("its last line is another run's")
        if end.get("lines") != len(self._lines) or end.get("crc32") != tape.checksum(self._lines, line):
            self._warn(f"the answer of the run at line {self._number} was edited; it is replayed as it stands")
        self._start = None
        self.takes.append(take)
        return None

    def _leave_out(self, reason: str) -> None:
        self._start, self._warned = None, True
        self._warn(f"the run at line {self._number} is left out: {reason}. Record it again")

    def _warn(self, fault: str) -> None:
        warn(f"In the recording {self._path} {fault}.")


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # no JSON, or no UTF-8
        return None
    return found if isinstance(found, dict) else None


def _fault(moment: Mapping[str, Any] | None) -> str:
    """What is wrong with the line of a moment, if anything."""
    if moment is None:
        return "it is no JSON object"
    try:
        _seconds(moment.get("at"))
        return "" if tape.chunks_of(moment) else "it says nothing"
    except (TypeError, ValueError) as error:
        return str(error)


def _seconds(at: Any) -> float:
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= tape.LONGEST:
        raise ValueError(f"its time, {reprlib.repr(at)}, is no number of seconds up to a week")
    return float(at)


def _ending(said: Mapping[str, Any]) -> Ending:
    ending = Ending(_seconds(said.get("at")), said["end"], error := said.get("error"))
    if not isinstance(error, (dict, type(None))):
        raise ValueError(f"{reprlib.repr(error)} is no error with a type and a message")
    if ending.end not in ("done", "cancelled", "failed"):
        raise ValueError(f"no run ends as {reprlib.repr(ending.end)}")
    if (ending.end == "failed") != (error is not None):
        raise ValueError("a run has an error where it failed, and nowhere else")
    error_of(ending)
    return ending


def _take(start: Mapping[str, Any], lines: list[bytes], ending: Ending) -> Take:
    said = {name: tape.text(start[name]) for name in ("run", "session", "name", "provider", "style")}
    return Take(**said, test=tape.text(start.get("test", "")), asked=checked(start["asked"]), lines=tuple(lines), ending=ending)


def plain_error(error: DesiruError) -> dict[str, Any]:
    """The error as plain data: its class, or the nearest of this package's; its message, and what else it says."""
    kind = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    names = _OF_PROVIDER if issubclass(kind, ProviderError) else ("kind",) if issubclass(kind, StreamTimeout) else ()
    said = {name: value for name in names if _is_part(name, value := getattr(error, name)) and value != ""}
    return {"type": kind.__name__, "message": str(error)} | said


def _is_part(name: str, value: object) -> bool:
    """Whether an error may have that value under that name."""
    if name == "kind":
        return value in _LIMITS
    if name not in _OF_PROVIDER or not isinstance(value, _OF_PROVIDER[name]):
        return False
    return not isinstance(value, (int, float)) or abs(value) <= _MOST


def error_of(ending: Ending) -> DesiruError | None:
    """The error once more, new each time: a run's error keeps that run's partial answer.

    Raises:
        ValueError, TypeError: it is no error that this package knows.
    """
    if ending.error is None:
        return None
    said = dict(ending.error)
    name, message = said.pop("type", None), said.pop("message", None)
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, DesiruError) and isinstance(message, str)):
        raise ValueError(f"{reprlib.repr(ending.error)} is no error with a type and a message")
    if odd := [name for name, value in said.items() if not _is_part(name, value)]:
        raise ValueError(f"an error has no such {reprlib.repr(odd[0])}")
    return kind(message, **said)
