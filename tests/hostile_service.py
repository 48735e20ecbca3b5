"""A model service with bad intentions, on loopback: OpenAI's Chat Completions, streamed.

``python tests/hostile_service.py`` prints its base URL as its first line. The model's name is a scenario, then a dash and
whatever the caller likes; :data:`SCENARIOS` has them. Each says ``kept`` before it does harm; ``good`` says words of its own
name. Connections stay open for further requests. Only the standard library is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
KEPT = "kept"
RESET = b""  # in place of bytes: break the connection
WORDS = 40
_ESCAPES = "\x1b]52;c;aGk=\x07\u202e\u2066"
_LINGER = struct.pack("ii", 1, 0)  # close with a reset


def words(name: str) -> str:
    """The answer of ``good``: words that no other name has."""
    return " ".join(f"{name}.{at}" for at in range(WORDS))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return raw(json.dumps({"choices": choices, **more}))


def raw(data: str) -> bytes:
    """An event of this JSON, in a chunk of its own."""
    return chunk(f"data: {data}\n\n".encode())


SAID = event({"content": f"Answer: {KEPT}"})
DONE = chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
END = event(finish="stop") + DONE


def answer(text: str) -> bytes:
    return STREAM + event({"content": f"Answer: {text}"}) + END


def refused(status: str, body: str, header: str = "") -> bytes:
    data = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{header}Content-Length: {len(data)}\r\n\r\n".encode() + data


def good(name: str, _: int) -> Iterator[bytes]:
    yield STREAM
    for word in f"Answer: {words(name)}".split(" "):
        yield event({"content": f"{word} "})
    yield END


def forged(name: str, _: int) -> Iterator[bytes]:
    """The answer, and in the same packet another one for the next request on that connection."""
    yield answer(KEPT) + answer("forged")


def once(refusal: bytes) -> Callable[[str, int], Iterator[bytes]]:
    """Refuse the first request of a name."""
    return lambda name, count: iter([refusal if count == 1 else answer(KEPT)])


def said(*after: bytes) -> Callable[[str, int], Iterator[bytes]]:
    """Say something, and in the same packet this."""
    return lambda name, count: iter([STREAM + SAID + b"".join(after)])


def pieces(*after: bytes) -> Callable[[str, int], Iterator[bytes]]:
    return lambda name, count: iter([STREAM + SAID, *after])


def endless(delta: dict[str, str]) -> Callable[[str, int], Iterator[bytes]]:
    def says(name: str, count: int) -> Iterator[bytes]:
        yield STREAM + SAID
        block = event(delta) * 50
        while True:
            yield block

    return says


def error(inside: str) -> bytes:
    return raw(f'{{"error": {inside}}}')


_RETRY = '{"error": {"code": 429, "message": "Slow down.", "details": [{"retryDelay": "1.2.3s"}]}}'
SCENARIOS: dict[str, Callable[[str, int], Iterable[bytes]]] = {
    "good": good,
    "kept": said(END),
    "count": said(event(usage={"completion_tokens": 10**400}), END),
    "digits": said(event(usage={"completion_tokens": "9" * 5000}), END),
    "delay": once(refused("429 Too Many Requests", _RETRY)),
    "date": once(refused("429 Too Many Requests", "{}", "Retry-After: Thu, 01 Jan 99999999999 00:00:00 GMT\r\n")),
    "code": said(error(f'{{"message": "Oh.", "code": {"9" * 5000}}}'), END),
    "nested": said(error('{"error":' * 450 + "1" + "}" * 450), END),
    "spaces": said(b"5;" + b" " * 131_072),
    "drip": pieces(b"5;", *[b" " * 1024] * 128),
    "badchunk": said(b"oops\r\n", END),
    "keys": lambda name, count: [refused("400 Bad Request", json.dumps({"error": {"message": "eyJ-" * 20_000}}))],
    "trailing": forged,
    "refusals": endless({"refusal": "No. " * 1000}),
    "reasoning": endless({"reasoning_content": "hm " * 1000}),
    "text": endless({"content": "and " * 1000}),
    "reset": pieces(RESET),
    "escapes": said(error(json.dumps({"message": f"Oh {_ESCAPES}."})), END),
    "surrogate": said(raw('{"choices": [{"delta": {"content": "\\ud83d!"}, "finish_reason": "\\ud83d"}]}'), DONE),
}


class Service:
    """Answers every request as the scenario in its model's name wants it."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                while await self._answer(await _request(reader), writer):
                    pass
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answer(self, model: str, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can take another request."""
        scenario, _, name = model.partition("-")
        self._asked[model] += 1
        for piece in SCENARIOS[scenario](name, self._asked[model]):
            if piece == RESET:
                await asyncio.sleep(0.02)  # a reset would overtake what is still on its way
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
                return False
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return True


async def _request(reader: asyncio.StreamReader) -> str:
    """The model that the next request asks for."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].partition("\r")[0])
    return str(json.loads(await reader.readexactly(length))["model"])


async def serve() -> None:
    """Serve until standard input closes, as when the parent dies."""
    server = await asyncio.start_server(Service().connected, "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def hostile_service() -> Iterator[str]:
    """The base URL of a service in a process of its own, for as long as the context lasts."""
    command = [sys.executable, str(Path(__file__).resolve())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve())
