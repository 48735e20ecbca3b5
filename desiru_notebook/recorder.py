"""Recorder: hears a run from beside, and appends it to the recording when it is over."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from . import tape, tapefile
from .chunks import Chunk, is_content
from .consumer import Consumer
from .errors import ConfigError
from .fingerprint import Asked, fingerprint, hidden
from .plainerror import plain_error
from .providers.scrubbing import without_keys
from .redaction import Moment, redacted
from .takes import warn

_TOGETHER = 256  # pieces whose lines are written at a time: between two tokens of a stream it would cost more


class Recorder:
    """Hears one run. What a run that is cut short had not taken of the last moment is no part of its recording.

    Args:
        path: the recording, which can be written.
        start: the run's first line.
        redact: whether to hide whatever looks like a key, in the answer too.
    """

    def __init__(self, path: Path, start: dict[str, Any], *, redact: bool) -> None:
        self._path, self._redact = path, redact
        self._began = time.perf_counter()
        self._run = start["run"]
        self._packing = tapefile.Packing(path)
        self._packing.add(_line(start))
        self._moments: list[Moment] = []  # whose lines are not written yet
        self._lines = self._crc = 0
        self._before = 0  # pieces of content that the run had heard before the last moment
        self._exhausted = False

    def listen(self, chunks: AsyncGenerator[list[Chunk], None], run: Consumer) -> AsyncGenerator[list[Chunk], None]:
        """The chunks as they come, for the run, whose end is heard, too."""
        run.over.add_done_callback(lambda _: self._end(run))
        return self._heard(chunks, run)

    async def _heard(self, chunks: AsyncGenerator[list[Chunk], None], run: Consumer) -> AsyncGenerator[list[Chunk], None]:
        moments, clock, began, pieces = self._moments, time.perf_counter, self._began, 0
        async with aclosing(chunks) as stream:
            async for several in stream:
                moments.append((clock() - began, several))
                pieces += len(several)
                if pieces > _TOGETHER and not self._redact:  # a key may stand across many moments
                    self._pack(len(moments) - 1)
                    pieces = 0
                self._before = run.heard
                yield several
        self._exhausted = True

    def _end(self, run: Consumer) -> None:
        """A recording that cannot be written any more is warned of, and does the run no harm."""
        at = time.perf_counter() - self._began
        end = "done" if self._exhausted else run.state
        if not self._exhausted:
            self._moments[-1:] = _first(self._moments[-1:], run.heard - self._before)
        if self._redact:
            self._moments = redacted(self._moments)
        self._pack(len(self._moments))
        ending: dict[str, Any] = {"at": round(at, 4), "end": end}
        if end == "failed" and run.error is not None:
            said = plain_error(run.error)
            ending["error"] = said | {"message": without_keys(said["message"])} if self._redact else said
        self._packing.add(tape.last_line(ending | {"of": self._run, "lines": self._lines}, self._crc))
        self._write()

    def _pack(self, count: int) -> None:
        lines = [line for at, chunks in self._moments[:count] if (line := _moment(at, chunks))]
        del self._moments[:count]
        data = tape.to_bytes("".join(lines))
        self._lines, self._crc = self._lines + len(lines), zlib.crc32(data, self._crc)
        self._packing.add(data)

    def _write(self) -> None:
        try:
            tapefile.append(self._path, self._packing.finish(), packed=self._packing.packed)
        except OSError as fault:
            warn(f"The run {self._run} was not recorded: {self._path} cannot be written any more ({fault.strerror or fault}).")
        except ConfigError as fault:
            warn(f"The run {self._run} was not recorded: {fault}")


def start_line(asked: Asked, model: Any, name: str, session: str, test: str, *, redact: bool) -> dict[str, Any]:
    """The first line of a run's recording."""
    asked = hidden(asked) if redact else asked
    return {
        "run": fingerprint(asked),
        "session": session,
        **({"test": test} if test else {}),
        "name": name,
        "provider": str(getattr(model, "provider", "")),
        "style": str(getattr(model, "marker_style", "header")),
        "asked": asked,
    }


def _line(said: dict[str, Any]) -> bytes:
    return tape.to_bytes(json.dumps(said, ensure_ascii=False) + "\n")


def _moment(at: float, chunks: list[Chunk]) -> str:
    """The line of a moment, up to what is no chunk: at that the run fails, and so does its replay."""
    try:
        return tape.line_of(at, chunks) if chunks else ""
    except (TypeError, ValueError):
        return _moment(at, chunks[:-1])


def _first(moments: list[Moment], count: int) -> list[Moment]:
    """The moments up to that many pieces of content."""
    kept: list[Moment] = []
    for at, chunks in moments:
        ends = [number for number, chunk in enumerate(chunks, 1) if is_content(chunk)]
        kept.append((at, chunks if count >= len(ends) else chunks[: ends[count - 1] if count > 0 else 0]))
    return kept
