"""Arrival: how a task hears of an outcome that another thread settles.

asyncio's own futures take one more round of the loop to wake their task, which is a tenth of all that a token costs that comes
alone. So this one is no :class:`asyncio.Future`, but what tasks take for one (see ``asyncio.isfuture``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from contextvars import Context
from typing import Any

from .outcome import Outcome


class Arrival:
    """What a task on the running loop awaits until the outcome is there. Its cancelling does not touch the outcome."""

    _asyncio_future_blocking = False

    def __init__(self, outcome: Outcome[Any]) -> None:
        self._outcome, self._own = outcome, asyncio.get_running_loop()
        self._wake: Callable[[Arrival], object] | None = None
        self._context: Context | None = None
        self._cancelled: tuple[object, ...] | None = None  # the words of the cancelling; the error itself would hold its frames

    def __await__(self) -> Generator[Arrival, None, None]:
        self._asyncio_future_blocking = True
        try:
            yield self
        finally:
            self._outcome.remove_done_callback(self._tell)

    # What the task calls, on its own loop.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._own

    def add_done_callback(self, wake: Callable[[Arrival], object], *, context: Context | None = None) -> None:
        self._wake, self._context = wake, context
        self._outcome.add_done_callback(self._tell)

    def cancel(self, msg: object = None) -> bool:
        self._cancelled = () if msg is None else (msg,)
        self._own.call_soon(self._arrive, context=self._context)
        return True

    def result(self) -> None:
        if self._cancelled is not None:
            raise asyncio.CancelledError(*self._cancelled)

    def _arrive(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None:  # once, though it is cancelled and there in the same moment
            wake(self)

    # What the outcome calls, on any thread.

    def _tell(self, _: Outcome[Any]) -> None:
        with suppress(RuntimeError):  # the caller's loop is closed: nobody waits any more
            self._own.call_soon_threadsafe(self._arrive, context=self._context)
