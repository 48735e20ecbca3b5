"""TokenStream: one writer, any number of readers, early or late, sync or async; all see the same from its start."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from models import PATIENCE

from desiru_notebook import FieldDelta, TimedBuffer, TokenStream, portal


def filled(*items: str) -> TokenStream[str]:
    stream: TokenStream[str] = TokenStream()
    stream.extend(items)
    stream.complete()
    return stream


async def read(stream: TokenStream) -> list:
    return [item async for item in stream]


async def test_late_readers_see_everything_as_often_as_they_read():
    stream = filled("a", "b")
    assert list(stream) == list(stream) == await read(stream) == ["a", "b"]


def test_its_text_and_length_are_those_so_far():
    stream: TokenStream[FieldDelta] = TokenStream()
    stream.append(FieldDelta("x", "a"))
    assert (str(stream), len(stream), stream.is_complete) == ("a", 1, False)
    stream.append(FieldDelta("y", "b"))
    stream.complete()
    assert (str(stream), len(stream), stream.is_complete) == ("ab", 2, True)


def test_an_empty_stream_is_true():
    assert bool(TokenStream())


@pytest.mark.parametrize("end", [TokenStream.complete, lambda stream: stream.fail(ValueError())])
def test_nothing_can_be_added_after_the_end_and_only_the_first_end_counts(end):
    stream = filled("a")
    end(stream)
    with pytest.raises(ValueError, match="has ended"):
        stream.append("b")
    with pytest.raises(ValueError, match="has ended"):
        stream.extend([])
    assert list(stream) == ["a"]


async def test_an_error_comes_after_what_is_left_to_every_reader():
    stream: TokenStream[str] = TokenStream()
    stream.append("a")
    stream.fail(KeyError("broken"))
    assert stream.is_complete
    for _ in range(2):
        reader = iter(stream)
        assert next(reader) == "a"
        with pytest.raises(KeyError, match="broken"):
            next(reader)
        reader = aiter(stream)
        assert await anext(reader) == "a"
        with pytest.raises(KeyError, match="broken"):
            await anext(reader)


@pytest.mark.parametrize("writer", [TokenStream, TimedBuffer])
@pytest.mark.parametrize("stop", [StopIteration, StopAsyncIteration])
async def test_an_error_that_ends_a_loop_does_not_end_the_stream_silently(writer, stop):
    stream = writer()
    stream.fail(stop("broken"))
    for reading in (lambda: asyncio.to_thread(list, stream), lambda: read(stream)):
        with pytest.raises(RuntimeError, match=f"A stream failed with {stop.__name__}") as raised:
            await reading()
        assert type(raised.value.__cause__) is stop


@pytest.mark.parametrize("writer", [TokenStream, TimedBuffer])
@pytest.mark.parametrize("wrong", ["broken", None, ValueError])
def test_what_is_no_error_is_refused_at_once_and_ends_nothing(writer, wrong):
    stream = writer()
    with pytest.raises(TypeError, match="fails with an error"):
        stream.fail(wrong)
    assert not stream.is_complete


def test_items_that_cannot_be_had_are_none_and_hold_nobody_up():
    stream: TokenStream[str] = TokenStream()

    def items() -> Iterator[str]:
        yield "a"
        with ThreadPoolExecutor(1) as pool:  # nobody has to wait for who makes them
            pool.submit(stream.append, "b").result(PATIENCE)
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        stream.extend(items())
    stream.complete()
    assert list(stream) == ["b"]


def test_sync_readers_in_many_threads_follow_a_live_writer():
    stream: TokenStream[int] = TokenStream()
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(list, stream) for _ in range(4)]
        for number in range(500):
            stream.append(number)
        stream.complete()
        assert all(reader.result(PATIENCE) == list(range(500)) for reader in readers)


async def test_async_readers_follow_a_writer_in_another_thread():
    stream: TokenStream[int] = TokenStream()
    readers = [asyncio.ensure_future(read(stream)) for _ in range(3)]
    await asyncio.sleep(0)

    def write() -> None:
        for number in range(500):
            stream.append(number)
        stream.complete()

    await asyncio.to_thread(write)
    assert await asyncio.gather(*readers) == [list(range(500))] * 3


async def test_a_reader_gets_each_item_as_soon_as_it_is_there():
    stream: TokenStream[str] = TokenStream()
    reader = aiter(stream)
    for text in "ab":
        waiting = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        assert not waiting.done()
        stream.append(text)
        assert await waiting == text
    stream.complete()
    with pytest.raises(StopAsyncIteration):
        await anext(reader)


async def test_a_reader_that_is_cancelled_while_it_waits_disturbs_nobody():
    stream: TokenStream[str] = TokenStream()
    gone, stays = (asyncio.ensure_future(read(stream)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    stream.append("a")
    stream.complete()
    assert await stays == ["a"]


def test_a_reader_goes_on_where_it_stopped():
    reader = iter(filled("a", "b", "c"))
    assert next(reader) == "a"
    assert list(reader) == ["b", "c"]
    assert list(reader) == []


def test_grown_is_done_when_there_is_more_or_the_end():
    stream: TokenStream[str] = TokenStream()
    more = stream.grown(0)
    assert not more.done()
    stream.append("a")
    assert more.done()
    assert stream.grown(0).done()
    end = stream.grown(1)
    assert not end.done()
    stream.complete()
    assert end.done()
    assert stream.grown(1).done()


def test_several_items_at_once_wake_a_reader_once():
    stream: TokenStream[str] = TokenStream()
    waits = []
    waiting = SimpleNamespace(wait=lambda outcome: (waits.append(outcome), portal.wait_plainly(outcome, PATIENCE)))
    reading = TokenStream(waits=waiting)
    thread = threading.Thread(target=lambda: stream.extend(list(reading)))
    thread.start()
    while not waits:  # the reader waits now
        thread.join(0.001)
    reading.extend("abc")
    reading.complete()
    thread.join(PATIENCE)
    assert stream.since() == ["a", "b", "c"]
    assert len(waits) <= 2  # once for the items, at most once more for the end


def test_how_its_readers_wait_lives_as_long_as_the_stream_or_one_of_its_readers():
    class Owner:
        pass

    owner = Owner()
    here = weakref.ref(owner)
    stream: TokenStream[str] = TokenStream(waits=owner)
    reader = iter(stream)
    del owner, stream
    gc.collect()
    assert here() is not None
    del reader
    gc.collect()
    assert here() is None
