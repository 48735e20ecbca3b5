"""The shell channel of a kernel, as the main thread reads it in the midst of a cell, and a subshell's in that of a callback.

Messages of our own views, and the questions that a reloaded page asks first, are handled as soon as they are read. Everything
else goes on to ipykernel at once, which keeps it in order until the cell is over.

This rests on ipykernel's inner parts (6.29 to 7.4): :func:`main_stream` looks for each of them.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

from .comms import for_us

_STREAM = ("_recv_callback", "_recv_copy", "_run_callback", "on_recv", "flush", "sending", "socket")
_KERNEL = ("session", "shell_handlers", "_publish_status", "log")


def main_stream(kernel: Any, subshell: str | None = None) -> Any:
    """The stream on which this kernel's main thread hears shell messages; ``None`` where this version has another shape.

    ``subshell`` names one whose thread is meant instead.
    """
    try:
        manager = _subshell_manager(kernel)
        stream = kernel.shell_stream if manager is None else manager.get_shell_channel_to_subshell_pair(subshell).to_stream
    except AttributeError:
        return None
    parts = [hasattr(stream, name) for name in _STREAM] + [hasattr(kernel, name) for name in _KERNEL]
    return stream if all(parts) else None


def subshell_channel(kernel: Any) -> ShellChannel | None:
    """The channel of the subshell that runs in this thread, if one does."""
    try:
        subshell = _subshell_manager(kernel).subshell_id_from_thread_id(threading.get_ident())
    except (AttributeError, RuntimeError):
        return None
    stream = main_stream(kernel, subshell)
    return None if stream is None else ShellChannel(kernel, stream, subshell)


def _subshell_manager(kernel: Any) -> Any:
    """What ipykernel 7 has, and 6 has not."""
    thread = getattr(kernel, "shell_channel_thread", None)
    return None if thread is None else thread.manager


class ShellChannel:
    """A kernel's shell channel, as its main thread or a subshell's reads it.

    While it is open (as often as wanted, one within another), what is for us is handled as soon as it is read, and the rest
    is handed on to ipykernel, which would have read it otherwise.
    """

    def __init__(self, kernel: Any, stream: Any, subshell: str | None = None) -> None:
        self._kernel, self._stream = kernel, stream
        self._opened = 0
        self._callback: Any = None
        manager = _subshell_manager(kernel)
        self._replies = stream if manager is None else manager.get_subshell_to_shell_channel_socket(subshell)

    def open(self) -> None:
        """Take ipykernel's place as the one who reads."""
        self._opened += 1
        if self._opened == 1:
            self._callback, self._copy = self._stream._recv_callback, self._stream._recv_copy
            self._stream.on_recv(self._receive, copy=False)
            self._take_queued()

    def close(self) -> None:
        """Give the place back, unless somebody else has taken it in the meantime."""
        self._opened -= 1
        if self._opened == 0 and self._stream._recv_callback == self._receive:
            self._stream.on_recv(self._callback, copy=self._copy)

    def __enter__(self) -> None:
        self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def poll(self, bell: socket.socket, seconds: float | None) -> None:
        """Read what comes until the bell rings, a message came, or the seconds are over."""
        import zmq

        poller = zmq.Poller()
        poller.register(self._stream.socket, zmq.POLLIN)
        poller.register(bell, zmq.POLLIN)
        poller.poll(None if seconds is None else max(1, int(seconds * 1000)))
        self._stream.flush(zmq.POLLIN)
        if self._replies is self._stream and self._stream.sending():
            self._stream.flush(zmq.POLLOUT)

    def _take_queued(self) -> None:
        """ipykernel 6 reads messages into a queue before the cell begins: those that are for us are handled first."""
        queue: Any = getattr(self._kernel, "msg_queue", None)
        items = [queue.get_nowait() for _ in range(queue.qsize())] if queue else []
        for item in items:
            frames = item[2][0] if len(item) > 2 and item[2] else None
            if frames is None or not self._handle(frames):
                queue.put_nowait(item)

    def _receive(self, frames: Any) -> None:
        if not self._handle(frames):
            self._stream._run_callback(self._callback, frames)

    def _handle(self, frames: Any) -> bool:
        """Handle the message if it is for us; whatever is wrong with it is ipykernel's to say."""
        try:
            message = self._read(frames)
            if message is None:
                return False
            self._kernel._publish_status("busy", "shell", parent=message)
        except Exception:
            return False
        try:
            self._call(frames, message)
        except Exception:
            self._kernel.log.exception("A message failed while a cell was waiting")
        self._kernel._publish_status("idle", "shell", parent=message)  # a page's widgets wait for it before they send more
        return True

    def _read(self, frames: Any) -> Any:
        """The whole message, or ``None`` for one of others: those may be read once only, so they are merely looked into."""
        session = self._kernel.session
        _, rest = session.feed_identities(frames, copy=False)
        header, content = (session.unpack(getattr(rest[at], "bytes", rest[at])) for at in (1, 4))
        if not for_us(header["msg_type"], content):
            return None
        return session.deserialize(rest, content=True, copy=False)

    def _call(self, frames: Any, message: Any) -> None:
        idents, _ = self._kernel.session.feed_identities(frames, copy=False)
        handler = self._kernel.shell_handlers[message["header"]["msg_type"]]
        result = handler(self._replies, idents, message)
        if hasattr(result, "send"):
            _finish(result)


def _finish(coroutine: Any) -> None:
    """Run a coroutine that awaits nothing: it ends at its first step."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
