"""Playback: a recorded answer as a model like any other, which says what was said then, at the pace of then or faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from .chunks import Chunk
from .plainerror import error_of
from .providers.answers import Answer, Connection
from .providers.base import Request
from .takes import Take


class Playback:
    """The model of one take.

    Args:
        take: what was recorded.
        speed: how much faster than then; ``math.inf`` is at once.
    """

    def __init__(self, take: Take, speed: float) -> None:
        self._take, self._speed = take, speed
        self.name, self.provider, self.marker_style = take.name, take.provider, take.style

    def stream(self, request: Request) -> Any:
        """The recorded chunks, in the recorded lists.

        Raises:
            DesiruError: what was raised then. A run that was cancelled is cancelled here, too.
        """
        return Answer(self._moments(), Connection())

    async def _moments(self) -> AsyncGenerator[list[Chunk], None]:
        loop = asyncio.get_running_loop()
        began = loop.time()  # and not from moment to moment: naps that are too long by a little would add up
        for at, chunks in self._take.moments():
            await asyncio.sleep(began + at / self._speed - loop.time())
            yield chunks
        ending = self._take.ending
        await asyncio.sleep(began + ending.at / self._speed - loop.time())
        if ending.end == "cancelled":
            raise asyncio.CancelledError
        if (error := error_of(ending.error)) is not None:
            raise error
