"""Waiting in a busy cell of marimo: how what a page says to our views is heard while a cell waits for a run.

marimo reads what its page sends when all cells that are to run have run, and cells that use a run are to run as soon as it is
there. What a widget sends comes twice: among the commands, and in a queue of its own, from which marimo takes what has gathered
there. While a cell waits for a run nobody reads either of them, so the second one is read here: messages of our own views are
handled at once, and everything else is put back in its order before marimo reads again. marimo still handles the first copy,
which changes nothing: a run is cancelled once, and a text may be sent as often as anybody likes.

This rests on inner parts of marimo (0.25). Where one of them is missing, a cell waits plainly, and Cancel is heard after it.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from .. import portal
from ..locks import lock
from ..outcome import Outcome
from . import comms

_INTERVAL = 0.02  # seconds between two looks into the queue, which can wake nobody

_ears: weakref.WeakKeyDictionary[threading.Thread, Ear] = weakref.WeakKeyDictionary()


def install() -> None:
    """Let this thread hear our views while it waits, if it is the one that runs the cells of a marimo notebook."""
    thread, messages = threading.current_thread(), _messages()
    if messages is None or thread in _ears:
        return
    _ears[thread] = ear = Ear(messages)

    def wait(outcome: Outcome[Any], timeout: float | None = None, whom: object = None) -> None:
        with ear:
            portal.wait_plainly(outcome, timeout)

    portal.set_waiter(wait, lambda _: ear if _in_cell() else nullcontext(), thread)


def is_here() -> bool:
    """Whether this thread runs the cells of a marimo notebook."""
    return _context() is not None


def _context() -> Any:
    """What marimo knows about the notebook whose cells this thread runs; ``None`` anywhere else."""
    marimo = sys.modules.get("marimo")
    if marimo is None or isinstance(threading.current_thread(), marimo.Thread):
        return None
    try:
        from marimo._runtime.context import safe_get_context
    except ImportError:
        return None
    return safe_get_context()


def _messages() -> Any:
    """The queue of what widgets send. Only the function knows it through which the kernel sends something to itself."""
    try:
        return inspect.getclosurevars(_context()._kernel.enqueue_control_request).nonlocals["set_ui_element_queue"]
    except (AttributeError, KeyError, TypeError):
        return None


def _in_cell() -> bool:
    """Whether the current task is a cell's own. Others may outlive their cell, and then marimo reads the queue itself."""
    scheduler = getattr(_context(), "active_scheduler", None)
    return scheduler is not None and hasattr(scheduler, "owns_task") and scheduler.owns_task(asyncio.current_task())


class Ear(AbstractContextManager["Ear"]):
    """While it is open (as often as wanted, one within another), the background loop reads the queue."""

    def __init__(self, messages: Any) -> None:
        self._messages = messages
        self._others: list[Any] = []
        self._lock = lock()
        self._opened = 0
        self._looking = False

    def __enter__(self) -> Ear:
        with self._lock:
            self._opened += 1
            if not self._looking:
                self._looking = True
                portal.call(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._opened -= 1
            if self._others and not self._opened:
                # When the cell gives this thread back: a loop over a run's events opens and closes the ear many times.
                asyncio.get_running_loop().call_soon(self._give_back)

    def _look(self) -> None:
        with self._lock:
            self._looking = self._opened > 0
            if self._looking:
                portal.loop().call_later(_INTERVAL, self._look)  # also if a message fails
                self._read()

    def _read(self) -> None:
        for message in _gathered(self._messages):
            comm = comms.of_ours(getattr(message, "model_id", None))
            if comm is None:
                self._others.append(message)
            else:
                comm.handle_msg(message.into_comm_payload())

    def _give_back(self) -> None:
        with self._lock:
            if self._opened or not self._others:
                return
            others, self._others = [*self._others, *_gathered(self._messages)], []
            for message in others:
                self._messages.put_nowait(message)


def _gathered(messages: Any) -> Iterator[Any]:
    """What is in the queue by now."""
    try:
        while True:
            yield messages.get_nowait()
    except queue.Empty:
        return
