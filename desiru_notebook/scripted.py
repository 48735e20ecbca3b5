"""ScriptedModel: a model for tests, which says what the test tells it to say."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .chunks import Chunk, Finish, Text
from .errors import ConfigError, StreamInterrupted
from .providers.base import Request


@dataclass(frozen=True, slots=True)
class _Reply:
    pieces: list[str]
    delay: float
    fail_after: int | None
    error: BaseException | None


class ScriptedModel:
    """A model that gives the replies of a script, one to each request, in their order.

    Attributes:
        requests: what was asked (:class:`~desiru_notebook.Request`), in order.
    """

    name = "scripted"
    provider = "desiru"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._replies: deque[_Reply] = deque()

    def reply(
        self,
        text: str = "",
        *,
        chunks: int | None = None,
        delay: float = 0,
        fail_after: int | None = None,
        error: BaseException | None = None,
    ) -> ScriptedModel:
        """Give this reply to the next request that has none yet; returns the model, for the reply after it.

        Args:
            text: the whole answer, with its markers: ``"[[ ## answer ## ]]\\nBlue"`` or ``"Answer: Blue"``; text without any
                is the first output's.
            chunks: in how many pieces of about the same length it comes; word by word where nothing is said.
            delay: seconds before each piece.
            fail_after: after how many pieces it breaks off.
            error: with which error; a stream that is cut off where nothing is said. Alone: before the first word.

        Raises:
            ConfigError: one of them is no such thing.
        """
        _check("text", text, isinstance(text, str), "a text")
        _check("chunks", chunks, chunks is None or (type(chunks) is int and chunks > 0), "a whole number from 1 on")
        _check("delay", delay, type(delay) in (int, float) and delay >= 0, "a number of seconds from 0 on")
        _check(
            "fail_after",
            fail_after,
            fail_after is None or (type(fail_after) is int and fail_after >= 0),
            "a whole number from 0 on",
        )
        _check("error", error, error is None or isinstance(error, BaseException), "an exception")
        pieces = re.findall(r"\s*\S+|\s+\Z", text) if chunks is None else _cut(text, chunks)
        fail_after = 0 if fail_after is None and error is not None else fail_after
        self._replies.append(_Reply(pieces, delay, fail_after, error))
        return self

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """The next reply's pieces.

        Raises:
            ConfigError: no reply is left.
        """
        self.requests.append(request)
        if not self._replies:
            raise ConfigError(f"Request {len(self.requests)} came, and the script has no reply left: call reply() once more.")
        reply = self._replies.popleft()
        for piece in reply.pieces[: reply.fail_after]:
            await asyncio.sleep(reply.delay)
            yield Text(piece)
        if reply.fail_after is not None:
            count = f"{reply.fail_after} piece{'s' * (reply.fail_after != 1)}"
            raise reply.error or StreamInterrupted(f"The scripted stream was cut off after {count}.")
        yield Finish("stop")


def _check(name: str, value: Any, fits: bool, words: str) -> None:
    if not fits:
        raise ConfigError(f"A reply's {name} is {words}, not {value!r}.")


def _cut(text: str, count: int) -> list[str]:
    ends = [len(text) * number // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]
