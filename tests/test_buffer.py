"""TimedBuffer: bounded, from any thread and any loop, and patient only for so long."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from models import PATIENCE

from desiru_notebook import EOF, StreamTimeout, TimedBuffer


def buffer_of(*items: str, **settings) -> TimedBuffer[str]:
    buffer: TimedBuffer[str] = TimedBuffer(**settings)
    for item in items:
        buffer.write(item)
    return buffer


async def wait_for(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)


def test_what_is_written_is_read_in_order_and_then_comes_the_end():
    buffer = buffer_of("a", "b")
    buffer.complete()
    assert [buffer.read(), buffer.read(), buffer.read(), buffer.read()] == ["a", "b", EOF, EOF]


async def test_the_same_without_blocking_a_loop():
    buffer: TimedBuffer[str] = TimedBuffer()
    await buffer.awrite("a")
    buffer.complete()
    assert [await buffer.aread(), await buffer.aread()] == ["a", EOF]


def test_the_end_is_false_and_says_its_name():
    assert (bool(EOF), repr(EOF)) == (False, "EOF")


async def test_it_is_iterated_over_to_the_end():
    buffer = buffer_of("a", "b")
    buffer.complete()
    assert list(buffer) == ["a", "b"]
    assert list(buffer) == []
    buffer = buffer_of("a", "b")
    buffer.complete()
    assert [item async for item in buffer] == ["a", "b"]


def test_it_knows_how_much_waits_and_whether_it_has_ended_and_is_true_when_empty():
    buffer = buffer_of("a")
    assert (len(buffer), buffer.is_complete) == (1, False)
    buffer.complete()
    buffer.read()
    assert (len(buffer), buffer.is_complete, bool(buffer)) == (0, True, True)


class TestTime:
    def test_a_read_gives_up_after_it_and_can_be_tried_again(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=0.01)
        with pytest.raises(StreamTimeout, match=r"0\.01 s.*complete") as raised:
            buffer.read()
        assert raised.value.kind == "first"
        buffer.write("a")
        assert buffer.read() == "a"
        with pytest.raises(StreamTimeout) as raised:
            next(iter(buffer))
        assert raised.value.kind == "idle"

    async def test_so_does_one_that_does_not_block_a_loop(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=0.01)
        with pytest.raises(StreamTimeout):
            await buffer.aread()
        with pytest.raises(StreamTimeout):
            await anext(aiter(buffer))
        buffer.write("a")
        assert await buffer.aread() == "a"

    def test_it_is_what_the_clock_says(self):
        times = iter([0.0, 61.0])
        with pytest.raises(StreamTimeout, match="60 s"):
            TimedBuffer(timeout=60, clock=lambda: next(times)).read()

    def test_without_a_limit_it_waits_until_somebody_writes(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=None)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(buffer.read)
            buffer.write("a")
            assert reading.result(PATIENCE) == "a"

    def test_what_waits_for_nothing_leaves_nothing_behind(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=0.001)
        for _ in range(10):
            with pytest.raises(StreamTimeout):
                buffer.read()
        assert buffer._waiting == []


class TestRoom:
    def test_a_full_buffer_makes_its_writer_wait(self):
        buffer = buffer_of("a", "b", maxsize=2)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(buffer.write, "c")
            assert len(buffer) == 2
            assert not writing.done()
            assert buffer.read() == "a"
            writing.result(PATIENCE)
        assert (buffer.read(), buffer.read()) == ("b", "c")

    async def test_the_same_without_blocking_a_loop(self):
        buffer = buffer_of("a", maxsize=1)
        writing = asyncio.ensure_future(buffer.awrite("b"))
        await asyncio.sleep(0)
        assert not writing.done()
        assert await buffer.aread() == "a"
        await writing
        assert await buffer.aread() == "b"

    def test_it_never_holds_more_than_that_and_loses_nothing(self):
        buffer: TimedBuffer[int] = TimedBuffer(maxsize=3)
        most, seen = 0, []

        def write() -> None:
            for number in range(1000):
                buffer.write(number)
            buffer.complete()

        thread = threading.Thread(target=write)
        thread.start()
        for number in buffer:
            most = max(most, len(buffer))
            seen.append(number)
        thread.join(PATIENCE)
        assert seen == list(range(1000))
        assert most <= 3

    async def test_many_write_and_many_read_and_each_item_is_read_once(self):
        buffer: TimedBuffer[int] = TimedBuffer(maxsize=2)
        read: list[int] = []

        async def reader() -> None:
            read.extend([number async for number in buffer])

        def write(first: int) -> None:
            for number in range(first, first + 100):
                buffer.write(number)

        readers = [asyncio.ensure_future(reader()) for _ in range(3)]
        await asyncio.gather(*(asyncio.to_thread(write, first) for first in (0, 100, 200)))
        buffer.complete()
        await asyncio.gather(*readers)
        assert sorted(read) == list(range(300))


class TestEnd:
    def test_nothing_can_be_written_after_it_and_only_the_first_counts(self):
        buffer = buffer_of("a")
        buffer.complete()
        buffer.fail(KeyError("late"))
        with pytest.raises(ValueError, match="has ended"):
            buffer.write("b")
        assert list(buffer) == ["a"]

    async def test_nothing_can_be_written_after_it_without_blocking_either(self):
        buffer = buffer_of()
        buffer.complete()
        with pytest.raises(ValueError, match="has ended"):
            await buffer.awrite("b")

    def test_an_error_comes_after_what_is_left(self):
        buffer = buffer_of("a")
        buffer.fail(KeyError("broken"))
        assert buffer.read() == "a"
        for _ in range(2):
            with pytest.raises(KeyError, match="broken"):
                buffer.read()

    def test_a_writer_that_waits_for_room_is_told_so(self):
        buffer = buffer_of("a", maxsize=1)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(buffer.write, "b")
            buffer.complete()
            with pytest.raises(ValueError, match="has ended"):
                writing.result(PATIENCE)
        assert list(buffer) == ["a"]

    async def test_all_readers_that_wait_are_told_so(self):
        buffer: TimedBuffer[str] = TimedBuffer()
        readers = [asyncio.ensure_future(buffer.aread()) for _ in range(3)]
        await wait_for(lambda: len(buffer._waiting) == 3)
        buffer.complete()
        assert await asyncio.gather(*readers) == [EOF] * 3

    async def test_a_reader_that_is_cancelled_while_it_waits_takes_nothing_with_it(self):
        buffer: TimedBuffer[str] = TimedBuffer()
        reading = asyncio.ensure_future(buffer.aread())
        await wait_for(lambda: buffer._waiting)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert buffer._waiting == []
        buffer.write("a")
        assert await buffer.aread() == "a"


def test_a_cell_shows_what_it_is():
    buffer = buffer_of("a", maxsize=3)
    assert repr(buffer) == "<TimedBuffer of 3, open>"
    buffer.complete()
    assert repr(buffer) == "<TimedBuffer of 3, complete>"


def test_a_century_is_no_trouble():
    assert buffer_of("a", timeout=1e11).read() == "a"
    buffer: TimedBuffer[str] = TimedBuffer(timeout=1e11)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(buffer.read)
        buffer.write("a")
        assert reading.result(PATIENCE) == "a"


@pytest.mark.parametrize(
    "settings",
    [{"timeout": 0}, {"timeout": float("inf")}, {"timeout": True}, {"timeout": "1"}, {"maxsize": 0}, {"maxsize": 1.5}],
)
def test_limits_that_are_none_are_refused(settings):
    with pytest.raises(ValueError, match="not"):
        TimedBuffer(**settings)
