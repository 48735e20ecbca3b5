"""The outputs of a cell that show runs: live views, and what a file keeps in their place when the cell is over.

On a page, what a file keeps takes the live view's place. Where no page has opened the view, as under nbval, it is displayed
below it: what checks a notebook's outputs sees what is displayed, and not what it becomes later, and compares what is of the
same kind in its order. So both leave the same.

A container of widgets, such as an ``Output`` in a tab, is not saved with a notebook. There the live view stays, and the cell
keeps the answer for the file alone: a page hides that while it has the container.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import portal
from ..prediction import Prediction
from ..run import Run
from . import cells
from .display import empty_bundle, fault, keep, keep_at_end, live_bundle, show_figures, show_output, show_saved
from .spots import containers, note
from .views import recognise, view_of
from .widget import RunView

_PASSING = "desiru-passing"  # the class of views whose place something takes

_cells: dict[str, CellOutputs] = {}  # by the request that executes the cell
_opening = threading.local()  # whether this thread displays a view for an output of ours


class LiveOutput:
    """An output in which one run is shown, or several, one after the other."""

    def __init__(self, run: Run, shell: Any, *, by_hand: bool = False, handle: Any = None) -> None:
        """``by_hand`` is whether somebody asked for just this view: it stays beside the value of its cell.

        ``handle`` is that of an output which shows the view already.
        """
        self.run = self.shown = run
        self._shell, self.by_hand, self._count = shell, by_hand, 1
        self._view = self._open(run)
        note(shell, self._view)
        self._container = _Container() if containers(shell) else None
        self._handle = handle or self._show()
        self.is_settled = False
        self._others: list[Run] = []
        self._cell = outputs_of(shell)
        if self._cell:
            self._cell.add(self)
        elif not self._container:
            keep_at_end(shell, self._handle, run)

    def _show(self) -> Any:
        with _opening_here():
            return self._container.show(self._view) if self._container else show_output(live_bundle(self._view))

    def _open(self, run: Run) -> RunView:
        view = view_of(run)
        return view if self.by_hand else view.add_class(_PASSING)

    @property
    def is_behind(self) -> bool:
        """Whether the view still shows an earlier run than the last."""
        return self.shown is not self.run

    def follow(self, run: Run) -> None:
        """This is the last run from now on; what is left of the output is its answer."""
        self.run = run
        self._count += 1
        if self._cell:
            self._cell.watch(run)

    def catch_up(self) -> None:
        """Let the view show the last run."""
        if not self.is_behind or (self.is_settled and not self._container):
            return
        before, self.shown, self._view = self._view, self.run, self._open(self.run)
        note(self._shell, self._view)
        self._view.number = self._count
        self._view.lead(self._others)
        if self._container:
            self._container.turn_to(self._view)
        else:
            with _opening_here():
                self._handle.update(live_bundle(self._view), raw=True)
        _stay(before)

    def lead(self, others: list[LiveOutput]) -> None:
        """Offer on the view to cancel these together with its own run."""
        runs = [output.run for output in others]
        if runs != self._others:
            self._others = runs
            self._view.lead(runs)

    def settle(self, error: BaseException | None = None, *, is_shown: bool = False) -> None:
        """The run is over, and its answer is not the cell's value: show what a file keeps of it, once.

        ``error`` is what the cell ends with, and ``is_shown`` whether that stands below the view already.
        """
        if self.is_settled:
            return
        self.is_settled = True
        told = "" if error is self.run.error else fault(self.run)
        if self._container:
            show_saved(self.run, told, kept=True)
        elif self.by_hand or self._view.is_on_page or is_shown:
            keep(self._handle, self.run, told)
        else:
            show_saved(self.run, told)
            self._empty()
        if self.run.state != "failed":
            show_figures(self._shell, self.run)
        _stay(self._view)

    def give_way(self) -> None:
        """The cell's value shows the answer."""
        self.is_settled = True
        show_figures(self._shell, self.run)
        _stay(self._view)
        if not self._container:
            self._empty()

    def leave(self) -> None:
        """The cell is over, and the run goes on."""
        self.catch_up()
        self.is_settled = True
        _stay(self._view)
        if self._container:
            self._handle = show_output(empty_bundle())
        keep_at_end(self._shell, self._handle, self.run, kept=self._container is not None)

    def _empty(self) -> None:
        self._handle.update(empty_bundle(), raw=True)


class _Container:
    """Room for a view within other widgets, where an output cannot become another one."""

    def show(self, view: RunView) -> None:
        """Display it, with this view."""
        from IPython.display import display
        from ipywidgets import Box

        self._box = Box([view])
        display(self._box)  # type: ignore[no-untyped-call]  # IPython's own

    def turn_to(self, view: RunView) -> None:
        """Show this view from now on."""
        self._box.children = (view,)


class CellOutputs:
    """All live outputs of a cell that is being executed."""

    def __init__(self, shell: Any, request: str) -> None:
        self._request = request
        self._shell = shell
        self._outputs: list[LiveOutput] = []
        self._values: list[Prediction] = []
        self._placed: dict[Run, None] = {}  # those that the cell shows within other widgets, in their order
        cells.after_cell(shell, self._end)

    def add(self, output: LiveOutput) -> None:
        """The cell shows this output too."""
        self._outputs.append(output)
        self.watch(output.run)

    def watch(self, run: Run) -> None:
        """One of the outputs shows this run from now on."""
        run.add_done_callback(self._count)
        portal.call(self._count)

    def _count(self) -> None:
        """Let the first of the views whose runs go on offer to cancel all of them, if there are several."""
        going = [output for output in self._outputs if not output.run.log.is_complete]
        for output in self._outputs:
            output.lead(going[1:] if going and output is going[0] else [])

    def place(self, run: Run) -> None:
        """The cell shows the run within other widgets."""
        self._placed[run] = None

    def before_value(self, value: Any) -> None:
        """A value is about to be displayed: what was shown before it has its place above it."""
        if isinstance(value, Prediction) and not self._shell.displayhook.quiet():
            self._values.append(value)
        for output in self._outputs:
            if output.run.log.is_complete and not self._is_value(output):
                output.settle()

    def _end(self, result: Any) -> None:
        _cells.pop(self._request, None)
        error = getattr(result, "error_in_exec", None)
        for output in self._outputs:
            if output.is_settled:
                continue
            if not output.run.log.is_complete:
                output.leave()
            elif self._is_value(output):
                output.give_way()
            else:
                output.settle(error, is_shown=error is not None)
        shown = {output.run for output in self._outputs}
        for run in self._placed:
            if run not in shown:
                _keep_placed(self._shell, run)

    def _is_value(self, output: LiveOutput) -> bool:
        """Whether the output's answer was displayed as a value of the cell."""
        if not self._values or output.by_hand or output.run.state == "failed":
            return False
        answer = output.run.partial
        recognise(output.run)
        return answer in self._values or output.run.made in self._values


def outputs_of(shell: Any) -> CellOutputs | None:
    """The outputs of the cell that is being executed here, if it is one."""
    if not cells.is_executing(shell):
        return None
    request = cells.request(shell)
    if request not in _cells:
        _cells[request] = CellOutputs(shell, request)
    return _cells[request]


def before_value(shell: Any, value: Any) -> None:
    """A value is about to be displayed in the current cell."""
    if cells.request(shell) in _cells:
        _cells[cells.request(shell)].before_value(value)


def displayed(shell: Any, view: RunView, display_id: str) -> None:
    """Somebody displays the view itself, as an output with this name."""
    from IPython.display import DisplayHandle

    if run := view.run:
        handle = DisplayHandle(display_id)  # type: ignore[no-untyped-call]  # IPython's
        LiveOutput(run, shell, by_hand=True, handle=handle)


def place(shell: Any, view: RunView) -> None:
    """Somebody displays the view within another widget."""
    if (run := view.run) and (outputs := outputs_of(shell)):
        note(shell, view)
        outputs.place(run)


@contextmanager
def _opening_here() -> Iterator[None]:
    _opening.now = True
    try:
        yield
    finally:
        _opening.now = False


def is_opening() -> bool:
    """Whether this thread displays a view for an output that is known here already."""
    return getattr(_opening, "now", False)


def _keep_placed(shell: Any, run: Run) -> None:
    if run.log.is_complete:
        show_saved(run, fault(run), kept=True)
        show_figures(shell, run)
    else:
        keep_at_end(shell, show_output(empty_bundle()), run, kept=True)


def _stay(view: RunView) -> None:
    """Nothing takes the view's place any more, wherever it is shown."""
    view.remove_class(_PASSING)
