"""What is to be done when a cell is over: in the kernel's main thread, and as a part of the cell that just ran."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from ..run import Run


def is_executing(shell: Any) -> bool:
    """Whether the caller is a part of a cell that a kernel executes now, and not of a page's message, say."""
    return _kind(shell) == "execute_request"


def in_cell(shell: Any) -> bool:
    """The same, of a cell that an interrupt stops: subshells cannot be interrupted."""
    return _is_main() and is_executing(shell)


def in_callback(shell: Any) -> bool:
    """Whether the caller handles a page's message, such as a click on a button of somebody's."""
    return _kind(shell) == "comm_msg"


def request(shell: Any) -> str:
    """The message that the kernel handles here: what is displayed goes where its answer goes."""
    return str(_parent(shell).get("header", {}).get("msg_id", ""))


def cell_id(shell: Any) -> str:
    """The cell that is being executed, as its notebook names it; empty where the front end does not tell."""
    return str(_parent(shell).get("metadata", {}).get("cellId", ""))


def _kind(shell: Any) -> str:
    parent = _parent(shell)
    return "" if parent.get("content", {}).get("silent") else str(parent.get("header", {}).get("msg_type", ""))


def _parent(shell: Any) -> dict[str, Any]:
    get_parent = getattr(getattr(shell, "kernel", None), "get_parent", None)
    return {} if get_parent is None else get_parent("shell") or {}


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
        self._task, self.began = current_task(), time.perf_counter()

    def is_here(self) -> bool:
        """Whether the caller is a part of it."""
        return self._task is not None and self._task is current_task()


def current_task() -> asyncio.Task[Any] | None:
    """The asyncio task in which the caller is, if it is in one."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None  # no loop runs here


def is_captured(shell: Any) -> bool:
    """Whether what is displayed now is kept for later, as under ``%%capture``, and not on a page.

    A live view in there would be seen by nobody. ipykernel 7 could not read its page's messages either: it asks the object that
    displays for the cell to which a message belongs, and IPython's for this purpose knows of none.
    """
    from IPython.core.displaypub import CapturingDisplayPublisher

    return isinstance(getattr(shell, "display_pub", None), CapturingDisplayPublisher)


def after_cell(shell: Any, function: Callable[[Any], object]) -> None:
    """Call the function once, with the cell's result, when the current cell is over and its value shown.

    The result is IPython's ``ExecutionResult``; ``None`` for a cell that awaited something and was interrupted.
    """
    _once(shell, lambda: True, function)


def after_message(shell: Any, function: Callable[[], object]) -> None:
    """Call the function once, when the page's message that is being handled here has been handled."""
    thread = threading.current_thread()

    def end_of_message() -> None:
        if threading.current_thread() is thread:
            shell.events.unregister("post_execute", end_of_message)
            function()

    shell.events.register("post_execute", end_of_message)


def after_run(shell: Any, run: Run, function: Callable[[], object]) -> None:
    """Call the function once, at the end of the first cell that ends after the run.

    Whoever executes a notebook without a page listens to the running cell only: what the background loop says about an
    earlier one is lost there, and this is not.
    """
    _once(shell, lambda: run.log.is_complete, lambda _: function())


class AfterRest:
    """Calls a function in the first cell that begins when the run is over and the kernel has had nothing to do for a while.

    By then, all that a page has said about the run is heard, if a page was there.
    """

    _REST = 1.0  # seconds

    def __init__(self, shell: Any, run: Run, function: Callable[[], object]) -> None:
        self._events, self._function = shell.events, function
        self._rested_since = float("inf")
        self._is_due = False
        run.add_done_callback(self._rest)
        self._events.register("pre_run_cell", self._begin)
        self._events.register("post_run_cell", self._end)

    def _rest(self) -> None:
        self._rested_since = time.monotonic()

    def _begin(self, *_: object) -> None:
        self._is_due = time.monotonic() - self._rested_since > self._REST

    def _end(self, *_: object) -> None:
        if self._is_due:
            self._events.unregister("pre_run_cell", self._begin)
            self._events.unregister("post_run_cell", self._end)
            self._function()
        elif self._rested_since < float("inf"):
            self._rest()


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
