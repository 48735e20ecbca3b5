"""Connections: bytes both ways, plain and under TLS, their ends, their limits, and errors in httpcore2's own words."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import httpcore2
import httpx2
import pytest
import trustme

from desiru_notebook.providers import connections, sockets
from desiru_notebook.providers.sockets import Backend

PATIENCE = 10  # seconds
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def server(talk: Talk, authority: trustme.CA | None = None) -> AsyncIterator[int]:
    """The port of a server that talks so with everybody; under TLS where it has an authority."""
    context = None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
    listening = await asyncio.start_server(talk, "localhost", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()


async def connected(port: int, authority: trustme.CA | None = None):
    connection = await Backend().connect_tcp("localhost", port, timeout=PATIENCE)
    return await connection.start_tls(trusting(authority), "localhost", PATIENCE) if authority else connection


async def read_exactly(connection, count: int) -> bytes:
    read = b""
    while len(read) < count:
        piece = await connection.read(1000, PATIENCE)
        assert piece
        read += piece
    return read


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_what_is_written_arrives_and_what_is_answered_is_read(secure, authority):
    sent = bytes(range(256)) * 8000  # more than all the buffers on the way hold
    async with server(echo, authority if secure else None) as port:
        connection = await connected(port, authority if secure else None)
        writing = asyncio.create_task(connection.write(sent, PATIENCE))
        assert await read_exactly(connection, len(sent)) == sent
        await writing
        await connection.aclose()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_the_end_comes_after_what_was_said_before_it(secure, authority):
    async def talk(reader, writer):
        writer.write(b"last words")
        writer.close()

    async with server(talk, authority if secure else None) as port:
        connection = await connected(port, authority if secure else None)
        assert await read_exactly(connection, 10) == b"last words"
        assert await connection.read(1000, PATIENCE) == await connection.read(1000, PATIENCE) == b""
        assert connection.get_extra_info("is_readable")
        await connection.aclose()


async def test_a_model_that_is_cancelled_knows_it_though_it_still_speaks(authority):
    closed = asyncio.Event()

    async def talk(reader, writer):
        try:
            while True:
                writer.write(b"x" * 1000)
                await writer.drain()
        except OSError:
            closed.set()

    async with server(talk, authority) as port:
        connection = await connected(port, authority)
        await connection.read(1000, PATIENCE)
        await connection.aclose()
        await asyncio.wait_for(closed.wait(), PATIENCE)


async def test_a_connection_takes_no_more_than_it_may_ahead_of_its_reader():
    stopped = asyncio.Event()

    async def talk(reader, writer):
        writer.transport.set_write_buffer_limits(0)
        for _ in range(1000):
            writer.write(b"x" * 65_536)
            try:
                await asyncio.wait_for(writer.drain(), 0.3)
            except TimeoutError:
                stopped.set()
                await writer.drain()
        writer.close()

    async with server(talk) as port:
        connection = await connected(port)
        await asyncio.wait_for(stopped.wait(), PATIENCE)
        assert len(connection._wire.come) <= sockets._HELD + 262_144
        read = 0
        while piece := await connection.read(1_000_000, PATIENCE):
            read += len(piece)
        assert read == 65_536_000
        await connection.aclose()


async def test_a_connection_that_breaks_raises_after_what_came_before():
    async def talk(reader, writer):
        writer.write(b"half")
        await writer.drain()
        await reader.read(2)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with server(talk) as port:
        connection = await connected(port)
        assert await read_exactly(connection, 4) == b"half"
        await connection.write(b"go", PATIENCE)
        with pytest.raises(httpcore2.ReadError):
            await connection.read(1000, PATIENCE)
        with pytest.raises(httpcore2.WriteError, match="has closed"):
            await connection.write(b"more", PATIENCE)


async def test_a_connection_that_is_cancelled_while_it_opens_is_closed_whenever_that_is():
    opened, closed = [], []

    async def talk(reader, writer):
        opened.append(writer)
        await reader.read()
        closed.append(writer)
        writer.close()

    gc.disable()  # which would close what nobody holds, at some time
    try:
        async with server(talk) as port:
            for rounds in range(30):
                opening = asyncio.ensure_future(Backend().connect_tcp("localhost", port, timeout=PATIENCE))
                for _ in range(rounds):
                    await asyncio.sleep(0)
                if not opening.done():
                    opening.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await opening
                else:
                    await opening.result().aclose()
            last = await connected(port)
            await last.aclose()
            async with asyncio.timeout(PATIENCE):
                while not opened or len(closed) < len(opened):
                    await asyncio.sleep(0.01)
            assert not [task for task in asyncio.all_tasks() if "_opened" in repr(task)]
    finally:
        gc.enable()


async def test_nobody_at_the_other_end_is_an_error_of_connecting():
    async with server(echo) as port:
        pass
    with pytest.raises(httpcore2.ConnectError):
        await Backend().connect_tcp("localhost", port, timeout=PATIENCE)


async def test_a_certificate_that_nobody_trusts_is_an_error_of_connecting(authority):
    async with server(echo, authority) as port:
        connection = await connected(port)
        with pytest.raises(httpcore2.ConnectError, match="CERTIFICATE"):
            await connection.start_tls(ssl.create_default_context(), "localhost", PATIENCE)


async def test_waiting_has_limits():
    async def talk(reader, writer):
        with closing(writer):
            await reader.read()

    async with server(talk) as port:
        connection = await connected(port)
        with pytest.raises(httpcore2.ReadTimeout):
            await connection.read(1000, 0.05)
        with pytest.raises(httpcore2.ConnectTimeout):  # a server without TLS says nothing to a greeting of it
            await connection.start_tls(ssl.create_default_context(), "localhost", 0.05)


async def test_an_idle_connection_that_the_server_has_closed_is_not_used_again(authority, monkeypatch):
    """A request on it would fail, though the server is there."""
    answered = []

    async def talk(reader, writer):
        with closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            answered.append(writer)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()

    monkeypatch.setattr(connections, "trust", lambda: trusting(authority))
    async with server(talk, authority) as port, connections._new_client(kept=5, proxied=False) as client:
        for _ in range(3):
            assert (await client.get(f"https://localhost:{port}/")).text == "ok"
            await asyncio.wait_for(answered[-1].wait_closed(), PATIENCE)
    assert len(answered) == 3
    assert isinstance(client, httpx2.AsyncClient)
