"""The one bridge between sync and async: a background thread with an event loop, on which every run lives.

A notebook's own loop stands still while a cell runs, and a script has none. So runs never use the caller's loop: they are
started here, and whoever needs their results waits for an :class:`~desiru_notebook.outcome.Outcome`, from any thread or loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import selectors
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import copy_context
from typing import Any, TypeAlias, TypeVar

from .arrival import Arrival
from .errors import DesiruError
from .locks import rlock
from .outcome import Outcome

T = TypeVar("T")
Waiter: TypeAlias = Callable[[Outcome[Any], "float | None", Any], None]
Listening: TypeAlias = Callable[[Any], AbstractContextManager[object]]

# Windows does not wake a thread that waits for a lock when Ctrl-C comes, so there the wait is cut in slices (seconds).
_SLICE = 0.1 if sys.platform == "win32" else None

_lock = rlock()  # reentrant: the garbage collector may drop a run, which calls in here, in the midst of loop()
_thread: _LoopThread | None = None
# How a thread waits that has a way of its own; the others wait plainly.
_ways: weakref.WeakKeyDictionary[threading.Thread, tuple[Waiter, Listening | None]] = weakref.WeakKeyDictionary()
# A loop knows its tasks only weakly: one that waits for nothing but its reader would fall to the garbage collector.
_tasks: set[asyncio.Task[None]] = set()


class _LoopThread:
    """A daemon thread that runs one event loop for as long as the process lives."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="desiru", daemon=True)
        hide_from_debuggers(self.thread)
        self.thread.start()

    def _run(self) -> None:
        while not self.loop.is_closed():
            try:
                self.loop.run_forever()
            except BaseException:  # SystemExit or KeyboardInterrupt, by a task or a callback of somebody's model
                logging.getLogger(__name__).exception("Code on the event loop that all runs share tried to end it")


def hide_from_debuggers(thread: threading.Thread) -> None:
    """A debugger that stops every thread at a breakpoint would stop all streams with this one."""
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]  # read by pydevd and debugpy
    thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]  # as above


def loop() -> asyncio.AbstractEventLoop:
    """The background loop; started by the first call, and anew in a forked child."""
    global _thread
    with _lock:
        if _thread is None or not _thread.thread.is_alive():
            _thread = _LoopThread()
        return _thread.loop


def start(coroutine: Coroutine[Any, Any, None], *, on_start: Callable[[asyncio.Task[None]], None]) -> None:
    """Run the coroutine on the background loop, in the caller's context; ``on_start`` is given its task there."""
    context = copy_context()
    target = loop()

    def begin() -> None:
        task = target.create_task(coroutine, context=context)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        on_start(task)

    target.call_soon_threadsafe(begin)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine on the background loop and block until it has returned; raises what it raises."""
    outcome: Outcome[T] = Outcome()
    tasks: list[asyncio.Task[None]] = []

    async def settle() -> None:
        try:
            outcome.set_result(await coroutine)
        except BaseException as error:  # also a cancel, which whoever waits has to hear of
            outcome.set_exception(error)

    start(settle(), on_start=tasks.append)
    try:
        wait(outcome)
    except KeyboardInterrupt:
        call(lambda: [task.cancel() for task in tasks])
        raise
    return outcome.result()


def call(function: Callable[[], object]) -> None:
    """Call the function soon on the background loop."""
    loop().call_soon_threadsafe(function)


def is_here() -> bool:
    """Whether the caller runs on the background loop."""
    return _thread is not None and threading.current_thread() is _thread.thread


def wait(outcome: Outcome[Any], timeout: float | None = None, whom: object = None) -> bool:
    """Block until the outcome is there, or for ``timeout`` seconds; returns whether it is there.

    In a notebook the kernel's front end replaces the way of waiting on the thread of the cells (:func:`set_waiter`), and
    shows there what is waited for: ``whom`` is the run whose answer it is, if it is one.

    Raises:
        DesiruError: when called on the background loop itself, which would wait for itself for ever.
    """
    if outcome.done() and whom is None:
        return True
    if is_here():
        raise DesiruError("This would block the loop that all runs share: use `await run` or `async for` here.")
    waiter, _ = _way()
    waiter(outcome, timeout, whom)
    return outcome.done()


async def settled(outcome: Outcome[Any], timeout: float | None = None) -> bool:
    """Wait, on the caller's own loop, until the outcome is there, or for ``timeout`` seconds; returns whether it is there.

    Cancelling this wait does not touch the outcome.
    """
    if outcome.done():
        return True
    if timeout is None:
        await Arrival(outcome)
        return True
    own = asyncio.get_running_loop()
    there = own.create_future()

    def tell(_: Outcome[Any]) -> None:
        with suppress(RuntimeError):  # the caller's loop is closed: nobody waits any more
            own.call_soon_threadsafe(_let_go, there)

    outcome.add_done_callback(tell)
    try:
        await asyncio.wait([there], timeout=max(timeout, 0))
    finally:
        outcome.remove_done_callback(tell)
    return outcome.done()


def _let_go(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def listening(whom: object = None) -> AbstractContextManager[object]:
    """A block in which a coroutine awaits something; ``whom`` is the run that it awaits, if it is one.

    In a notebook the kernel's front end hears its page's messages meanwhile, if the coroutine is on the thread of the cells.
    """
    _, listening = _way()
    return nullcontext() if listening is None else listening(whom)


def wait_plainly(outcome: Outcome[Any], timeout: float | None = None, whom: object = None) -> None:
    """Block this thread until the outcome is there, or for ``timeout`` seconds."""
    bell = threading.Lock()
    bell.acquire()

    def ring(_: Outcome[Any]) -> None:
        bell.release()

    outcome.add_done_callback(ring)
    try:
        _acquire(bell, timeout)
    finally:
        outcome.remove_done_callback(ring)


def _acquire(bell: threading.Lock, timeout: float | None) -> None:
    if timeout is not None:
        bell.acquire(timeout=min(max(timeout, 0), threading.TIMEOUT_MAX))
    elif _SLICE is None:
        bell.acquire()
    else:
        while not bell.acquire(timeout=_SLICE):
            pass


def set_waiter(waiter: Waiter | None, listening: Listening | None = None, thread: threading.Thread | None = None) -> None:
    """Replace the way in which a thread waits: a function of outcome, seconds and whose outcome it is. ``None`` restores it.

    ``listening`` makes the context in which a coroutine of that thread awaits a run. The thread is the main one, unless
    another is given.
    """
    thread = thread or threading.main_thread()
    if waiter is None:
        _ways.pop(thread, None)
    else:
        _ways[thread] = waiter, listening


def _way() -> tuple[Waiter, Listening | None]:
    return _ways.get(threading.current_thread(), (wait_plainly, None))


def _begin_child() -> None:
    """Wait plainly in a forked child, on a loop of its own. What the parent's tasks hold stays as it is, for ever."""
    global _thread
    _ways.clear()
    if _thread is not None:
        _let_go_of_files(_thread.loop)
    _thread = None


def _let_go_of_files(loop: asyncio.AbstractEventLoop) -> None:
    """Put the null device in the place of the files that a forked child shares with the loop of its parent.

    Else a connection that the parent closes would stay open here, and what was registered with the parent's loop could be
    unregistered here.
    """
    selector: Any = getattr(loop, "_selector", None)  # asyncio tells neither in another way; a loop without them is left alone
    transports: Any = getattr(loop, "_transports", {})
    files = {transport.get_extra_info("socket").fileno() for transport in transports.values()} - {-1}
    if hasattr(selectors, "EpollSelector") and isinstance(selector, selectors.EpollSelector):
        files |= {selector.fileno(), *selector.get_map()}
    null = os.open(os.devnull, os.O_RDWR)
    for file in files:
        os.dup2(null, file, inheritable=False)
    os.close(null)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_child)
