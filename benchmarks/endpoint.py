"""The HTTP endpoint of a real `jupyter server`: many clients, clients that leave, and clients that read nothing.

Times of the clients and of the mock provider are of one clock.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from frontends.server.answers import Answer, expected, question, read
from frontends.server.jupyter import Jupyter, jupyter
from mock_provider import MockProvider, mock_provider

CLIENTS, RATE, SECONDS = 100, 50, 4
LEAVING, SLOW = 20, 10
PACED, LONG, FLOOD = f"words-{RATE * SECONDS}-{RATE}", "words-20000-50", "quads-200000-0"


@contextmanager
def running_endpoint() -> Iterator[tuple[Jupyter, MockProvider]]:
    """A server whose models are the mock's."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        provider = stack.enter_context(mock_provider())
        server = stack.enter_context(jupyter(Path(home), provider.base_url, [PACED, LONG, FLOOD]))
        with server.client() as client:
            server.ask(client, PACED)  # the first question imports the provider
        yield server, provider


def table(server: Jupyter, provider: MockProvider) -> str:
    """All figures of the endpoint."""
    answers, seconds = asyncio.run(_crowd(server))
    exact = sum(answer.done and answer.result["prediction"] == answer.texts == expected(RATE * SECONDS) for answer in answers)
    delays = [_leave(server, provider) for _ in range(LEAVING)]
    held = _held(server, provider)
    return (
        "\n| the HTTP endpoint | |\n|---|---|\n"
        f"| {CLIENTS} clients at {RATE} tokens a second each | {exact} exact, in {seconds:.1f} s of {SECONDS} |\n"
        f"| from a client that leaves to the service's closed socket | median {statistics.median(delays) * 1000:.0f} ms, "
        f"max {max(delays) * 1000:.0f} ms |\n"
        f"| memory of the server for a client that reads nothing of a flood | {held / 1000:.0f} KB |"
    )


async def _crowd(server: Jupyter) -> tuple[list[Answer], float]:
    headers = {"Authorization": f"token {server.token}"}
    limits = httpx2.Limits(max_connections=CLIENTS)
    async with httpx2.AsyncClient(headers=headers, limits=limits, timeout=120) as client:
        began = time.perf_counter()
        answers = await asyncio.gather(*(_ask(client, server.url) for _ in range(CLIENTS)))
        return answers, time.perf_counter() - began


async def _ask(client: httpx2.AsyncClient, url: str) -> Answer:
    async with client.stream("POST", url, json=question(model=PACED)) as response:
        return read([piece async for piece in response.aiter_bytes()])


def _leave(server: Jupyter, provider: MockProvider) -> float:
    """Seconds from a client's leaving to the socket that the service sees closed."""
    provider.clear()
    with socket.create_connection(server.address) as client:
        client.sendall(server.request(LONG))
        came = b""
        while b"word5" not in came:
            came += client.recv(4096)
        left = time.time()
    return provider.wait_for(lambda call: call["client_gone_at"])["client_gone_at"] - left


def _held(server: Jupyter, provider: MockProvider) -> float:
    """Bytes by which the server grows for each of some clients that read nothing, after a first one of them."""
    process = psutil.Process(server.process.pid)
    with ExitStack() as clients:
        clients.enter_context(_idle(server))
        _until_at_rest(provider)
        before = process.memory_info().rss
        for _ in range(SLOW):
            clients.enter_context(_idle(server))
        _until_at_rest(provider)
        return (process.memory_info().rss - before) / SLOW


@contextmanager
def _idle(server: Jupyter) -> Iterator[None]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        client.connect(server.address)
        client.sendall(server.request(FLOOD))
        yield


def _until_at_rest(provider: MockProvider) -> None:
    sent = -1
    while (now := sum(call["sent"] for call in provider.log())) != sent:
        sent = now
        time.sleep(1)
