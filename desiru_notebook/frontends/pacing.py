"""Pacing: all live views of a kernel share one budget of messages.

A Jupyter server drops messages above 1,000 a second, silently, and a page cannot paint more often than a screen shows. So
the first news goes out at once, and after that one view at a time is served in each interval.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL = 1 / 30  # seconds between two messages of the whole kernel


class Pacer:
    """Serves those who ask, in turn, one in each interval. Lives on one event loop and is used from it only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float = INTERVAL) -> None:
        self._loop, self._interval = loop, interval
        self._queue: dict[Callable[[], None], None] = {}  # ordered, and each asks once
        self._timer: asyncio.TimerHandle | None = None

    def request(self, serve: Callable[[], None]) -> None:
        """Call ``serve`` as soon as the budget allows; at once when nobody has been served for an interval."""
        self._queue[serve] = None
        if self._timer is None:
            self._serve()

    def _serve(self) -> None:
        self._timer = None
        if not self._queue:
            return
        serve = next(iter(self._queue))
        del self._queue[serve]
        self._timer = self._loop.call_later(self._interval, self._serve)
        serve()
