"""TimedBuffer: bounded, from any thread and any loop, and patient only for so long."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterable, Iterator
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


class TestLeaving:
    """A reader that leaves its loop, and a writer that waits for room."""

    @pytest.fixture
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(1) as pool:
            yield pool

    def test_nobody_comes_back_and_the_writer_is_let_go(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.05, maxsize=2)
        writing = pool.submit(write_on, buffer)
        for _ in buffer:
            break
        with pytest.raises(StreamTimeout, match=r"Nobody has read for 0\.05 s.*left") as raised:
            writing.result(PATIENCE)
        assert raised.value.kind == "idle"

    async def test_nobody_comes_back_and_a_writer_that_does_not_block_a_loop_is_let_go(self):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.05, maxsize=2)

        async def write() -> None:
            while True:
                await buffer.awrite(1)

        writing = asyncio.ensure_future(write())
        async for _ in buffer:
            break
        with pytest.raises(StreamTimeout, match="Nobody has read"):
            await asyncio.wait_for(writing, PATIENCE)

    def test_an_error_in_the_loop_is_a_way_to_leave_it_and_so_is_patience_that_ends(self, pool):
        buffer = buffer_of("a", timeout=0.05, maxsize=1)
        with pytest.raises(ZeroDivisionError):
            [1 // 0 for _ in buffer]
        with pytest.raises(StreamTimeout, match="Nothing was written"):
            list(buffer)
        with pytest.raises(StreamTimeout, match="Nobody has read"):
            pool.submit(write_on, buffer).result(PATIENCE)

    def test_one_that_is_collected_has_left(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.05, maxsize=1)
        circle: list[object] = [iter(buffer)]
        circle.append(circle)
        del circle
        gc.collect()
        with pytest.raises(StreamTimeout, match="Nobody has read"):
            pool.submit(write_on, buffer).result(PATIENCE)

    def test_who_comes_back_in_time_reads_on_and_misses_nothing(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(maxsize=1)
        writing = pool.submit(write_all, buffer, range(10))
        seen = []
        for number in buffer:
            seen.append(number)
            if number == 4:
                break
        assert [*seen, *buffer] == list(range(10))
        writing.result(PATIENCE)

    def test_the_time_that_a_reader_takes_in_its_loop_is_its_own(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.01, maxsize=1)
        writing = pool.submit(write_all, buffer, range(3))
        assert [(time.sleep(0.05), number)[1] for number in buffer] == [0, 1, 2]
        writing.result(PATIENCE)

    def test_who_reads_one_by_one_has_left_no_loop(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.02, maxsize=1)
        writing = pool.submit(write_all, buffer, range(3))
        next(iter(buffer))
        assert buffer.read() == 1
        time.sleep(0.1)
        assert [buffer.read(), buffer.read()] == [2, EOF]
        writing.result(PATIENCE)

    def test_it_has_left_only_when_the_last_one_has(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=0.02, maxsize=1)
        writing = pool.submit(write_all, buffer, range(3))
        one, other = iter(buffer), iter(buffer)
        assert next(one) == 0
        del one
        time.sleep(0.1)
        assert list(other) == [1, 2]
        writing.result(PATIENCE)

    def test_without_a_limit_the_writer_waits_until_somebody_reads(self, pool):
        buffer: TimedBuffer[int] = TimedBuffer(timeout=None, maxsize=1)
        writing = pool.submit(write_all, buffer, range(3))
        assert next(iter(buffer)) == 0
        assert list(buffer) == [1, 2]
        writing.result(PATIENCE)


def write_on(buffer: TimedBuffer[int]) -> None:
    while True:
        buffer.write(1)


def write_all(buffer: TimedBuffer[int], numbers: Iterable[int]) -> None:
    for number in numbers:
        buffer.write(number)
    buffer.complete()


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
