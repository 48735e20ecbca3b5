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

from . import errors, tape, tapefile, writer
from .chunks import Chunk
from .errors import DesiruError, ProviderError, StreamTimeout
from .fingerprint import Asked, fingerprint
from .visible import visible

_HERE, _OF_MAGICS = os.path.dirname(__file__) + os.sep, f"{os.sep}IPython{os.sep}"
_TYPES: dict[str, Any] = {  # of what an error says beside its message
    "provider": str, "status": int, "request_id": str, "retry_after": (int, float), "transient": bool, "kind": str,
}  # fmt: skip
_OF_PROVIDER = ("provider", "status", "request_id", "retry_after", "transient")


class RecordingWarning(UserWarning):
    """A recording is not what it was, or has something in it that it should not have."""


def warn(text: str) -> None:
    """Warn whoever records or replays, at his own line where he is in this thread."""
    warnings.warn(visible(text), RecordingWarning, stacklevel=_depth())


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
    writer.flush()
    return TakesReader(path).read()


class TakesReader:
    """Puts the lines of a file together to takes; what was appended since is read alone.

    Attributes:
        takes: the runs so far, in the order in which they ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines_of_file = tapefile.LineReader(path)
        self._reset()

    def read(self) -> list[Take]:
        """All runs of the file. Raises what :func:`read` raises."""
        first, lines = self._lines_of_file.read()
        if first == 1:
            self._reset()
        for number, line in enumerate(lines, first):
            if number > 1 and line.strip():
                self.take(number, line.strip())
        self.close()
        return self.takes

    def _reset(self) -> None:
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
        elif line == tapefile.TOO_LARGE:
            self._leave_out(f"the file is larger than {tapefile.LARGEST // 1_000_000} MB, and what follows is not read")
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
        except (KeyError, TypeError, ValueError, RecursionError):
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
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= tape.MOST_SECONDS:
        raise ValueError(f"its time, {reprlib.repr(at)}, is not a number of seconds up to {tape.MOST_SECONDS:,.0f}")
    return float(at)


def _ending(said: Mapping[str, Any]) -> Ending:
    ending = Ending(_seconds(said.get("at")), said["end"], said.get("error"))
    if ending.end not in ("done", "cancelled", "failed"):
        raise ValueError(f"no run ends as {reprlib.repr(ending.end)}")
    if (ending.end == "failed") != (ending.error is not None):
        raise ValueError("a run has an error where it failed, and nowhere else")
    error_of(ending)
    return ending


def _take(start: Mapping[str, Any], lines: list[bytes], ending: Ending) -> Take:
    said = {name: tape.text(start[name]) for name in ("run", "session", "name", "provider", "style")}
    test, asked = tape.text(start.get("test", "")), _checked_request(start["asked"])
    return Take(**said, test=test, asked=asked, lines=tuple(lines), ending=ending)


def _checked_request(asked: Any) -> Asked:
    """What was asked, if it has the parts of a request. Raises ``KeyError`` or ``TypeError`` where it has not."""
    if not isinstance(asked, dict) or not isinstance(asked["settings"], dict) or not isinstance(asked["messages"], list):
        raise TypeError("not a request")
    for name in ("model", "signature", "instructions"):
        tape.text(asked[name] if name == "model" else asked.get(name, ""))
    for message in asked["messages"]:
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            raise TypeError("not a message")
        tape.text(message["role"])
        tape.text(message["content"])
    return asked


def plain_error(error: DesiruError) -> dict[str, Any]:
    """The error as plain data: its class, or the nearest of this package's; its message, and what else it says."""
    kind = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    said = {"type": kind.__name__, "message": str(error)}
    names = _OF_PROVIDER if isinstance(error, ProviderError) else ("kind",) if isinstance(error, StreamTimeout) else ()
    return said | {name: value for name in names if (value := getattr(error, name)) not in (None, "")}


def error_of(ending: Ending) -> DesiruError | None:
    """The error once more, new each time: a run's error keeps that run's partial answer.

    Raises:
        ValueError, TypeError: it is no error that this package knows.
    """
    if ending.error is None:
        return None
    said = dict(ending.error)
    if misfit := next((name for name, kinds in _TYPES.items() if name in said and not isinstance(said[name], kinds)), ""):
        raise TypeError(f"{misfit!r} of its error is not what it should be")
    if not 0 <= said.get("retry_after", 0) <= tape.MOST_SECONDS:
        raise ValueError("'retry_after' of its error is not a number of seconds")
    name, message = said.pop("type", None), said.pop("message", None)
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, DesiruError) and isinstance(message, str)):
        raise ValueError(f"{reprlib.repr(ending.error)} is no error with a type and a message")
    return kind(message, **said)
