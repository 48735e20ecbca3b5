"""The portal: one background loop for the whole process, and the only way to wait for what happens on it."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import FieldDelta, portal
from desiru_notebook.errors import DesiruError
from desiru_notebook.outcome import Outcome


def on_the_loop(function) -> object:
    """What the function returns, called on the background loop."""
    done: Future = Future()

    def call() -> None:
        try:
            done.set_result(function())
        except BaseException as error:
            done.set_exception(error)

    portal.call(call)
    return done.result(PATIENCE)


def test_there_is_one_loop_for_all_threads():
    with ThreadPoolExecutor(8) as pool:
        loops = set(pool.map(lambda _: portal.loop(), range(50)))
    assert len(loops) == 1
    assert on_the_loop(asyncio.get_running_loop) in loops


def test_its_thread_is_a_daemon_that_a_debugger_lets_run():
    thread = on_the_loop(threading.current_thread)
    assert thread.daemon
    assert thread.pydev_do_not_trace
    assert thread is not threading.current_thread()


def test_a_coroutine_runs_there_in_the_callers_context_and_its_task_is_handed_over():
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("mine")
    seen: Future[tuple] = Future()
    tasks: list[asyncio.Task] = []

    async def look() -> None:
        seen.set_result((variable.get(), asyncio.get_running_loop(), asyncio.current_task()))

    portal.start(look(), on_start=tasks.append)
    value, loop, task = seen.result(PATIENCE)
    assert (value, loop, [task]) == ("mine", portal.loop(), tasks)


def test_waiting_says_whether_the_outcome_is_done():
    outcome: Outcome[int] = Outcome()
    assert portal.wait(outcome, timeout=0) is False
    portal.call(lambda: outcome.set_result(1))
    assert portal.wait(outcome) is True
    assert portal.wait(outcome, timeout=0) is True


def test_waiting_for_a_failure_raises_nothing():
    outcome: Outcome[int] = Outcome()
    portal.call(lambda: outcome.set_exception(ValueError()))
    assert portal.wait(outcome, PATIENCE)


def test_waiting_on_the_loop_itself_is_refused_instead_of_waiting_for_ever():
    with pytest.raises(DesiruError, match="await run"):
        on_the_loop(lambda: portal.wait(Outcome()))


async def test_settled_waits_without_blocking_the_callers_loop():
    outcome: Outcome[int] = Outcome()
    waiting = asyncio.ensure_future(portal.settled(outcome))
    await asyncio.sleep(0)
    assert not waiting.done()
    portal.call(lambda: outcome.set_exception(ValueError()))
    await asyncio.wait_for(waiting, PATIENCE)


async def test_cancelling_a_wait_leaves_the_outcome_alone():
    outcome: Outcome[int] = Outcome()
    waiting = asyncio.ensure_future(portal.settled(outcome))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not outcome.done()
    outcome.set_result(1)


def interrupted_at(step: int, run) -> int:
    """Read the run, with Ctrl-C at that step: where a function is called or has returned. Returns the steps until then."""
    steps = 0

    def step_on(frame, event, argument) -> None:
        nonlocal steps
        if event in ("call", "c_return"):
            steps += 1
            if steps == step:
                sys.setprofile(None)
                raise KeyboardInterrupt

    sys.setprofile(step_on)
    try:
        for _ in run:
            pass
        run.result()
    except KeyboardInterrupt:
        return steps
    finally:
        sys.setprofile(None)
    return steps


# Where it hits a finalizer, Python reports it and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_step_of_a_wait_stops_no_other_run():
    """It may come while the thread that waits holds a lock, which nobody would ever open again."""
    step = 0
    while True:
        step += 1
        run = start(Scripted(["Answer: 4", gate := Gate(), "2"]), "question -> answer")
        on_the_loop(lambda: portal.loop().call_later(0.005, gate.open))
        if interrupted_at(step, run) < step:
            break
        assert on_the_loop(lambda: "alive") == "alive"
        run.cancel()
        assert [*run.log][-1].state in ("cancelled", "done")
    assert step > 50


@pytest.fixture
def waiter():
    """A way of waiting that notes what it is asked to wait for."""
    asked = []

    def wait(outcome, timeout, whom):
        asked.append((outcome, timeout))
        portal.wait_plainly(outcome, timeout)

    portal.set_waiter(wait)
    yield asked
    portal.set_waiter(None)


def test_the_main_thread_waits_through_the_waiter_and_other_threads_do_not(waiter):
    outcome: Outcome[int] = Outcome()
    assert portal.wait(outcome, 0) is False
    assert waiter == [(outcome, 0)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(portal.wait, outcome, 0).result(PATIENCE) is False
    assert len(waiter) == 1
    portal.set_waiter(None)
    portal.wait(outcome, 0)
    assert len(waiter) == 1


def test_a_thread_may_have_a_way_of_waiting_of_its_own(waiter):
    outcome: Outcome[None] = Outcome()
    asked = []

    def waits():
        portal.set_waiter(lambda *arguments: asked.append(arguments), thread=threading.current_thread())
        portal.wait(outcome, 0)
        portal.set_waiter(None, thread=threading.current_thread())
        portal.wait(outcome, 0)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(waits).result(PATIENCE)
    assert asked == [(outcome, 0, None)]
    assert waiter == []


@pytest.fixture
def listening():
    """What is listened for, as it begins and ends."""
    heard = []

    @contextmanager
    def listens(whom):
        heard.append(("begin", whom))
        yield
        heard.append(("end", whom))

    portal.set_waiter(portal.wait_plainly, listens)
    yield heard
    portal.set_waiter(None)


async def test_who_awaits_on_the_main_thread_listens_and_who_does_so_elsewhere_does_not(listening):
    with portal.listening("run"):
        assert listening == [("begin", "run")]
    assert listening == [("begin", "run"), ("end", "run")]
    listening.clear()

    def elsewhere() -> None:
        with portal.listening("run"):
            assert listening == []

    await asyncio.to_thread(elsewhere)
    assert listening == []


async def test_a_run_listens_in_every_way_of_awaiting_it(listening):
    run = start(Scripted(["Answer: 4", gate := Gate(), "2"]), "question -> answer")
    asyncio.get_running_loop().call_later(0, gate.open)
    assert [str(event) async for event in run if isinstance(event, FieldDelta)] == ["4", "2"]
    assert (await run, await run.field("answer")) == ({"answer": "42"}, "42")
    assert listening[-4:] == [("begin", run), ("end", run)] * 2
    assert set(listening) == {("begin", run), ("end", run)}


async def test_without_anybody_to_listen_awaiting_is_plain(waiter):
    with portal.listening("run") as nothing:
        assert nothing is None
    assert (await start(Scripted(["Answer: 42"]), "question -> answer")).answer == "42"


def test_dropping_a_run_while_the_loop_is_looked_up_does_not_wait_for_itself():
    """The garbage collector may drop a run anywhere, in :func:`portal.loop` too."""

    def nested() -> None:
        with portal._lock:
            portal.loop()

    thread = threading.Thread(target=nested, daemon=True)
    thread.start()
    thread.join(PATIENCE / 5)
    assert not thread.is_alive()


FORK = """
import os, sys, threading
from concurrent.futures import Future
from desiru_notebook import portal
before = portal.loop()
child = os.fork()
if child == 0:
    done = Future()
    own = portal.loop() is not before
    portal.call(lambda: done.set_result(threading.current_thread().name))
    os._exit(0 if own and done.result(10) == "desiru" else 1)
_, status = os.waitpid(child, 0)
assert portal.loop() is before
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_a_loop_of_its_own():
    assert subprocess.run([sys.executable, "-c", FORK], timeout=60).returncode == 0


def test_the_loop_does_not_keep_the_process_alive():
    script = "from desiru_notebook import portal; portal.loop(); print('end')"
    ended = subprocess.run([sys.executable, "-c", script], timeout=60, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "end\n", "")
