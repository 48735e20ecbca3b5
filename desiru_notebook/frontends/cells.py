"""What is to be done when a cell is over: in the kernel's main thread, and as a part of the cell that just ran."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..run import Run


def after_cell(shell: Any, function: Callable[[], object]) -> None:
    """Call the function once, when the current cell is over and its value shown."""
    _at_end_of_cells(shell, lambda: True, function)


def after_run(shell: Any, run: Run, function: Callable[[], object]) -> None:
    """Call the function once, at the end of the first cell that ends after the run.

    Whoever executes a notebook without a page listens to the running cell only: what the background loop says about an
    earlier one is lost there, and this is not.
    """
    _at_end_of_cells(shell, lambda: run.log.is_complete, function)


def _at_end_of_cells(shell: Any, ready: Callable[[], bool], function: Callable[[], object]) -> None:
    def end_of_cell(*_: object) -> None:
        if ready():
            shell.events.unregister("post_run_cell", end_of_cell)
            function()

    shell.events.register("post_run_cell", end_of_cell)
