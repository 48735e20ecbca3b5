"""What is to be done when a cell is over: in the kernel's main thread, and as a part of the cell that just ran."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from ..run import Run


def in_cell(shell: Any) -> bool:
    """Whether the caller is a part of a cell that a kernel executes now, and not of a page's message, say."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not _is_main():
        return False
    header = kernel.get_parent("shell").get("header", {}) if hasattr(kernel, "get_parent") else {}
    return bool(header.get("msg_type") == "execute_request")


class CellTask:
    """The asyncio task in which the current cell of a shell runs; what a cell awaits in tasks of its own is not in it."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._task: asyncio.Task[Any] | None = None
        self.began = 0.0
        self.begin()
        shell.events.register("pre_run_cell", self.begin)

    def uninstall(self) -> None:
        self._shell.events.unregister("pre_run_cell", self.begin)

    def begin(self, *_: object) -> None:
        """A cell begins, in this task, at this time (in seconds of :func:`time.perf_counter`)."""
        if not _is_main():
            return
        self._task, self.began = _current_task(), time.perf_counter()

    def is_here(self) -> bool:
        """Whether the caller is a part of it."""
        return self._task is not None and self._task is _current_task()


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None  # no loop runs here


def after_cell(shell: Any, function: Callable[[Any], object]) -> None:
    """Call the function once, with the cell's result, when the current cell is over and its value shown.

    The result is IPython's ``ExecutionResult``; ``None`` for a cell that awaited something and was interrupted.
    """
    _once(shell, lambda: True, function)


def after_run(shell: Any, run: Run, function: Callable[[], object]) -> None:
    """Call the function once, at the end of the first cell that ends after the run.

    Whoever executes a notebook without a page listens to the running cell only: what the background loop says about an
    earlier one is lost there, and this is not.
    """
    _once(shell, lambda: run.log.is_complete, lambda _: function())


def _is_main() -> bool:
    """Whether this is no subshell."""
    return threading.current_thread() is threading.main_thread()


def _once(shell: Any, ready: Callable[[], bool], function: Callable[[Any], object]) -> None:
    thread = threading.current_thread()  # cells on a subshell are other cells

    # Not post_execute: every message of a page's widgets, handled in the midst of a cell, sets that off too.
    def end_of_cell(result: Any) -> None:
        if threading.current_thread() is thread and ready():
            shell.events.unregister("post_run_cell", end_of_cell)
            function(result)

    shell.events.register("post_run_cell", end_of_cell)
