"""llama.cpp inside this process: no key, no service, no network after the weights have been fetched once.

``local`` is a demo model of 135 million parameters; ``local:/path/model.gguf`` is any other model in GGUF format.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ..chunks import Chunk, Finish, Notice, Reasoning, Text, Usage
from ..errors import ConfigError, ProviderError
from . import documented, engines
from .base import Request
from .grammar import grammar
from .scrubbing import said_in, scrub
from .weights import fetch, weights_path

DEMO_NAME = "SmolLM2-135M (tiny demo model)"
DEMO_MAX_TOKENS = 256
DEMO_SETTINGS = {"temperature": 0.0, "repeat_penalty": 1.05}  # measured: without the penalty long answers run in circles
_CONTEXT_TOKENS = 4096
_LOOK_SECONDS = 0.1

_jobs: weakref.WeakSet[_Job] = weakref.WeakSet()


class Local:
    """A model that runs in this process.

    Args:
        name: nothing for the demo model, or the path of a GGUF file.
        context: tokens that prompt and answer may have together.
        threads: processor threads to use; the demo model needs one, so that the notebook keeps the others.

    Raises:
        ConfigError: the file is missing or is no model, or xllamacpp is not installed.
    """

    provider = "local"
    setting_names = documented.LOCAL

    def __init__(self, name: str = "", *, context: int = _CONTEXT_TOKENS, threads: int | None = None) -> None:
        _require_engine()
        self._path = Path(name).expanduser() if name else None
        if self._path is not None:
            _check_file(self._path)
        self.name = self._path.stem if self._path else DEMO_NAME
        self.marker_style = "header" if self._path else "label"
        self._context = context
        self._threads = threads or (max(1, (os.cpu_count() or 2) - 1) if self._path else 1)
        self._engine: engines.Engine | None = None  # held for as long as this model is, so that it is loaded once

    def __repr__(self) -> str:
        return f"Local({str(self._path or '')!r})"

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """The answer's chunks as they come; closing the generator stops llama.cpp at its next token.

        Raises:
            ProviderError: the weights cannot be fetched, or llama.cpp failed.
        """
        payload = to_payload(request, demo=self._path is None)
        if self._path is None:
            async with aclosing(fetch()) as shares:
                async for share in shares:
                    yield Notice(f"Fetching the tiny demo model, once: {share:.0%} of 93 MB")
        if self._engine is None:
            yield Notice(f"loading {self.name if self._path else 'the demo model'}")
        engine = await asyncio.to_thread(self._loaded)
        while not engine.turn.acquire(blocking=False):
            yield Notice(f"Waiting for another run on {self.name}")
            await asyncio.sleep(_LOOK_SECONDS)
        job = _Job(engine, payload)
        try:
            while (event := await job.next()) is not None:
                for chunk in self._decoded(event, request):
                    yield chunk
        finally:
            job.cancel()
            engine.turn.release()

    def _loaded(self) -> engines.Engine:
        self._engine = engines.engine(self._path or weights_path(), self._context, self._threads)
        return self._engine

    def _decoded(self, event: Any, request: Request) -> list[Chunk]:
        if isinstance(event, Exception):
            event = {"error": str(event)}
        if "choices" not in event:
            reason = scrub(_reason(event), said_in(request)).rstrip(".")
            told = self._no_room(event.get("error")) or f"llama.cpp could not answer with {self.name}: {reason}."
            raise ProviderError(told, provider=self.provider)
        return decode(event)

    def _no_room(self, error: Any) -> str:
        """The error for a prompt that is longer than the context; nothing for any other."""
        if not isinstance(error, dict) or not {"n_prompt_tokens", "n_ctx"} <= error.keys():
            return ""
        needed, context = error["n_prompt_tokens"], error["n_ctx"]
        more = 1 << (needed + DEMO_MAX_TOKENS).bit_length()
        name = f"local:{self._path}" if self._path else "local"
        return (
            f"{self.name} could not answer: the prompt has {needed:,} tokens, and its context is {context:,}. Shorten the "
            f'prompt, or make room for more: model("{name}", context={more}).'
        )


class _Job:
    """One answer of llama.cpp, made in a thread of its own and read on the loop that began it."""

    def __init__(self, engine: engines.Engine, payload: dict[str, Any]) -> None:
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._cancelled = threading.Event()
        self._engine, self._payload = engine, payload
        self._thread = threading.Thread(target=self._work, name="desiru-local", daemon=True)
        _jobs.add(self)
        self._thread.start()

    async def next(self) -> Any:
        """The next event, an exception, or ``None`` at the end."""
        return await self._events.get()

    def cancel(self) -> None:
        """Stop at the next token, or within the next few dozen tokens of the prompt."""
        self._cancelled.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            self._engine.server.handle_chat_completions(self._payload, self._hear)
        except Exception as error:
            self._put(error)
        self._put(None)

    def _hear(self, event: dict[str, Any]) -> bool:
        """llama.cpp's callback; True ends the answer."""
        if self._cancelled.is_set():
            return True
        self._put(event)
        return "choices" not in event

    def _put(self, event: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
        except RuntimeError:
            self._cancelled.set()  # the loop is closed: nobody reads any more


@atexit.register
def _drain() -> None:
    """A thread that is still inside llama.cpp when Python ends would abort the process."""
    jobs = list(_jobs)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.join(10)


def to_payload(request: Request, *, demo: bool = False) -> dict[str, Any]:
    """The request as llama.cpp's chat completions want it; the demo model is held to its form by a grammar."""
    settings = {"temperature": request.temperature, "max_tokens": request.max_tokens, "stop": list(request.stop) or None}
    payload: dict[str, Any] = {"stream": True, "return_progress": True, "cache_prompt": True}
    if demo:
        payload |= DEMO_SETTINGS | {"max_tokens": DEMO_MAX_TOKENS}
        payload |= {"grammar": grammar(request.signature)} if request.signature else {}
    payload["messages"] = [{"role": message.role, "content": message.content} for message in request.messages]
    return payload | {name: value for name, value in settings.items() if value is not None} | dict(request.extra)


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of llama.cpp's stream."""
    chunks: list[Chunk] = []
    for choice in event["choices"][:1]:
        delta = choice.get("delta") or {}
        if thought := delta.get("reasoning_content"):
            chunks.append(Reasoning(thought))
        if text := delta.get("content"):
            chunks.append(Text(text))
        if reason := choice.get("finish_reason"):
            chunks.append(Finish(reason))
    if timings := event.get("timings"):
        read = (timings.get("prompt_n") or 0) + (timings.get("cache_n") or 0)
        written = timings.get("predicted_n") or 0
        chunks.append(Usage(read, written, read + written))
    return chunks


def _require_engine() -> None:
    try:
        import xllamacpp  # noqa: F401 - only to say early, and in words, that it is missing
    except ImportError:
        raise ConfigError(
            "Local models need llama.cpp: pip install 'desiru_notebook[local]'. Or choose another model, "
            "such as openai:gpt-5-mini."
        ) from None


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"There is no model file {path}. Give the path of a GGUF file: local:/path/model.gguf.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigError(f"{path} is not a model: it is no GGUF file. Give the path of one: local:/path/model.gguf.")


def _reason(event: dict[str, Any]) -> str:
    inner = event.get("error", event)
    return str(inner.get("message", inner) if isinstance(inner, dict) else inner)
