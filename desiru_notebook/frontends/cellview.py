"""The live view of what a cell waits for: at the cell's end its value, or what a saved file keeps, takes the view's place.

That stands in an output of its own: what checks a notebook's outputs, as nbval does, sees what is displayed, and not what it
becomes later. So a page hears of the two in two messages, and between them it may be painted. For that moment the stylesheet
hides a view of the class ``desiru-passing`` that the cell's value or a view of the class ``desiru-following`` follows.
"""

from __future__ import annotations

from typing import Any

from ..prediction import Prediction
from ..run import Run
from .display import empty_bundle, keep, keep_at_end, live_bundle, show_output, show_saved
from .widget import RunView, view_of

_PASSING = "desiru-passing"


class CellView:
    """Shows a run under the current cell."""

    def __init__(self, run: Run) -> None:
        self._view: RunView = view_of(run).add_class(_PASSING)
        self._handle = show_output(live_bundle(self._view))
        self._is_followed = False

    def turn_to(self, run: Run) -> None:
        """Show this run from now on."""
        before, self._view = self._view, view_of(run).add_class(_PASSING)
        self._handle.update(live_bundle(self._view), raw=True)
        _stay(before)

    def follow(self, run: Run) -> None:
        """Show below it what a saved file keeps of the run, without the error, which its cell raises. Once is enough."""
        if not self._is_followed:
            show_saved(run, follows=True)
        self._is_followed = True

    def end(self, cell: Any, run: Run) -> None:
        """The cell is over, as IPython's result of it says."""
        if not _shows(cell, run.partial):
            self.follow(run)
        self.leave()

    def leave(self) -> None:
        """What takes the live view's place is there."""
        self._handle.update(empty_bundle(), raw=True)
        _stay(self._view)

    def keep(self, run: Run, *, told: bool) -> None:
        """Become what a saved file keeps of the run; ``told`` is whether its error is shown beside it."""
        keep(self._handle, run, told=told)
        _stay(self._view)

    def keep_at_end(self, shell: Any, run: Run) -> None:
        """Become that as soon as the run is over."""
        _stay(self._view)
        keep_at_end(shell, self._handle, run)


def _shows(cell: Any, prediction: Prediction) -> bool:
    """Whether the prediction is the cell's value: one that calls the magic may have another value, or none."""
    value = getattr(cell, "result", None)
    if isinstance(value, Prediction):
        return value == prediction
    # Another cell, on a subshell, may have taken the result of this one.
    return getattr(cell, "success", False) and str(cell.info.raw_cell).lstrip().startswith("%%desiru")


def _stay(view: RunView) -> None:
    """Wherever else the view is shown, nothing takes its place."""
    view.remove_class(_PASSING)
