"""When how much of an answer was there: bounded, right before a pause, and for every field."""

from __future__ import annotations

import pickle
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import Signature
from desiru_notebook.eventrecord import Record
from desiru_notebook.events import FieldDelta, FieldStart
from desiru_notebook.fieldtext import FieldText
from desiru_notebook.prediction import growth_of
from desiru_notebook.timeline import KEPT, MOST, Growth, Timeline

REPLY = ["Reasoning: Air ", "scatters.\nAnswer: ", "b\U0001f499", "lue"]


def noted(times: list[float]) -> tuple[list[float], list[int]]:
    """What is left when one delta of one character came at each of the times."""
    timeline = Timeline(began=0.0)
    for count, time in enumerate(times, 1):
        timeline.note(count, lambda time=time: time)
    kept, lengths = timeline.lengths([FieldDelta("answer", "x")] * len(times))
    return kept, lengths["answer"]


def test_a_short_run_keeps_every_sample():
    assert noted([0.5, 1.0, 1.0, 4.0]) == ([0.5, 1.0, 1.0, 4.0], [1, 2, 3, 4])


def test_the_lengths_are_those_of_each_field_in_the_measure_that_is_asked_for():
    timeline = Timeline(began=0.0)
    events = [FieldStart("a"), FieldDelta("a", "x"), FieldDelta("a", "yz"), FieldStart("b"), FieldDelta("b", "\U0001f499")]
    for time, count in enumerate([1, 3, 5]):
        timeline.note(count, lambda time=time: float(time))
    assert timeline.lengths(events) == ([0, 1, 2], {"a": [0, 3, 3], "b": [0, 0, 1]})
    assert timeline.lengths(events, lambda text: 2 * len(text))[1] == {"a": [0, 6, 6], "b": [0, 0, 2]}


def test_what_was_there_before_a_pause_is_known_to_have_been_there():
    steady = [number / 1000 for number in range(5 * MOST)]
    kept, lengths = noted([*steady, steady[-1] + 60])
    assert (kept[-2], lengths[-2]) == (steady[-1], len(steady))
    assert lengths[-1] == len(steady) + 1


@given(st.lists(st.sampled_from([0.0, 0.001, 0.01, 3.0]), min_size=1, max_size=6), st.integers(1, 4000))
def test_there_are_never_too_many_samples_and_each_is_true(pauses, number):
    times = list(accumulate((pauses * number)[:number]))
    kept, lengths = noted(times)
    assert len(kept) <= MOST
    assert [times[length - 1] for length in lengths] == kept
    assert lengths[-1] == number
    assert all(later - earlier <= max(pauses) + 4 * times[-1] / MOST for earlier, later in pairwise(kept))


def test_a_run_has_the_lengths_of_its_deltas():
    gate = Gate()
    run = start(Scripted([*REPLY[:3], gate, REPLY[3]]), Signature("question -> reasoning, answer"))
    assert gate.reached.wait(PATIENCE)
    gate.open()
    run.result(PATIENCE)
    times, lengths = run.timeline.lengths(run.log.since())
    assert times == sorted(times)
    assert times[-1] <= run.stats.duration
    assert {name: series[-1] for name, series in lengths.items()} == {"reasoning": 13, "answer": 5}
    assert 2 in lengths["answer"]
    assert all(earlier <= later for series in lengths.values() for earlier, later in pairwise(series))


def grown(times: list[float], most: int) -> Growth:
    """The growth of an answer to which one character was added at each of the times."""
    texts = {"answer": FieldText()}
    timeline, record = Timeline(began=0.0), Record(texts)
    for count, time in enumerate(times, 1):
        texts["answer"].add("x")
        record.extend([FieldDelta("answer", "x")])
        timeline.note(count, lambda time=time: time)
    return timeline.growth(record, {"answer": "x" * len(times)}, most)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted), st.integers(2, 20))
def test_a_growth_has_the_last_sample_of_each_equal_part_of_the_time(times, most):
    growth = grown(times, most)
    assert len(growth.times) <= most + 1
    assert (growth.times[-1], growth.lengths["answer"][-1]) == (times[-1], len(times))
    for time, length in zip(growth.times, growth.lengths["answer"], strict=True):
        assert times[length - 1] == time
    step = times[-1] / most * (1 + 1e-9)
    assert all(any(time <= kept <= time + step for kept in growth.times) for time in times)  # nothing is lost for longer


def test_a_run_of_any_length_leaves_its_texts_and_when_they_came():
    run = start(Scripted(["Reasoning: Air ", "scatters.\nAnswer: "] + ["blue "] * 2000))
    run.join()
    growth = growth_of(run.partial)
    assert growth is not None
    assert growth.texts == run.texts()
    assert {field: lengths[-1] for field, lengths in growth.lengths.items()} == {
        field: len(text) for field, text in run.texts().items()
    }
    assert len(growth.times) <= KEPT + 1


def test_a_run_that_goes_on_has_no_growth_yet_and_one_that_was_cancelled_has_what_came():
    gate = Gate()
    run = start(Scripted(["Answer: blue", gate]))
    assert gate.reached.wait(PATIENCE)
    assert growth_of(run.partial) is None
    run.cancel()
    run.join()
    assert growth_of(run.partial).texts == {"answer": "blue"}


def test_a_prediction_that_was_changed_has_the_growth_of_what_was_not():
    run = start(Scripted(["Reasoning: Air.\nAnswer: blue"]))
    changed = run.result() | {"answer": "red", "score": 1}
    growth = growth_of(changed)
    assert growth.texts == {"reasoning": "Air."}
    assert set(growth.lengths) == {"reasoning"}
    assert growth_of(pickle.loads(pickle.dumps(changed))) == growth
