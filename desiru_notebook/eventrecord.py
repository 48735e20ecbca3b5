"""Record: all events of a run, in little more memory than its text.

An event of a token takes a hundred bytes, and its text another fifty: a million tokens of four characters would need forty
times their text. So only the latest deltas are kept as they are. Of older ones the record keeps how long each is, a byte or
four, and makes it anew from the field's text for late readers. A provider may report its waiting for hours: the last of several
older notices in a row stands for all of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from typing import Any

from .events import FieldDelta, Notice
from .fieldtext import FieldText

_FRESH = 256  # events that are kept as they came
_STEP = 256  # deltas from one known place in the text to the next


class Record:
    """The events of a run, as a list that only grows. One thread adds to it; any may read.

    An older notice about the waiting may be read as a later one, but every event keeps its number. Its deltas have to be all
    those of their fields, from the first on: their texts are found by counting.
    """

    def __init__(self, texts: Mapping[str, FieldText]) -> None:
        self._texts = texts
        self._entries: list[_Deltas | Any] = []  # older events; deltas of a field that follow one another, or notices, are one
        self._starts: list[int] = []  # how many events are before each entry
        self._written: defaultdict[str, int] = defaultdict(int)  # characters of each field in the entries
        # How many are older, and those that are not: read and replaced in one step.
        self._fresh: tuple[int, list[Any]] = (0, [])

    def extend(self, events: Iterable[Any]) -> None:
        """Add events at the end."""
        older, fresh = self._fresh
        fresh.extend(events)
        if len(fresh) > 2 * _FRESH:
            for number, event in enumerate(fresh[:-_FRESH], older):
                self._pack(number, event)
            self._fresh = (older + len(fresh) - _FRESH, fresh[-_FRESH:])

    def __len__(self) -> int:
        older, fresh = self._fresh
        return older + len(fresh)

    def __getitem__(self, part: slice) -> list[Any]:
        older, fresh = self._fresh
        start, stop, _ = part.indices(older + len(fresh))
        if start >= older:
            return fresh[start - older : stop - older]
        return [*self._unpacked(start, min(stop, older)), *fresh[: max(stop - older, 0)]]

    def lengths_at(self, counts: Sequence[int]) -> dict[str, list[int]]:
        """How long each field's text was after so many events, for each of the counts, which rise. No event is made for it."""
        said: dict[str, int] = {}
        lengths: dict[str, list[int]] = {}
        for sample, (start, stop) in enumerate(pairwise([0, *counts])):
            for field, length in self._amounts(start, stop):
                said[field] = said.get(field, 0) + length
            for field, length in said.items():
                lengths.setdefault(field, [0] * sample).append(length)
        return lengths

    def _amounts(self, start: int, stop: int) -> Iterator[tuple[str, int]]:
        """What the events from number ``start`` on, before number ``stop``, added to each field."""
        older, fresh = self._fresh
        at = max(bisect_right(self._starts, start) - 1, 0)
        while at < len(self._starts) and (begin := self._starts[at]) < min(stop, older):
            entry = self._entries[at]
            if isinstance(entry, _Deltas):
                yield entry.field, entry.length(max(start - begin, 0), stop - begin)
            at += 1
        for event in fresh[max(start - older, 0) : max(stop - older, 0)]:
            if isinstance(event, FieldDelta):
                yield event.field, len(event.text)

    def _pack(self, number: int, event: Any) -> None:
        last = self._entries[-1] if self._entries else None
        if not isinstance(event, FieldDelta):
            if _is_about_waiting(event) and _is_about_waiting(last):
                self._entries[-1] = event
            else:
                self._enter(number, event)
            return
        length = len(event.text)
        if not isinstance(last, _Deltas) or last.field != event.field or length > last.longest:
            last = _Deltas(event.field, self._texts[event.field], self._written[event.field], length)
            self._enter(number, last)
        last.append(length)
        self._written[event.field] += length

    def _enter(self, number: int, entry: Any) -> None:
        self._entries.append(entry)
        self._starts.append(number)  # last, for a reader looks here first

    def _unpacked(self, start: int, stop: int) -> Iterator[Any]:
        at = bisect_right(self._starts, start) - 1
        while start < stop:
            entry = self._entries[at]
            if isinstance(entry, _Deltas):
                found = entry.deltas(start - self._starts[at], stop - self._starts[at])
                yield from found
                start += len(found)
            else:
                end = min(self._starts[at + 1], stop) if at + 1 < len(self._starts) else stop
                yield from repeat(entry, end - start)
                start = end
            at += 1


def _is_about_waiting(event: Any) -> bool:
    return isinstance(event, Notice) and not event.lasting


class _Deltas:
    """Deltas of one field that follow one another, of which none is longer than ``longest``."""

    __slots__ = ("_end", "_known", "_lengths", "_text", "field", "longest")

    def __init__(self, field: str, text: FieldText, start: int, length: int) -> None:
        """``start`` is where in the field's text the first begins, ``length`` how long it is."""
        self.field, self._text, self._end = field, text, start
        self._lengths = array("B" if length < 256 else "I")
        self.longest = 256**self._lengths.itemsize - 1
        self._known = array("Q")  # where in the text every so many deltas begin

    def append(self, length: int) -> None:
        if len(self._lengths) % _STEP == 0:
            self._known.append(self._end)
        self._lengths.append(length)
        self._end += length

    def length(self, start: int, stop: int) -> int:
        """How long the deltas from number ``start`` on are together, before number ``stop`` or to the last one."""
        return sum(self._lengths[start:stop])

    def deltas(self, start: int, stop: int) -> list[FieldDelta]:
        """The deltas from number ``start`` on, before number ``stop`` or to the last one."""
        known = start // _STEP
        begin = self._known[known] + sum(self._lengths[known * _STEP : start])
        lengths = self._lengths[start:stop]
        text, found, at = self._text.cut(begin, begin + sum(lengths)), [], 0
        for length in lengths:
            found.append(FieldDelta(self.field, text[at : at + length]))
            at += length
        return found
