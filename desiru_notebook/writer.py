"""Writer: the one thread that redacts, packs and writes recordings, so that a slow or locked file holds up no run."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

from . import portal

Job: TypeAlias = Callable[[], object]
_log = logging.getLogger(__name__)


class Writer:
    """Does jobs in the order in which they come, on a daemon thread that the first one starts."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, job: Job) -> None:
        """Do the job soon."""
        self._jobs.put(job)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="desiru-writer", daemon=True)
                portal.hide_from_debuggers(self._thread)
                self._thread.start()

    def flush(self) -> None:
        """Wait until all jobs so far are done."""
        if self._thread is None or self._thread is threading.current_thread():
            return
        done = threading.Event()
        self._jobs.put(done.set)
        done.wait()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except BaseException:
                _log.exception("A recording could not be written")


_writer = Writer()


def submit(job: Job) -> None:
    """Do the job soon, on the writer's thread."""
    _writer.submit(job)


@atexit.register
def flush() -> None:
    """Wait until all that was recorded so far is in its file."""
    _writer.flush()


def _after_fork() -> None:
    global _writer
    _writer = Writer()  # what the parent recorded is the parent's to write


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
