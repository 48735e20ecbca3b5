"""Writer: one thread that packs and writes recordings, so that no lock and no disk holds up the loop that all runs share.

A file that another process has locked is tried again until it is free, while the runs for other files are written.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

from . import portal, tapefile
from .outcome import Outcome

SOON = 1.0  # seconds for which a run's result, or somebody who reads the file, waits until the run is written
AT_LAST = 10.0  # seconds for which the end of recording waits, or that of the process
_RETRY = 0.02  # seconds between two attempts to lock a file
_MOST_WAITING = 64 * 1024 * 1024  # bytes that wait for locked files; what ends after that is lost


class Ending:
    """The end of a recorded run, until it is written.

    Args:
        path: the recording.
        packed: whether it is packed.
        finish: gives all bytes of the run; called on the writer's thread.
        lost: told there why the run cannot be written.
    """

    def __init__(self, path: Path, finish: Callable[[], bytes], lost: Callable[[Exception], object], *, packed: bool) -> None:
        self.path, self.packed, self.finish, self.lost = path, packed, finish, lost
        self.data = b""
        self.since = time.monotonic()
        self.over: Outcome[None] = Outcome()  # written, or lost


class Writer:
    """The thread, which begins with the first run, and anew in a forked process: what waits is written by the parent."""

    def __init__(self) -> None:
        self._process = 0
        self._forget()

    def _forget(self) -> None:
        self._jobs: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._open: set[Ending] = set()
        self._locked: dict[Path, deque[Ending]] = {}  # what waits for its file

    def do(self, job: Callable[[], object]) -> None:
        """Call the function on the thread, after everything before it."""
        self._begin()
        self._jobs.put(job)

    def write(self, run: Ending) -> None:
        """Write the run, after everything before it."""
        self._begin()
        self._open.add(run)
        self._jobs.put(lambda: self._finish(run))

    def _begin(self) -> None:
        if self._process != os.getpid():
            self._forget()
            self._process = os.getpid()
            threading.Thread(target=self._work, name="desiru recorder", daemon=True).start()

    def flush(self, path: Path | None = None, patience: float = SOON) -> bool:
        """Wait until the runs that have ended are written, but no longer than so many seconds after their end.

        Args:
            path: wait only for the runs of this file.
            patience: seconds.

        Returns:
            Whether all of them are written.
        """
        if self._process != os.getpid():
            return True
        runs = [run for run in [*self._open] if path is None or os.path.realpath(run.path) == os.path.realpath(path)]
        for run in runs:
            if not portal.is_here():
                portal.wait_plainly(run.over, run.since + patience - time.monotonic())
        return all(run.over.done() for run in runs)

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_RETRY if self._locked else None)
            except Empty:
                job = None
            try:
                if job is not None:
                    job()
                self._retry()
            except Exception:
                logging.getLogger(__name__).exception("A part of a recording was lost")

    def _finish(self, run: Ending) -> None:
        try:
            run.data = run.finish()
        except Exception as fault:
            self._settle(run, fault)
            return
        if run.path in self._locked or not self._append(run):
            self._wait(run)

    def _append(self, run: Ending) -> bool:
        """Write the run; returns False if its file is locked."""
        try:
            if not tapefile.append(run.path, run.data, packed=run.packed):
                return False
        except Exception as fault:
            self._settle(run, fault)
        else:
            self._settle(run)
        return True

    def _wait(self, run: Ending) -> None:
        waiting = sum(len(other.data) for runs in self._locked.values() for other in runs)
        if waiting + len(run.data) > _MOST_WAITING:
            self._settle(run, TimeoutError(f"another process has locked {run.path} for too long"))
        else:
            self._locked.setdefault(run.path, deque()).append(run)

    def _retry(self) -> None:
        for path, runs in [*self._locked.items()]:
            while runs and self._append(runs[0]):
                runs.popleft()
            if not runs:
                del self._locked[path]

    def _settle(self, run: Ending, fault: Exception | None = None) -> None:
        try:
            if fault is not None:
                run.lost(fault)
        except Exception:  # a warning that is raised as an error
            logging.getLogger(__name__).exception("A run was not recorded")
        run.over.set_result(None)
        self._open.discard(run)


WRITER = Writer()
