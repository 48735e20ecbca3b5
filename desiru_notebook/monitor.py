"""Watches the loop that all runs share, from a thread of its own.

A model object's own code runs on that loop. While it blocks there (a synchronous request, ``time.sleep``), no timer of the loop
fires. This thread then enforces the limits of the runs, and tells the other runs which model they wait for.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from typing import Protocol

from . import portal

_TICK = 0.1  # seconds between two looks
_GRACE = 0.25  # seconds that the loop has to end a run by itself after a limit
_BLOCKED, _WORTH_A_NOTICE = 3, 10  # ticks that the loop has not answered; counted, because a suspended machine skips time
_log = logging.getLogger(__name__)


class Watched(Protocol):
    """A run, as far as the monitor knows it."""

    @property
    def model(self) -> str:
        """The model's name."""

    def is_current(self, task: asyncio.Task[object] | None) -> bool:
        """Whether the task is the run's."""

    def enforce_limits(self, grace: float, blocker: str) -> None:
        """End the run if a limit passed ``grace`` seconds ago; ``blocker`` names the model that blocks the loop, if any."""

    def notify(self, text: str) -> None:
        """Tell the run's readers."""


class Monitor:
    """The runs of this process that have not ended, and the thread that watches them. It sleeps while there are none."""

    def __init__(self) -> None:
        self._runs: set[Watched] = set()
        self._has_runs = threading.Event()
        self._thread: threading.Thread | None = None
        self._unanswered = 0
        self._is_answered = True

    def watch(self, run: Watched) -> None:
        """Watch the run until it is forgotten."""
        self._runs.add(run)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="desiru-monitor", daemon=True)
            portal.hide_from_debuggers(self._thread)
            self._thread.start()
        if not self._has_runs.is_set():
            self._has_runs.set()

    def forget(self, run: Watched) -> None:
        """The run is over."""
        self._runs.discard(run)

    def _work(self) -> None:
        while True:
            self._has_runs.wait()
            while self._runs:
                time.sleep(_TICK)
                self._look()
            self._has_runs.clear()
            if self._runs:  # one came before the flag was cleared
                self._has_runs.set()

    def _look(self) -> None:
        self._ask_loop()
        runs = list(self._runs)
        blocker = self._blocker(runs) if self._unanswered >= _BLOCKED else None
        for run in runs:
            try:
                run.enforce_limits(_GRACE, "" if blocker is None else blocker.model)
                if blocker not in (None, run) and self._unanswered == _WORTH_A_NOTICE:
                    run.notify(f"Waiting for {blocker.model}, whose code blocks the event loop that all runs share.")
            except Exception:
                _log.exception("A run could not be watched")

    def _ask_loop(self) -> None:
        if self._is_answered:
            self._unanswered, self._is_answered = 0, False
            portal.call(self._answer)
        else:
            self._unanswered += 1

    def _answer(self) -> None:
        self._is_answered = True

    def _blocker(self, runs: list[Watched]) -> Watched | None:
        task = asyncio.current_task(portal.loop())
        return next((run for run in runs if run.is_current(task)), None)


_monitor = Monitor()


def watch(run: Watched) -> None:
    """Watch the run until it is forgotten."""
    _monitor.watch(run)


def forget(run: Watched) -> None:
    """The run is over."""
    _monitor.forget(run)


def _after_fork() -> None:
    global _monitor
    _monitor = Monitor()  # the parent's runs are not this process's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
