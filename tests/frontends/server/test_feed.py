"""The feed: as many events at a time as are there, and no more than a slow client is worth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing

import pytest

from desiru_notebook import FieldDelta, FieldStart, Notice, Prediction, RunEnd
from desiru_notebook.events import Event
from desiru_notebook.frontends.server.feed import AHEAD, batches

END = RunEnd("done", Prediction({}))
LONG = 60  # seconds that no test waits


class Source:
    """Events, and how many of them were taken. ``None`` is a silence that ends when the test says so."""

    def __init__(self, events: Iterable[Event | None]) -> None:
        self.events, self.taken, self.go_on = list(events), 0, asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Event]:
        for event in self.events:
            self.taken += 1
            if event is None:
                await self.go_on.wait()
            else:
                yield event


def deltas(*texts: str) -> list[FieldDelta]:
    return [FieldDelta("answer", text) for text in texts]


async def test_what_is_there_comes_at_once_and_then_the_end_does():
    source = Source([FieldStart("answer"), *deltas("a", "b"), None, *deltas("c"), END])
    async with aclosing(batches(source, LONG)) as feed:
        first = await anext(feed)
        source.go_on.set()
        assert [first, *[taken async for taken in feed]] == [deltas("a", "b"), [*deltas("c"), END]]


async def test_a_silence_is_an_empty_list_and_a_notice_breaks_no_silence():
    source = Source([*deltas("a"), Notice("waiting"), None, END])
    came = []
    async for taken in batches(source, 0.001):
        came.append(taken)
        if came[-3:] == [[], [], []]:
            source.go_on.set()
    assert (came[0], came[-1]) == (deltas("a"), [END])
    assert came.count([]) == len(came) - 2 >= 3


async def test_no_more_is_taken_than_a_slow_reader_may_have_waiting():
    source = Source([*deltas(*["x" * 1000] * 1000), END])
    came = 0
    async with aclosing(batches(source, LONG)) as feed:
        async for taken in feed:
            came += len(taken)
            for _ in range(100):
                await asyncio.sleep(0)
            assert source.taken - came <= AHEAD // 1000 + 1
    assert came == 1001


async def test_events_without_text_have_their_weight_too():
    source = Source([*deltas(*[""] * 100_000), END])
    async with aclosing(batches(source, LONG)) as feed:
        assert len(await anext(feed)) <= AHEAD // 64 + 1


async def test_a_feed_that_is_left_lets_go_of_its_source():
    source = Source([*deltas("a"), None, END])
    feed = batches(source, LONG)
    await anext(feed)
    before = asyncio.all_tasks()
    await feed.aclose()
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == len(before) - 1


async def test_a_source_that_fails_is_not_waited_for():
    async def fails() -> AsyncIterator[Event]:
        yield deltas("a")[0]
        raise ValueError("oops")

    feed = batches(fails(), LONG)
    with pytest.raises(ValueError, match="oops"):
        _ = [taken async for taken in feed]
