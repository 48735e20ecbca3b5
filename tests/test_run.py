"""Run: what it says from beginning to end, to whom, and how it ends. Cancelling: test_cancel.py."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import (
    DesiruError,
    FieldDelta,
    FieldEnd,
    FieldStart,
    FieldValueError,
    MissingFieldError,
    Notice,
    OutputError,
    Prediction,
    ProviderError,
    Run,
    RunEnd,
    RunStart,
    Signature,
    portal,
)
from desiru_notebook import providers as chunks

TWO = Signature("question -> reasoning, answer")
SAID = ["Reasoning: Be", "cause.\nAns", "wer: 42"]
EVENTS = [
    RunStart(TWO, "scripted"),
    FieldStart("reasoning"),
    FieldDelta("reasoning", "Be"),
    FieldDelta("reasoning", "cause."),
    FieldEnd("reasoning", "Because.", "Because."),
    FieldStart("answer"),
    FieldDelta("answer", "42"),
    FieldEnd("answer", "42", "42"),
    RunEnd("done", Prediction({"reasoning": "Because.", "answer": "42"})),
]


def test_a_run_is_this_list_of_events():
    assert list(start(Scripted(SAID))) == EVENTS


async def test_async_readers_see_the_same():
    assert [event async for event in start(Scripted(SAID))] == EVENTS


async def test_late_readers_see_the_run_from_its_start_and_as_often_as_they_like():
    run = start(Scripted(SAID))
    run.result(PATIENCE)
    assert list(run) == list(run) == [event async for event in run] == EVENTS


def test_other_runs_have_their_turn_while_a_long_piece_is_read():
    said, seen = "- a\n" * 50_000, set[int]()
    run = start(Scripted([f"Answer: {said}"]))

    def look() -> None:
        seen.add(len(run.texts().get("answer", "")))
        if run.state in ("pending", "streaming"):
            portal.call(look)

    portal.call(look)
    assert run.result(PATIENCE).answer == said.rstrip()
    assert len(seen) > 2


def test_readers_in_several_threads_all_see_everything():
    gate = Gate()
    run = start(Scripted([gate, *SAID]))
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(list, run) for _ in range(4)]
        gate.open()
        assert [reader.result(PATIENCE) for reader in readers] == [EVENTS] * 4


def test_each_event_is_there_as_soon_as_the_model_has_said_it():
    gates = Gate(), Gate()
    run = start(Scripted([gates[0], "Answer: 4", gates[1], "2"]))
    reader = iter(run)
    assert next(reader) == RunStart(TWO, "scripted")
    assert run.state == "pending"
    gates[0].open()
    assert [next(reader), next(reader)] == [FieldStart("answer"), FieldDelta("answer", "4")]
    assert run.state == "streaming"
    assert run.partial == {"answer": "4"}
    assert not run.partial.complete
    gates[1].open()
    assert run.result(PATIENCE) == {"answer": "42"}
    assert run.state == "done"


def test_the_result_is_a_prediction_with_its_figures():
    run = start(Scripted([*SAID, chunks.Usage(7, 9, 16), chunks.Finish("stop")]))
    prediction = run.result(PATIENCE)
    assert prediction == run.partial == Prediction({"reasoning": "Because.", "answer": "42"})
    assert prediction.complete
    stats = prediction.stats
    assert (stats.model, stats.provider, stats.tokens, stats.finish) == ("scripted", "tests", 9, "stop")
    assert stats.usage == chunks.Usage(7, 9, 16)
    assert 0 <= stats.ttft <= stats.duration
    assert run.stats.duration == stats.duration


def test_tokens_are_counted_where_the_provider_does_not():
    assert start(Scripted(["Answer: a", chunks.Reasoning("b"), "", chunks.Notice("x")])).result().stats.tokens == 2


async def test_await_gives_the_result_on_the_callers_loop():
    assert await start(Scripted(SAID)) == {"reasoning": "Because.", "answer": "42"}


async def test_a_run_started_inside_a_running_loop_does_not_need_it():
    assert start(Scripted(SAID, delay=0.01)).result(PATIENCE).answer == "42"


def test_native_reasoning_is_a_field_or_is_kept_as_thinking():
    said = [chunks.Reasoning("hm "), chunks.Reasoning("so"), "Answer: 42"]
    assert start(Scripted(said)).result().reasoning == "hm so"
    prediction = start(Scripted(said), Signature("question -> answer")).result()
    assert (dict(prediction), prediction.thinking) == ({"answer": "42"}, "hm so")


def test_notices_and_tool_calls_are_reported_and_are_no_text():
    said = [chunks.Notice("Fetching"), chunks.ToolCall("search", "{}"), "Answer: 42"]
    run = start(Scripted(said), Signature("question -> answer"))
    assert list(run)[1:4] == [
        Notice("Fetching"),
        Notice("scripted asked for the tool 'search'; a run has no tools.", lasting=True),
        FieldStart("answer"),
    ]


@pytest.mark.parametrize("reason", ["length", "content_filter", "MAX_TOKENS", "max_tokens", "refusal"])
def test_an_answer_that_was_cut_short_is_done_but_not_complete(reason):
    prediction = start(Scripted(["Answer: 42\nReasoning: x", chunks.Finish(reason)])).result()
    assert prediction.missing == []
    assert not prediction.complete


def test_a_field_that_never_came_is_missing_and_reading_it_says_so():
    prediction = start(Scripted(["Answer: 42"])).result()
    assert (prediction.missing, prediction.complete) == (["reasoning"], False)
    with pytest.raises(MissingFieldError):
        _ = prediction.reasoning


def test_a_text_that_does_not_fit_its_type_fails_the_run_and_is_kept():
    run = start(Scripted(["N: many\nNote: x"]), Signature("question -> n: int, note"))
    with pytest.raises(FieldValueError, match="not int") as caught:
        run.result()
    assert caught.value.partial == run.partial == {"n": "many", "note": "x"}
    assert run.state == "failed"


class TestFields:
    def test_the_future_of_a_field_is_done_when_the_field_closes(self):
        gate = Gate()
        run = start(Scripted(["N: 7\nNote:", gate, "x"]), Signature("question -> n: int, note"))
        assert run.field("n").result(PATIENCE) == 7
        assert run.field("n").done()
        assert not run.field("note").done()
        with pytest.raises(TimeoutError):
            run.field("note").result(timeout=0)
        gate.open()
        assert run.field("note").result(PATIENCE) == "x"

    async def test_it_can_be_awaited(self):
        run = start(Scripted(SAID))
        assert await asyncio.gather(*(self.value(run, name) for name in ("answer", "reasoning"))) == ["42", "Because."]

    async def value(self, run, name):
        return await run.field(name)

    def test_it_keeps_the_run_alive(self):
        gate = Gate()
        future = start(Scripted([gate, *SAID])).field("answer")
        gate.open()
        assert future.result(PATIENCE) == "42"

    async def test_a_field_that_never_came_raises_with_what_there_is(self):
        run = start(Scripted(["Answer: 42"]))
        with pytest.raises(MissingFieldError, match="never produced 'reasoning'") as caught:
            run.field("reasoning").result(PATIENCE)
        assert caught.value.partial == {"answer": "42"}
        with pytest.raises(MissingFieldError):
            await run.field("reasoning")

    def test_a_field_that_does_not_fit_raises_as_soon_as_it_closes(self):
        gate = Gate()
        run = start(Scripted(["N: many\nNote:", gate]), Signature("question -> n: int, note"))
        with pytest.raises(FieldValueError) as caught:
            run.field("n").result(PATIENCE)
        assert caught.value.partial["n"] == "many"

    def test_a_field_raises_what_the_run_raises(self):
        run = start(Scripted([ProviderError("no")]))
        with pytest.raises(ProviderError, match="no"):
            run.field("answer").result(PATIENCE)

    def test_there_is_no_future_of_what_is_no_output(self):
        with pytest.raises(OutputError, match="no output 'question'; it has reasoning, answer"):
            start(Scripted(SAID)).field("question")


def test_the_deltas_alone_are_a_stream_that_keeps_the_run_alive():
    gate = Gate()
    stream = start(Scripted([gate, *SAID])).deltas()
    gate.open()
    assert list(stream) == [event for event in EVENTS if isinstance(event, FieldDelta)]
    assert str(stream) == "Because.42"


def test_deltas_taken_late_are_all_the_deltas():
    run = start(Scripted(SAID))
    run.result()
    assert "".join(map(str, run.deltas())) == "Because.42"


def test_a_long_run_is_the_same_to_who_reads_it_live_late_and_by_its_deltas():
    words = [f" {number:04}" for number in range(5_000)]
    run = start(Scripted(["Reasoning:", *words, "\nAnswer:", *words]))
    live = list(run)
    deltas = [FieldDelta(field, word.strip() if not at else word) for field in run.texts() for at, word in enumerate(words)]
    assert [event for event in live if isinstance(event, FieldDelta)] == deltas
    assert list(run) == live
    stream = run.deltas()
    assert list(stream) == deltas
    assert str(stream) == "".join(delta.text for delta in deltas)


def test_readers_of_deltas_get_the_runs_error_after_what_is_left():
    reader = iter(start(Scripted(["Answer: 4", ProviderError("down")])).deltas())
    assert next(reader) == FieldDelta("answer", "4")
    with pytest.raises(ProviderError, match="down"):
        next(reader)


def test_join_waits_and_raises_nothing():
    run = start(Scripted([DesiruError("no")]))
    run.join()
    assert run.state == "failed"


def test_a_run_shows_what_it_is():
    run = start(Scripted(SAID))
    run.join()
    assert repr(run) == "<Run 'question -> reasoning, answer' on scripted: done>"
    assert (run.signature, run.model, run.texts()) == (TWO, "scripted", {"reasoning": "Because.", "answer": "42"})


def test_the_name_of_its_model_has_no_power_over_a_terminal():
    model = Scripted(SAID)
    model.name = "m\x1b[1m"
    assert "on m\u241b[1m: " in repr(start(model))


class TestRetry:
    def test_it_asks_the_same_again_as_a_new_run(self):
        model = Scripted(SAID)
        run = start(model, temperature=0.5)
        run.join()
        again = run.retry()
        assert again is not run
        assert again.result(10) == run.result()
        assert model.requests[0] == model.requests[1]
        assert again.retry().result(10) == run.result()

    def test_a_run_that_goes_on_is_not_asked_again(self):
        run = start(Scripted([Gate()]))
        with pytest.raises(DesiruError, match=r"still going on: wait for its end, or cancel\(\) it first"):
            run.retry()
        run.cancel()

    def test_nor_is_one_that_no_module_has_made(self):
        async def chunks_of_nobody():
            yield [chunks.Text("Answer: 42")]

        run = Run(Signature("question -> answer"), "m", chunks_of_nobody())
        run.join()
        with pytest.raises(DesiruError, match="call the module's stream"):
            run.retry()
