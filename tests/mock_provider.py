"""A model service that lives on loopback: OpenAI's Chat Completions, streamed, with everything that can go wrong.

``python tests/mock_provider.py [--port 0]`` prints its base URL as its first line. The model's name is the scenario:

* ``words-COUNT-RATE``: COUNT words ("word0 ", "word1 ", ...) at RATE tokens a second (0: as fast as possible), half of
  them under the header of ``reasoning``, half under that of ``answer``. Every word is a token, and so is each of the
  three markers (two headers and ``completed``): ``sent`` ends at COUNT + 3.
* ``quads-COUNT-RATE``: COUNT tokens of four characters at RATE tokens a second, all of them ``answer``, in short
  paragraphs.
* ``wait-SECONDS-COUNT-RATE``: ``words`` after a silence (the answer's HTTP header comes at once).
* ``status-CODE``: an error answer; ``status-429-SECONDS`` sets its ``retry-after`` (else 1).
* ``html``: a login page with status 200.
* ``json``: a whole JSON answer, although a stream was asked for.
* ``cut``: the connection breaks after half of the tokens; ``eof``: the answer ends in good order, but after that half.
* ``echo``: the text of the last message.

A request with ``"stream": false`` gets a JSON answer wherever there is text. ``GET /log`` tells about every request,
``DELETE /log`` forgets them. Only the standard library is used: the server runs beside any version of anything.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import itertools
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HEADERS = ("[[ ## reasoning ## ]]\n", "\n\n[[ ## answer ## ]]\n", "\n\n[[ ## completed ## ]]")
DEFAULT_WORDS = 20  # words of a scenario that does not say how many
_BREATH = 32  # tokens of a burst between two looks at the socket
_LOGIN_PAGE = b"<!DOCTYPE html><html><body><form>Please log in</form></body></html>"


def words(count: int) -> list[str]:
    """The tokens of an answer with so many words."""
    half = count // 2
    said = [f"word{at} " for at in range(count)]
    return [HEADERS[0], *said[:half], HEADERS[1], *said[half:], HEADERS[2]]


def quads(count: int) -> list[str]:
    """As many tokens of four characters, under the header of ``answer``; the last one is ``end.``."""
    ends = {98: "so.\n", 99: "\nAnd"}
    said = [ends.get(at % 100, f" {at % 1000:03d}") for at in range(count - 1)]
    return [HEADERS[0], "Go.", HEADERS[1], *said, "end.", HEADERS[2]]


class Call:
    """One request: what it asks for, and what is noted about it in the log."""

    def __init__(self, body: dict[str, Any], authorized: bool) -> None:
        self.streaming = bool(body.get("stream"))
        self.usage_wanted = bool((body.get("stream_options") or {}).get("include_usage"))
        self.scenario, *self.numbers = str(body.get("model", "")).split("-")
        self._last = (body.get("messages") or [{}])[-1].get("content", "")
        self.entry: dict[str, Any] = {
            "model": body.get("model"),
            "at": time.time(),
            "first_token_at": None,
            "last_token_at": None,
            "sent": 0,
            "finished": False,
            "client_gone_at": None,
            "authorization_present": authorized,
        }

    def number(self, at: int, default: float) -> float:
        return float(self.numbers[at]) if at < len(self.numbers) else default

    @property
    def silence(self) -> float:
        return self.number(0, 0) if self.scenario == "wait" else 0.0

    @property
    def rate(self) -> float:
        return self.number(2 if self.scenario == "wait" else 1, 0)

    def tokens(self) -> list[str]:
        if self.scenario == "echo":
            return re.findall(r"\s*\S+\s*$|\s*\S+", self._last)
        if self.scenario == "quads":
            return quads(int(self.number(0, DEFAULT_WORDS)))
        return words(int(self.number(1 if self.scenario == "wait" else 0, DEFAULT_WORDS)))

    def sent(self) -> None:
        if not self.entry["sent"]:
            self.entry["first_token_at"] = time.time()
        self.entry["last_token_at"] = time.time()
        self.entry["sent"] += 1


class Service:
    """Answers the requests; ``log`` has an entry for each."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A kernel that buffers megabytes would let `sent` run ahead of what a slow client has taken.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        writer.transport.set_write_buffer_limits(high=16_384)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                request, headers, body = await _read_request(reader)
                if request.startswith("POST"):
                    await self._called(Call(json.loads(body), "authorization" in headers), reader, writer)
                else:
                    self._asked(request, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    def _asked(self, request: str, writer: asyncio.StreamWriter) -> None:
        method, path, *_ = request.split()
        if path.removeprefix("/v1") != "/log":
            writer.write(_answer(404, b"{}"))
            return
        writer.write(_answer(200, json.dumps(self.log).encode()))
        if method == "DELETE":
            self.log.clear()

    async def _called(self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.log.append(call.entry)
        # Both sides at once: whoever only writes sees that the client has gone one write too late.
        answering = asyncio.ensure_future(_respond(call, writer))
        listening = asyncio.ensure_future(_hear_end(reader))
        await asyncio.wait([answering, listening], return_when=asyncio.FIRST_COMPLETED)
        gone = not answering.done() or isinstance(answering.exception(), ConnectionError)
        if gone:  # a write that fails and the end of the reading side come from the same step of the transport
            call.entry["client_gone_at"] = await listening
        for task in (answering, listening):
            task.cancel()
        await asyncio.gather(answering, listening, return_exceptions=True)
        if not gone:
            answering.result()


async def _hear_end(reader: asyncio.StreamReader) -> float:
    """When the client closed or reset the connection."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(1024):
            pass
    return time.time()


async def _respond(call: Call, writer: asyncio.StreamWriter) -> None:
    if call.scenario == "status":
        writer.write(_refusal(int(call.number(0, 500)), call.number(1, 1)))
    elif call.scenario == "html":
        writer.write(_answer(200, _LOGIN_PAGE, "text/html; charset=utf-8"))
    elif call.scenario == "json" or not call.streaming:
        await asyncio.sleep(call.silence)
        writer.write(_answer(200, _whole(call)))
    elif not await _stream(call, writer):
        writer.transport.abort()
        return
    await writer.drain()
    call.entry["finished"] = True


async def _stream(call: Call, writer: asyncio.StreamWriter) -> bool:
    """Stream the answer; False if the connection is to break."""
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    await asyncio.sleep(call.silence)
    tokens = call.tokens()
    broken = call.scenario in ("cut", "eof")
    async for token in _paced(tokens[: len(tokens) // 2] if broken else tokens, call.rate):
        writer.write(_event(call, {"content": token}))
        call.sent()
        await writer.drain()
    if not broken:
        writer.write(_event(call, {}, finish="stop") + (_usage(call) if call.usage_wanted else b"") + _chunked("[DONE]"))
    if call.scenario == "cut":
        await asyncio.sleep(0.05)  # an abort would overtake what is still on its way
        return False
    writer.write(b"0\r\n\r\n")
    return True


async def _paced(tokens: list[str], rate: float) -> AsyncIterator[str]:
    begun = time.perf_counter()
    for at, token in enumerate(tokens):
        if rate and (early := begun + at / rate - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        elif at % _BREATH == 0:
            await asyncio.sleep(0)
        yield token


def _event(call: Call, delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _chunked(json.dumps({"id": "mock", "object": "chat.completion.chunk", "choices": [choice]}))


def _usage(call: Call) -> bytes:
    return _chunked(json.dumps({"id": "mock", "choices": [], "usage": _count(call.entry["sent"])}))


def _count(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}


def _chunked(data: str) -> bytes:
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _whole(call: Call) -> bytes:
    tokens = call.tokens()
    for _ in tokens:
        call.sent()
    choice = {"index": 0, "message": {"role": "assistant", "content": "".join(tokens)}, "finish_reason": "stop"}
    return json.dumps({"id": "mock", "choices": [choice], "usage": _count(len(tokens))}).encode()


def _refusal(status: int, seconds: float) -> bytes:
    body = json.dumps({"error": {"message": f"The mock answers {status}.", "type": "mock"}}).encode()
    more = f"x-request-id: req-mock\r\n{f'retry-after: {seconds:g}' if status == 429 else 'x-mock: 1'}\r\n"
    return _answer(status, body, more=more)


def _answer(status: int, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    reason = http.client.responses.get(status, "Unknown")
    head = f"HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    return f"{head}{more}\r\n".encode() + body


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return request, headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def serve(port: int, with_parent: bool) -> None:
    """Serve until the process is stopped; with ``with_parent`` until standard input closes, as when the parent dies."""
    server = await asyncio.start_server(Service().connected, "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        if with_parent:
            await asyncio.to_thread(sys.stdin.read)
        else:
            await server.serve_forever()


class MockProvider:
    """The service as its clients in the tests see it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def log(self) -> list[dict[str, Any]]:
        """What is known about each request, in the order in which they came."""
        return json.loads(self._ask("GET"))

    def clear(self) -> None:
        """Forget all requests."""
        self._ask("DELETE")

    def wait_for(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 10) -> dict[str, Any]:
        """The first request of the log that fulfils the condition, as soon as there is one."""
        deadline = time.monotonic() + seconds
        for pause in itertools.repeat(0.005):
            if found := next(filter(condition, self.log()), None):
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"No request fulfils the condition; the log is {self.log()}")
            time.sleep(pause)
        raise AssertionError

    def _ask(self, method: str) -> bytes:
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=10)) as connection:
            connection.request(method, "/log")
            return connection.getresponse().read()


@contextlib.contextmanager
def mock_provider() -> Iterator[MockProvider]:
    """The service in a process of its own, for as long as the context lasts."""
    command = [sys.executable, str(Path(__file__).resolve()), "--port", "0", "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield MockProvider(process.stdout.readline().strip())
        finally:
            process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input is closed")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.with_parent))
