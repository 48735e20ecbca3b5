"""Timeouts: how long to wait for a model, and the watchdog that keeps the count."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .errors import ConfigError, StreamTimeout

Kind = Literal["first", "idle", "total"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds; ``None`` is no limit. Only what the model says counts: comments and pings of a server do not.

    Raises:
        ConfigError: a limit is no number above zero.

    Attributes:
        first: until the first token.
        idle: between two tokens.
        total: for the whole run.
    """

    first: float | None = 60.0
    idle: float | None = 30.0
    total: float | None = 600.0

    def __post_init__(self) -> None:
        for name in ("first", "idle", "total"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0):
                raise ConfigError(f"A timeout is a number of seconds above zero, or None; {name}={value!r} is neither.")

    @classmethod
    def of(cls, value: Timeouts | float | None) -> Timeouts:
        """``Timeouts`` as they are; a number of seconds as the limit of the whole run; ``None`` as no limit at all."""
        if isinstance(value, Timeouts):
            return value
        return cls(total=value) if value is not None else cls(None, None, None)

    def passed(self, kind: Kind, model: str, blocker: str = "") -> StreamTimeout:
        """The error of a run on the model that has passed a limit; ``blocker`` is the model whose code blocks the loop."""
        limit = getattr(self, kind) or 0
        said = {
            "first": f"{model} said nothing for {limit:g} s",
            "idle": f"{model} said nothing more for {limit:g} s",
            "total": f"{model} was not done after {limit:g} s",
        }[kind]
        more = f"{2 * limit:g}"
        advice = f"Try again, or allow more with configure(timeout=Timeouts({kind}={more}))."
        if kind == "total":
            advice = f"Try again, or allow more: --timeout {more} in a cell, timeout=Timeouts(total={more}) in code."
        if blocker:
            advice = f"The code of {blocker} blocks the event loop that all runs share: make it await instead."
        return StreamTimeout(f"{said}. {advice}", kind=kind)


class Watchdog:
    """Calls ``expired(kind)`` once a limit has passed. ``alive()`` is one assignment, so that it can stand in every token.

    The limits count from its making on; :meth:`passed` may be asked on any thread, everything else is for the loop's.
    """

    def __init__(self, limits: Timeouts, expired: Callable[[Kind], None], clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` is the time of the loop, in seconds."""
        self._limits, self._expired, self._clock = limits, expired, clock
        self._begun = self._last = clock()
        self._spoken = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Check the limits on the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._check()

    def alive(self) -> None:
        """The model said something."""
        self._last, self._spoken = self._clock(), True

    def restart(self) -> None:
        """The wait is not the model's (a download): count from now."""
        self._begun = self._last = self._clock()

    def postpone(self, seconds: float) -> None:
        """The model is asked again, after so many seconds: until its first token is counted from then."""
        self._last = self._clock() + seconds

    def hold(self) -> None:
        """The model waits for its reader: its silence does not count."""
        self._last = float("inf")

    def resume(self) -> None:
        """The model may speak again: its silence counts from now."""
        self._last = self._clock()

    def stop(self) -> None:
        """No limit counts any more."""
        if self._timer is not None:
            self._timer.cancel()

    def passed(self, grace: float = 0.0) -> Kind | None:
        """The limit that passed first, at least ``grace`` seconds ago; ``None`` where all hold."""
        due = min(self._deadlines(), default=None)
        return due[1] if due is not None and due[0] + grace <= self._clock() else None

    def _check(self) -> None:
        if (kind := self.passed()) is not None:
            self._expired(kind)
            return
        now, deadlines = self._clock(), self._deadlines()
        # The idle limit may begin to count before the next deadline does, so never sleep longer than it.
        naps = [at - now for at, _ in deadlines] + ([self._limits.idle] if self._limits.idle else [])
        if naps:
            self._timer = self._loop.call_later(min(naps), self._check)

    def _deadlines(self) -> list[tuple[float, Kind]]:
        limits = self._limits
        quiet, kind = (limits.idle, "idle") if self._spoken else (limits.first, "first")
        deadlines: list[tuple[float, Kind]] = []
        if quiet is not None:
            deadlines.append((self._last + quiet, kind))  # type: ignore[arg-type]  # mypy widens the pair's literal
        if limits.total is not None:
            deadlines.append((self._begun + limits.total, "total"))
        return deadlines
