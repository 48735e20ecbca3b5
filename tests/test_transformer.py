"""StreamTransformer: filter, map and batch, over anything that can be iterated over, losing nothing."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import FieldDelta, FieldEnd, RunCancelled, StreamTransformer, TokenStream
from desiru_notebook.chunks import Refusal
from desiru_notebook.events import RunEnd, RunStart
from desiru_notebook.providers import Finish, Reasoning, Request, Text, Usage

DELTAS = [FieldDelta("a", "x"), FieldDelta("a", "y"), FieldDelta("b", "z"), FieldDelta("b", " "), FieldDelta("a", "!")]


def stream_of(items: list[Any]) -> TokenStream[Any]:
    stream: TokenStream[Any] = TokenStream()
    stream.extend(items)
    stream.complete()
    return stream


async def awaited(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def read(transformer: StreamTransformer[Any]) -> list[Any]:
    return list(transformer)


def read_async(transformer: StreamTransformer[Any]) -> list[Any]:
    async def read() -> list[Any]:
        return [item async for item in transformer]

    return asyncio.run(read())


def until_error(items: Iterator[Any]) -> tuple[list[Any], Exception | None]:
    """What comes, and what is raised after it."""
    seen = []
    try:
        for item in items:
            seen.append(item)  # noqa: PERF402 - the error comes in the midst of it
    except Exception as error:
        return seen, error
    return seen, None


@pytest.mark.parametrize("source", [list, iter, stream_of, awaited, lambda items: StreamTransformer(stream_of(items))])
@pytest.mark.parametrize("reading", [read, read_async])
class TestEverySourceAndReading:
    def test_filter_lets_pass_what_the_function_says_yes_to(self, source, reading):
        assert reading(StreamTransformer(source(["a", " ", "b", ""])).filter(str.strip)) == ["a", "b"]

    def test_map_gives_what_the_function_makes_of_each(self, source, reading):
        assert reading(StreamTransformer(source(["a", "b"])).map(str.upper)) == ["A", "B"]

    def test_batch_joins_so_many(self, source, reading):
        assert reading(StreamTransformer(source(list("abcde"))).batch(2)) == ["ab", "cd", "e"]

    def test_stages_work_one_after_the_other(self, source, reading):
        transformer = StreamTransformer(source(["a", " ", "b", "c"])).filter(str.strip).map(str.upper).batch(2).map(len)
        assert reading(transformer) == [2, 1]

    def test_a_chain_may_be_longer_than_the_stack(self, source, reading):
        transformer = StreamTransformer(source(list("abc")))
        for _ in range(2000):
            transformer = transformer.map(str)
        assert reading(transformer.batch(2)) == ["ab", "c"]

    def test_an_empty_source_gives_nothing(self, source, reading):
        assert reading(StreamTransformer(source([])).batch(2)) == []

    def test_a_function_that_raises_ends_it_after_what_was_whole(self, source, reading):
        seen: list[Any] = []

        def fault(text: str) -> str:
            if text == "c":
                raise KeyError("broken")
            return text

        with pytest.raises(KeyError, match="broken"):
            reading(StreamTransformer(source(list("abcd"))).map(fault).batch(2).map(seen.append))
        assert seen == ["ab"]


class TestTokenStream:
    def test_has_the_same_stages(self):
        stream = stream_of(["a", " ", "b", "c"])
        assert list(stream.filter(str.strip)) == ["a", "b", "c"]
        assert list(stream.map(str.upper)) == ["A", " ", "B", "C"]
        assert list(stream.batch(3)) == ["a b", "c"]
        assert list(stream.filter(str.strip).batch(2)) == ["ab", "c"]

    def test_each_reading_begins_anew_and_each_stage_leaves_the_one_before_it_alone(self):
        letters = StreamTransformer(stream_of(list("abc")))
        pairs = letters.batch(2)
        assert list(letters) == ["a", "b", "c"]
        assert list(pairs) == list(pairs) == ["ab", "c"]

    def test_a_live_stream_is_read_as_it_grows(self):
        stream: TokenStream[str] = TokenStream()
        reader = iter(stream.batch(2))
        threading.Thread(target=lambda: [stream.extend(["a", "b", "c"]), stream.complete()]).start()
        assert list(reader) == ["ab", "c"]

    async def test_nothing_moves_before_somebody_reads(self):
        source = iter(["a", "b", "c"])
        letters = StreamTransformer(source).map(str.upper)
        assert next(iter(letters)) == "A"
        assert list(source) == ["b", "c"]


class TestBatch:
    def test_never_mixes_two_fields(self):
        batched = [FieldDelta("a", "xy"), FieldDelta("b", "z "), FieldDelta("a", "!")]
        assert list(StreamTransformer(DELTAS).batch(10)) == batched

    def test_counts_the_items_of_one_field(self):
        deltas = [FieldDelta("a", "1"), *(FieldDelta("b", text) for text in "234")]
        assert [str(delta) for delta in StreamTransformer(deltas).batch(2)] == ["1", "23", "4"]

    def test_strings_and_deltas_are_no_batch(self):
        assert list(StreamTransformer(["x", DELTAS[0], "y"]).batch(5)) == ["x", DELTAS[0], "y"]

    def test_chunks_of_a_model_are_text_too(self):
        chunks = [Reasoning("a"), Reasoning("b"), Text("c"), Text("d"), Text("e"), Finish("stop"), Refusal("f"), Refusal("g")]
        batched = [Reasoning("ab"), Text("cd"), Text("e"), Finish("stop"), Refusal("fg")]
        assert list(StreamTransformer(chunks).batch(2)) == batched

    def test_a_model_is_read_without_a_module(self):
        words = StreamTransformer(Scripted(["Air", "\n", " scatters", Usage(output_tokens=3)]).stream(Request([])))
        texts = words.filter(lambda chunk: isinstance(chunk, Text) and str(chunk).strip()).batch(10).map(str)
        assert list(texts) == ["Air scatters"]

    def test_a_chunk_whose_text_is_none_stands_alone(self):
        chunks: list[Any] = [Text("a"), Text(None), Text("b")]  # type: ignore[arg-type]  # as a model of somebody's may be
        assert list(StreamTransformer(chunks).batch(10)) == chunks

    def test_other_events_stand_alone_in_their_place(self):
        run = start(Scripted(["Reasoning: a", "b", "\nAnswer: c", "d"]), "question -> reasoning, answer")
        kinds = [type(event) for event in StreamTransformer(run).batch(10)]
        texts = [event.text for event in StreamTransformer(run).batch(10) if isinstance(event, FieldDelta)]
        assert texts == ["ab", "cd"]
        assert [kinds[0], kinds[-2], kinds[-1]] == [RunStart, FieldEnd, RunEnd]

    @given(st.lists(st.tuples(st.sampled_from("ab"), st.text())), st.integers(1, 7))
    def test_loses_nothing(self, pairs, size):
        deltas = [FieldDelta(field, text) for field, text in pairs]
        batches = list(StreamTransformer(deltas).batch(size))
        for field in "ab":
            assert "".join(d.text for d in batches if d.field == field) == "".join(d.text for d in deltas if d.field == field)
        assert "".join(map(str, batches)) == "".join(map(str, deltas))

    @pytest.mark.parametrize(
        "arguments",
        [{}, {"size": 0}, {"size": True}, {"size": 1.5}, {"seconds": 0}, {"seconds": -1}, {"seconds": float("inf")}],
    )
    def test_what_is_no_batch_is_refused_at_once(self, arguments):
        with pytest.raises(ValueError, match="batch"):
            stream_of([]).batch(**arguments)


class Clock:
    """A clock that is told the time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_with(self, steps: list[tuple[float, str]]) -> Iterator[str]:
        for seconds, text in steps:
            self.now += seconds
            yield text


class TestSeconds:
    def test_a_batch_holds_what_came_within_them(self):
        clock = Clock()
        steps = [(0, "a"), (0.4, "b"), (0.7, "c"), (0.9, "d"), (5, "e")]
        assert list(StreamTransformer(clock.pass_with(steps)).batch(seconds=1, clock=clock)) == ["ab", "cd", "e"]

    def test_whichever_is_there_first(self):
        clock = Clock()
        steps = [(0, "a"), (0.1, "b"), (0.1, "c"), (2, "d")]
        assert list(StreamTransformer(clock.pass_with(steps)).batch(2, seconds=1, clock=clock)) == ["ab", "c", "d"]

    def test_a_batch_is_given_out_though_nothing_comes(self):
        stream: TokenStream[str] = TokenStream()
        stream.append("a")
        reader = iter(stream.batch(100, seconds=0.01))
        assert next(reader) == "a"
        stream.append("b")
        stream.complete()
        assert list(reader) == ["b"]

    @pytest.mark.parametrize("source", [lambda stream: stream, lambda stream: (item async for item in stream)])
    async def test_the_same_for_an_async_reader_and_the_item_that_comes_late_is_not_lost(self, source):
        stream: TokenStream[str] = TokenStream()
        stream.append("a")
        reader = aiter(StreamTransformer(source(stream)).batch(100, seconds=0.01))
        assert await anext(reader) == "a"
        stream.extend(["b", "c"])
        stream.complete()
        assert [item async for item in reader] == ["bc"]

    @pytest.mark.parametrize("seconds", [None, 60])
    async def test_two_tasks_that_wait_in_one_reading_are_told_so_and_nothing_is_lost(self, seconds):
        stream: TokenStream[str] = TokenStream()
        reader = aiter(stream.batch(2, seconds=seconds))
        stream.append("a")
        waiting = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="Two tasks wait for the same reading"):
            await anext(reader)
        stream.extend("bc")
        stream.complete()
        assert await waiting == "ab"
        assert await anext(reader) == "c"

    async def test_a_reader_that_is_cancelled_while_it_waits_finds_the_item_later(self):
        stream: TokenStream[str] = TokenStream()
        stream.append("a")
        reader = aiter(stream.batch(2, seconds=60))
        waiting = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        stream.append("b")
        assert await anext(reader) == "ab"


class TestErrors:
    def test_the_source_s_error_comes_after_what_is_left_and_once(self):
        stream: TokenStream[str] = TokenStream()
        stream.extend("abc")
        stream.fail(KeyError("broken"))
        reader = iter(stream.map(str.upper).batch(2))
        seen, error = until_error(reader)
        assert (seen, type(error)) == (["AB", "C"], KeyError)
        assert list(reader) == []

    def test_what_stands_before_a_function_that_raised_is_not_passed_to_it_any_more(self):
        calls: list[str] = []

        def fault(text: str) -> str:
            calls.append(text)
            raise KeyError(text)

        seen, error = until_error(iter(stream_of(list("abc")).batch(2).map(fault)))
        assert (seen, calls, type(error)) == ([], ["ab"], KeyError)

    def test_a_function_that_raises_on_what_is_left_is_heard(self):
        seen, error = until_error(iter(stream_of(list("abc")).batch(2).map(lambda text: "ab".index(text))))
        assert (seen, type(error)) == ([0], ValueError)

    @pytest.mark.parametrize("stop", [StopIteration, StopAsyncIteration])
    @pytest.mark.parametrize("reading", [read, read_async])
    def test_a_function_that_raises_what_ends_a_loop_does_not_end_the_stream_silently(self, stop, reading):
        def fault(text: str) -> str:
            raise stop

        with pytest.raises(RuntimeError, match=f"A function of a stream raised {stop.__name__}") as raised:
            reading(StreamTransformer(list("abc")).map(fault))
        assert type(raised.value.__cause__) is stop

    def test_a_cancel_travels_through_every_stage_after_what_came(self):
        gate = Gate()
        run = start(Scripted(["Answer: 4", "2", gate]), "question -> answer")
        reader = iter(run.deltas().map(str).batch(3))
        next(event for event in run if str(event) == "2")
        run.cancel()
        seen, error = until_error(reader)
        assert (seen, type(error)) == (["42"], RunCancelled)

    @pytest.mark.parametrize("function", [None, "text"])
    def test_what_is_no_function_is_refused_at_once(self, function):
        with pytest.raises(TypeError, match="function"):
            stream_of([]).map(function)

    def test_a_coroutine_function_is_refused_for_it_would_always_say_yes(self):
        async def blank(text: str) -> bool:
            return not text

        class Blank:
            __call__ = blank

        for function in (blank, partial(blank), Blank()):
            with pytest.raises(TypeError, match="is `async def`"):
                stream_of([]).filter(function)
        with pytest.raises(TypeError, match="returned a coroutine"):
            list(stream_of(["a"]).filter(lambda text: blank(text)))
        with pytest.raises(TypeError, match="returned a coroutine"):
            list(stream_of(["a"]).map(lambda text: blank(text)))

    def test_what_is_no_stream_is_refused_at_once(self):
        with pytest.raises(TypeError, match="int cannot"):
            StreamTransformer(42)


def test_what_a_cell_shows_of_a_stream_is_always_the_same():
    stream: TokenStream[str] = TokenStream()
    assert (repr(stream), repr(stream_of([]))) == ("<TokenStream, growing>", "<TokenStream, complete>")
    assert repr(stream.map(str).batch(2)) == "<StreamTransformer of TokenStream, 2 stages>"


class TestLettingGo:
    """A reader that leaves, or is thrown out, leaves nothing running."""

    def live(self) -> tuple[Scripted, Callable[[], StreamTransformer[Any]]]:
        model = Scripted(["Answer: 4", "2", Gate()])
        run = start(model, "question -> answer")
        return model, run.deltas().map(str).batch(1).__iter__

    def test_a_break_closes_the_model(self):
        model, reading = self.live()
        for _ in reading():
            break
        del reading
        assert model.closed.wait(PATIENCE)

    def test_so_does_a_function_that_raises_though_its_traceback_lives_on(self):
        model = Scripted(["Answer: 4", "2", Gate()])
        reader = iter(start(model, "question -> answer").deltas().map(lambda delta: 1 / 0))
        seen, error = until_error(reader)
        assert (seen, type(error)) == ([], ZeroDivisionError)
        assert model.closed.wait(PATIENCE)
        assert error.__traceback__

    async def test_so_does_an_async_reader_that_waits_for_time_to_pass(self):
        model = Scripted(["Answer: 4", Gate()])
        reader = aiter(start(model, "question -> answer").deltas().map(str).batch(5, seconds=0.01))
        assert await anext(reader) == "4"
        waiting = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        del reader, waiting
        gc.collect()
        assert await asyncio.to_thread(model.closed.wait, PATIENCE)

    def test_the_source_goes_with_the_reading(self):
        source = (letter for letter in "ab")
        gone = weakref.ref(source)
        reader = iter(StreamTransformer(source).map(str))
        del source
        assert (next(reader), gone() is not None) == ("a", True)
        del reader
        assert gone() is None
