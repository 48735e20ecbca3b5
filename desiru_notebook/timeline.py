"""Timeline: when how much of a run's answer was there, so that a view can go back in it; and Growth, what is kept of that."""

from __future__ import annotations

import itertools
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from .eventrecord import Record
from .events import Event, FieldDelta

MOST = 1024  # samples that are kept; half of them are let go when there are more
KEPT = 200  # samples that a prediction keeps, about one for each place of a view's slider


@dataclass(frozen=True, slots=True)
class Growth:
    """The texts of a run that is over, as the model wrote them, and how much of each was there at which time.

    Attributes:
        texts: each field's text, in the order in which the fields began.
        times: seconds after the start, at most about :data:`KEPT` of them.
        lengths: characters of each field at each of the times.
    """

    texts: Mapping[str, str]
    times: Sequence[float]
    lengths: Mapping[str, Sequence[int]]

    def without(self, fields: Set[str]) -> Growth:
        """The same without some of the fields."""
        texts = {name: text for name, text in self.texts.items() if name not in fields}
        return Growth(texts, self.times, {name: known for name, known in self.lengths.items() if name not in fields})


class Timeline:
    """Samples of how many events a run had published, and when.

    A sample costs the same however much was said. Samples that come faster than the timeline resolves become one, the
    last of them, so what was there before a pause is known to have been there.
    """

    def __init__(self, began: float) -> None:
        """``began`` is in seconds of :func:`time.perf_counter`, as all times that are measured from it."""
        self._began = began
        self._times: list[float] = []
        self._counts: list[int] = []
        self._step = 0.0  # seconds between two samples at least

    def note(self, count: int, now: Callable[[], float] = time.perf_counter) -> None:
        """By now so many events have been published."""
        passed, times = now() - self._began, self._times
        if len(times) > 1 and passed - times[-2] < self._step:
            times[-1], self._counts[-1] = passed, count
            return
        times.append(passed)
        self._counts.append(count)
        if len(times) > MOST:
            self._thin()

    def _thin(self) -> None:
        """Let go every other sample, but not the last, and take half as many from now on."""
        del self._times[-2::-2], self._counts[-2::-2]
        self._step = 2 * self._times[-1] / MOST

    def growth(self, record: Record, texts: Mapping[str, str], most: int = KEPT) -> Growth:
        """What is kept of the run: the last sample of each of ``most`` equal parts of its time."""
        step = self._times[-1] / most if self._times else 0.0
        parts = [int(time / step) if step else 0 for time in self._times]
        last = [at for at, part in enumerate(parts) if at + 1 == len(parts) or parts[at + 1] != part]
        lengths = record.lengths_at([self._counts[at] for at in last])
        times = array("d", [self._times[at] for at in last])
        return Growth(texts, times, {field: array("I", known) for field, known in lengths.items()})

    def lengths(self, events: Iterable[Event], measure: Callable[[str], int] = len) -> tuple[list[float], dict[str, list[int]]]:
        """The times of the samples, in seconds since the start, and the length of each field's text at each of them.

        ``events`` are the run's, from the first on; ``measure`` tells how long a piece of text is.
        """
        rest, taken = iter(events), 0
        said: dict[str, int] = {}
        lengths: dict[str, list[int]] = {}
        for sample, count in enumerate(self._counts):
            for event in itertools.islice(rest, count - taken):
                if isinstance(event, FieldDelta):
                    said[event.field] = said.get(event.field, 0) + measure(event.text)
            taken = count
            for field, length in said.items():
                lengths.setdefault(field, [0] * sample).append(length)
        return list(self._times), lengths
