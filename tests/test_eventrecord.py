"""Record: whatever was added is there again, in its order, however old it is, in little memory."""

from __future__ import annotations

import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import FieldDelta, FieldEnd, FieldStart, Notice, eventrecord
from desiru_notebook.eventrecord import Record
from desiru_notebook.fieldtext import FieldText

FIELDS = st.sampled_from(["reasoning", "answer"])
LENGTHS = st.one_of(st.integers(1, 5), st.sampled_from([255, 256, 70_000]))
EVENTS = st.lists(st.one_of(st.tuples(FIELDS, LENGTHS), st.just(Notice("busy"))), max_size=60)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(eventrecord, "_FRESH", 4)
    monkeypatch.setattr(eventrecord, "_STEP", 3)


class Written:
    """A record, and the same events in a list."""

    def __init__(self) -> None:
        self.texts: dict[str, FieldText] = {}
        self.record, self.events = Record(self.texts), []

    def add(self, *events):
        for event in events:
            if isinstance(event, FieldDelta):
                self.texts.setdefault(event.field, FieldText()).add(event.text)
        self.events += events
        self.record.extend(events)


def delta(field: str, length: int, number: int) -> FieldDelta:
    return FieldDelta(field, chr(97 + number % 26) * length)


@given(EVENTS, st.integers(0, 61), st.integers(0, 61))
def test_every_part_is_that_of_a_list(planned, start, stop):
    written = Written()
    for number, plan in enumerate(planned):
        written.add(plan if isinstance(plan, Notice) else delta(*plan, number))
    assert len(written.record) == len(written.events)
    assert written.record[start:stop] == written.events[start:stop]
    assert written.record[start:] == written.events[start:]


@given(st.lists(st.integers(1, 9), max_size=12))
def test_it_does_not_matter_how_many_events_come_at_once(counts):
    written = Written()
    for number, count in enumerate(counts):
        written.add(*(delta("answer", 2, number + at) for at in range(count)))
    assert written.record[:] == written.events


def test_the_deltas_stay_as_they_were_when_the_field_is_whole():
    written = Written()
    written.add(FieldStart("answer"), *(delta("answer", 3, number) for number in range(30)))
    whole = written.texts["answer"].whole()
    written.add(FieldEnd("answer", whole, whole))
    assert written.record[:] == written.events


def test_a_reader_in_another_thread_sees_the_same_while_it_grows():
    written, read = Written(), []

    def follow() -> None:
        while len(read) < 3_000:
            read.extend(written.record[len(read) : len(read) + 7])

    reader = threading.Thread(target=follow)
    reader.start()
    for number in range(3_000):
        written.add(delta("answer", 1 + number % 5, number))
    reader.join()
    assert read == written.events


def test_of_older_notices_about_the_waiting_that_follow_one_another_the_last_one_stands_for_all():
    written = Written()
    waiting = [Notice(f"waited {number} s") for number in range(20)]
    written.add(*waiting, Notice("kept", lasting=True), Notice("again"), delta("answer", 1, 0), *waiting[:3])
    assert len(written.record) == len(written.events)
    read = written.record[:]
    assert set(read[:20]) == {waiting[-1]}
    assert read[20:] == written.events[20:]
    assert [written.record[at : at + 1] for at in range(len(read))] == [[event] for event in read]


@given(st.lists(st.one_of(st.builds(Notice, st.text(max_size=2), st.booleans()), st.just(FieldStart("answer"))), max_size=40))
def test_whatever_else_there_is_stays_in_its_place_among_them(events):
    def shape(events):
        return [Notice("", lasting=False) if isinstance(event, Notice) and not event.lasting else event for event in events]

    written = Written()
    for event in events:
        written.add(event)
    assert shape(written.record[:]) == shape(events)
    assert written.record[-4:] == events[-4:]


def test_endless_notices_about_the_waiting_take_no_memory(monkeypatch):
    monkeypatch.undo()
    kept = Record({})
    tracemalloc.start()
    try:
        for number in range(200_000):
            kept.extend([Notice(f"waited {number} s")])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 200_000
    assert kept[199_999:] == [Notice("waited 199999 s")]
    assert held < 200_000


def test_many_tokens_take_little_more_memory_than_their_text(monkeypatch):
    monkeypatch.undo()
    tracemalloc.start()
    try:
        texts = {"answer": FieldText()}
        kept = Record(texts)
        for number in range(100_000):
            kept.extend([FieldDelta("answer", texts["answer"].add(f" {number % 1000:03}"))])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 100_000
    assert held < 700_000  # of which the text is 400,000


@given(EVENTS, st.lists(st.integers(0, 61), max_size=8))
def test_the_length_of_each_field_at_each_number_of_events(planned, counts):
    written = Written()
    for number, plan in enumerate(planned):
        written.add(plan if isinstance(plan, Notice) else delta(*plan, number))
    counts = sorted(min(count, len(planned)) for count in counts)
    expected = {}
    for sample, count in enumerate(counts):
        for event in written.events[:count]:
            if isinstance(event, FieldDelta):
                lengths = expected.setdefault(event.field, [0] * len(counts))
                lengths[sample] += len(event.text)
    assert written.record.lengths_at(counts) == expected
