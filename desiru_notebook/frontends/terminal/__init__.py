"""The same view in a terminal: panes that grow in place, or plain text where the output is no terminal."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from ...markdown.policy import visible
from ...run import Run
from .panes import Panes
from .plain import write_ending, write_fields
from .spelling import write
from .status import remark

_REFRESH = 12  # frames a second

_left: weakref.WeakSet[Run] = weakref.WeakSet()


def leave(run: Run) -> None:
    """Leave the run to itself: while it lives, it is not drawn but only named."""
    _left.add(run)


def show(run: Run) -> None:
    """What ``display(run)`` does in a terminal."""
    if run in _left and not run.log.is_complete:
        print(run)
        return
    draw(run)
    if run.state == "failed":  # nobody raises its error here
        write(f"{remark(str(run.error))}\n", sys.stderr)


def draw(run: Run, *, keep: bool = True) -> None:
    """Draw the run until it is over, however it ends.

    ``keep`` leaves the whole panes on the screen; without it only those of a run that leaves no value, for it failed or was
    interrupted, stay.
    """
    console = Console()
    if not console.is_terminal:
        _write(run, shown=str)
    elif console.is_dumb_terminal or console.options.ascii_only:  # as rich calls whatever is no UTF
        _write(run, shown=visible)
    else:
        _draw(run, console, keep)


def _write(run: Run, shown: Callable[[str], str]) -> None:
    try:
        with _cancelled_by_interrupt(run):
            write_fields(run, shown)
    finally:
        write_ending(run)


def _draw(run: Run, console: Console, keep: bool) -> None:
    panes = Panes(run, console)
    try:
        live = Live(get_renderable=panes.render, console=console, refresh_per_second=_REFRESH, transient=True)
        with live, _cancelled_by_interrupt(run):
            panes.follow()
        keep = keep or run.state == "failed"
    except KeyboardInterrupt:
        keep = True
        raise
    finally:
        if keep:
            console.print(panes.whole())
        console.print(panes.status())


@contextmanager
def _cancelled_by_interrupt(run: Run) -> Iterator[None]:
    """Ctrl-C cancels the run, also between two waits, before the last is drawn of it."""
    try:
        yield
    except KeyboardInterrupt:
        run.unwind()
        raise
