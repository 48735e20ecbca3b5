"""A task that waits for an outcome of another thread: woken once, in the round in which it hears of it, or cancelled."""

from __future__ import annotations

import asyncio
import asyncio.tasks
import contextvars
import threading
from collections.abc import Iterator

import pytest
from models import PATIENCE

from desiru_notebook.arrival import Arrival
from desiru_notebook.outcome import Outcome


async def wait(outcome: Outcome[None]) -> str:
    await Arrival(outcome)
    return "there"


@pytest.fixture(params=["_CTask", "_PyTask"])
def loop(request) -> Iterator[asyncio.AbstractEventLoop]:
    """One whose tasks are those of C, or those of Python, which who patches asyncio has."""
    kind = getattr(asyncio.tasks, request.param)
    loop = asyncio.new_event_loop()
    loop.set_task_factory(lambda loop, coroutine, **more: kind(coroutine, loop=loop, **more))
    yield loop
    loop.close()


def test_another_thread_wakes_the_task_in_its_own_context(loop):
    outcome: Outcome[None] = Outcome()
    who = contextvars.ContextVar("who", default="nobody")

    async def waiter() -> tuple[str, str]:
        who.set("me")
        threading.Timer(0.01, outcome.set_result, [None]).start()
        return await wait(outcome), who.get()

    assert loop.run_until_complete(asyncio.wait_for(waiter(), PATIENCE)) == ("there", "me")


def test_what_is_there_already_is_not_waited_for(loop):
    outcome: Outcome[None] = Outcome()
    outcome.set_result(None)
    assert loop.run_until_complete(asyncio.wait_for(wait(outcome), PATIENCE)) == "there"


def test_the_task_goes_on_in_the_round_in_which_it_hears(loop):
    async def rounds() -> list[str]:
        outcome: Outcome[None] = Outcome()
        seen: list[str] = []
        task = asyncio.ensure_future(wait(outcome))
        task.add_done_callback(lambda _: seen.append("task"))
        await asyncio.sleep(0)
        outcome.set_result(None)
        for number in range(3):
            await asyncio.sleep(0)
            seen.append(f"round {number}")
        return seen

    assert loop.run_until_complete(rounds()) == ["round 0", "task", "round 1", "round 2"]


@pytest.mark.parametrize("also", [False, True], ids=["alone", "and there"])
def test_a_cancelled_task_leaves_the_outcome_alone(loop, also):
    outcome: Outcome[None] = Outcome()

    async def cancelled() -> asyncio.CancelledError:
        task = asyncio.ensure_future(wait(outcome))
        await asyncio.sleep(0)
        if also:
            outcome.set_result(None)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    assert loop.run_until_complete(cancelled()).args == ("enough",)
    assert (outcome.done(), len(outcome._callbacks)) == (also, 0)


def test_a_wait_has_limits(loop):
    async def late() -> str:
        async with asyncio.timeout(0.01):
            return await wait(Outcome())

    with pytest.raises(TimeoutError):
        loop.run_until_complete(late())


def test_a_loop_that_is_closed_is_told_nothing():
    outcome: Outcome[None] = Outcome()
    loop = asyncio.new_event_loop()
    task = loop.create_task(wait(outcome))
    loop.run_until_complete(asyncio.sleep(0, loop))
    loop.close()
    outcome.set_result(None)
    assert not task.done()
    task.get_coro().close()
