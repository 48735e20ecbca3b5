"""Readers: everybody who follows a run, and how far its model may run ahead of them."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from . import flow
from .eventrecord import Record
from .events import Event, FieldDelta
from .locks import lock
from .stream import TokenStream

Tap = weakref.ref[TokenStream[FieldDelta]]


class Readers:
    """The run's log of events, and the streams of deltas that are tapped from it.

    Whoever iterates over one of them sets the pace: the model waits for the fastest of them, once it is
    :data:`~desiru_notebook.flow.AHEAD` bytes ahead. Where nobody iterates, or somebody waits for the result, it does not wait.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.log: TokenStream[Event] = TokenStream(items=record)
        self.log.on_reader_moved = self._wake
        self._taps: list[Tap] = []
        self._ahead = 0
        self._waiting_for_result, self._lock = 0, lock()
        self._gate: asyncio.Future[None] | None = None

    # On the background loop.

    def publish(self, events: Sequence[Event]) -> None:
        """Hand on what has happened."""
        self.log.extend(events)
        for stream in self._tapped():
            with suppress(ValueError):  # its holder has ended it
                stream.extend(event for event in events if isinstance(event, FieldDelta))

    def end(self, error: BaseException | None) -> None:
        """There is no more; the log's readers see that from its last event."""
        self.log.complete()
        for stream in self._tapped():
            _end(stream, error)

    def begin_tap(self, tap: Tap, error: BaseException | None) -> None:
        """On this loop, as every publishing is: so no delta is missed and none comes twice."""
        if (stream := tap()) is None:
            return
        for events in self.log.parts():
            stream.extend(event for event in events if isinstance(event, FieldDelta))
        if self.log.is_complete:
            _end(stream, error)
        else:
            stream.on_reader_moved = self._wake
            self._taps.append(tap)

    def received(self, count: int) -> None:
        """So many bytes, or characters, have come for the run."""
        self._ahead += count

    def is_far_ahead(self) -> bool:
        """Whether the model has said so much since the last time that somebody may have to catch up."""
        if self._ahead <= flow.AHEAD:
            return False
        self._ahead = 0
        return True

    def are_slow(self) -> bool:
        """Whether somebody reads, and nobody has seen everything yet."""
        streams: list[TokenStream[Any]] = [self.log, *self._tapped()]
        reading = any(stream.readers for stream in streams)
        return reading and not self._waiting_for_result and not any(stream.awaited for stream in streams)

    async def catch_up(self) -> None:
        """Wait until a reader has seen everything, all of them have gone, or somebody waits for the result."""
        self._gate = asyncio.get_running_loop().create_future()
        try:
            while self.are_slow():  # asked when the gate is there: whoever moves after this opens it
                await self._gate
                self._gate = asyncio.get_running_loop().create_future()
        finally:
            self._gate = None

    def _tapped(self) -> list[TokenStream[FieldDelta]]:
        return [stream for tap in self._taps if (stream := tap()) is not None]

    def _open(self) -> None:
        if self._gate is not None and not self._gate.done():
            self._gate.set_result(None)

    # From any thread.

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While somebody waits for what the run will say."""
        self._count_waiting(1)
        self._wake()
        try:
            yield
        finally:
            self._count_waiting(-1)

    def _count_waiting(self, difference: int) -> None:
        with self._lock:
            self._waiting_for_result += difference

    def _wake(self) -> None:
        if (gate := self._gate) is not None:
            gate.get_loop().call_soon_threadsafe(self._open)  # which in a forked child reaches nobody


def _end(stream: TokenStream[FieldDelta], error: BaseException | None) -> None:
    if error is None:
        stream.complete()
    else:
        stream.fail(error)
