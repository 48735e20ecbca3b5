"""A service of Chat Completions that answers inside the client, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2

from desiru_notebook import Message
from desiru_notebook.providers import Request
from desiru_notebook.providers.openai import OpenAI
from desiru_notebook.sse import encode_sse

ASKED = Request([Message("user", "Why is the sky blue, pray?")])
KEY = "sk-very-secret-key"


def event(delta: dict | None = None, **more) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}]
    return encode_sse(json.dumps({"choices": choices, **more}))


WHOLE = event({"content": "Hi"}) + event({}, finish="stop") + encode_sse("[DONE]")


def answering(
    body: bytes | Callable, kind: str = "text/event-stream; charset=utf-8", status: int = 200, client=httpx2, **options
) -> tuple[OpenAI, list]:
    """A model whose service answers so, and the requests that reach it."""
    requests = []

    def answer(request):
        requests.append(request)
        content = body(request) if callable(body) else body
        return client.Response(status, content=content, headers={"content-type": kind})

    options = {"api_key": KEY, "base_url": "http://localhost:1/v1"} | options
    return OpenAI("m", http_client=client.AsyncClient(transport=client.MockTransport(answer)), **options), requests


async def chunks(made: OpenAI, request: Request = ASKED) -> list:
    return [chunk async for chunk in made.stream(request)]
