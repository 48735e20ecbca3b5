"""The live view of each run: there is one at most, wherever it is shown."""

from __future__ import annotations

import weakref
from contextlib import suppress

from ..run import Run
from . import cells, comms, displays, kernel, marimo
from .html import answer_key
from .widget import RunView, WholeView

_views: weakref.WeakKeyDictionary[Run, RunView] = weakref.WeakKeyDictionary()


def view_of(run: Run) -> RunView:
    """The run's live view, the same one each time. A cell that waits for the run can be cancelled from now on."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    kernel.install(shell)
    if getattr(shell, "kernel", None) is not None:
        displays.install(shell)
    marimo.install()
    in_cell = cells.in_cell(shell) and not run.log.is_complete
    if open_view(run) is None:
        _views[run] = (WholeView if marimo.is_here() else RunView)(run, in_cell, cells.cell_id(shell))
    view = _views[run]
    if in_cell:
        view.in_cell = True
        cells.after_cell(shell, view.leave_cell)
    return view


def open_view(run: Run) -> RunView | None:
    """The run's live view, if it was shown before, and is still there."""
    view = _views.get(run)
    return None if view is None or comms.is_closed(view.comm) else view


def recognise(run: Run) -> None:
    """Let a page know saved views of the run's answer before one is displayed. A type from code may have no form to know."""
    if view := open_view(run):
        with suppress(Exception):
            view.answer = answer_key(run.partial)


def note_figures(run: Run, line: str) -> None:
    """Let a page hide this line below the run's answer, where it shows the run itself."""
    if view := open_view(run):
        view.figures = line
