"""What a cell waits for is shown: a module that is called, awaited or not, and ``async for`` have nothing else to watch.

A cell has one such view, which follows the run that the cell waits for at the moment. The last one leaves what a magic leaves.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ..run import Run
from .cells import CellTask, after_cell

_LASTING = 0.5  # seconds for which a view follows one run at least, so that a loop of short ones costs few messages


class AwaitedRuns:
    """Shows what the cells of a shell wait for, if nobody has shown it yet."""

    def __init__(self, shell: Any, cell: CellTask) -> None:
        self._shell, self._cell = shell, cell
        self._place: _Place | None = None

    def show(self, run: Run) -> None:
        """The cell itself waits for this run."""
        from .widget import has_view  # here, for the widget's packages take a while

        # One that this cell has started is shown even if it is over: the same cell has the same outputs, however fast it is.
        if has_view(run) or (run.log.is_complete and run.began < self._cell.began):
            return
        if self._place is None:
            self._place = _Place(self._shell, run)
            after_cell(self._shell, self._end_cell)
        else:
            self._place.follow(run)

    def go_on(self, rest: float | None) -> float | None:
        """Show the run that the cell waits for, if it is time for that; the kernel's own loop, which else does so, stands
        still. Returns after how many of ``rest`` seconds to ask again."""
        if self._place is None or self._place.go_on():
            return rest
        return _LASTING / 5 if rest is None else min(rest, _LASTING / 5)

    def _end_cell(self, result: Any) -> None:
        if self._place is not None:
            self._place.leave(getattr(result, "result", None), getattr(result, "error_in_exec", None))
            self._place = None


class _Place:
    """The output of a cell in which its awaited runs are shown, one after the other."""

    def __init__(self, shell: Any, run: Run) -> None:
        from .cellview import CellView

        self._shell = shell
        self._shown = self._last = run
        self._since = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._view = CellView(run)

    def follow(self, run: Run) -> None:
        """Show this run as soon as the one that is shown is over, and has been seen for a while."""
        self._last = run
        self.go_on()

    def go_on(self) -> bool:
        """Show the last run if it is time for that; returns whether nothing is left to do."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._last is self._shown or self._last.log.is_complete:
            return True
        early = _LASTING - (time.monotonic() - self._since)
        if early > 0 or not self._shown.log.is_complete:
            self._timer = asyncio.get_running_loop().call_later(max(early, _LASTING / 5), self.go_on)
            return False
        self._show_last()
        return True

    def _show_last(self) -> None:
        self._shown, self._since = self._last, time.monotonic()
        self._view.turn_to(self._shown)

    def leave(self, value: Any, error: BaseException | None) -> None:
        """Leave what a saved file keeps of the last run, unless the cell's value, or its error, says the same."""
        if self._timer is not None:
            self._timer.cancel()
        run = self._last
        if not run.log.is_complete:
            if run is not self._shown:
                self._show_last()
            self._view.keep_at_end(self._shell, run)
        elif run.state != "done":
            self._view.keep(run, told=error is run.error)
        else:
            if value is not run.result():
                self._view.follow(run)
            self._view.leave()
