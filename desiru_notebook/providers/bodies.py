"""Bodies of HTTP answers: read as they come, until they end, break, or have said enough."""

from __future__ import annotations

import asyncio
import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from ..flow import received
from .chunked import Chunks
from .reading import Reading

# For what may still follow an answer's end: the count of tokens, the end of the connection.
_LINGER_SECONDS, _LINGER_BYTES = 1.0, 131_072
_HELD_BYTES = 65_536  # so much is read ahead of whoever reads the answer
_ERROR_SECONDS, _ERROR_BYTES = 1.0, 65_536  # what is read of a refusal; its body may never end
_PACKINGS = ("gzip", "x-gzip", "deflate")  # what small servers and proxies do unasked; nobody is asked to pack
_PLAIN = ("", "identity")
_BY_ITS_HEAD = zlib.MAX_WBITS | 32  # either packing, which its first bytes tell


async def pieces(response: Any, reading: Reading) -> AsyncGenerator[bytes, None]:
    """The body as it comes, until it ends, breaks, or has nothing more to say after the answer's end."""
    linger = _Linger(reading)
    arrivals = ChunkedArrivals(response) if _is_plainly_chunked(response) else Arrivals(response)
    try:
        while piece := await arrivals.next(linger.deadline):
            received(len(piece))
            yield piece
            if reading.ended and linger.over(len(piece)):
                return
    except broken():
        return  # whether that matters, the reading knows
    finally:
        await arrivals.aclose()


class Arrivals:
    """The body of a response as it arrives.

    A client hands it over in the pieces that the server has cut it into, often one for each token. So a task of its own
    takes them, until it has to wait for the network: what has come by then is one piece for the reader.
    """

    def __init__(self, response: Any) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._over = False
        self._fault: BaseException | None = None
        self._come, self._taken = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._read(response))

    async def next(self, deadline: float | None = None) -> bytes:
        """What has come since; nothing at the end.

        Raises:
            TimeoutError: nothing came until then, in seconds of the loop's clock.
            Exception: what broke the connection, after what came before it.
        """
        if not self._pieces and not self._over:
            self._come.clear()
            async with asyncio.timeout_at(deadline):
                await self._come.wait()
        piece, self._pieces, self._size = b"".join(self._pieces), [], 0
        self._taken.set()
        if not piece and self._fault is not None:
            raise self._fault
        return piece

    async def aclose(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _read(self, response: Any) -> None:
        try:
            async for piece in _body(response):
                self._pieces.append(piece)
                self._size += len(piece)
                self._come.set()
                if self._size > _HELD_BYTES:
                    self._taken.clear()
                    await self._taken.wait()
        except Exception as error:
            self._fault = error
        finally:
            self._over = True
            self._come.set()


def _is_plainly_chunked(response: Any) -> bool:
    """Whether its connection is one of ours, and can take the body out of its chunks by itself."""
    at_body = getattr(response.extensions.get("network_stream"), "at_body", False)
    headers = response.headers
    return at_body and headers.get("transfer-encoding", "").lower() == "chunked" and "content-encoding" not in headers


class ChunkedArrivals:
    """The same of a chunked body on a connection of ours, which has put together what came already."""

    def __init__(self, response: Any) -> None:
        self._response, self._chunks = response, Chunks()
        self._connection = response.extensions["network_stream"]
        self._rest: Arrivals | None = None

    async def next(self, deadline: float | None = None) -> bytes:
        """What has come since; nothing at the end. It raises as :meth:`Arrivals.next` does."""
        if self._rest is None:
            data: bytes = await self._connection.read_data(self._chunks, deadline)
            if data:
                return data
            self._rest = Arrivals(self._response)
        return await self._rest.next(deadline)

    async def aclose(self) -> None:
        """Stop reading."""
        if self._rest is not None:
            await self._rest.aclose()


def _body(response: Any) -> AsyncIterator[bytes]:
    """The body's pieces, unpacked in a way of our own: a client's may make gigabytes of one piece, and closes the response."""
    if response.is_stream_consumed:  # it was made with its body
        pieces: AsyncIterator[bytes] = response.aiter_bytes()
        return pieces
    pieces = aiter(response.stream)
    return _unpacked(pieces) if _packing(response) in _PACKINGS else pieces


def _packing(response: Any) -> str:
    told: str = response.headers.get("content-encoding", "")
    return told.strip().lower()


async def _unpacked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What is packed in the pieces, in pieces that are no longer than what is held of any body.

    Raises:
        ConnectionError: it is not packed, or goes on behind its end.
    """
    unpacking = zlib.decompressobj(_BY_ITS_HEAD)
    async for piece in pieces:
        if unpacking.eof:
            raise ConnectionError("The answer goes on behind the end of what is packed.")
        try:
            while data := unpacking.decompress(piece, _HELD_BYTES):
                yield data
                piece = unpacking.unconsumed_tail
        except zlib.error as error:
            raise ConnectionError("The answer cannot be unpacked.") from error


class _Linger:
    """How long to stay on a connection whose answer has ended: a moment longer than the end, or than a word that follows."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._clock = reading, asyncio.get_running_loop().time
        self._words = self._bytes = 0
        self.deadline: float | None = None

    def over(self, count: int) -> bool:
        """Whether it has been long enough, with these ``count`` bytes more; else ``deadline`` is when it will be."""
        if not self._reading.over:
            return False
        if self.deadline is None or self._reading.words > self._words:
            self.deadline, self._words = self._clock() + _LINGER_SECONDS, self._reading.words
            self._bytes = 0
        else:
            self._bytes += count
        return self._clock() > self.deadline or self._bytes > _LINGER_BYTES


async def short(response: Any) -> str:
    """The beginning of a refusal's body, which may be endless; nothing of one that is packed as nobody has asked."""
    body = bytearray()
    if _packing(response) not in (*_PLAIN, *_PACKINGS):
        return ""
    try:
        async with asyncio.timeout(_ERROR_SECONDS):
            async for piece in _body(response):
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
