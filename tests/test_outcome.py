"""Outcome: what comes once, told to everybody once, whatever the order of asking, telling and interrupting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from models import PATIENCE

from desiru_notebook.outcome import Outcome


def test_a_value_is_there_once_it_is_set():
    outcome: Outcome[int] = Outcome()
    assert not outcome.done()
    outcome.set_result(1)
    assert (outcome.done(), outcome.result(), outcome.exception()) == (True, 1, None)


def test_an_error_is_raised_to_whoever_asks_for_the_value():
    outcome: Outcome[int] = Outcome()
    outcome.set_exception(fault := KeyError("broken"))
    assert (outcome.done(), outcome.exception()) == (True, fault)
    with pytest.raises(KeyError, match="broken"):
        outcome.result()


def test_functions_are_told_in_order_and_late_ones_at_once():
    outcome: Outcome[int] = Outcome()
    told: list[tuple[str, int]] = []
    outcome.add_done_callback(lambda done: told.append(("first", done.result())))
    outcome.add_done_callback(lambda done: told.append(("second", done.result())))
    outcome.set_result(1)
    outcome.add_done_callback(lambda done: told.append(("late", done.result())))
    assert told == [("first", 1), ("second", 1), ("late", 1)]


def test_a_function_that_was_removed_is_not_told():
    outcome: Outcome[int] = Outcome()
    told: list[Outcome[int]] = []
    outcome.add_done_callback(told.append)
    outcome.remove_done_callback(told.append)
    outcome.remove_done_callback(told.append)
    outcome.set_result(1)
    assert told == []


def test_a_function_that_fails_is_reported_and_keeps_nothing_from_the_others(caplog):
    outcome: Outcome[int] = Outcome()
    told: list[Outcome[int]] = []
    outcome.add_done_callback(lambda _: 1 / 0)
    outcome.add_done_callback(told.append)
    outcome.set_result(1)
    assert told == [outcome]
    assert "ZeroDivisionError" in caplog.text


def test_whoever_adds_a_function_while_another_thread_settles_is_told_once():
    with ThreadPoolExecutor(2) as pool:
        for _ in range(500):
            told: list[Outcome[int]] = []
            outcome = settled_while(lambda outcome, told=told: outcome.add_done_callback(told.append), pool)
            assert told == [outcome]


def settled_while(act: Callable[[Outcome[int]], object], pool: ThreadPoolExecutor) -> Outcome[int]:
    """An outcome that one thread settles in the same moment in which another does this with it."""
    outcome: Outcome[int] = Outcome()
    both = threading.Barrier(2)

    def together(step: Callable[[], object]) -> None:
        both.wait(PATIENCE)
        step()

    steps = [pool.submit(together, lambda: act(outcome)), pool.submit(together, lambda: outcome.set_result(1))]
    for step in steps:
        step.result(PATIENCE)
    return outcome
