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
from typing import Any, BinaryIO, NamedTuple

from . import tape, tapefile
from .chunks import Chunk
from .fingerprint import Asked, checked, fingerprint
from .plainerror import error_of
from .unpacking import MOST, Place, TooLong, lines
from .visible import visible
from .writer import WRITER

_HERE, _OF_MAGICS = os.path.dirname(__file__) + os.sep, f"{os.sep}IPython{os.sep}"
_TAIL = 1024  # bytes before the place where reading goes on, which must be as they were


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
        ConfigError: the file cannot be read, or is not a recording of a known version.
    """
    return TakesReader(path).read()


class _Mark(NamedTuple):
    """A place between two runs, from which reading can go on when the file has grown."""

    place: Place = Place()
    number: int = 1  # of the line that begins there
    takes: int = 0  # that were read before it
    warned: bool = False


class TakesReader:
    """Reads the runs of a recording, whose file may grow: each run is read once, and each fault is warned about once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: os.stat_result | None = None  # the file's, when it was read
        self._mark, self._tail = _Mark(), b""
        self._told: set[str] = set()
        self._takes: list[Take] = []
        self._number = 0  # of the open run's first line
        self._start: Mapping[str, Any] | None = None
        self._lines: list[bytes] = []
        self._warned = False  # of the lines between two runs

    def read(self) -> list[Take]:
        """All runs of the file as it is now. Raises what :func:`read` raises."""
        WRITER.flush(self._path)
        with tapefile.opened_to_read(self._path) as file:
            state = os.fstat(file.fileno())
            if self._state is None or not _is_same(state, self._state):
                self._go_on(file, state)
                self._state = None  # a warning may be raised as an error
                self._read(file)
                self._state = state
        return self._takes

    def _go_on(self, file: BinaryIO, state: os.stat_result) -> None:
        """Go back to the mark, or to the beginning of a file that has not just grown."""
        grown = self._state is not None and os.path.samestat(state, self._state) and state.st_size >= self._state.st_size
        if not grown or _before(file, self._mark.place.at) != self._tail:
            self._mark, self._told = _Mark(), set()
        self._takes = self._takes[: self._mark.takes]  # a new list: others may be reading the old one
        self._start, self._warned = None, self._mark.warned

    def _read(self, file: BinaryIO) -> None:
        number = self._mark.number
        try:
            for place, line in lines(file, self._mark.place):
                if place is not None and self._start is None:
                    self._mark = _Mark(place, number, len(self._takes), self._warned)
                if number == 1:
                    tapefile.check_first(self._path, line)
                elif line.strip():
                    self._take(number, line.strip())
                number += 1
            self._close()
        except TooLong:
            first = number if self._start is None else self._number
            self._warn(f"line {first} and all lines after it are left out: only {MOST >> 20} MB of a recording are read")
        self._tail = _before(file, self._mark.place.at)

    def _take(self, number: int, line: bytes) -> None:
        found = _object(line)
        if found is not None and "run" in found:
            self._close()
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

    def _close(self) -> None:
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
        self._takes.append(take)
        return None

    def _leave_out(self, reason: str) -> None:
        self._start, self._warned = None, True
        self._warn(f"the run at line {self._number} is left out: {reason}. Record it again")

    def _warn(self, fault: str) -> None:
        if fault not in self._told:
            self._told.add(fault)
            warn(f"In the recording {self._path} {fault}.")


def _is_same(state: os.stat_result, before: os.stat_result) -> bool:
    return os.path.samestat(state, before) and (state.st_mtime_ns, state.st_size) == (before.st_mtime_ns, before.st_size)


def _before(file: BinaryIO, at: int) -> bytes:
    file.seek(max(at - _TAIL, 0))
    return file.read(min(at, _TAIL))


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
    ending = Ending(_seconds(said.get("at")), said["end"], error := said.get("error"))
    if not isinstance(error, (dict, type(None))):
        raise ValueError(f"{reprlib.repr(error)} is no error with a type and a message")
    if ending.end not in ("done", "cancelled", "failed"):
        raise ValueError(f"no run ends as {reprlib.repr(ending.end)}")
    if (ending.end == "failed") != (error is not None):
        raise ValueError("a run has an error where it failed, and nowhere else")
    error_of(error)
    return ending


def _take(start: Mapping[str, Any], lines: list[bytes], ending: Ending) -> Take:
    said = {name: tape.text(start[name]) for name in ("run", "session", "name", "provider", "style")}
    return Take(**said, test=tape.text(start.get("test", "")), asked=checked(start["asked"]), lines=tuple(lines), ending=ending)
