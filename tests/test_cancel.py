"""Cancelling a run: from anywhere, at any time, once; and that nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from concurrent.futures import Future

import pytest
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import FieldDelta, Run, RunCancelled, RunEnd, StreamingModule, portal
from desiru_notebook.consumer import Consumer
from desiru_notebook.providers import Text


def spoken(*more: object) -> tuple[Run, Scripted]:
    """A run whose model has said "4" and waits for ever, or goes on with more."""
    gate = Gate()
    model = Scripted(["Answer: 4", *(more or [gate])])
    run = start(model)
    next(event for event in run if isinstance(event, FieldDelta))
    return run, model


def test_a_cancelled_run_keeps_what_had_come_and_closes_the_model():
    run, model = spoken()
    assert run.cancel() is True
    with pytest.raises(RunCancelled, match="scripted was cancelled") as caught:
        run.result(PATIENCE)
    assert model.was_closed()
    assert caught.value.partial == run.partial == {"answer": "4"}
    assert not run.partial.complete
    assert run.state == "cancelled"
    assert list(run)[-1] == RunEnd("cancelled", run.partial)


def test_it_can_be_cancelled_from_another_thread():
    run, model = spoken()
    threading.Thread(target=run.cancel).start()
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    assert model.was_closed()


def test_it_can_be_cancelled_before_the_first_token():
    model = Scripted([Gate()])
    run = start(model)
    assert model.started.wait(PATIENCE)
    assert run.cancel() is True
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    assert model.was_closed()
    assert run.partial == {}


def test_it_can_be_cancelled_before_the_model_is_asked_at_all():
    model, busy = Scripted(["Answer: 42"]), threading.Event()
    portal.call(lambda: busy.wait(PATIENCE))
    run = start(model)
    assert run.cancel() is True
    busy.set()
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    assert model.requests == []
    assert list(run)[1:] == [RunEnd("cancelled", run.partial)]


def test_after_the_end_there_is_nothing_to_cancel():
    run = start(Scripted(["Answer: 42"]))
    run.result(PATIENCE)
    assert run.cancel() is False
    assert run.state == "done"


def test_whoever_has_read_the_last_event_cannot_cancel_any_more(monkeypatch):
    settle, seen = Consumer._settle, []
    monkeypatch.setattr(Consumer, "_settle", lambda self, *end: (seen.append(self.cancel()), settle(self, *end)))
    start(Scripted(["Answer: 42"])).join()
    assert seen == [False]


def test_nor_can_whoever_is_called_at_the_end():
    gate, seen = Gate(), []
    run = start(Scripted(["Answer: 42", gate]))
    run.add_done_callback(lambda: seen.append((run.state, run.cancel())))
    gate.open()
    run.join()
    assert seen == [("done", False)]
    assert run.result().answer == "42"


def test_cancelling_twice_is_cancelling_once():
    run, model = spoken()
    model.closing = closing = Gate()
    assert run.cancel() is True
    assert closing.reached.wait(PATIENCE)
    assert run.cancel() is True
    assert not model.closed.is_set()
    closing.open()
    run.join()
    assert model.closed.is_set()
    assert run.cancel() is False


def test_a_cancel_between_two_tokens_does_not_disturb_the_closing_either():
    class Careful:
        name = "careful"
        ready, closed_well = Gate(), False

        async def stream(self, request):
            try:
                yield Text("Answer: 4")
                await self.ready.passed()
                self.run.cancel()  # as another thread would, while the loop is busy with this token
                yield Text("2")
            finally:
                await asyncio.sleep(0.01)
                self.closed_well = True

    model = Careful()
    model.run = run = start(model)
    model.ready.open()
    run.join()
    assert run.state == "cancelled"
    assert run.partial == {"answer": "4"}
    assert model.closed_well


def test_nothing_is_shown_after_a_cancel():
    gate = Gate()
    run, _ = spoken(gate, *["x"] * 100)
    assert gate.reached.wait(PATIENCE)
    run.cancel()
    gate.open()
    run.join()
    assert run.partial == {"answer": "4"}


class TestUnwinding:
    """What an interrupt does before it is raised."""

    def test_it_cancels_and_waits_until_the_model_is_closed(self):
        run, model = spoken()
        run.unwind()
        assert (run.state, model.closed.is_set(), run.partial) == ("cancelled", True, {"answer": "4"})

    def test_it_waits_for_a_connection_that_hangs_not_for_long_and_not_twice(self, monkeypatch):
        run, model = spoken()
        model.closing = closing = Gate()
        monkeypatch.setattr("desiru_notebook.waiting._UNWIND", 0.01)
        run.unwind()
        assert closing.reached.wait(PATIENCE)
        monkeypatch.setattr("desiru_notebook.waiting._UNWIND", 1000)
        again = threading.Thread(target=run.unwind, daemon=True)
        again.start()
        again.join(PATIENCE)
        assert (again.is_alive(), run.state) == (False, "streaming")
        closing.open()
        run.join()
        assert run.state == "cancelled"

    def test_after_the_end_it_does_nothing(self):
        run = start(Scripted(["Answer: 42"]))
        run.join()
        run.unwind()
        assert run.state == "done"


class TestDropping:
    def test_leaving_a_loop_and_dropping_the_run_closes_the_model(self):
        run, model = spoken()
        for event in run:
            if isinstance(event, FieldDelta):
                break
        assert not model.closed.is_set()
        del run
        assert model.was_closed()

    async def test_leaving_an_async_loop_and_dropping_the_run_closes_the_model(self):
        model = Scripted(["Answer: 4", Gate()])
        async for event in start(model):
            if isinstance(event, FieldDelta):
                break
        assert await asyncio.to_thread(model.was_closed)

    def test_dropping_the_stream_of_deltas_closes_the_model(self):
        model = Scripted(["Answer: 4", Gate()])
        stream = StreamingModule("question -> answer", model=model).create_stream(question="Why?")
        assert next(iter(stream)) == FieldDelta("answer", "4")
        del stream
        assert model.was_closed()

    def test_a_run_in_a_cycle_closes_the_model_when_the_collector_comes(self):
        run, model = spoken()
        run.itself = run
        del run
        gc.collect()
        assert model.was_closed()

    def test_a_run_that_has_ended_is_forgotten(self):
        run = start(Scripted(["Answer: 42"]))
        run.result(PATIENCE)
        consumer = weakref.ref(run._consumer)
        del run
        done = threading.Event()
        portal.call(done.set)  # the loop lets go of the task in the step after its end
        assert done.wait(PATIENCE)
        gc.collect()
        assert consumer() is None


class TestAsync:
    async def test_cancelling_the_task_that_awaits_a_run_cancels_the_run(self):
        run, model = spoken()
        waiting = asyncio.ensure_future(run)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asyncio.to_thread(model.was_closed)

    async def test_wait_for_cancels_the_run_when_its_time_is_up(self):
        run, model = spoken()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run, 0.01)
        assert await asyncio.to_thread(model.was_closed)
        assert run.state == "cancelled"

    async def test_awaiting_a_cancelled_run_raises_run_cancelled(self):
        run, _ = spoken()
        run.cancel()
        with pytest.raises(RunCancelled) as caught:
            await run
        assert caught.value.partial == {"answer": "4"}

    async def test_leaving_off_waiting_for_a_field_leaves_the_run_alone(self):
        gate = Gate()
        run, _ = spoken(gate, "2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run.field("answer"), 0.01)
        gate.open()
        assert (await run).answer == "42"


def tasks() -> set[asyncio.Task]:
    """All tasks on the background loop."""
    found: Future[set[asyncio.Task]] = Future()
    portal.call(lambda: found.set_result(asyncio.all_tasks()))
    return found.result(PATIENCE)


def test_many_runs_leave_no_task_and_no_thread_behind():
    start(Scripted(["Answer: 42"])).join()
    gc.collect()  # runs of other tests, in the tracebacks of their errors
    threads_before, tasks_before = set(threading.enumerate()), tasks()
    for number in range(50):
        run = start(Scripted(["Answer: 4", *([Gate()] if number % 2 else [])]))
        run.cancel()
        run.join()
    deadline = time.monotonic() + PATIENCE
    while tasks() - tasks_before and time.monotonic() < deadline:
        pass  # the task of a run ends in the step after the run
    assert tasks() <= tasks_before
    assert set(threading.enumerate()) <= threads_before
