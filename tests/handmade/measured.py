"""A fault in a process of its own, beside a well-behaved run that is watched."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desiru_notebook import FieldDelta, Text

from .made import FAULTS, LONGEST, TESTS, Fault, Place, ended, start

_PATH = os.pathsep.join([str(TESTS), str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
_ENVIRONMENT = {**os.environ, "PYTHONPATH": _PATH}  # read once: pytest changes it while faults happen in threads
_TICK = 0.002  # seconds between two words of the well-behaved run


@dataclass(frozen=True)
class Outcome:
    """What became of a fault, in seconds and MB.

    Attributes:
        raised: the error's class, or that there was none.
        kept: what is kept of the text that came.
        seconds: until then.
        pause: the longest one of the well-behaved run.
        memory: by how much the most that the process has held grew.
    """

    raised: str
    kept: str
    seconds: float
    pause: float
    memory: float


class Watch:
    """A well-behaved run, and the longest pause between two words of it."""

    def __init__(self) -> None:
        self.words = self.longest = self.last = 0.0
        self.is_over = False
        self.run = start(self)
        self.thread = threading.Thread(target=self._read)

    name = "well-behaved"

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        while not self.is_over:
            yield Text("word ")
            await asyncio.sleep(_TICK)

    def _read(self) -> None:
        for event in self.run:
            if isinstance(event, FieldDelta):
                self.note()
                self.words += 1

    def note(self) -> None:
        now = time.perf_counter()
        self.longest, self.last = max(self.longest, now - self.last), now

    def sleep(self, seconds: float) -> None:
        """Let a moment pass, in which what goes on afterwards is watched, too."""
        time.sleep(seconds)


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch a well-behaved run while the block runs."""
    watch = Watch()
    watch.thread.start()
    while watch.words < 20:
        time.sleep(_TICK)
    watch.longest = 0.0
    yield watch
    time.sleep(10 * _TICK)
    watch.is_over = True
    watch.thread.join(LONGEST)
    watch.note()


def outcome(number: int, url: str) -> Outcome:
    """Let the fault happen, here."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(url, Path(folder))
        ended(place.ask("good"), "")  # what is loaded by the first question is not the fault's
        with watched() as watch:
            before, began = _memory(), time.perf_counter()
            found = FAULTS[number].happens(place)
            seconds = time.perf_counter() - began
    return Outcome(found.raised, found.kept, seconds, max(found.pause, watch.longest), _memory() - before)


def _memory() -> float:
    """The most that this process has held, in MB."""
    if sys.platform == "linux":  # where ru_maxrss has what the parent held as well
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        assert peak is not None
        return int(peak[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def happen(fault: Fault, url: str) -> Outcome:
    """What becomes of the fault, in a process of its own."""
    command = [sys.executable, "-m", "handmade", str(FAULTS.index(fault)), url]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, env=_ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return Outcome("hung", "", LONGEST, LONGEST, 0.0)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"raised"')]
    return Outcome(**json.loads(lines[-1])) if lines else Outcome("died", done.stderr[-1000:], 0.0, 0.0, 0.0)
