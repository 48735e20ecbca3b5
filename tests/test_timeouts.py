"""Timeouts and their watchdog, under a clock of the test's own: no test waits."""

from __future__ import annotations

import asyncio
import dataclasses
import heapq
import itertools

import pytest

from desiru_notebook import Timeouts
from desiru_notebook.timeouts import Watchdog


class Clock:
    """As much of an event loop as a watchdog needs, at a time that only ``pass_time`` moves."""

    def __init__(self) -> None:
        self.now, self._due, self._count = 0.0, [], itertools.count()

    def time(self) -> float:
        return self.now

    def call_later(self, delay, function):
        handle = asyncio.TimerHandle(self.now + delay, function, (), self)
        heapq.heappush(self._due, (self.now + delay, next(self._count), handle))
        return handle

    def get_debug(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle) -> None:
        pass

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            at, _, handle = heapq.heappop(self._due)
            self.now = max(self.now, at)
            if not handle.cancelled():
                handle._run()
        self.now = end

    @property
    def sleeping(self) -> bool:
        return any(not handle.cancelled() for *_, handle in self._due)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return clock


def watch(limits: Timeouts) -> tuple[Watchdog, list[str]]:
    expired: list[str] = []
    watchdog = Watchdog(limits, expired.append, asyncio.get_running_loop().time)
    watchdog.start()
    return watchdog, expired


def test_a_number_is_the_limit_of_the_whole_run_and_none_is_no_limit():
    limits = Timeouts(1, 2, 3)
    assert Timeouts.of(limits) is limits
    assert Timeouts.of(5) == Timeouts(total=5)
    assert Timeouts.of(5).first == Timeouts().first
    assert Timeouts.of(None) == Timeouts(None, None, None)


def test_limits_are_a_frozen_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Timeouts().first = 1


def test_nothing_said_is_the_first_limit(clock):
    _, expired = watch(Timeouts(first=10, idle=1, total=100))
    clock.pass_time(9.9)
    assert expired == []
    clock.pass_time(0.2)
    assert expired == ["first"]


def test_silence_after_a_word_is_the_idle_limit(clock):
    dog, expired = watch(Timeouts(first=10, idle=1, total=100))
    clock.pass_time(5)
    dog.alive()
    clock.pass_time(0.9)
    assert expired == []
    clock.pass_time(0.2)
    assert expired == ["idle"]


def test_words_keep_the_idle_limit_away_but_not_the_total(clock):
    dog, expired = watch(Timeouts(first=10, idle=1, total=20))
    for _ in range(39):
        clock.pass_time(0.5)
        dog.alive()
        assert expired == []
    clock.pass_time(0.6)
    assert expired == ["total"]


def test_a_limit_expires_once(clock):
    _, expired = watch(Timeouts(first=1, idle=1, total=1))
    clock.pass_time(50)
    assert len(expired) == 1


@pytest.mark.parametrize("first", [None, 500])
@pytest.mark.parametrize("total", [None, 1000])
def test_each_limit_counts_without_the_others(clock, first, total):
    dog, expired = watch(Timeouts(first=first, idle=2, total=total))
    clock.pass_time(300)
    dog.alive()
    clock.pass_time(1.9)
    assert expired == []
    clock.pass_time(2)  # a watchdog may look only every idle seconds, so it may be that much late
    assert expired == ["idle"]


def test_without_limits_nothing_sleeps_and_nothing_expires(clock):
    dog, expired = watch(Timeouts(None, None, None))
    clock.pass_time(1e6)
    dog.alive()
    clock.pass_time(1e6)
    assert expired == []
    assert not clock.sleeping


def test_a_restart_counts_from_now(clock):
    dog, expired = watch(Timeouts(first=10, idle=1, total=20))
    clock.pass_time(9)
    dog.restart()
    clock.pass_time(9.9)
    assert expired == []
    dog.restart()
    clock.pass_time(10.1)
    assert expired == ["first"]


def test_after_stop_no_limit_counts(clock):
    dog, expired = watch(Timeouts(first=1, idle=1, total=1))
    dog.stop()
    clock.pass_time(50)
    assert expired == []
    assert not clock.sleeping


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (
            "total",
            "m was not done after 30 s. Try again, or allow more: --timeout 60 in a cell, timeout=Timeouts(total=60) in code.",
        ),
        ("first", "m said nothing for 60 s. Try again, or allow more with configure(timeout=Timeouts(first=120))."),
        ("idle", "m said nothing more for 2.5 s. Try again, or allow more with configure(timeout=Timeouts(idle=5))."),
    ],
)
def test_the_error_says_how_to_allow_more(kind, advice):
    assert str(Timeouts(first=60.0, idle=2.5, total=30).passed(kind, "m")) == advice
