"""A run always ends, whatever its model, its validators and its listeners raise; and so does every other run."""

from __future__ import annotations

import asyncio

import pytest
from models import PATIENCE, Gate, Scripted, Whole, start
from pydantic import BaseModel, field_validator

from desiru_notebook import (
    DesiruError,
    FieldDelta,
    FieldValueError,
    OutputError,
    ProviderError,
    RunEnd,
    Signature,
    StreamingModule,
    consumer,
    ending,
    portal,
)
from desiru_notebook.chunks import Finish, Notice, Reasoning, Refusal, Text, Usage

RAISED = [SystemExit("mine"), KeyboardInterrupt("mine"), GeneratorExit("mine"), RecursionError("mine"), KeyError("mine")]
RAISED += [asyncio.CancelledError("mine"), StopIteration("mine"), MemoryError("mine")]
NAMES = [type(error).__name__ for error in RAISED]


def works() -> bool:
    """Whether other runs still do."""
    return start(Scripted(["Answer: 42"]), "question -> answer").result(PATIENCE) == {"answer": "42"}


def picky(error: BaseException) -> Signature:
    """A signature with a type whose validator raises the error."""

    class Picky(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def refuse(cls, name: str) -> str:
            raise error

    return Signature("question -> who: Picky, answer", types={"Picky": Picky})


class Unreadable(DesiruError):
    """An error of a model's own that cannot be read."""

    def __str__(self) -> str:
        raise ValueError("unreadable")


@pytest.mark.parametrize("count", [10**400, -1, True + 10**18])
def test_a_count_that_nobody_can_have_meant_is_none(count):
    run = start(Scripted(["Answer: 42", Usage(count, count, count), Usage(3, None, None), Finish("stop")]))
    run.result(PATIENCE)
    assert (run.stats.usage, run.state, run.cancel()) == (Usage(3, None, None), "done", False)


@pytest.mark.parametrize("error", RAISED, ids=NAMES)
def test_what_a_validator_raises_is_a_value_that_does_not_fit(error):
    run = StreamingModule(picky(error), model=Scripted(['Who: {"name": "Ada"}\nAnswer: 42'])).stream(question="Why?")
    with pytest.raises(FieldValueError, match=rf"(?i)its validator raised {type(error).__name__}") as caught:
        run.result(PATIENCE)
    assert caught.value.partial == {"who": '{"name": "Ada"}', "answer": "42"}
    assert works()


@pytest.mark.parametrize("error", RAISED, ids=NAMES)
def test_no_validator_runs_for_a_field_that_is_still_open(error):
    gate = Gate()
    run = StreamingModule(picky(error), model=Scripted(['Who: {"name": "Ada"}', gate])).stream(question="Why?")
    assert gate.reached.wait(PATIENCE)
    assert run.partial == {"who": {"name": "Ada"}}
    run.cancel()
    run.join()
    assert (run.state, run.partial) == ("cancelled", {"who": {"name": "Ada"}})
    assert works()


@pytest.mark.parametrize("error", RAISED, ids=NAMES)
def test_what_a_callback_raises_is_logged_and_harms_no_run(error, caplog):
    gate = Gate()
    run = start(Scripted(["Answer: 42", gate]), "question -> answer")

    def fail() -> None:
        raise error

    run.add_done_callback(fail)
    gate.open()
    assert run.result(PATIENCE) == {"answer": "42"}
    assert type(error).__name__ in caplog.text
    assert works()


@pytest.mark.parametrize("error", [SystemExit("mine"), KeyboardInterrupt("mine")], ids=["SystemExit", "KeyboardInterrupt"])
@pytest.mark.parametrize("where", ["task", "callback"])
def test_code_of_a_model_cannot_end_the_loop(error, where, caplog):
    async def fail() -> None:
        raise error

    def fail_at_once() -> None:
        raise error

    class Leaving:
        name = "leaving"

        async def stream(self, request):
            loop = asyncio.get_running_loop()
            self.task = loop.create_task(fail()) if where == "task" else loop.call_soon(fail_at_once)
            await asyncio.sleep(0)
            yield Text("Answer: 42")

    assert start(Leaving(), "question -> answer").result(PATIENCE) == {"answer": "42"}
    assert "tried to end it" in caplog.text
    assert works()


@pytest.mark.parametrize("error", RAISED, ids=NAMES)
@pytest.mark.parametrize("model", [Scripted, Whole])
def test_what_a_model_raises_ends_its_own_run_only(error, model):
    class Failing(Whole):
        async def complete(self, request):
            raise error

    run = start(Failing([]) if model is Whole else Scripted(["Answer: 4", error]), "question -> answer", retries=0)
    run.join()
    assert run.state == ("cancelled" if isinstance(error, asyncio.CancelledError) else "failed")
    assert works()


def test_an_error_that_cannot_be_read_is_told_by_its_class():
    run = start(Scripted(["Answer: 4", Unreadable()]), "question -> answer")
    with pytest.raises(ProviderError, match="scripted failed with Unreadable") as caught:
        run.result(PATIENCE)
    assert caught.value.partial == {"answer": "4"}


def test_an_error_that_several_runs_raise_has_each_runs_own_partial_answer():
    error = ProviderError("busy", provider="p", status=503, transient=False)
    runs = [start(Scripted([f"Answer: {number}", error]), "question -> answer") for number in range(3)]
    for run in runs:
        run.join()
    assert [run.error.partial for run in runs] == [{"answer": "0"}, {"answer": "1"}, {"answer": "2"}]
    assert [(type(run.error), str(run.error), run.error.status) for run in runs] == [(ProviderError, "busy", 503)] * 3


@pytest.mark.parametrize("broken", ["stats", "partial_value", "close", "flush"])
def test_what_fails_at_the_end_does_not_keep_the_run_from_it(broken, monkeypatch, caplog):
    gate = Gate()
    run = start(Scripted(["Reasoning: Because.\nAnswer: 4", "2", gate]), "question -> reasoning, answer: int")
    assert gate.reached.wait(PATIENCE)

    def fail(*_: object, **__: object) -> None:
        raise OverflowError("too large")

    parts = {"stats": (run._consumer._account, "stats"), "close": (run._consumer._account, "close"),
             "flush": (run._consumer.parser, "flush"), "partial_value": (consumer, "partial_value")}  # fmt: skip
    monkeypatch.setattr(*parts[broken], fail)
    run.cancel()
    run.join()
    assert (run.state, run.cancel()) == ("cancelled", False)
    assert {name: str(value) for name, value in run.partial.items()} == {"reasoning": "Because.", "answer": "42"}
    assert isinstance([*run][-1], RunEnd)
    assert "OverflowError" in caplog.text


def test_a_stream_of_deltas_that_its_holder_has_ended_harms_no_run():
    gates = Gate(), Gate()
    run = start(Scripted(["Answer: 4", gates[0], "2", gates[1]]), "question -> answer")
    deltas = run.deltas()
    assert gates[0].reached.wait(PATIENCE)
    portal.run(asyncio.sleep(0))
    deltas.complete()
    for gate in gates:
        gate.open()
    assert run.result(PATIENCE) == {"answer": "42"}
    assert [*deltas] == [FieldDelta("answer", "4")]


@pytest.mark.parametrize("kind", [Text, Reasoning])
@pytest.mark.parametrize("piece", ["x" * 1000, "\n" * 1000])
def test_an_endless_answer_is_stopped_and_kept(kind, piece, monkeypatch):
    monkeypatch.setattr(ending, "MOST_CHARACTERS", 1_000_000)

    class Endless:
        name = "endless"

        async def stream(self, request):
            yield kind("Answer: 42")
            while True:
                yield kind(piece)

    run = start(Endless(), "question -> answer")
    with pytest.raises(ProviderError, match=r"endless said more than 1,000,000 characters and was stopped") as caught:
        run.result(PATIENCE)
    said = caught.value.partial.get("answer", "") or caught.value.partial.thinking
    assert said.startswith("42" if kind is Text else "Answer: 42")


def test_an_endless_refusal_is_stopped():
    class Declining:
        name = "declining"

        async def stream(self, request):
            while True:
                yield Refusal("No. " * 100)

    run = start(Declining())
    with pytest.raises(ProviderError, match="declining declined in more than 100,000 characters"):
        run.result(PATIENCE)
    assert len(run.stats.notices[0]) == 2000
    assert run.stats.notices[0].startswith("declining declined: No. No.")


def test_notices_and_stop_reasons_have_a_length_that_can_be_read():
    run = start(Scripted(["Answer: 42", Notice("n" * 10_000, lasting=True), Finish("f" * 10_000)]))
    run.result(PATIENCE)
    assert (len(run.stats.notices[0]), len(run.stats.finish)) == (2000, 200)


class TestFinish:
    """What a module's ``finish`` raises."""

    def test_it_is_called_once_and_its_error_is_kept_and_typed(self):
        calls: list[object] = []

        class Strict(StreamingModule):
            def finish(self, prediction):
                calls.append(prediction)
                raise KeyError("mine")

        run = Strict("question -> answer", model=Scripted(["Answer: 42"])).stream(question="Why?")
        errors = []
        for _ in range(2):
            with pytest.raises(OutputError, match=r"The module's finish\(\) raised KeyError: 'mine'") as caught:
                run.result(PATIENCE)
            errors.append(caught.value)
        assert errors[0] is errors[1]
        assert isinstance(errors[0].__cause__, KeyError)
        assert errors[0].partial == {"answer": "42"}
        assert len(calls) == 1
