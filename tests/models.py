"""Models for tests: objects with ``stream`` or ``complete`` whose every step is under the test's control."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import Future
from typing import Any

from desiru_notebook import Run, Signature, StreamingModule
from desiru_notebook.providers import Chunk, Request, Text

PATIENCE = 10  # seconds after which a test gives up on something that should happen


class Gate:
    """A place in a script where the model waits until somebody opens it; one that nobody opens is silence for ever."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open: Future[None] = Future()

    def open(self) -> None:
        """Let the model go on; from any thread, and as often as one likes."""
        if not self._open.done() and self._open.set_running_or_notify_cancel():
            self._open.set_result(None)

    async def passed(self) -> None:
        self.reached.set()
        await asyncio.shield(
            asyncio.wrap_future(self._open)
        )  # several runs may wait: one that is cancelled leaves it to others


class Scripted:
    """A model that says its chunks in order, each after ``delay`` seconds.

    A chunk may also be a string (its text), a :class:`Gate` (wait for it) or an exception (raise it). ``requests`` has
    what was asked; ``started`` and ``closed`` are set when the first request began and the last generator was closed.
    ``closing`` is a gate before that: a connection that hangs while it is closed.
    """

    name = "scripted"
    provider = "tests"

    def __init__(self, chunks: Iterable[Any], delay: float = 0, closing: Gate | None = None) -> None:
        self.chunks, self.delay, self.closing = list(chunks), delay, closing
        self.requests: list[Request] = []
        self.started, self.closed = threading.Event(), threading.Event()
        self.closings = 0

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        self.started.set()
        try:
            for chunk in self.chunks:
                if self.delay:
                    await asyncio.sleep(self.delay)
                if isinstance(chunk, Gate):
                    await chunk.passed()
                elif isinstance(chunk, BaseException):
                    raise chunk
                else:
                    yield Text(chunk) if isinstance(chunk, str) else chunk
        finally:
            if self.closing is not None:
                await self.closing.passed()
            self.closings += 1
            self.closed.set()

    def was_closed(self) -> bool:
        """Wait until the model's generator is closed; False if that does not happen."""
        return self.closed.wait(PATIENCE)


class Whole:
    """A model that cannot stream: it has ``complete`` only."""

    name = "whole"

    def __init__(self, chunks: Iterable[Any]) -> None:
        self.chunks = [Text(chunk) if isinstance(chunk, str) else chunk for chunk in chunks]
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> list[Chunk]:
        self.requests.append(request)
        return self.chunks


def start(model: object, signature: Signature | str = "question -> reasoning, answer", **settings: Any) -> Run:
    """A run of the model; its one input is ``question``."""
    return StreamingModule(signature, model=model, **settings).stream(question="Why?")
