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
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from . import portal, tapefile
from .outcome import Outcome

SOON = 1.0  # seconds for which somebody who reads the file waits until the runs that are over are written
AT_LAST = 10.0  # seconds for which the end of recording waits, or that of the process
_log = logging.getLogger(__name__)
_RETRY = 0.02  # seconds between two attempts to lock a file
_MOST_WAITING = 64 * 1024 * 1024  # bytes that wait for locked files; what ends after that is lost


class Owner(Protocol):
    """Who has a run written, and is told on the writer's thread what becomes of it."""

    written: Outcome[None]

    def late(self) -> None: ...

    def lost(self, fault: BaseException) -> None: ...


class Ending:
    """A recorded run that is over, until it is written.

    Args:
        path: the recording.
        finish: gives all bytes of the run; called on the writer's thread.
        owner: told what becomes of it.
        packed: whether the recording is packed.
    """

    def __init__(self, path: Path, finish: Callable[[], bytes], owner: Owner, *, packed: bool) -> None:
        self.path, self.finish, self.owner, self.packed = path, finish, owner, packed
        self.data = b""
        self.since, self.is_late = time.monotonic(), False


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
            thread = threading.Thread(target=self._work, name="desiru-writer", daemon=True)
            portal.hide_from_debuggers(thread)
            thread.start()

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
                portal.wait_plainly(run.owner.written, run.since + patience - time.monotonic())
        return all(run.owner.written.done() for run in runs)

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
            except BaseException:
                _log.exception("A part of a recording was lost")

    def _finish(self, run: Ending) -> None:
        try:
            run.data = run.finish()
        except BaseException as fault:  # a chunk may be of somebody's own class
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
            elif not runs[0].is_late and time.monotonic() > runs[0].since + SOON:
                runs[0].is_late = True
                self._tell(runs[0].owner.late)

    def _settle(self, run: Ending, fault: BaseException | None = None) -> None:
        if fault is not None:
            self._tell(partial(run.owner.lost, fault))
        run.owner.written.set_result(None)
        self._open.discard(run)

    def _tell(self, told: Callable[[], object]) -> None:
        try:
            told()
        except Exception:  # a warning that is raised as an error
            _log.exception("A run is not recorded")


WRITER = Writer()
