"""StreamTransformer: filter, map and batch over any stream. Lazy: nothing moves before somebody reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

from . import portal
from .passage import Passage
from .stages import Batch, Clock, Filter, Map, Stage

T = TypeVar("T")
S = TypeVar("S")
Source: TypeAlias = Iterable[Any] | AsyncIterable[Any]


class StreamTransformer(Generic[T]):
    """A stream with stages behind it, over any sync or async iterable; read it with ``for`` or ``async for``.

    Each stage gives a new transformer and leaves this one as it is; each reading starts with the source's own iterator. No
    item is lost: what a batch holds back comes out at the end, before an error of the source, and before one that a function
    behind it raises. Functions are called in the reader's thread; what they raise is raised there as it is.

    Args:
        stream: anything that can be iterated over, with ``for`` or ``async for``.

    Raises:
        TypeError: it cannot, or a stage is given something else than a plain function.
    """

    def __init__(self, stream: Iterable[T] | AsyncIterable[T]) -> None:
        if not hasattr(stream, "__iter__") and not hasattr(stream, "__aiter__"):
            raise TypeError(f"A stream is something that can be iterated over; {type(stream).__name__} cannot.")
        self._source: Source = stream
        self._stages: tuple[Callable[[], Stage], ...] = ()

    def filter(self, function: Callable[[T], object]) -> StreamTransformer[T]:
        """Only the items for which the function returns something true."""
        return self._then(lambda: Filter(function))

    def map(self, function: Callable[[T], S]) -> StreamTransformer[S]:
        """What the function makes of each item."""
        return self._then(lambda: Map(function))

    def batch(
        self, size: int | None = None, *, seconds: float | None = None, clock: Clock = time.monotonic
    ) -> StreamTransformer[T]:
        """Text in larger pieces: deltas, strings, or a model's chunks of text are joined; two fields, or two kinds, never are.

        Args:
            size: so many items make a batch.
            seconds: a batch is given out so long after its first item came. Where a plain ``for`` reads another iterable
                than a :class:`~desiru_notebook.TokenStream`, only as soon as the next item comes.
            clock: what tells the time, in seconds.

        Raises:
            ValueError: neither is given, or one is no number above zero.
        """
        return self._then(lambda: Batch(size, seconds, clock))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {type(self._source).__name__}, {len(self._stages)} stages>"

    def _then(self, stage: Callable[[], Stage]) -> StreamTransformer[Any]:
        stage()  # what it cannot be made of is to be told now, not to the reader
        longer: StreamTransformer[Any] = StreamTransformer(self._source)
        longer._stages = (*self._stages, stage)
        return longer

    def __iter__(self) -> Iterator[T]:
        return _Reading(self._source, [stage() for stage in self._stages])

    def __aiter__(self) -> AsyncIterator[T]:
        return _AsyncReading(self._source, [stage() for stage in self._stages])


class _Reading(Iterator[Any]):
    """One reading with a plain ``for``. A class, not a generator: dropped, it lets go of its source at once."""

    def __init__(self, source: Source, stages: Sequence[Stage]) -> None:
        self._items: Iterator[Any] = iter(source) if isinstance(source, Iterable) else _Awaited(source)
        self._passage = Passage(stages)

    def __next__(self) -> Any:
        while self._passage.waits:
            self._advance()
        if self._passage.over:
            self._items = iter(())  # lets go of the source, though a traceback may hold this
        return self._passage.next(StopIteration)

    def _advance(self) -> None:
        try:
            if not self._in_time():
                self._passage.give_out()
                return
            item = next(self._items)
        except StopIteration:
            self._passage.end()
        except Exception as error:
            self._passage.end(error)
        else:
            self._passage.take(item)

    def _in_time(self) -> bool:
        """Whether an item comes before something has to be given out. Only a stream's own reader can wait for so long."""
        left, arrives = self._passage.left, getattr(self._items, "arrives", None)
        return left is None or arrives is None or bool(arrives(max(left, 0)))


class _AsyncReading(AsyncIterator[Any]):
    """One reading with ``async for``."""

    def __init__(self, source: Source, stages: Sequence[Stage]) -> None:
        self._items = aiter(source) if isinstance(source, AsyncIterable) else _Plain(source)
        self._passage = Passage(stages)
        self._coming: asyncio.Future[Any] | None = None  # the item that was waited for when time was up
        self._awaited = False

    async def __anext__(self) -> Any:
        while self._passage.waits:
            if self._awaited:
                raise RuntimeError("Two tasks wait for the same reading: give each its own, with `async for` over the stream.")
            self._awaited = True
            try:
                await self._advance()
            finally:
                self._awaited = False
        if self._passage.over:
            self._items = _Plain(())
        return self._passage.next(StopAsyncIteration)

    async def _advance(self) -> None:
        try:
            if not await self._in_time():
                self._passage.give_out()
                return
            coming, self._coming = self._coming, None
            item = await (anext(self._items) if coming is None else coming)
        except StopAsyncIteration:
            self._passage.end()
        except Exception as error:
            self._passage.end(error)
        else:
            self._passage.take(item)

    async def _in_time(self) -> bool:
        """Whether an item comes before something has to be given out."""
        left = self._passage.left
        if left is None:
            return True
        if self._coming is None:
            self._coming = asyncio.ensure_future(_next(self._items))
        await asyncio.wait([self._coming], timeout=max(left, 0))
        return self._coming.done()

    def __del__(self) -> None:
        if self._coming is not None:
            with suppress(RuntimeError):  # its loop is closed, and with it what it waited for
                self._coming.get_loop().call_soon_threadsafe(self._coming.cancel)


async def _next(items: AsyncIterator[Any]) -> Any:
    return await anext(items)


class _Plain(AsyncIterator[Any]):
    """A sync iterable for ``async for``."""

    def __init__(self, source: Iterable[Any]) -> None:
        self._items = iter(source)

    async def __anext__(self) -> Any:
        for item in self._items:
            return item
        raise StopAsyncIteration


class _Awaited(Iterator[Any]):
    """An iterable that is only async, for a plain ``for``: its items are awaited on the background loop."""

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._items = aiter(source)

    def __next__(self) -> Any:
        try:
            return portal.run(_next(self._items))
        except StopAsyncIteration:
            raise StopIteration from None
