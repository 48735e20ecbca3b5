"""One client of a model, in a process of its own: ``python -m benchmarks.clients CLIENT BASE_URL TOKENS RATE [ROUNDS]``.

Prints a line of JSON: the CPU time per token in microseconds, the best of the rounds; the characters that came; and by how much
the process has grown meanwhile, in bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

_HELLO = [{"role": "user", "content": "?"}]
_WARM_UP = 300  # tokens; what is loaded with the first request is no cost of a token
Client = Callable[[str, str], Awaitable[int]]


class _Floor(asyncio.Protocol):
    """As little as can be done: a socket, chunks of HTTP/1.1, blank lines, a JSON parser in C."""

    def __init__(self, request: bytes, take: Callable[[str], object]) -> None:
        import jiter

        self._request, self._take, self._parse = request, take, jiter.from_json
        self._rest = b""
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line[:6] == b"data: " and line[6:7] == b"{":
                choices = self._parse(line[6:])["choices"]
                if choices and (text := choices[0]["delta"].get("content")):
                    self._take(text)

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set_result(None)


async def floor(base_url: str, model: str) -> int:
    url, said = urlsplit(base_url), []
    body = json.dumps({"model": model, "messages": _HELLO, "stream": True})
    head = f"POST {url.path}/chat/completions HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: _Floor(request, said.append), url.hostname, url.port)
    await protocol.over
    return len("".join(said))


async def httpx2_alone(base_url: str, model: str) -> int:
    """The client that a run is asked with, as raw bytes: what is left to be won is what lies above this."""
    import httpx2

    body, count = {"model": model, "messages": _HELLO, "stream": True}, 0
    async with httpx2.AsyncClient() as client, client.stream("POST", f"{base_url}/chat/completions", json=body) as response:
        async for data in response.aiter_raw():
            count += len(data)
    return count


async def openai_sdk(base_url: str, model: str) -> int:
    import openai

    client, said = openai.AsyncOpenAI(base_url=base_url, api_key="none"), []
    async for chunk in await client.chat.completions.create(model=model, messages=_HELLO, stream=True):
        said += [choice.delta.content or "" for choice in chunk.choices]
    return len("".join(said))


def _module(base_url: str, model: str, **settings: Any) -> Any:
    import desiru_notebook as desiru

    made = desiru.model(f"openai:{model}", base_url=base_url, api_key="none", http_client=_chosen_client())
    return desiru.StreamingModule("question -> reasoning, answer", model=made, timeout=None, **settings)


def _chosen_client() -> Any:
    if not os.environ.get("DESIRU_BENCH_AIOHTTP"):
        return None
    from httpx_aiohttp import HttpxAiohttpClient

    return HttpxAiohttpClient()


async def run(base_url: str, model: str) -> int:
    """A run, read with ``async for``."""
    from desiru_notebook import FieldDelta

    events = _module(base_url, model).stream(question="?")
    return sum([len(event.text) async for event in events if type(event) is FieldDelta])


async def result(base_url: str, model: str) -> int:
    """A run that nobody reads before its end."""
    prediction = await _module(base_url, model).aforward(question="?")
    return sum(map(len, prediction.values()))


async def whole(base_url: str, model: str) -> int:
    """The same, not streamed."""
    prediction = await _module(base_url, model, stream=False).aforward(question="?")
    return sum(map(len, prediction.values()))


async def several(base_url: str, model: str, count: int = 200) -> dict[str, Any]:
    """Many runs at once, and one alone: are all exact, how many threads there are, seconds to the first token."""
    import threading

    module = _module(base_url, model)
    alone = await module.aforward(question="?")
    runs = [module.stream(question="?") for _ in range(count)]
    threads = threading.active_count()
    all_of_them = [await run for run in runs]
    first = sorted(prediction.stats.ttft for prediction in all_of_them)
    return {"exact": sum(map(alone.__eq__, all_of_them)), "threads": threads, "one": alone.stats.ttft, "p99": first[-3]}


def main(name: str, base_url: str, tokens: str, rate: str = "0", rounds: str = "3") -> None:
    client: Client = globals()[name]
    asyncio.run(client(base_url, f"words-{_WARM_UP}-0"))
    before, costs = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for _ in range(int(rounds)):
        begun = time.process_time()
        characters = asyncio.run(client(base_url, f"words-{tokens}-{rate}"))
        costs.append((time.process_time() - begun) / int(tokens) * 1e6)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps({"cpu": min(costs), "said": characters, "grown": grown}))


if __name__ == "__main__":
    main(*sys.argv[1:])
