"""Pacing: all live views of a kernel share one budget of messages.

A Jupyter server drops messages above 1,000 a second, silently, and a page cannot paint more often than a screen shows. So
the first news goes out at once, and after that one view at a time is served in each interval.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

INTERVAL = 0.038  # seconds between two messages of the whole kernel: fewer than 30 a second, whichever second is looked at
HASTE = 2  # messages of one who is served ahead of its turn, which the others make up for by waiting


Serve: TypeAlias = Callable[[], int]


class Pacer:
    """Serves those who ask, in turn, one in each interval. Lives on one event loop and is used from it only.

    To be served is to be called, and to say how many messages were sent: after several, as many intervals pass.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float = INTERVAL) -> None:
        self._loop, self._interval = loop, interval
        self._queue: dict[Serve, None] = {}  # ordered, and each asks once
        self._owed = 0  # intervals that the last one served has used up beside its own
        self._timer: asyncio.TimerHandle | None = None

    def request(self, serve: Serve) -> None:
        """Call ``serve`` as soon as the budget allows; at once when nobody has been served for an interval."""
        self._queue[serve] = None
        if self._timer is None:
            self._serve()

    def hurry(self, serve: Serve) -> None:
        """The same, ahead of all others and of the interval; but once only until that is made up for."""
        if self._timer is None or self._owed:
            self.request(serve)
        else:
            self._queue.pop(serve, None)
            self._owed = serve()

    def _serve(self) -> None:
        self._timer = None
        if self._owed:
            self._owed -= 1
            self._rest()
            return
        if not self._queue:
            return
        serve = next(iter(self._queue))
        del self._queue[serve]
        self._rest()
        self._owed = max(0, serve() - 1)

    def _rest(self) -> None:
        self._timer = self._loop.call_later(self._interval, self._serve)
