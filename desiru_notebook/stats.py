"""Stats: what a run costs, and the clock that its times come from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stats:
    """What a run cost, so far or in all.

    Attributes:
        model: the model's name.
        provider: the provider's name.
        tokens: tokens received; counted by the provider when it says so, else the pieces of its stream.
        ttft: seconds from the start to the first token; ``None`` before it.
        duration: seconds from the start until now, or until the end.
        tokens_per_second: tokens a second after the first one; ``None`` while that has no meaning.
        usage: the provider's own count, if it sent one (see :class:`desiru_notebook.chunks.Usage`).
        attempts: requests made, retries included.
        finish: why the model stopped, in its provider's word; ``None`` if it did not say.
        state: the run's state when these figures were taken.
        streamed: ``False`` where the answer came at once, for the model or its server cannot stream or was asked not to.
        notices: what a reader of the answer should know about how it came.
    """

    model: str
    provider: str = ""
    tokens: int = 0
    ttft: float | None = None
    duration: float = 0.0
    tokens_per_second: float | None = None
    usage: Any = None
    attempts: int = 1
    finish: str | None = None
    state: str = "done"
    streamed: bool = True
    notices: tuple[str, ...] = ()


class Clock:
    """When the run began, first spoke and ended, in seconds after its start."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self._end: float | None = None
        self.first: float | None = None
        self.ticks = 0

    def tick(self, count: int = 1) -> None:
        """So many tokens have come."""
        if not self.ticks:
            self.first = time.perf_counter() - self.began
        self.ticks += count

    def stop(self) -> None:
        self._end = time.perf_counter()

    def elapsed(self) -> float:
        return (self._end or time.perf_counter()) - self.began

    def rate(self, tokens: int) -> float | None:
        """Tokens a second after the first token; ``None`` before the second one."""
        span = self.elapsed() - self.first if self.first is not None else 0.0
        return (tokens - 1) / span if tokens > 1 and span > 0 else None
