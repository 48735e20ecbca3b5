"""Waiting in a busy cell: the pump that lets the page's messages through while the kernel's main thread waits.

A click on Cancel is a ``comm_msg`` on the shell channel, and a busy cell blocks that channel. Where page and kernel have
subshells, the click is heard on one of those. For all others, the thread that waits reads the channel itself: it handles
comm messages and the questions that a reloaded page asks first, and holds everything else back, to be replayed in order
through ipykernel's own callback when the wait is over.

This rests on ipykernel's inner parts (6.29 to 7.4), so it looks for each of them and waits plainly where one is missing.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from .. import portal

_HANDLED = {"comm_open", "comm_msg", "comm_close", "kernel_info_request", "comm_info_request"}


def install(shell: Any) -> None:
    """Let the main thread of this shell's kernel pump while it waits. Does nothing in a terminal."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        portal.set_waiter(lambda future, timeout: wait(kernel, future, timeout))


def uninstall() -> None:
    """Wait plainly again."""
    portal.set_waiter(None)


def wait(kernel: Any, future: Future[Any], timeout: float | None = None) -> None:
    """Block until the future is done, pumping. Stop in the notebook is raised between two messages, so none is lost.

    Raises:
        KeyboardInterrupt: the kernel was interrupted.
    """
    stream = main_stream(kernel)
    if stream is None or threading.current_thread() is not threading.main_thread():
        portal.wait_plainly(future, timeout)
        return
    deadline = None if timeout is None else time.monotonic() + timeout
    with _Bell() as bell, Pump(kernel, stream) as pump:
        future.add_done_callback(lambda _: bell.ring())
        while not future.done() and not bell.interrupted:
            rest = None if deadline is None else deadline - time.monotonic()
            if rest is not None and rest <= 0:
                break
            pump.poll(bell.socket, rest)
    if bell.interrupted:
        raise KeyboardInterrupt


def main_stream(kernel: Any) -> Any:
    """The stream on which this kernel's main thread hears shell messages; ``None`` where this version has another shape."""
    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is None:
        stream = getattr(kernel, "shell_stream", None)
    else:
        pair = getattr(thread.manager, "_shell_channel_to_main", None)
        stream = getattr(pair, "to_stream", None)
    needed = ("_recv_callback", "_recv_copy", "_run_callback", "on_recv", "flush", "socket")
    return stream if all(hasattr(stream, name) for name in needed) else None


class _Bell:
    """Wakes the pump's poll: when the future is done, from any thread, and when the kernel is interrupted."""

    def __init__(self) -> None:
        self.socket, self._ringer = socket.socketpair()
        self._ringer.setblocking(False)
        self.interrupted = False

    def ring(self) -> None:
        try:
            self._ringer.send(b"!")
        except OSError:
            return  # the wait is over already

    def __enter__(self) -> _Bell:
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        self.socket.close()
        self._ringer.close()

    def _interrupt(self, *_: object) -> None:
        self.interrupted = True
        self.ring()


class Pump:
    """Reads the shell channel in the place of the kernel's loop for as long as its ``with`` block lasts."""

    def __init__(self, kernel: Any, stream: Any) -> None:
        self._kernel, self._stream = kernel, stream
        self._held: list[Any] = []
        thread = getattr(kernel, "shell_channel_thread", None)
        self._replies = thread.manager._main_to_shell_channel.from_socket if thread is not None else stream

    def __enter__(self) -> Pump:
        self._callback, self._copy = self._stream._recv_callback, self._stream._recv_copy
        self._stream.on_recv(self._receive, copy=False)
        self._take_queued()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.on_recv(self._callback, copy=self._copy)
        held, self._held = self._held, []
        for frames in held:
            self._stream._run_callback(self._callback, frames)

    def poll(self, bell: socket.socket, seconds: float | None) -> None:
        """Handle what comes until the bell rings, a message came, or the seconds are over."""
        import zmq

        poller = zmq.Poller()
        poller.register(self._stream.socket, zmq.POLLIN)
        poller.register(bell, zmq.POLLIN)
        poller.poll(None if seconds is None else max(1, int(seconds * 1000)))
        self._stream.flush(zmq.POLLIN)
        if self._replies is self._stream and self._stream.sending():
            self._stream.flush(zmq.POLLOUT)

    def _take_queued(self) -> None:
        """ipykernel 6 reads messages into a queue before the cell begins: those that are ours are handled first."""
        queue: Any = getattr(self._kernel, "msg_queue", None)
        items = [queue.get_nowait() for _ in range(queue.qsize())] if queue else []
        for item in items:
            frames = item[2][0] if len(item) > 2 and item[2] else None
            if frames is None or not self._handle(frames):
                queue.put_nowait(item)

    def _receive(self, frames: Any) -> None:
        if not self._handle(frames):
            self._held.append(frames)

    def _handle(self, frames: Any) -> bool:
        """Handle the message if it is one of ours to handle."""
        message = self._read(frames)
        if message is None:
            return False
        with self._busy(message):
            self._call(frames, message)
        return True

    def _read(self, frames: Any) -> Any:
        """The whole message, or ``None`` for one that has to wait. Only the header is looked at before that is known."""
        session = self._kernel.session
        try:
            _, rest = session.feed_identities(frames, copy=False)
            header = session.unpack(getattr(rest[1], "bytes", rest[1]))
            if header.get("msg_type") not in _HANDLED:
                return None
            return session.deserialize(rest, content=True, copy=False)
        except Exception:
            return None  # not readable here: ipykernel's own callback will say what is wrong with it

    @contextmanager
    def _busy(self, message: Any) -> Iterator[None]:
        # A page's widgets wait for idle before they send more.
        self._kernel._publish_status("busy", "shell", parent=message)
        try:
            yield
        finally:
            self._kernel._publish_status("idle", "shell", parent=message)

    def _call(self, frames: Any, message: Any) -> None:
        idents, _ = self._kernel.session.feed_identities(frames, copy=False)
        handler = self._kernel.shell_handlers[message["header"]["msg_type"]]
        try:
            result = handler(self._replies, idents, message)
            if hasattr(result, "send"):
                result.send(None)  # a coroutine that awaits nothing ends at its first step
        except StopIteration:
            return
        except Exception:
            self._kernel.log.exception("A message failed while a cell was waiting")
