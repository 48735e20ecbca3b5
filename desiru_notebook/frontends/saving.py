"""A thread on which saved views are rendered, one after the other: a long one would stop the loop that all runs share."""

from __future__ import annotations

import gc
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

from ..locks import lock

_jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
_lock = lock()
_thread: threading.Thread | None = None


def later(job: Callable[[], object]) -> None:
    """Do the job on the thread, in the caller's context: that knows to which cell an output belongs."""
    global _thread
    context = copy_context()
    _jobs.put(lambda: context.run(job))
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_work, name="desiru-saved", daemon=True)
            _thread.start()


def _work() -> None:
    while True:
        job = _jobs.get()
        try:
            with _no_collecting():
                job()
        except BaseException:  # a type from code has a form of its own, which may raise anything
            logging.getLogger(__name__).exception("A saved view could not be shown")
        del job  # which holds a run


@contextmanager
def _no_collecting() -> Iterator[None]:
    """A view is rendered from 100,000 objects: the garbage collector would stop every thread to look through them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _begin_anew() -> None:
    """In a forked child there is no such thread, and its jobs are the parent's."""
    global _jobs, _thread
    _jobs, _thread = queue.SimpleQueue(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
