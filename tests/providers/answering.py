"""A service that answers inside the client, without a network; and the reading of a body without any client."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2

from desiru_notebook import DesiruError, Message
from desiru_notebook.providers import Request
from desiru_notebook.providers.faults import Asked
from desiru_notebook.providers.http import Service
from desiru_notebook.providers.openai import OpenAI
from desiru_notebook.providers.reading import Decode, Reading
from desiru_notebook.sse import encode_sse

ASKED = Request([Message("user", "Why is the sky blue, pray?")])
KEY = "sk-very-secret-key"


def event(delta: dict | None = None, **more) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}]
    return encode_sse(json.dumps({"choices": choices, **more}))


WHOLE = event({"content": "Hi"}) + event({}, finish="stop") + encode_sse("[DONE]")


def sse(*events: dict, named: bool = False) -> bytes:
    """These events as server-sent ones, each under the name of its type where the service does that."""
    return b"".join(encode_sse(json.dumps(said), said["type"] if named else "") for said in events)


def answering(
    body: bytes | Callable,
    kind: str = "text/event-stream; charset=utf-8",
    status: int = 200,
    client=httpx2,
    *,
    of: Callable[..., Service] = OpenAI,
    name: str = "m",
    headers: dict | None = None,
    **options,
) -> tuple[Service, list]:
    """A model whose service answers so, and the requests that reach it."""
    requests = []

    def answer(request):
        requests.append(request)
        content = body(request) if callable(body) else body
        if isinstance(content, client.Response):
            return content
        return client.Response(status, content=content, headers={"content-type": kind, **(headers or {})})

    options = {"api_key": KEY, "base_url": "http://localhost:1/v1"} | options
    return of(name, http_client=client.AsyncClient(transport=client.MockTransport(answer)), **options), requests


async def chunks(made: Service, request: Request = ASKED) -> list:
    return [chunk async for chunk in made.stream(request)]


async def heard(made: Service, request: Request = ASKED) -> tuple[list, DesiruError | None]:
    """The chunks that came, and the error that ended them."""
    seen = []
    try:
        async for chunk in made.stream(request):
            seen.append(chunk)  # noqa: PERF401  what came before the error counts
    except DesiruError as error:
        return seen, error
    return seen, None


def read(decode: Decode, *pieces: bytes) -> tuple[list, DesiruError | None]:
    """The chunks of a body that comes in these pieces, and the error that ended them."""
    asked = Asked("service", "m", "SERVICE_KEY", "http://localhost:1/v1", (KEY, ASKED.messages[0].content))
    reading, seen = Reading(decode, asked, 200), []
    try:
        for piece in pieces:
            seen += reading.feed(piece)
            reading.check()
        seen += reading.finish()
        reading.check()
    except DesiruError as error:
        return seen, error
    return seen, None


def in_bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def cuts(data: bytes) -> list[list[bytes]]:
    """Every way to cut the bytes once, and one byte at a time."""
    return [[data[:at], data[at:]] for at in range(len(data) + 1)] + [in_bytes(data)]
