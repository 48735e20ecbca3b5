"""Sockets of asyncio itself underneath httpx2.

httpcore2 takes such a backend as an argument (https://www.encode.io/httpcore/network-backends/). Its own, for any library of
async I/O, takes as long for each reading of a socket as everything else on a token's way: docs/performance.md has the figures.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2

from .chunked import Chunks, Head

_HELD = 65_536  # bytes that a connection takes ahead of whoever reads it; it may take one reading of the socket more
_UNASKED = "The server has spoken before it was asked."
_NEXT_ADDRESS = 0.25  # seconds until the next address of a host is tried beside one that does not answer (RFC 8305)


class Backend(httpcore2.AsyncNetworkBackend):
    """Opens connections on the running loop."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Connection:
        opening = asyncio.ensure_future(_opened(host, port, timeout, local_address))
        try:
            with _told_as(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                wire = await asyncio.shield(opening)
                # One that the other side has closed already takes no options; writing to it says what happened.
                for option in () if wire.over else socket_options or ():
                    wire.transport.get_extra_info("socket").setsockopt(*option)
        except asyncio.CancelledError:
            opening.add_done_callback(_close)
            raise
        return Connection(wire)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Connection(httpcore2.AsyncNetworkStream):
    """One connection, as httpcore2 reads and writes it."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        self._head = Head()
        self._asking = False  # whether nothing has been read since something was written

    @property
    def at_body(self) -> bool:
        """Whether httpcore2 has read the head of an answer, and nothing after it."""
        return self._head.is_read

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wire = self._wire
        if not wire.come and not wire.over:
            with _told_as(httpcore2.ReadError, httpcore2.ReadTimeout):
                await _within(timeout, wire.news())
        if not wire.come and wire.fault is not None:
            raise httpcore2.ReadError(str(wire.fault))
        self._asking = False
        return wire.take(self._head.read(wire.come[:max_bytes]))

    async def read_data(self, chunks: Chunks, deadline: float | None) -> bytes:
        """What has come of a chunked body since; nothing when the rest is httpcore2's.

        Raises:
            ConnectionError: it is not chunked as it should be.
            TimeoutError: nothing came until then, in seconds of the loop's clock.
        """
        wire = self._wire
        while not chunks.over:
            data = chunks.take(wire.come) if wire.come else b""
            wire.go_on()
            if data or wire.over:
                return data
            if not chunks.over:
                await _until(deadline, wire.news())
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        wire = self._wire
        if wire.come and not self._asking:
            wire.refuse(_UNASKED)
            raise httpcore2.WriteError(_UNASKED)
        self._head, self._asking = Head(), True
        if buffer and wire.over:
            raise httpcore2.WriteError("The other side has closed the connection.")
        wire.transport.write(buffer)
        if not wire.writable.is_set():
            with _told_as(httpcore2.WriteError, httpcore2.WriteTimeout):
                await _within(timeout, wire.writable.wait())

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Connection:
        wire = self._wire
        try:
            with _told_as(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                async with asyncio.timeout(timeout):
                    transport = await asyncio.get_running_loop().start_tls(
                        wire.transport, wire, ssl_context, server_hostname=server_hostname
                    )
        except BaseException:
            wire.transport.abort()
            raise
        wire.transport = transport
        return self

    async def aclose(self) -> None:
        # Not close(), which under TLS waits for the other side's goodbye: a model that is cancelled should know at once.
        self._wire.end()
        self._wire.transport.abort()
        await asyncio.sleep(0)  # the socket itself is closed in the loop's next round

    def get_extra_info(self, info: str) -> Any:
        known = {"server_addr": "peername", "client_addr": "sockname"}
        if info == "is_readable":  # of a connection that nobody uses: whether the other side has closed it
            return bool(self._wire.come) or self._wire.over
        return self._wire.transport.get_extra_info(known.get(info, info))


class _Wire(asyncio.BufferedProtocol):
    """What comes over a connection until somebody takes it.

    Buffered, for else the loop asks the system for a quarter of a megabyte of memory at each reading, and gives it back.

    Attributes:
        come: the bytes that nobody has taken yet.
        over: whether no more will come; ``fault`` is why, where it was not the other side's wish.
        writable: set unless the transport wants no more for a while.
    """

    transport: Any

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(_HELD))
        self.come = bytearray()
        self.over = self._paused = False
        self.fault: Exception | None = None
        self.writable = asyncio.Event()
        self.writable.set()
        self._reader: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.come += self._buffer[:nbytes]
        if len(self.come) > _HELD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        self.end()

    def connection_lost(self, fault: Exception | None) -> None:
        self.end(fault)
        self.writable.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def news(self) -> asyncio.Future[None]:
        """A future that is done when something has come, or nothing more will."""
        self._reader = asyncio.get_running_loop().create_future()
        return self._reader

    def take(self, most: int) -> bytes:
        """What has come, at most so many bytes; nothing at the end."""
        taken = bytes(self.come[:most])
        del self.come[:most]
        self.go_on()
        return taken

    def go_on(self) -> None:
        """Read on, if enough of what has come has been taken."""
        if self._paused and len(self.come) <= _HELD:
            self._paused = False
            self.transport.resume_reading()

    def refuse(self, words: str) -> None:
        """Close the connection, and forget what has come over it."""
        self.come.clear()
        self.end(ConnectionError(words))
        self.transport.abort()

    def end(self, fault: Exception | None = None) -> None:
        """No more will come."""
        if not self.over:
            self.over, self.fault = True, fault
        self._tell()

    def _tell(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


async def _opened(host: str, port: int, timeout: float | None, local_address: str | None) -> _Wire:
    """A new connection. Not to be cancelled: asyncio leaves a socket that it has just opened to the garbage collector."""
    here = None if local_address is None else (local_address, 0)
    async with asyncio.timeout(timeout):
        _, wire = await asyncio.get_running_loop().create_connection(
            _Wire, host, port, local_addr=here, happy_eyeballs_delay=_NEXT_ADDRESS
        )
    return wire


def _close(opening: asyncio.Future[_Wire]) -> None:
    """Nobody wants the connection any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().transport.abort()


async def _until(deadline: float | None, waits: Any) -> None:
    if deadline is None:
        await waits
    else:
        async with asyncio.timeout_at(deadline):
            await waits


async def _within(seconds: float | None, waits: Any) -> None:
    await _until(None if seconds is None else asyncio.get_running_loop().time() + seconds, waits)


@contextmanager
def _told_as(fault: type[Exception], timeout: type[Exception]) -> Iterator[None]:
    """Errors in httpcore2's own words."""
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except (OSError, ssl.SSLError) as error:
        raise fault(str(error)) from error
