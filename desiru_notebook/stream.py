"""TokenStream: an append-only log that one side writes and any number of readers follow, live or late, sync or async."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

from . import portal
from .locks import rlock
from .outcome import Outcome
from .stages import Clock, failing
from .transformer import StreamTransformer

T = TypeVar("T")
S = TypeVar("S")

_AT_ONCE = 256  # items that are taken out of a stream at a time


class Waits(Protocol):
    """How readers wait: :mod:`~desiru_notebook.portal` is one way, a run's own another."""

    def wait(self, outcome: Outcome[Any], timeout: float | None = None, /) -> object:
        """Block until the outcome is there, or for ``timeout`` seconds."""

    def listening(self) -> AbstractContextManager[object]:
        """A block in which a coroutine awaits an outcome."""


class Items(Protocol[T]):
    """Where a stream keeps its items: a list is one way, a run's :class:`~desiru_notebook.eventrecord.Record` another."""

    def extend(self, items: Iterable[T], /) -> None:
        """Add items at the end."""

    def __getitem__(self, part: slice, /) -> list[T]:
        """Those from one number on to before another."""

    def __len__(self) -> int:
        """How many there are."""


class TokenStream(Generic[T]):
    """A stream of items (text, or field deltas, whose ``str`` is their text).

    One side writes with :meth:`append`, and ends with :meth:`complete` or :meth:`fail`. Any number of readers iterate, sync
    or async, in any thread; each sees everything from the first item on. ``str(stream)`` is the joined text so far and
    ``len(stream)`` the number of items so far.
    """

    def __init__(self, *, waits: Waits = portal, items: Items[T] | None = None) -> None:
        """``waits`` is how readers wait, and lives for as long as the stream; ``items`` is where it keeps what it is given."""
        self._waits = waits
        self._items: Items[T] = [] if items is None else items
        self._ended = False
        self._error: BaseException | None = None
        # Reentrant: the garbage collector may drop a reader, which says so here, in the midst of extend().
        self._lock = rlock()
        self._waiting: list[Outcome[None]] = []
        self._readers = 0
        self.on_reader_moved: Callable[[], object] | None = None

    @property
    def readers(self) -> int:
        """How many iterate over the stream now."""
        return self._readers

    @property
    def awaited(self) -> bool:
        """Whether somebody has seen everything and waits for more."""
        return bool(self._waiting)

    @property
    def is_complete(self) -> bool:
        """Whether the writer has ended the stream, well or not."""
        return self._ended

    def append(self, item: T) -> None:
        """Add one item. Raises ``ValueError`` after the end."""
        self.extend((item,))

    def extend(self, items: Iterable[T]) -> None:
        """Add several items at once, waking each reader once. Raises ``ValueError`` after the end."""
        items = items if isinstance(items, (list, tuple)) else list(items)  # others wait for the lock, not for who makes them
        with self._lock:
            if self._ended:
                raise ValueError("This stream has ended: nothing can be added to it.")
            self._items.extend(items)
            waiting, self._waiting = self._waiting, []
        _wake(waiting)

    def complete(self) -> None:
        """End the stream: readers get what is left and then stop."""
        self._end(None)

    def fail(self, error: BaseException) -> None:
        """End the stream with an error: readers get what is left, and then it is raised. ``TypeError``: it is none."""
        self._end(failing(error))

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended, self._error = True, error
            waiting, self._waiting = self._waiting, []
        _wake(waiting)

    def grown(self, seen: int) -> Outcome[None]:
        """An outcome that is there as soon as there are more than ``seen`` items, or the stream has ended."""
        grown: Outcome[None] = Outcome()
        with self._lock:
            wait = len(self._items) <= seen and not self._ended
            if wait:
                self._waiting.append(grown)
        if wait:
            self._reader_moved()
        else:
            grown.set_result(None)
        return grown

    @contextmanager
    def waiting_for(self, seen: int) -> Iterator[Outcome[None]]:
        """The same, for the duration of a wait: whoever stops waiting before there is more leaves nothing behind."""
        grown = self.grown(seen)
        try:
            yield grown
        finally:
            if not grown.done():
                with self._lock, suppress(ValueError):  # it has grown in this moment
                    self._waiting.remove(grown)

    def since(self, seen: int = 0) -> list[T]:
        """The items until now after the first ``seen`` ones, without waiting."""
        return self._items[seen:]

    def parts(self) -> Iterator[list[T]]:
        """The items until now, some at a time, without waiting: of a long stream not all have to be there at once."""
        for at in range(0, len(self._items), _AT_ONCE):
            yield self._items[at : at + _AT_ONCE]

    def count_reader(self, difference: int) -> None:
        """A reader has come (1) or gone (-1)."""
        with self._lock:
            self._readers += difference
        self._reader_moved()

    def _reader_moved(self) -> None:
        """Tell the writer's side that a reader has caught up or gone: it may have waited for that."""
        if self.on_reader_moved is not None:
            self.on_reader_moved()

    def filter(self, function: Callable[[T], object]) -> StreamTransformer[T]:
        """Only the items for which the function returns something true; see :class:`StreamTransformer`."""
        return StreamTransformer(self).filter(function)

    def map(self, function: Callable[[T], S]) -> StreamTransformer[S]:
        """What the function makes of each item; see :class:`StreamTransformer`."""
        return StreamTransformer(self).map(function)

    def batch(
        self, size: int | None = None, *, seconds: float | None = None, clock: Clock = time.monotonic
    ) -> StreamTransformer[T]:
        """Text in larger pieces; see :meth:`StreamTransformer.batch`."""
        return StreamTransformer(self).batch(size, seconds=seconds, clock=clock)

    def __iter__(self) -> Reader[T]:
        return Reader(self, self._waits)

    __aiter__ = __iter__

    def __len__(self) -> int:
        return len(self._items)

    def __str__(self) -> str:
        return "".join(map(str, chain.from_iterable(self.parts())))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {'complete' if self._ended else 'growing'}>"

    def __bool__(self) -> bool:
        # Without this an empty stream would be false, and `stream or other` a trap.
        return True


class Reader(Generic[T]):
    """One reader's place in a stream, and how it waits: ``waits`` lives for as long as the reader.

    A class, not a generator: dropped after a ``break``, it lets go of that at once, in async code too.
    """

    __slots__ = ("_at", "_found", "_seen", "_stream", "_waits")

    def __init__(self, stream: TokenStream[T], waits: Waits) -> None:
        self._stream, self._waits = stream, waits
        self._found: list[T] = []  # of the stream's items those after the first `_seen` ones, of which `_at` are taken
        self._seen = self._at = 0
        stream.count_reader(1)

    def __del__(self) -> None:
        self._stream.count_reader(-1)

    def __iter__(self) -> Reader[T]:
        return self

    __aiter__ = __iter__

    def __next__(self) -> T:
        while not self._ready():
            with self._stream.waiting_for(self._seen) as grown:
                self._waits.wait(grown)
        return self._take(StopIteration)

    async def __anext__(self) -> T:
        if not self._ready() or not self._at + self._seen:  # whoever wants to know that somebody reads is told so in any case
            with self._waits.listening():
                while not self._ready():
                    with self._stream.waiting_for(self._seen) as grown:
                        await portal.settled(grown)
        return self._take(StopAsyncIteration)

    def arrives(self, seconds: float) -> bool:
        """Wait for the next item, or the end, for at most so many seconds; returns whether it is there."""
        if not self._ready():
            with self._stream.waiting_for(self._seen) as grown:
                self._waits.wait(grown, seconds)
        return self._ready()

    def _ready(self) -> bool:
        return self._at < len(self._found) or self._find() or self._stream.is_complete

    def _find(self) -> bool:
        """Look for more; returns whether there is."""
        self._seen, self._at = self._seen + len(self._found), 0
        self._found = self._stream._items[self._seen : self._seen + _AT_ONCE]
        return bool(self._found)

    def _take(self, stop: type[Exception]) -> T:
        if self._at < len(self._found) or self._find():  # the last ones may have come with the end
            self._at += 1
            return self._found[self._at - 1]
        if self._stream._error is not None:
            raise self._stream._error
        raise stop


def _wake(waiting: list[Outcome[None]]) -> None:
    for grown in waiting:
        grown.set_result(None)
