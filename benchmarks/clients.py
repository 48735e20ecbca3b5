"""Ways to read a stream of Chat Completions: the floor, what others give, and ours.

Each is a function of the service's address that makes a client: a coroutine function of a model's name and of ``take``, which
is called with each piece of text. Every import is inside, for a process measures one client.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Take = Callable[[str], object]
Client = Callable[[str, Take], Awaitable[object]]

QUESTION = "Why is the sky blue?"


def asked(model: str, stream: bool = True) -> dict[str, Any]:
    """The body of a request."""
    body = {"model": model, "messages": [{"role": "user", "content": QUESTION}], "stream": stream}
    return body | ({"stream_options": {"include_usage": True}} if stream else {})


class Events:
    """Bytes of server-sent events in, text out, with nothing that is not needed for this one service."""

    def __init__(self, take: Take) -> None:
        import orjson

        self._take, self._parse, self._rest = take, orjson.loads, b""

    def feed(self, data: bytes) -> None:
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if event.startswith(b"data: {") and (choices := self._parse(event[6:])["choices"]):
                text = choices[0]["delta"].get("content")
                if text:
                    self._take(text)


class _Floor(asyncio.Protocol):
    """One request on a connection of its own: the head, and then the chunks of the body."""

    def __init__(self, request: bytes, events: Events) -> None:
        self._request, self._events, self._rest, self._in_body = request, events, b"", False
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("half an answer"))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._in_body:
            _, self._in_body, data = data.partition(b"\r\n\r\n")
        self._events.feed(b"".join(self._chunks(data)))

    def _chunks(self, data: bytes) -> list[bytes]:
        found, at = [], 0
        while (line_end := data.find(b"\r\n", at)) >= 0:
            start = line_end + 2
            end = start + int(data[at:line_end], 16)
            if end + 2 > len(data):
                break
            if end == start:
                self.ended.set_result(None)
            found.append(data[start:end])
            at = end + 2
        self._rest = data[at:]
        return found


def floor(address: str) -> Client:
    url = urlsplit(address)

    async def ask(model: str, take: Take) -> None:
        body = json.dumps(asked(model)).encode()
        head = f"POST {url.path}/chat/completions HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(
            lambda: _Floor(head.encode() + body, Events(take)), url.hostname, url.port
        )
        await protocol.ended
        transport.close()

    return ask


def httpx2_bytes(address: str) -> Client:
    import httpx2

    client = httpx2.AsyncClient(timeout=600)

    async def ask(model: str, take: Take) -> None:
        events = Events(take)
        async with client.stream("POST", f"{address}/chat/completions", json=asked(model)) as response:
            async for data in response.aiter_raw():
                events.feed(data)

    return ask


def httpx2_lines(address: str) -> Client:
    import httpx2

    client = httpx2.AsyncClient(timeout=600)

    async def ask(model: str, take: Take) -> None:
        async with client.stream("POST", f"{address}/chat/completions", json=asked(model)) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {") and (choices := json.loads(line[6:])["choices"]):
                    take(choices[0]["delta"].get("content", ""))

    return ask


def openai_objects(address: str) -> Client:
    import openai

    completions = openai.AsyncOpenAI(base_url=address, api_key="sk-none").chat.completions

    async def ask(model: str, take: Take) -> None:
        async for chunk in await completions.create(**asked(model)):
            if chunk.choices:
                take(chunk.choices[0].delta.content or "")

    return ask


def openai_raw(address: str) -> Client:
    import openai

    completions = openai.AsyncOpenAI(base_url=address, api_key="sk-none").chat.completions

    async def ask(model: str, take: Take) -> None:
        events = Events(take)
        async with completions.with_streaming_response.create(**asked(model)) as response:
            async for data in response.iter_bytes():
                events.feed(data)

    return ask


def openai_at_once(address: str) -> Client:
    import openai

    completions = openai.AsyncOpenAI(base_url=address, api_key="sk-none").chat.completions

    async def ask(model: str, take: Take) -> None:
        answer = await completions.create(**asked(model, stream=False))
        take(answer.choices[0].message.content)

    return ask


def model_stream(address: str) -> Client:
    import desiru_notebook as desiru

    async def ask(model: str, take: Take) -> None:
        request = desiru.Request(messages=[desiru.Message("user", QUESTION)])
        async for chunk in desiru.model(f"openai:{model}", base_url=address).stream(request):
            if isinstance(chunk, desiru.Text):
                take(chunk.text)

    return ask


def started(address: str, model: str, http_client: Any = None, **settings: Any) -> Any:
    """A run of ours."""
    import desiru_notebook as desiru

    options = {} if http_client is None else {"http_client": http_client}
    known = desiru.model(f"openai:{model}", base_url=address, **options)
    return desiru.Predict("question -> answer", model=known, **settings).stream(question=QUESTION)


async def _follow(run: Any, take: Take) -> None:
    from desiru_notebook import FieldDelta

    async for event in run:
        if isinstance(event, FieldDelta):
            take(event.text)


def run_async(address: str) -> Client:
    return lambda model, take: _follow(started(address, model), take)


def run_async_aiohttp(address: str) -> Client:
    from httpx_aiohttp import HttpxAiohttpClient

    client = HttpxAiohttpClient(timeout=600)
    return lambda model, take: _follow(started(address, model, client), take)


def run_recorded(address: str) -> Client:
    return _recorded(address, "run.jsonl")


def run_packed(address: str) -> Client:
    return _recorded(address, "run.jsonl.gz")


def _recorded(address: str, name: str) -> Client:
    """The same as run_async, into a recording."""
    import desiru_notebook as desiru

    desiru.record(Path(tempfile.mkdtemp()) / name)
    return run_async(address)


def run_sync(address: str) -> Client:
    from desiru_notebook import FieldDelta

    async def ask(model: str, take: Take) -> None:
        for event in started(address, model):
            if isinstance(event, FieldDelta):
                take(event.text)

    return ask


def run_result(address: str) -> Client:
    async def ask(model: str, take: Take) -> None:
        take((await started(address, model)).answer)

    return ask


def run_late(address: str) -> Client:
    """Somebody reads the run when it is over."""

    async def ask(model: str, take: Take) -> None:
        run = started(address, model)
        await run
        await _follow(run, take)

    return ask


def run_at_once(address: str) -> Client:
    async def ask(model: str, take: Take) -> None:
        take((await started(address, model, stream=False)).answer)

    return ask
