"""A small picture of a pace: bars, one for each piece of the time."""

from __future__ import annotations

import time
from collections.abc import Sequence

_BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


def sparkline(counts: Sequence[float]) -> str:
    """One bar for each count, the highest for the largest; nothing at all is the lowest bar. Nothing of no counts."""
    most = max(counts, default=0) or 1
    return "".join(_BARS[round(max(0, count) / most * (len(_BARS) - 1))] for count in counts)


class Pace:
    """Counts what happens, in equal pieces of the time since the first of it; as time goes on they become longer."""

    def __init__(self, pieces: int = 12, seconds: float = 0.25) -> None:
        """At most so many pieces, of so many seconds at first."""
        self._most, self._seconds = pieces, seconds
        self._began: float | None = None
        self._counts: list[int] = []

    @property
    def counts(self) -> list[int]:
        """What happened in each piece, up to the last in which something did."""
        return list(self._counts)

    def tick(self, now: float | None = None) -> None:
        """Something happens ``now``, in seconds of :func:`time.perf_counter`."""
        now = time.perf_counter() if now is None else now
        self._began = now if self._began is None else self._began
        while (piece := int((now - self._began) / self._seconds)) >= self._most:
            self._double()
        self._counts += [0] * (piece + 1 - len(self._counts))
        self._counts[piece] += 1

    def _double(self) -> None:
        pairs = [*self._counts, 0]
        self._counts = [first + second for first, second in zip(pairs[::2], pairs[1::2], strict=False)]
        self._seconds *= 2
