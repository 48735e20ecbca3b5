"""Waiting in a busy cell: how a kernel's main thread waits for a run, and hears Cancel and Stop meanwhile.

A click on Cancel is a ``comm_msg`` on the shell channel, and a busy cell blocks that channel. Where page and kernel have
subshells, the click is heard on one of those. For all others, the thread that waits reads the channel itself: see
:mod:`~desiru_notebook.frontends.channel`. So does the thread of a subshell, in a function that a page's message calls there.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import Any

from .. import portal
from ..outcome import Outcome
from ..run import Run
from . import cells, displays
from .awaited import AwaitedRuns
from .bell import Bell
from .cells import CellTask, after_cell
from .channel import ShellChannel, main_stream, subshell_channel

_waiter: KernelWaiter | None = None


def install(shell: Any) -> KernelWaiter | None:
    """Let the main thread of this shell's kernel hear our views while it waits.

    Does nothing in a terminal, nor in a process that was forked from a kernel's, whose channels are not its own.
    """
    global _waiter
    kernel = getattr(shell, "kernel", None)
    if kernel is None or getattr(getattr(kernel, "session", None), "pid", os.getpid()) != os.getpid():
        return None
    if _waiter is None or _waiter.shell is not shell:
        _waiter = KernelWaiter(shell)
    portal.set_waiter(_waiter.wait, _waiter.listening)
    return _waiter


def uninstall() -> None:
    """Wait plainly again, and show nothing unasked."""
    global _waiter
    if _waiter is not None:
        _waiter.uninstall()
        _waiter = None
    portal.set_waiter(None)


class KernelWaiter:
    """How the main thread of a kernel waits, in a cell that blocks and in one that awaits; and a subshell in a callback."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._cell = CellTask(shell)
        self._awaited: AwaitedRuns | None = None
        stream = main_stream(shell.kernel)
        self._channel = None if stream is None else ShellChannel(shell.kernel, stream)
        self._subshells: weakref.WeakKeyDictionary[threading.Thread, ShellChannel] = weakref.WeakKeyDictionary()
        shell.events.register("pre_execute", self._hear_here)
        self._listening: ExitStack | None = None  # what to take back when the cell that awaits is over
        shell.events.register("pre_run_cell", self._stop_listening)  # after one that was executed silently

    def wait(self, outcome: Outcome[Any], timeout: float | None = None, whom: object = None) -> None:
        """Block until the outcome is there, and show the run that it is of, if it is ``whom``.

        Stop in the notebook is raised between two messages, so that none is lost.

        Raises:
            KeyboardInterrupt: the kernel was interrupted.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._show(whom)
        with Bell() as bell, self._channel_here() or nullcontext():
            outcome.add_done_callback(bell.ring)
            while not outcome.done() and not bell.interrupted:
                rest = None if deadline is None else deadline - time.monotonic()
                if rest is not None and rest <= 0:
                    break
                self._poll(bell, rest if self._awaited is None else self._awaited.go_on(rest))
            outcome.remove_done_callback(bell.ring)
        if bell.interrupted:
            raise KeyboardInterrupt

    def _poll(self, bell: Bell, seconds: float | None) -> None:
        channel = self._channel_here()
        if channel is None:
            select.select([bell.socket], [], [], seconds)
        else:
            channel.poll(bell.socket, seconds)

    def _channel_here(self) -> ShellChannel | None:
        return self._subshells.get(threading.current_thread(), self._channel)

    def _hear_here(self) -> None:
        """Let the thread that handles a page's message wait like the main thread, if it is a subshell's."""
        thread = threading.current_thread()
        if thread is threading.main_thread() or thread in self._subshells:
            return
        if channel := subshell_channel(self.shell.kernel):
            self._subshells[thread] = channel
            portal.set_waiter(self.wait, thread=thread)

    @contextmanager
    def listening(self, run: Any) -> Iterator[None]:
        """While a coroutine of the main thread awaits ``run``, if it is one, and from then on until the cell is over."""
        if self._listening is None:
            self._start_listening()
        own = self._show(run)
        try:
            yield
        except asyncio.CancelledError:
            if not (own and self._bell.interrupted):
                raise
            with self._bell.answered(), suppress(KeyboardInterrupt):
                run.unwind()
            raise KeyboardInterrupt from None

    def _show(self, run: Any) -> bool:
        """Show what is waited for, if that is a run; returns whether it is the cell itself that waits."""
        if not isinstance(run, Run):
            return False
        seen = (cells.in_cell(self.shell) or cells.in_callback(self.shell)) and not cells.is_captured(self.shell)
        if self._awaited is not None and seen:
            self._awaited.show(run)
        return self._cell.is_here()

    def show_awaited(self) -> None:
        """Show what a cell awaits, if nobody else does."""
        self._awaited = AwaitedRuns(self.shell, self._cell)
        displays.install(self.shell)

    def uninstall(self) -> None:
        """Show nothing unasked."""
        self._awaited = None
        displays.uninstall(self.shell)
        self._cell.uninstall()
        self.shell.events.unregister("pre_execute", self._hear_here)
        for thread in list(self._subshells):
            portal.set_waiter(None, thread=thread)
        self.shell.events.unregister("pre_run_cell", self._stop_listening)

    def _start_listening(self) -> None:
        """ipykernel notes a Stop for its loop to act on, which sleeps on until something else happens: the bell wakes it."""
        self._bell, self._listening = Bell(hand_on=True), ExitStack()
        self._listening.enter_context(self._bell)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._bell.socket, self._bell.silence)
        self._listening.callback(loop.remove_reader, self._bell.socket)
        if self._channel is not None:
            self._listening.enter_context(self._channel)
        after_cell(self.shell, self._stop_listening)

    def _stop_listening(self, *_: object) -> None:
        if self._listening is not None and threading.current_thread() is threading.main_thread():
            self._listening.close()
            self._listening = None
