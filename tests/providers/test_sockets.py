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
from desiru_notebook.providers.chunked import Chunks
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


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
CHUNKS, LAST = b"5\r\nhello\r\n7\r\n, world\r\n", b"0\r\n\r\n"


@asynccontextmanager
async def client_of(
    pieces: list[bytes], authority: trustme.CA | None, monkeypatch
) -> AsyncIterator[tuple[httpx2.AsyncClient, str, list]]:
    """A client of ours, the address of a server that answers each request with these pieces, and whom that has talked with."""
    known: list[asyncio.StreamWriter] = []

    async def talk(reader, writer):
        known.append(writer)
        with closing(writer):
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.005)  # so that most of them arrive one by one
                if not b"".join(pieces).endswith(LAST):
                    return

    if authority is not None:
        monkeypatch.setattr(connections, "trust", lambda: trusting(authority))
    async with server(talk, authority) as port, connections._new_client(kept=5, proxied=False) as client:
        yield client, f"{'http' if authority is None else 'https'}://localhost:{port}/", known


async def direct(client: httpx2.AsyncClient, address: str) -> list[bytes]:
    """What is read of the answer past httpcore2, as long as it comes, and what httpcore2 says after that."""
    async with client.stream("GET", address) as response:
        connection, chunks, read = response.extensions["network_stream"], Chunks(), []
        assert connection.at_body
        while data := await connection.read_data(chunks, None):
            read.append(data)
        return [b"".join(read), *[piece async for piece in response.aiter_raw()]]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + CHUNKS + LAST],
        [HEAD, CHUNKS, LAST],
        [HINTS + HEAD + CHUNKS, LAST],
        [
            HINTS[:9],
            HINTS[9:-2],
            HINTS[-2:] + HEAD[:-1],
            HEAD[-1:] + CHUNKS[:9],
            CHUNKS[9:-1],
            CHUNKS[-1:] + LAST[:1],
            LAST[1:],
        ],
        [HEAD.replace(b"\r", b"") + CHUNKS, LAST],
        [bytes([byte]) for byte in HINTS + HINTS + HEAD + CHUNKS + LAST],
    ],
    ids=["at once", "in parts", "hints", "cut anywhere", "bare ends of lines", "bytes"],
)
async def test_a_chunked_body_is_read_past_httpcore2_and_the_connection_is_used_again(pieces, secure, authority, monkeypatch):
    async with client_of(pieces, authority if secure else None, monkeypatch) as (client, address, known):
        assert [await direct(client, address) for _ in range(3)] == [[b"hello, world"]] * 3
        assert len(known) == 1


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (b"5\r\nhel", "incomplete chunked read"),
        (b"", "incomplete chunked read"),
        (b"five\r\nhello\r\n", "illegal chunk header"),
    ],
)
async def test_of_a_body_that_breaks_all_is_read_and_httpcore2_says_what_is_wrong(end, words, monkeypatch):
    async with client_of([HEAD + CHUNKS, end], None, monkeypatch) as (client, address, _):
        with pytest.raises(httpx2.RemoteProtocolError, match=words):
            await direct(client, address)


async def test_a_chunk_that_is_longer_than_it_says_breaks_the_connection_after_what_is_sound(monkeypatch):
    async with (
        client_of([HEAD + CHUNKS + b"1\r\nab\r\n"], None, monkeypatch) as (client, address, _),
        client.stream("GET", address) as response,
    ):
        connection, chunks = response.extensions["network_stream"], Chunks()
        read = b""
        while len(read) < 13:
            read += await connection.read_data(chunks, None)
        with pytest.raises(ConnectionError, match="longer than it says"):
            await connection.read_data(chunks, None)
        assert read == b"hello, worlda"


async def test_what_httpcore2_has_begun_to_read_it_reads_to_the_end(monkeypatch):
    async with client_of([HEAD + CHUNKS, LAST], None, monkeypatch) as (client, address, _):
        async with client.stream("GET", address) as response:
            read = response.aiter_raw()
            assert (await anext(read), response.extensions["network_stream"].at_body) == (b"hello", False)
            assert b"".join([piece async for piece in read]) == b", world"
        assert await direct(client, address) == [b"hello, world"]


async def test_a_reader_of_chunks_waits_no_longer_than_it_may(monkeypatch):
    async with client_of([HEAD, LAST], None, monkeypatch) as (client, address, _), client.stream("GET", address) as response:
        with pytest.raises(TimeoutError):
            await response.extensions["network_stream"].read_data(Chunks(), asyncio.get_running_loop().time() - 1)


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
