"""Asking a model: as a stream or at once, and once more where a request fails before the first word."""

from __future__ import annotations

import itertools
import random
from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, nullcontext
from typing import Any

from .chunks import AtOnce, Chunk, Reasoning, Retry, Text, is_content, is_long, portions
from .ending import message_of
from .errors import ConfigError, DesiruError, ProviderError
from .providers.base import Request
from .providers.scrubbing import said_in, scrub

RETRIES = 2  # where nobody says how many
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0  # seconds; doubled from one to the other
_PATIENCE = 60.0  # seconds; a service that wants a longer wait than this has refused


async def ask(
    model: Any, request: Request, *, streaming: bool, retries: int, patience: float | None
) -> AsyncGenerator[list[Chunk], None]:
    """The model's chunks, in lists of what came at the same moment.

    A request that fails before the model's first word, in a way that may pass, is made again at most ``retries`` times, each
    announced by a :class:`~desiru_notebook.chunks.Retry`; after the first word never, so that nothing comes twice.

    Args:
        model: any object that is a model.
        request: what is asked.
        streaming: ``False`` asks for the whole answer at once, where the model can do that.
        retries: how often at most.
        patience: seconds that a wait between two attempts may take; ``None`` is a minute.

    Raises:
        DesiruError: whatever went wrong; an error of the model object's own code as a :class:`ProviderError`.
    """
    for attempt in itertools.count(2):
        spoken = False
        try:
            async with _closing(_begin(model, request, streaming)) as answer:
                # Without a generator of ours between: a traceback would have its frame.
                async for came in getattr(answer, "reads", answer):
                    chunks = came if isinstance(came, list) else [came]
                    spoken = spoken or any(map(_is_spoken, chunks))
                    for portion in portions(chunks) if len(chunks) == 1 else (chunks,):
                        yield portion
                        if is_long(portion):
                            await sleep(0)
            return
        except DesiruError as error:
            delay = _delay(error, attempt - 1)
            if spoken or delay is None or attempt > retries + 1 or delay > min(_PATIENCE, patience or _PATIENCE):
                raise
            yield [Retry(attempt, str(error), delay)]
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # the last two would end the loop that all runs share
            inside = error.__traceback__.tb_next if error.__traceback__ else None  # our frames know the prompt
            raise _foreign(error, model, request) from error.with_traceback(inside)
        await sleep(delay)


def model_name(model: Any) -> str:
    """What the view calls the model: its ``name``, or its class."""
    return str(getattr(model, "name", "") or type(model).__name__)


def _begin(model: Any, request: Request, streaming: bool) -> AsyncIterator[Chunk]:
    if not hasattr(model, "stream") or (not streaming and hasattr(model, "complete")):
        return _at_once(model, request)
    stream = model.stream(request)
    if not hasattr(stream, "__aiter__"):
        raise ConfigError(f"{model_name(model)}.stream must be an async generator: `async def` with `yield`.")
    return stream  # type: ignore[no-any-return]  # a model is any object


async def _at_once(model: Any, request: Request) -> AsyncGenerator[Chunk, None]:
    yield AtOnce()
    try:
        chunks = await model.complete(request)
    except ProviderError as error:
        for chunk in error.received:
            yield chunk
        raise
    for chunk in chunks:
        yield chunk


def _closing(stream: Any) -> Any:
    return aclosing(stream) if hasattr(stream, "aclose") else nullcontext(stream)


def _is_spoken(chunk: Chunk) -> bool:
    """Whether a reader sees something of the chunk: white space at the beginning is none of an answer."""
    return bool(chunk.text.strip()) if isinstance(chunk, (Text, Reasoning)) else is_content(chunk)


def _delay(error: DesiruError, failures: int) -> float | None:
    """Seconds to wait after so many failures: what the service wants, or twice as long each time; ``None`` for no use."""
    if not isinstance(error, ProviderError) or not error.transient:
        return None
    if error.retry_after is not None:
        return error.retry_after
    spread = random.uniform(0.75, 1.25)  # noqa: S311 - so that many runs that failed together do not come back together
    return min(_FIRST_DELAY * 2.0 ** (failures - 1), _LONGEST_DELAY) * spread


def _foreign(error: BaseException, model: Any, request: Request) -> ProviderError:
    """An error of the model object's own code as one of ours, without the prompt that it may quote."""
    said = f"{type(error).__name__}: {scrub(message_of(error), said_in(request))}".rstrip(": ")
    return ProviderError(f"{model_name(model)} failed with {said}", provider=str(getattr(model, "provider", "")))
