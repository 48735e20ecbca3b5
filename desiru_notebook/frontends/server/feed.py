"""Feed: a run's events for one writer, as many at a time as are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable

from ...events import Event, FieldDelta, RunEnd

Told = FieldDelta | RunEnd

AHEAD = 16_384  # characters, and as many bytes of the kernel's: what waits here for a client that is slow
_EVENT = 64  # characters that an event counts beside its text


async def batches(events: AsyncIterable[Event], silence: float) -> AsyncGenerator[list[Told], None]:
    """The deltas and the end, in lists; an empty list where nothing came for ``silence`` seconds.

    Whoever takes the next list late is not overrun: once :data:`AHEAD` characters wait for him, nothing more is taken from
    the run, and so its model waits too.
    """
    shelf = _Shelf()
    filling = asyncio.ensure_future(shelf.fill(events))
    try:
        while shelf.events or not filling.done():
            taken = await shelf.take(silence)
            if taken or not filling.done():
                yield taken
        filling.result()
    finally:
        filling.cancel()


class _Shelf:
    """What has come and was not taken yet."""

    def __init__(self) -> None:
        self.events: list[Told] = []
        self._size = 0
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()

    async def fill(self, events: AsyncIterable[Event]) -> None:
        try:
            async for event in events:
                if isinstance(event, (FieldDelta, RunEnd)):  # others, such as notices of waiting, would hide the silence
                    await self._put(event)
        finally:
            self._filled.set()

    async def _put(self, event: Told) -> None:
        self.events.append(event)
        self._size += _EVENT + (len(event.text) if isinstance(event, FieldDelta) else 0)
        self._filled.set()
        if self._size >= AHEAD:
            await self._emptied.wait()

    async def take(self, silence: float) -> list[Told]:
        try:
            async with asyncio.timeout(silence):
                await self._filled.wait()
        except TimeoutError:
            return []
        taken, self.events, self._size = self.events, [], 0
        self._filled.clear()
        self._emptied.set()
        self._emptied.clear()
        return taken
