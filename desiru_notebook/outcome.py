"""Outcome: a value or an error that comes once, for whoever waits for it.

Used in place of :class:`concurrent.futures.Future`. That one keeps a lock in Python code, in the midst of which Ctrl-C can be
raised in the thread that waits: the lock stays locked, and the background loop, on which every run lives, stands still at it
for ever. Here is no lock at all; what two threads share is changed by single steps of the interpreter.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Outcome(Generic[T]):
    """A value or an error that is not there yet. One thread settles it, any other may ask or be told."""

    __slots__ = ("_callbacks", "_done", "_error", "_value")

    def __init__(self) -> None:
        self._callbacks: deque[Callable[[Outcome[T]], object]] = deque()
        self._done = False
        self._value: Any = None
        self._error: BaseException | None = None

    def done(self) -> bool:
        """Whether the value, or the error, is there."""
        return self._done

    def result(self) -> T:
        """The value, once it is there; raises the error, if it is one."""
        if self._error is not None:
            raise self._error
        value: T = self._value
        return value

    def exception(self) -> BaseException | None:
        """The error, once it is there; ``None`` for a value."""
        return self._error

    def set_result(self, value: T) -> None:
        """The value is there."""
        self._value = value
        self._settle()

    def set_exception(self, error: BaseException) -> None:
        """There is an error instead."""
        self._error = error
        self._settle()

    def add_done_callback(self, function: Callable[[Outcome[T]], object]) -> None:
        """Call the function when the outcome is there, in the thread that settles it; at once if it is there already."""
        self._callbacks.append(function)
        if self._done:  # asked after the function was added: so one of the two threads finds it
            self._call_back()

    def remove_done_callback(self, function: Callable[[Outcome[T]], object]) -> None:
        """Do not call the function any more."""
        try:
            self._callbacks.remove(function)
        except ValueError:
            return  # it has been called

    def _settle(self) -> None:
        self._done = True
        self._call_back()

    def _call_back(self) -> None:
        while self._callbacks:
            try:
                function = self._callbacks.popleft()
            except IndexError:  # another thread has taken the last one
                return
            try:
                function(self)
            except BaseException as error:  # SystemExit, say, which would end the thread that settles
                if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                    raise  # Ctrl-C
                logging.getLogger(__name__).exception("A function that was to be told of an outcome failed")
