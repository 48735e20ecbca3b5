"""Waiting for a run: from any thread and any loop, through Ctrl-C, and in a process that was forked meanwhile."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from . import portal
from .consumer import Consumer
from .errors import DesiruError, StreamTimeout
from .outcome import Outcome

T = TypeVar("T")

# How long Ctrl-C waits for the model's connection to close before it gives up (seconds).
_UNWIND = 5.0
# How long the result waits for its recording, so that a process that is killed then has it in the file (seconds).
_WRITING = 1.0


class Waitable:
    """A run, as far as somebody waits for it."""

    def __init__(self, consumer: Consumer, written: Outcome[None] | None = None) -> None:
        """``written`` is there when the run's recording is in its file; ``None`` for a run that is not recorded."""
        self._consumer, self._written = consumer, written
        self._unwound = False
        self._process = os.getpid()

    def value_of(self, outcome: Outcome[T], timeout: float | None = None) -> T:
        """Wait for an outcome of the run, for at most ``timeout`` seconds (:class:`StreamTimeout` after that).

        Raises what :meth:`wait` raises.
        """
        if not self.wait(outcome, timeout, self):
            what = "whole answer" if outcome is self._consumer.ended else "such field"
            late = f"No {what} from {self._consumer.model} after {timeout:g} s."
            late = f"{late} The run goes on: call result() again or cancel()."
            raise self._consumer.with_partial(StreamTimeout(late, kind="total"))
        return outcome.result()

    def wait(self, outcome: Outcome[Any], timeout: float | None = None, whom: Waitable | None = None) -> bool:
        """Block until the outcome is there; a notebook shows ``whom`` meanwhile.

        Ctrl-C, or Stop in a notebook, cancels the run before it is raised.

        Raises:
            DesiruError: the run goes on in the process that this one was forked from.
        """
        self._check_process()
        try:
            with self._consumer.readers.waiting():
                there = portal.wait(outcome, timeout, whom)
                if there and outcome is self._consumer.ended and self._written is not None:
                    portal.wait(self._written, _WRITING)
                return there
        except KeyboardInterrupt:
            self.unwind()
            raise

    def join(self) -> None:
        """Wait for the end, however the run ends.

        Raises:
            DesiruError: the run goes on in the process that this one was forked from. Nothing of the run's own is raised.
        """
        self.wait(self._consumer.ended)

    async def settled(self, outcome: Outcome[Any]) -> None:
        """Wait, on the caller's own loop, until the outcome is there. Raises what :meth:`wait` raises."""
        with self.listening(), self._consumer.readers.waiting():
            await portal.settled(outcome)
            if outcome is self._consumer.ended and self._written is not None:
                await portal.settled(self._written, _WRITING)

    def listening(self) -> AbstractContextManager[object]:
        """A block in which a coroutine awaits this run. Raises what :meth:`wait` raises."""
        self._check_process()
        return portal.listening(self)

    def _check_process(self) -> None:
        """The loop on which the run lives is not in a process that was forked from its own: one would wait there for ever."""
        if self._is_parents() and not self._consumer.over.done():
            raise DesiruError("This run goes on in the parent process, not in this forked one. Start a run here.")

    def _is_parents(self) -> bool:
        """Whether the process was forked since the run began."""
        return os.getpid() != self._process

    def unwind(self) -> None:
        """Cancel the run and wait until the model's connection is closed, but not for long: somebody wants to stop now.

        Whoever is interrupted while this waits does not wait again.
        """
        if self._unwound:
            return
        self._unwound = True
        self._consumer.cancel()
        portal.wait(self._consumer.ended, _UNWIND)
