"""A model whose code blocks the loop that all runs share: limits hold, Cancel works, and the other runs hear of it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from models import PATIENCE, Gate, Scripted, start
from pydantic import BaseModel, field_validator

from desiru_notebook import Notice, RunCancelled, RunEnd, Signature, StreamingModule, StreamTimeout, Timeouts, monitor
from desiru_notebook.chunks import Text

LIMIT = 0.2  # seconds


class Blocking:
    """A model whose code blocks the loop until the test lets it go on."""

    name = "blocking"

    def __init__(self, *before: str, finally_: bool = False) -> None:
        self.before, self.finally_ = before, finally_
        self.blocks, self.go_on = threading.Event(), threading.Event()

    async def stream(self, request):
        try:
            for text in self.before:
                yield Text(text)
                await asyncio.sleep(0)
            if self.finally_:
                await asyncio.sleep(PATIENCE)
            self.block()
        finally:
            if self.finally_:
                self.block()

    def block(self) -> None:
        self.blocks.set()
        self.go_on.wait(PATIENCE)


@pytest.fixture
def blocking():
    models: list[Blocking] = []

    def make(*before: str, **options) -> Blocking:
        models.append(Blocking(*before, **options))
        return models[-1]

    yield make
    for model in models:
        model.go_on.set()


@pytest.mark.parametrize("kind", ["first", "total"])
def test_whoever_waits_for_a_model_that_blocks_gets_the_limit_and_the_models_name(blocking, kind):
    model = blocking()
    run = start(model, "question -> answer", timeout=Timeouts(**{kind: LIMIT}))
    with pytest.raises(StreamTimeout, match="The code of blocking blocks the event loop") as caught:
        run.result()
    assert not model.go_on.is_set()
    assert (caught.value.kind, run.state) == (kind, "failed")
    assert isinstance([*run][-1], RunEnd)


def test_what_it_said_before_is_kept_whole_the_end_of_the_held_back_text_too(blocking):
    run = start(blocking("Answer: 4", "2\n", "[[ ##"), "question -> answer", timeout=Timeouts(idle=LIMIT))
    with pytest.raises(StreamTimeout) as caught:
        run.result()
    assert caught.value.partial == run.partial == {"answer": "42\n[[ ##"}


async def test_so_does_whoever_awaits_it(blocking):
    with pytest.raises(StreamTimeout):
        await start(blocking(), timeout=LIMIT)


def test_a_finally_that_blocks_does_not_stretch_the_limit(blocking):
    model = blocking("Answer: 4", finally_=True)
    run = start(model, "question -> answer", timeout=LIMIT)
    with pytest.raises(StreamTimeout) as caught:
        run.result()
    assert not model.go_on.is_set()
    assert caught.value.partial == {"answer": "4"}


def test_nor_does_one_that_awaits():
    closing = Gate()
    model = Scripted(["Answer: 4", Gate()], closing=closing)
    run = start(model, "question -> answer", timeout=LIMIT)
    with pytest.raises(StreamTimeout):
        run.result()
    assert not model.closed.is_set()
    closing.open()
    assert model.was_closed()


def test_a_run_that_blocks_can_be_cancelled(blocking):
    model = blocking("Answer: 4")
    run = start(model, "question -> answer")
    assert model.blocks.wait(PATIENCE)
    assert run.cancel()
    with pytest.raises(RunCancelled):
        run.result(PATIENCE / 2)
    assert not model.go_on.is_set()


def test_after_the_end_it_says_nothing_more(blocking):
    model = blocking("Answer: 4")
    model.block, blocked = lambda: blocked(), model.block
    run = start(model, "question -> answer", timeout=LIMIT)
    run.join()
    events = [*run]
    model.go_on.set()
    start(Scripted(["Answer: 42"]), "question -> answer").result(PATIENCE)
    assert [*run] == events


def test_other_runs_are_told_which_model_they_wait_for_and_then_go_on(blocking):
    model, gate = blocking(), Gate()
    other = start(Scripted([gate, "Answer: 42"]), "question -> answer")
    assert gate.reached.wait(PATIENCE)
    blocked = start(model)
    notice = next(event for event in other if isinstance(event, Notice))
    assert notice == Notice("Waiting for blocking, whose code blocks the event loop that all runs share.")
    assert Notice not in map(type, blocked.log.since())
    model.go_on.set()
    gate.open()
    assert other.result(PATIENCE) == {"answer": "42"}


def test_so_is_one_that_had_not_even_begun(blocking):
    model = blocking()
    blocked = start(model)
    assert model.blocks.wait(PATIENCE)
    late = start(Scripted(["Answer: 42"]), "question -> answer", timeout=LIMIT)
    with pytest.raises(StreamTimeout, match=r"scripted .*The code of blocking blocks"):
        late.result()
    assert blocked.state == "pending"


def test_a_validator_that_blocks_holds_no_limit_up():
    blocks, go_on = threading.Event(), threading.Event()

    class Slow(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def wait(cls, name: str) -> str:
            blocks.set()
            go_on.wait(PATIENCE)
            return name

    signature = Signature("question -> answer, who: Slow", types={"Slow": Slow})
    model = Scripted(["Answer: 42\nWho: ", '{"name": "Ada"}'])
    try:
        run = StreamingModule(signature, model=model, timeout=LIMIT).stream(question="Why?")
        with pytest.raises(StreamTimeout) as caught:
            run.result()
        assert blocks.is_set()
        texts = {field: "".join(event.text for event in run if getattr(event, "field", "") == field and hasattr(event, "text"))
                 for field in ("answer", "who")}  # fmt: skip
        assert caught.value.partial["answer"] == "42" == texts["answer"][:2]
    finally:
        go_on.set()
    start(Scripted(["Answer: 42"])).join()
    assert isinstance([*run][-1], RunEnd)


def test_the_monitor_forgets_a_run_that_has_ended():
    run = start(Scripted(["Answer: 42"]))
    run.join()
    assert run._consumer not in monitor._monitor._runs


def test_a_machine_that_was_suspended_is_no_blocked_loop():
    """Only looks that the loop has not answered count, not the time that has passed."""
    gate = Gate()
    run = start(Scripted([gate, "Answer: 42"]), "question -> answer")
    watching = monitor.Monitor()
    watching._runs.add(run._consumer)
    for _ in range(12):  # the loop answers between two looks
        watching._look()
        seen = time.monotonic() + PATIENCE
        while not watching._is_answered and time.monotonic() < seen:
            time.sleep(0.001)
    gate.open()
    run.join()
    assert Notice not in map(type, run)
