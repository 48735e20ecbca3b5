"""TimedBuffer: a bounded queue between one who writes text and one who reads it, with a limit on the reader's patience."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

from . import portal
from .errors import StreamTimeout
from .locks import rlock
from .outcome import Outcome
from .stages import Clock, failing

T = TypeVar("T")


class _EOF:
    """The end of a buffer: what a read gives when nothing will come any more. False, and one of a kind."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "EOF"


EOF: Final = _EOF()


class TimedBuffer(Generic[T]):
    """A bounded buffer, from any thread and any loop: :meth:`write` and :meth:`read`, :meth:`awrite` and :meth:`aread`.

    A full buffer makes the writer wait: that is the backpressure. An empty one makes the reader wait, for at most
    ``timeout`` seconds. Several may write and several read; each item is read once. ``for`` and ``async for`` read to the
    end; a loop that was left can be taken up again by another, for as long as the writer waits.

    Args:
        timeout: seconds that a read waits for the next item, and a writer for room, once the last loop that read was left;
            ``None`` for ever.
        maxsize: how many items it holds.
        clock: what tells the time, in seconds.

    Raises:
        ValueError: one of them is no number above zero.
    """

    def __init__(self, timeout: float | None = 30, maxsize: int = 1024, *, clock: Clock = time.monotonic) -> None:
        _check(timeout, maxsize)
        self._timeout, self._maxsize, self._clock = timeout, maxsize, clock
        self._items: deque[T] = deque()
        # Reentrant: the garbage collector may drop a loop's reader, which says so here, in the midst of a change.
        self._lock = rlock()
        self._waiting: list[Outcome[None]] = []
        self._readers = 0
        self._deserted: float | None = None  # until when a writer waits for somebody to come back
        self._begun = self._ended = False
        self._error: BaseException | None = None

    def write(self, item: T) -> None:
        """Add an item, as soon as there is room for it.

        Raises:
            ValueError: the buffer has ended.
            StreamTimeout: there is no room, the loop that read was left, and nobody has come back in time.
        """
        while (full := self._put(item)) is not None:
            with self._waiting_for(full):
                self._check_read(portal.wait(full, self._left(self._deserted)))

    async def awrite(self, item: T) -> None:
        """The same, without blocking the caller's loop. Raises what :meth:`write` raises."""
        while (full := self._put(item)) is not None:
            with self._waiting_for(full):
                self._check_read(await portal.settled(full, self._left(self._deserted)))

    def read(self) -> T | _EOF:
        """The next item, as soon as there is one; :data:`EOF` after the last one.

        Raises:
            StreamTimeout: nothing came in time, and the writer has not ended the buffer. It can be read on.
            BaseException: what the writer has ended the buffer with, by :meth:`fail`.
        """
        deadline = self._deadline()
        while isinstance(found := self._get(), Outcome):
            with self._waiting_for(found):
                self._check_written(portal.wait(found, self._left(deadline)))
        return found

    async def aread(self) -> T | _EOF:
        """The same, without blocking the caller's loop. Raises what :meth:`read` raises."""
        deadline = self._deadline()
        while isinstance(found := self._get(), Outcome):
            with self._waiting_for(found):
                self._check_written(await portal.settled(found, self._left(deadline)))
        return found

    def complete(self) -> None:
        """End the buffer: readers get what is left, and then the end. A writer that waits for room is told so."""
        self._end(None)

    def fail(self, error: BaseException) -> None:
        """End the buffer with an error, which readers are raised after what is left. ``TypeError``: it is none."""
        self._end(failing(error))

    @property
    def is_complete(self) -> bool:
        """Whether nothing more can be written."""
        return self._ended

    def __len__(self) -> int:
        """How many items wait to be read."""
        return len(self._items)

    def __bool__(self) -> bool:
        # Without this an empty buffer would be false, and `buffer or other` a trap.
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._maxsize}, {'complete' if self._ended else 'open'}>"

    def __iter__(self) -> _Reader[T]:
        return _Reader(self)

    __aiter__ = __iter__

    def count_reader(self, difference: int) -> None:
        """A loop has begun to read (1), or was left (-1)."""
        with self._lock:
            self._readers += difference
            self._deserted = None if self._readers else self._deadline()
        self._changed()

    def _put(self, item: T) -> Outcome[None] | None:
        """Add the item; where there is no room, returns what will be there when that may have changed."""
        with self._lock:
            if self._ended:
                raise ValueError("This buffer has ended: nothing can be written to it.")
            if len(self._items) >= self._maxsize:
                return self._change()
            self._items.append(item)
            self._begun = True
        self._changed()
        return None

    def _get(self) -> T | _EOF | Outcome[None]:
        """The next item, or the end; where there is neither, returns what will be there when that may have changed."""
        with self._lock:
            if not self._items and not self._ended:
                return self._change()
            item = self._items.popleft() if self._items else EOF
            self._deserted = None
        if item is EOF and self._error is not None:
            raise self._error
        self._changed()
        return item

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended, self._error = True, error
        self._changed()

    def _change(self) -> Outcome[None]:
        change: Outcome[None] = Outcome()
        self._waiting.append(change)
        return change

    def _changed(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for change in waiting:
            change.set_result(None)

    def _deadline(self) -> float | None:
        return None if self._timeout is None else self._clock() + self._timeout

    def _left(self, deadline: float | None) -> float | None:
        return None if deadline is None else deadline - self._clock()

    @contextmanager
    def _waiting_for(self, change: Outcome[None]) -> Iterator[None]:
        """While somebody waits for the change; whoever stops waiting before it leaves nothing behind."""
        try:
            yield
        finally:
            with self._lock:
                if change in self._waiting:
                    self._waiting.remove(change)

    def _check_written(self, in_time: bool) -> None:
        if not in_time:
            late = f"Nothing was written for {self._timeout:g} s, and the writer has not called complete()."
            raise StreamTimeout(f"{late} Read on, or allow more with timeout=.", kind="idle" if self._begun else "first")

    def _check_read(self, in_time: bool) -> None:
        if not in_time:
            late = f"Nobody has read for {self._timeout:g} s since the loop that read was left, and there is no room."
            raise StreamTimeout(f"{late} Stop writing, or allow more with timeout=.", kind="idle")


class _Reader(Generic[T]):
    """One loop over a buffer. A class, not a generator: left by ``break``, it says so at once, in async code too."""

    __slots__ = ("_buffer",)

    def __init__(self, buffer: TimedBuffer[T]) -> None:
        self._buffer = buffer
        buffer.count_reader(1)

    def __del__(self) -> None:
        self._buffer.count_reader(-1)

    def __iter__(self) -> _Reader[T]:
        return self

    __aiter__ = __iter__

    def __next__(self) -> T:
        if isinstance(item := self._buffer.read(), _EOF):
            raise StopIteration
        return item

    async def __anext__(self) -> T:
        if isinstance(item := await self._buffer.aread(), _EOF):
            raise StopAsyncIteration
        return item


def _check(timeout: Any, maxsize: Any) -> None:
    number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if timeout is not None and not (number and 0 < timeout < math.inf):
        raise ValueError(f"A timeout is a number of seconds above zero, or None, not {timeout!r}.")
    if isinstance(maxsize, bool) or not isinstance(maxsize, int) or maxsize < 1:
        raise ValueError(f"A buffer's maxsize is a number of items, at least 1, not {maxsize!r}.")
