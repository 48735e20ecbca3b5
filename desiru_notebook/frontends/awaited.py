"""What a cell awaits is shown: ``await module.aforward(...)`` and ``async for`` have nothing else that a reader could watch.

A cell has one such view, which follows the run that the cell awaits at the moment. The last one leaves what a magic leaves.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ..run import Run
from .cells import CellTask, after_cell

_LASTING = 0.5  # seconds for which a view follows one run at least, so that a loop of short ones costs few messages


class AwaitedRuns:
    """Shows what the cells of a shell await, if nobody has shown it yet."""

    def __init__(self, shell: Any, cell: CellTask) -> None:
        self._shell, self._cell = shell, cell
        self._place: _Place | None = None
        self._timer: asyncio.TimerHandle | None = None

    def show(self, run: Run) -> None:
        """The cell itself awaits this run."""
        from .widget import has_view  # here, for the widget's packages take a while

        # One that this cell has started is shown even if it is over: the same cell has the same outputs, however fast it is.
        if has_view(run) or (run.log.is_complete and run.began < self._cell.began):
            return
        if self._place is None:
            self._place = _Place(self._shell, run)
            after_cell(self._shell, self._end_cell)
        elif self._timer is None and (wait := self._place.follow(run)):
            self._timer = asyncio.get_running_loop().call_later(wait, self._show_later, run)

    def _show_later(self, run: Run) -> None:
        self._timer = None
        if not run.log.is_complete:
            self.show(run)

    def _end_cell(self, result: Any) -> None:
        place, self._place = self._place, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if place is not None:
            place.leave(getattr(result, "result", None))


class _Place:
    """The output of a cell in which its awaited runs are shown, one after the other."""

    def __init__(self, shell: Any, run: Run) -> None:
        from .display import show_live

        self._shell, self._run = shell, run
        self._since = time.monotonic()
        self._handle = show_live(run)

    def follow(self, run: Run) -> float:
        """Show this run in place of one that is over; returns after how many seconds to ask again, if it is too early."""
        from .display import live_bundle
        from .widget import view_of

        early = _LASTING - (time.monotonic() - self._since)
        if early > 0 or not self._run.log.is_complete:
            return max(early, _LASTING / 5)
        self._run, self._since = run, time.monotonic()
        self._handle.update(live_bundle(view_of(run)), raw=True)
        return 0

    def leave(self, value: Any) -> None:
        """Leave what a saved file keeps of the last run, unless the cell's value says the same."""
        from .display import empty_bundle, keep, keep_at_end, show_saved

        run = self._run
        if not run.log.is_complete:
            keep_at_end(self._shell, self._handle, run)
        elif run.state != "done":
            keep(self._handle, run)
        else:
            self._handle.update(empty_bundle(), raw=True)
            if value is not run.result():
                show_saved(run)
