"""What a cell waits for is shown: a module that is called, awaited or not, and ``async for`` have nothing else to watch.

Runs that one task starts and waits for, one after the other, share one view, which follows the run that is waited for at the
moment. Runs that go on at the same time have one each: what several tasks wait for, and what was started before the first of
them was waited for. The same goes for a function that a page's message calls, such as a button's.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from itertools import chain
from typing import Any

from ..run import Run
from . import cells
from .cells import CellTask

_LASTING = 0.5  # seconds for which a view follows one run at least, so that a loop of short ones costs few messages


class AwaitedRuns:
    """Shows what the cells of a shell wait for, if nobody has shown it yet."""

    def __init__(self, shell: Any, cell: CellTask) -> None:
        self._shell, self._cell = shell, cell
        self._places: dict[tuple[object, ...], list[_Place]] = {}  # by the request, the task that waits, and the containers

    def show(self, run: Run) -> None:
        """A cell, or a function that a page's message calls, waits for this run here."""
        from .views import open_view  # here, for the widget's packages take a while

        # One that this cell has started is shown even if it is over: the same cell has the same outputs, however fast it is.
        if open_view(run) or (run.log.is_complete and run.began < self._cell.began):
            return
        places = self._places_here()
        if any(place.has_shown(run) for place in places):
            return
        if places and run.began > places[-1].waited_since:
            places[-1].follow(run)
        else:
            places.append(_Place(self._shell, run))

    def _places_here(self) -> list[_Place]:
        from .spots import containers

        key = cells.request(self._shell), cells.current_task(), containers(self._shell)
        if key not in self._places:
            self._places[key] = []
            after = cells.after_cell if cells.in_cell(self._shell) else cells.after_message
            after(self._shell, lambda *_: self._end(key))
        return self._places[key]

    def _end(self, key: tuple[object, ...]) -> None:
        for place in self._places.pop(key):
            place.end()

    def go_on(self, rest: float | None) -> float | None:
        """Show the runs that are waited for, if it is time for that; the kernel's own loop, which else does so, stands
        still. Returns after how many of ``rest`` seconds to ask again."""
        at_rest = [place.go_on() for place in chain.from_iterable(list(self._places.values())) if place.is_here()]
        if all(at_rest):
            return rest
        return _LASTING / 5 if rest is None else min(rest, _LASTING / 5)


class _Place:
    """An output in which awaited runs are shown, one after the other."""

    def __init__(self, shell: Any, run: Run) -> None:
        from .outputs import LiveOutput

        self.waited_since = time.perf_counter()
        self._thread = threading.current_thread()
        self._output = LiveOutput(run, shell)
        self._runs = weakref.WeakSet([run])  # all that were waited for here
        self._since = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def is_here(self) -> bool:
        """Whether it is this thread that waits for its runs."""
        return self._thread is threading.current_thread()

    def follow(self, run: Run) -> None:
        """Show this run as soon as the one that is shown is over, and has been seen for a while."""
        self.waited_since = time.perf_counter()
        self._output.follow(run)
        self._runs.add(run)
        self.go_on()

    def has_shown(self, run: Run) -> bool:
        """Whether the run was waited for here before."""
        return run in self._runs

    def go_on(self) -> bool:
        """Show the last run if it is time for that; returns whether nothing is left to do."""
        self._stop_timer()
        if not self._output.is_behind or self._output.run.log.is_complete:
            return True
        early = _LASTING - (time.monotonic() - self._since)
        if early > 0 or not self._output.shown.log.is_complete:
            self._timer = asyncio.get_running_loop().call_later(max(early, _LASTING / 5), self.go_on)
            return False
        self._since = time.monotonic()
        self._output.catch_up()
        return True

    def end(self) -> None:
        """Whatever waits here is over."""
        self._stop_timer()
        self._output.catch_up()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
