"""Bodies of HTTP answers: read as they come, until they end, break, or have said enough."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import Any

from ..flow import received
from .reading import Reading

# For what may still follow an answer's end: the count of tokens, the end of the connection.
_LINGER_SECONDS, _LINGER_BYTES = 1.0, 131_072
_ERROR_SECONDS, _ERROR_BYTES = 1.0, 65_536  # what is read of a refusal; its body may never end


async def pieces(response: Any, reading: Reading) -> AsyncGenerator[bytes, None]:
    """The body as it comes, until it ends, breaks, or has nothing more to say after the answer's end."""
    body = response.aiter_bytes()
    try:
        async for piece in body:
            received(len(piece))
            yield piece
            if reading.ended:
                break
        linger, last = _Linger(reading), b""
        while not linger.over(len(last)):
            async with asyncio.timeout_at(linger.deadline):
                last = await anext(body, b"")
            if not last:
                return
            received(len(last))
            yield last
    except broken():
        return  # whether that matters, the reading knows


class _Linger:
    """How long to stay on a connection whose answer has ended: a moment longer than the end, or than a word that follows."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._clock = reading, asyncio.get_running_loop().time
        self._words = self._bytes = 0
        self.deadline: float | None = None

    def over(self, count: int) -> bool:
        """Whether it has been long enough; ``count`` bytes have come since this was asked before."""
        if not self._reading.over:
            return False
        if self.deadline is None or self._reading.words > self._words:
            self.deadline, self._words = self._clock() + _LINGER_SECONDS, self._reading.words
            self._bytes = 0
        self._bytes += count
        return self._clock() > self.deadline or self._bytes > _LINGER_BYTES


async def short(response: Any) -> str:
    """The beginning of a refusal's body, which may be endless."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_SECONDS):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= _ERROR_BYTES:
                    break
    except broken():
        pass  # the status says enough
    return body[:_ERROR_BYTES].decode("utf-8", errors="replace")


def broken() -> tuple[type[Exception], ...]:
    """What a connection that breaks, or takes too long, raises; of httpx only where the user's own client has loaded it."""
    modules = [sys.modules[name] for name in ("httpx2", "httpx") if name in sys.modules]
    return (OSError, TimeoutError, *(kind for module in modules for kind in (module.RequestError, module.InvalidURL)))
