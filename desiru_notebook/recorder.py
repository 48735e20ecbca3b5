"""Recorder: observes a run, and has it appended to the recording when it is over."""

from __future__ import annotations

import atexit
import json
import time
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from . import tape, tapefile
from .chunks import Chunk, is_content
from .consumer import Consumer
from .fingerprint import Asked, fingerprint, hidden
from .outcome import Outcome
from .plainerror import plain_error
from .providers.scrubbing import without_keys
from .redaction import Moment, redacted
from .takes import warn
from .writer import AT_LAST, WRITER, Ending

_TOGETHER = 256  # pieces that are handed to the writer at a time: to hand over each would cost more


class Recorder:
    """Hears one run. What a run that is cut short had not taken of the last moment is no part of its recording.

    On the loop that all runs share it only keeps what came; the writer's thread does the rest.

    Args:
        path: the recording, which can be written.
        start: the run's first line.
        redact: whether to hide whatever looks like a key, in the answer too.

    Attributes:
        written: done when the run is in the file, or cannot be written.
    """

    def __init__(self, path: Path, start: dict[str, Any], *, redact: bool) -> None:
        self._path, self._redact = path, redact
        self._began = time.perf_counter()
        self._run = start["run"]
        self._packing = tapefile.Packing(path)
        self._packing.add(_line(start))
        self._moments: list[Moment] = []  # that the writer does not have yet
        self._lines = self._crc = 0
        self._before = 0  # pieces of content that the run had heard before the last moment
        self._exhausted = False
        self.written: Outcome[None] = Outcome()

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
                    WRITER.do(partial(self._pack, moments[:-1]))
                    del moments[:-1]
                    pieces = 0
                self._before = run.heard
                yield several
        self._exhausted = True

    def _end(self, run: Consumer) -> None:
        said: dict[str, Any] = {"at": round(time.perf_counter() - self._began, 4)}
        said["end"] = "done" if self._exhausted else run.state
        if not self._exhausted:
            self._moments[-1:] = _first(self._moments[-1:], run.heard - self._before)
        if said["end"] == "failed" and run.error is not None:
            said["error"] = plain_error(run.error)
        WRITER.write(Ending(self._path, partial(self._finish, said), self, packed=self._packing.packed))

    # On the writer's thread.

    def _pack(self, moments: list[Moment]) -> None:
        lines = [line for at, chunks in moments if (line := _moment(at, chunks))]
        data = tape.to_bytes("".join(lines))
        self._lines, self._crc = self._lines + len(lines), zlib.crc32(data, self._crc)
        self._packing.add(data)

    def _finish(self, said: dict[str, Any]) -> bytes:
        self._pack(redacted(self._moments) if self._redact else self._moments)
        if self._redact and "error" in said:
            said["error"]["message"] = without_keys(said["error"]["message"])
        self._packing.add(tape.last_line(said | {"of": self._run, "lines": self._lines}, self._crc))
        return self._packing.finish()

    def late(self) -> None:
        """Warn that somebody holds up the run's recording."""
        warn(f"The run {self._run} is not in {self._path} yet: another process has locked the file. It waits for that.")

    def lost(self, fault: BaseException) -> None:
        """Warn of a run that cannot be written any more, which does the run itself no harm."""
        why = f"{self._path} cannot be written any more ({fault.strerror or fault})." if isinstance(fault, OSError) else fault
        warn(f"The run {self._run} was not recorded: {why}")


@atexit.register
def _write_what_waits() -> None:
    if not WRITER.flush(patience=AT_LAST):
        warn("Some runs were not recorded: another process has locked the recording, or the disk is slow.")


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
