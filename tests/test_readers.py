"""Backpressure: the model waits for the fastest of those who read, and for nobody where nobody does or somebody waits."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest
from models import PATIENCE, Gate

from desiru_notebook import FieldDelta, Run, RunCancelled, Signature, StreamingModule, StreamTimeout, Timeouts, flow
from desiru_notebook.events import RunEnd
from desiru_notebook.providers import Text

WORD = "x" * 1000
HELD = flow.AHEAD // len(WORD) + 1  # words after which a model waits for its reader
ALL = HELD * 4


class Gushing:
    """A model that says a word, waits for its gate, and then says one long word after another.

    It counts them; ``held`` is set as soon as it has not been asked for more for a while.
    """

    name = "gushing"

    def __init__(self) -> None:
        self.said = 0
        self.gate = Gate()
        self.held, self.closed = threading.Event(), threading.Event()

    async def stream(self, request):
        try:
            for _ in range(ALL):
                self.said += 1
                asyncio.get_running_loop().call_later(0.3, self._look, self.said)
                yield Text(WORD)
                await (self.gate.passed() if self.said == 1 else asyncio.sleep(0))
        finally:
            self.closed.set()

    def _look(self, said: int) -> None:
        if said == self.said > 1:
            self.held.set()


@pytest.fixture
def model() -> Gushing:
    return Gushing()


def start(model: Gushing, **settings) -> Run:
    return StreamingModule(Signature("question -> answer"), model=model, **settings).stream(question="Why?")


def held(run: Run, model: Gushing):
    """An iterator that has stopped after its first delta, when the model waits for it."""
    events = iter(run)
    while not isinstance(next(events), FieldDelta):
        pass
    model.gate.open()
    assert model.held.wait(PATIENCE)
    assert HELD <= model.said <= HELD + 2
    return events


def count(events) -> int:
    return sum(isinstance(event, FieldDelta) for event in events)


def test_without_a_reader_nothing_is_held_back(model):
    model.gate.open()
    assert start(model).result(PATIENCE).answer == WORD * ALL


def test_a_reader_that_goes_on_gets_everything(model):
    assert count(held(start(model), model)) == ALL - 1


async def test_so_does_an_async_one(model):
    run = start(model)
    events = aiter(run)
    while not isinstance(await anext(events), FieldDelta):
        pass
    model.gate.open()
    assert await asyncio.to_thread(model.held.wait, PATIENCE)
    assert model.said < ALL
    assert len([event async for event in events if isinstance(event, FieldDelta)]) == ALL - 1


def test_the_fastest_of_several_readers_sets_the_pace(model):
    run = start(model)
    slow = held(run, model)
    assert count(run) == ALL
    assert count(slow) == ALL - 1


def test_a_reader_that_leaves_holds_nobody_back(model):
    run = start(model)
    events = held(run, model)
    del events
    run.join()
    assert run.partial.answer == WORD * ALL


@pytest.mark.parametrize(
    "wait", [Run.result, Run.join, lambda run: run.field("answer").result(PATIENCE), lambda run: asyncio.run(awaited(run))]
)
def test_whoever_waits_for_the_result_gets_it_though_a_reader_has_stopped(model, wait):
    run = start(model)
    events = held(run, model)
    wait(run)
    assert run.partial.answer == WORD * ALL
    assert count(events) == ALL - 1


async def awaited(run: Run):
    return await run


async def test_the_value_of_a_field_can_be_awaited_past_a_reader_that_has_stopped(model):
    run = start(model)
    events = await asyncio.to_thread(held, run, model)
    assert await run.field("answer") == WORD * ALL
    assert count(events) == ALL - 1


def test_a_stream_of_deltas_has_readers_too(model):
    stream = StreamingModule(Signature("question -> answer"), model=model).create_stream(question="Why?")
    deltas = iter(stream)
    next(deltas)
    model.gate.open()
    assert model.held.wait(PATIENCE)
    assert model.said < ALL
    assert sum(1 for _ in deltas) == ALL - 1


def test_a_function_that_is_handed_every_token_sets_the_pace(model):
    seen = []

    def on_token(delta):
        if not seen:
            model.gate.open()
            assert model.held.wait(PATIENCE)
            assert model.said < ALL
        seen.append(delta)

    StreamingModule(Signature("question -> answer"), model=model).forward_stream(on_token, question="Why?")
    assert len(seen) == ALL


def test_a_model_that_is_held_back_can_be_cancelled(model):
    run = start(model)
    events = held(run, model)
    assert run.cancel()
    assert model.closed.wait(PATIENCE)
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    assert isinstance(list(events)[-1], RunEnd)


def test_dropping_a_run_that_is_held_back_closes_the_model(model):
    events = held(start(model), model)
    del events
    assert model.closed.wait(PATIENCE)


def test_being_held_back_is_no_silence(model):
    run = start(model, timeout=Timeouts(first=0.1, idle=0.1, total=None))
    events = held(run, model)  # which takes longer than the limit
    assert count(events) == ALL - 1
    assert run.state == "done"


def test_the_limit_of_the_whole_run_counts_all_the_same(model):
    run = start(model, timeout=Timeouts(first=None, idle=None, total=1.0))
    events = held(run, model)
    while run.state == "streaming":
        threading.Event().wait(0.01)
    with pytest.raises(StreamTimeout):
        run.result(PATIENCE)
    assert len(list(events)) >= HELD - 1


def test_a_run_that_is_held_back_and_dropped_in_a_cycle_is_cancelled_in_good_order(model, caplog):
    """As by a notebook's traceback: the garbage collector must not take the task, which nothing but its own gate refers to."""
    run = start(model, timeout=None)  # a limit would have a timer, which refers to the run
    cycle = [run, held(run, model)]
    cycle.append(cycle)
    del run, cycle
    gc.collect()
    assert model.closed.wait(PATIENCE)
    assert [record.getMessage() for record in caplog.records] == []
