"""Every fault that the replay server has, against the four APIs: what is raised, what is kept, and how often was asked."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from faulty import CHOSEN, FAULTS, Fault
from replaying import Outcome, Recording, Replay, recordings

from desiru_notebook import FieldDelta, Retry, Run, StreamTimeout
from desiru_notebook.events import RunEnd

# Bytes that a server may send to a reader that has stopped: Linux lets the buffers of a connection grow to 36 MiB.
AHEAD = 40_000_000


@pytest.fixture(scope="module")
def chosen(shared_folder) -> list[Recording]:
    found = {recording.id: recording for recording in recordings(shared_folder)}
    return [found[name] for name in CHOSEN.values()]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_fault_loses_no_word_doubles_none_and_is_told(fault, chosen, replayed):
    with ThreadPoolExecutor(len(chosen)) as pool:
        outcomes = list(pool.map(lambda recording: replayed.run(recording, fault.options, **fault.settings), chosen))
    for recording, outcome in zip(chosen, outcomes, strict=True):
        check(fault, recording, outcome)


def check(fault: Fault, recording: Recording, outcome: Outcome) -> None:
    assert type(outcome.error) is (fault.error or type(None)), (recording.api, outcome.error)
    assert outcome.run.stats.attempts == len([event for event in outcome.run if isinstance(event, Retry)]) + 1
    assert len(outcome.requests) == fault.requests, recording.api
    assert outcome.run.stats.streamed is not fault.at_once
    assert len(outcome.run.stats.notices) == fault.notices, (recording.api, outcome.run.stats.notices)
    if "endless" not in fault.options:
        assert outcome.words == fault.expected(recording, outcome), recording.api
    if outcome.error is not None:
        assert outcome.error.partial == outcome.run.partial
        assert "sk-replayed-secret" not in str(outcome.error)


@pytest.mark.parametrize("words", ["gone", "still there"])
def test_a_run_is_asked_again_by_hand_from_the_start(words, chosen, replayed):
    recording = chosen[0]
    outcome = replayed.run(recording, "fault=status~code=401~times=1" if words == "gone" else "fault=status~code=401")
    again = outcome.run.retry()
    again.join()
    if words == "gone":
        assert again.result().answer == recording.said["expected_text"].strip()
    else:
        assert type(again.log.since(len(again.log) - 1)[0].error) is type(outcome.error)
    assert outcome.run.state == "failed"


def spoken(run: Run) -> object:
    """The run's iterator after its first delta, which its holder goes on with or not."""
    events = iter(run)
    for event in events:
        if isinstance(event, (FieldDelta, RunEnd)):
            return events
    raise AssertionError


def settled(replayed: Replay, name: str) -> int:
    """Bytes that the server has sent when it has sent nothing for a while."""
    sent = -1
    while (now := replayed.log(name)[-1]["bytes_sent"]) != sent:
        sent = now
        time.sleep(0.3)  # longer than any pause of a server that is free to send
    return sent


def test_a_reader_that_stops_stops_the_network_and_one_that_goes_on_gets_all(chosen, replayed):
    for recording in chosen:
        module, name = replayed.module(recording, "fault=endless~rate=0", timeout=None)
        run = module.stream(question="Why?")
        events = spoken(run)
        assert 0 < settled(replayed, name) <= AHEAD, recording.api
        assert run.state == "streaming"
        before = replayed.log(name)[-1]["bytes_sent"]
        for _ in range(20_000):
            next(events)
        assert replayed.log(name)[-1]["bytes_sent"] > before
        run.cancel()


def test_a_stream_of_deltas_holds_the_network_back_too(chosen, replayed):
    module, name = replayed.module(chosen[0], "fault=endless~rate=0", timeout=None)
    stream = module.create_stream(question="Why?")
    deltas = iter(stream)
    next(deltas)
    assert 0 < settled(replayed, name) <= AHEAD
    del stream, deltas
    replayed.until_gone(name)


def test_a_model_that_waits_for_its_reader_is_not_called_silent(chosen, replayed):
    module, name = replayed.module(chosen[0], "fault=endless~rate=0", timeout=0.8)
    run = module.stream(question="Why?")
    events = spoken(run)
    settled(replayed, name)
    with pytest.raises(StreamTimeout) as caught:
        run.result()
    assert caught.value.kind == "total"
    del events


def busy(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def test_a_cancel_closes_the_socket_though_the_users_code_never_rests(chosen, replayed):
    stop = threading.Event()
    worker = threading.Thread(target=busy, args=(stop,))
    worker.start()
    try:
        for recording in chosen:
            module, name = replayed.module(recording, "fault=endless~rate=50")
            run = module.stream(question="Why?")
            spoken(run)
            run.cancel()
            assert not replayed.until_gone(name)["finished"]
    finally:
        stop.set()
        worker.join()


def test_leaving_a_loop_and_dropping_the_run_closes_the_socket(chosen, replayed):
    for recording in chosen:
        module, name = replayed.module(recording, "fault=endless~rate=50")
        for event in module.stream(question="Why?"):
            if isinstance(event, FieldDelta):
                break
        assert not replayed.until_gone(name)["finished"]


def test_faults_leave_no_thread_behind(chosen, replayed):
    replayed.run(chosen[0])
    before = {thread for thread in threading.enumerate() if thread.name.startswith("desiru")}
    for options in ("fault=reset", "fault=html200", "fault=json"):
        replayed.run(chosen[0], options)
    assert {thread for thread in threading.enumerate() if thread.name.startswith("desiru")} == before
