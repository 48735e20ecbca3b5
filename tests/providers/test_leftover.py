"""Bytes that follow an answer on its connection: they are never the next answer, and nobody is told what they say."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import httpcore2
import httpx
import httpx2
import pytest
import trustme
from answering import WHOLE, heard

from desiru_notebook import ProviderError
from desiru_notebook.providers import Finish, Text, connections
from desiru_notebook.providers.openai import OpenAI
from desiru_notebook.providers.sockets import Backend

PATIENCE = 10  # seconds
SAID = [Text("Hi"), Finish("stop")]
FORGED_BODY = json.dumps({"choices": [{"message": {"content": "forged"}, "finish_reason": "stop"}]}).encode()


def sized(body: bytes, more: str = "", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def chunked(body: bytes, more: str = "", last: bytes = b"0\r\n\r\n") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{more}\r\n".encode()
    return head + b"%x\r\n%b\r\n" % (len(body), body) + last


FORGED = sized(FORGED_BODY)
ANSWERS = {
    "chunked": chunked(WHOLE),
    "trailer": chunked(WHOLE, last=b"0\r\nTrailer: yes\r\n\r\n"),
    "long line": chunked(WHOLE, last=b"0;" + b"x" * 20_000 + b"\r\n\r\n"),
    "sized": sized(WHOLE),
    "packed": sized(gzip.compress(WHOLE), "Content-Encoding: gzip\r\n"),
    "packed chunks": chunked(gzip.compress(WHOLE), "Content-Encoding: gzip\r\n"),
    "64 KB": sized(b":" * (65_536 - len(sized(WHOLE, "X: 123\r\n"))) + b"\n" + WHOLE),  # what is read at once
}
CLIENTS: dict[str, Callable[..., httpx2.AsyncClient | httpx.AsyncClient]] = {
    "ours": lambda: connections._new_client(kept=5, proxied=False),
    "proxied": lambda: connections._new_client(kept=5, proxied=True),
    "httpx2": lambda: httpx2.AsyncClient(verify=connections.trust()),
    "httpx": lambda: httpx.AsyncClient(verify=connections.trust()),
}


@pytest.fixture
def authority(monkeypatch) -> trustme.CA:
    authority, context = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(context)
    monkeypatch.setattr(connections, "trust", lambda: context)
    return authority


class Server:
    """Answers each request with ``said``, and sends ``more`` right behind it, or when it is told to."""

    def __init__(self, said: bytes, more: bytes) -> None:
        self.said, self.more = said, more
        self.known: list[asyncio.StreamWriter] = []
        self.address = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.known.append(writer)
        with closing(writer):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                writer.write(self.said + self.more)
                await writer.drain()

    async def heard(self, client: httpx2.AsyncClient | httpx.AsyncClient, key: str = "sk-first-key"):
        return await heard(OpenAI("m", base_url=f"{self.address}/v1", api_key=key, http_client=client))


@asynccontextmanager
async def serving(said: bytes, more: bytes = FORGED, authority: trustme.CA | None = None) -> AsyncIterator[Server]:
    server, context = Server(said, more), None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
    listening = await asyncio.start_server(server.talk, "localhost", 0, ssl=context)
    server.address = f"http{'s' if context else ''}://localhost:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


async def closes(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(PATIENCE):
        await writer.wait_closed()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("kind", CLIENTS)
async def test_they_are_not_the_next_answer_and_their_connection_is_closed(kind, secure, answer, authority):
    async with serving(answer, authority=authority if secure else None) as server, CLIENTS[kind]() as client:
        for count in (1, 2, 3):
            assert await server.heard(client) == (SAID, None)
            assert len(server.known) == count
            await closes(server.known[-1])


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("kind", CLIENTS)
async def test_without_them_a_connection_is_used_again(kind, answer, authority):
    async with serving(answer, b"", authority) as server, CLIENTS[kind]() as client:
        for _ in range(3):
            assert await server.heard(client) == (SAID, None)
        assert len(server.known) == 1


@pytest.mark.parametrize("kind", CLIENTS)
async def test_after_a_refusal_they_are_not_the_next_answer(kind):
    refusal = sized(b'{"error": {"message": "Slow down."}}', status="429 Too Many")
    async with serving(refusal) as server, CLIENTS[kind]() as client:
        for count in (1, 2):
            seen, error = await server.heard(client)
            assert (seen, len(server.known)) == ([], count)
            assert "Slow down." in str(error)


@pytest.mark.parametrize("kind", CLIENTS)
async def test_they_are_not_quoted(kind):
    async with serving(chunked(WHOLE), b"HTTP/1.1 999 The other's answer\r\n") as server, CLIENTS[kind]() as client:
        for _ in range(2):
            assert await server.heard(client) == (SAID, None)


@pytest.mark.parametrize("kind", CLIENTS)
async def test_they_are_not_the_next_answer_when_they_come_later(kind):
    async with serving(chunked(WHOLE), b"") as server, CLIENTS[kind]() as client:
        assert await server.heard(client) == (SAID, None)
        server.known[0].write(FORGED)
        pool = client._transport._pool
        async with asyncio.timeout(PATIENCE):
            while not pool.connections[0].has_expired():
                await asyncio.sleep(0.01)
        assert await server.heard(client) == (SAID, None)
        assert len(server.known) == 2


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_what_comes_before_a_question_is_no_answer_to_it(secure, authority):
    """It has come after the connection was chosen, or in plain text before its TLS."""
    async with serving(b"", authority=authority if secure else None) as server:
        port = int(server.address.rpartition(":")[2])
        connection = await Backend().connect_tcp("localhost", port, timeout=PATIENCE)
        if secure:
            connection._wire.come += FORGED
            connection = await connection.start_tls(connections.trust(), "localhost", PATIENCE)
        else:
            await connection.write(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
            async with asyncio.timeout(PATIENCE):
                while not connection.get_extra_info("is_readable"):
                    await asyncio.sleep(0.01)
            connection._asking = False
        with pytest.raises(httpcore2.WriteError, match="before it was asked"):
            await connection.write(b"POST / HTTP/1.1\r\n\r\n")
        with pytest.raises(httpcore2.ReadError, match="before it was asked"):
            await connection.read(1000, PATIENCE)
        assert connection.get_extra_info("is_readable")
        assert connection._wire.transport.is_closing()


async def test_a_server_that_speaks_first_is_none_of_a_model_and_is_not_quoted():
    async def greet(reader, writer):
        with closing(writer):
            writer.write(b"220 mail.example\r\n")
            await reader.read(100)

    listening = await asyncio.start_server(greet, "localhost", 0)
    async with listening, CLIENTS["ours"]() as client:
        port = listening.sockets[0].getsockname()[1]
        seen, error = await heard(OpenAI("m", base_url=f"http://localhost:{port}/v1", api_key="none", http_client=client))
        assert (seen, type(error)) == ([], ProviderError)
