"""The budget of messages that all views share, on a loop whose clock the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desiru_notebook.frontends.pacing import HASTE, INTERVAL, Pacer


class FakeLoop:
    """As much of an event loop as a pacer uses; time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, function: Callable[[], None]) -> object:
        self.timers.append((self.now + delay, function))
        return object()

    def pass_time(self, until: float) -> None:
        while self.timers and min(self.timers, key=lambda timer: timer[0])[0] <= until:
            timer = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(timer)
            self.now = timer[0]
            timer[1]()
        self.now = until


class Asking:
    """Somebody who wants to be served; notes when that happens, and may ask again at once."""

    def __init__(self, loop: FakeLoop, pacer: Pacer, served: list[tuple[str, float]], name: str, times: int = 1) -> None:
        self.loop, self.pacer, self.served, self.name, self.times = loop, pacer, served, name, times
        self.messages = 1

    def ask(self) -> None:
        self.pacer.request(self.serve)

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return self is other

    def serve(self) -> int:
        self.served.append((self.name, self.loop.now))
        self.times -= 1
        if self.times:
            self.ask()
        return self.messages


@pytest.fixture
def loop() -> FakeLoop:
    return FakeLoop()


@pytest.fixture
def pacer(loop: FakeLoop) -> Pacer:
    return Pacer(loop, interval=1)


@pytest.fixture
def served() -> list[tuple[str, float]]:
    return []


def test_the_first_news_goes_out_at_once(loop, pacer, served):
    Asking(loop, pacer, served, "a").ask()
    assert served == [("a", 0)]


def test_what_comes_within_the_interval_waits_for_its_end(loop, pacer, served):
    Asking(loop, pacer, served, "a", times=3).ask()
    loop.pass_time(0.5)
    assert served == [("a", 0)]
    loop.pass_time(10)
    assert served == [("a", 0), ("a", 1), ("a", 2)]


def test_many_are_served_in_turn_one_in_each_interval(loop, pacer, served):
    for name in "abc":
        Asking(loop, pacer, served, name, times=2).ask()
    loop.pass_time(10)
    assert served == [("a", 0), ("a", 1), ("b", 2), ("c", 3), ("b", 4), ("c", 5)]  # a had asked again before b came


def test_after_several_messages_as_many_intervals_pass(loop, pacer, served):
    talkative = Asking(loop, pacer, served, "a")
    talkative.messages = 3
    talkative.ask()
    Asking(loop, pacer, served, "b").ask()
    loop.pass_time(2.5)
    assert served == [("a", 0)]
    loop.pass_time(10)
    assert served == [("a", 0), ("b", 3)]
    assert loop.timers == []


def test_whoever_had_nothing_to_say_has_had_its_turn(loop, pacer, served):
    silent = Asking(loop, pacer, served, "a")
    silent.messages = 0
    silent.ask()
    Asking(loop, pacer, served, "b").ask()
    loop.pass_time(10)
    assert served == [("a", 0), ("b", 1)]


def test_who_asks_twice_before_being_served_is_served_once(loop, pacer, served):
    Asking(loop, pacer, served, "a").ask()
    waiting = Asking(loop, pacer, served, "b")
    waiting.ask()
    waiting.ask()
    loop.pass_time(10)
    assert served == [("a", 0), ("b", 1)]


def test_after_a_quiet_interval_news_goes_out_at_once_again_and_no_timer_runs_meanwhile(loop, pacer, served):
    Asking(loop, pacer, served, "a").ask()
    loop.pass_time(5)
    assert loop.timers == []
    Asking(loop, pacer, served, "b").ask()
    assert served == [("a", 0), ("b", 5)]


def test_one_in_a_hurry_is_served_at_once_and_the_others_wait_for_as_long_as_it_took(loop, pacer, served):
    Asking(loop, pacer, served, "a").ask()
    hurried = Asking(loop, pacer, served, "b")
    hurried.messages = 2
    Asking(loop, pacer, served, "c").ask()
    hurried.ask()
    loop.pass_time(0.5)
    pacer.hurry(hurried.serve)
    loop.pass_time(10)
    assert served == [("a", 0), ("b", 0.5), ("c", 3)]


def test_a_second_one_in_a_hurry_waits_its_turn(loop, pacer, served):
    for name in "ab":
        Asking(loop, pacer, served, name).ask()
    for name in "cd":
        pacer.hurry(Asking(loop, pacer, served, name).serve)
    loop.pass_time(10)
    assert served == [("a", 0), ("c", 0), ("b", 2), ("d", 3)]


def test_who_is_in_a_hurry_where_nobody_waits_is_simply_served(loop, pacer, served):
    pacer.hurry(Asking(loop, pacer, served, "a").serve)
    assert served == [("a", 0)]


def test_one_that_fails_does_not_stop_the_others(loop, pacer, served):
    def fail() -> int:
        raise ZeroDivisionError

    Asking(loop, pacer, served, "a").ask()
    pacer.request(fail)
    Asking(loop, pacer, served, "b").ask()
    with pytest.raises(ZeroDivisionError):
        loop.pass_time(1)
    loop.pass_time(2)
    assert served == [("a", 0), ("b", 2)]


def test_a_kernel_says_at_most_thirty_things_in_any_second():
    assert 1 + 1 / INTERVAL + HASTE <= 30
