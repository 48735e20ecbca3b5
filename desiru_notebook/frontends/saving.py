"""A thread on which saved views are rendered, one after the other: a long one would stop the loop that all runs share."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextvars import copy_context

_jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
_lock = threading.Lock()
_thread: threading.Thread | None = None


def later(job: Callable[[], object]) -> None:
    """Do the job on the thread, in the caller's context: that knows to which cell an output belongs."""
    global _thread
    context = copy_context()
    _jobs.put(lambda: context.run(job))
    with _lock:
        if _thread is None or not _thread.is_alive():  # the first, or none in a forked child
            _thread = threading.Thread(target=_work, name="desiru-saved", daemon=True)
            _thread.start()


def _work() -> None:
    while True:
        job = _jobs.get()
        try:
            job()
        except Exception:
            logging.getLogger(__name__).exception("A saved view could not be shown")
        del job  # which holds a run
