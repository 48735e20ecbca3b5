"""A bell that wakes a thread of a kernel while it waits: something has happened, or the kernel was interrupted."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Bell:
    """Rings when somebody rings it, in any thread, and on Stop; ``socket`` can be read then.

    A signal may reach any thread of the process, but its handler runs in the main thread alone, as soon as that is awake. So it
    is the interpreter that rings here (:func:`signal.set_wakeup_fd`). Used as a context; in another thread, Stop does not ring.
    """

    def __init__(self, *, hand_on: bool = False) -> None:
        """``hand_on`` calls the handler of before too."""
        self.socket, self._ringer = socket.socketpair()
        self.socket.setblocking(False)
        self._ringer.setblocking(False)
        self._hand_on = hand_on
        self._hears_stop = threading.current_thread() is threading.main_thread()
        self.interrupted = False

    def ring(self, *_: object) -> None:
        """Wake whoever waits for the socket."""
        try:
            self._ringer.send(b"!")
        except OSError:
            return  # the wait is over already, or it has been rung often enough

    def silence(self) -> None:
        """Take what was rung, so that the socket can be waited for again."""
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return

    @contextmanager
    def answered(self) -> Iterator[None]:
        """A block that acts on Stop; another one raises :class:`KeyboardInterrupt` in it."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.interrupted = False
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def __enter__(self) -> Bell:
        if self._hears_stop:
            self._before = signal.signal(signal.SIGINT, self._interrupt)
            self._woken = signal.set_wakeup_fd(self._ringer.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._hears_stop:
            signal.set_wakeup_fd(self._woken)
            if signal.getsignal(signal.SIGINT) == self._interrupt:  # else somebody else has taken it in the meantime
                signal.signal(signal.SIGINT, self._before)
        self.socket.close()
        self._ringer.close()

    def _interrupt(self, *arguments: Any) -> None:
        self.interrupted = True
        if self._hand_on and callable(self._before):
            self._before(*arguments)
