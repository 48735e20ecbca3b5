"""Events: values that compare by what they say, and their plain form for JSON."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from pydantic import BaseModel

from desiru_notebook import (
    FieldDelta,
    FieldEnd,
    FieldStart,
    Notice,
    Prediction,
    Retry,
    RunCancelled,
    RunEnd,
    RunStart,
    Signature,
    Stats,
)
from desiru_notebook.events import event_to_dict
from desiru_notebook.providers import Usage


class Person(BaseModel):
    born: datetime.date


@dataclasses.dataclass
class Point:
    x: int


SIGNATURE = Signature("q -> answer")


@pytest.mark.parametrize(
    "event",
    [RunStart(SIGNATURE, "m"), FieldStart("a"), FieldDelta("a", "x"), FieldEnd("a", "1", 1), Retry(2, "busy"), Notice("x")],
)
def test_an_event_is_a_frozen_value_without_further_attributes(event):
    assert event == dataclasses.replace(event)
    assert hash(event) == hash(dataclasses.replace(event))
    name = dataclasses.fields(event)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(event, name, "other")
    assert not hasattr(event, "__dict__")


def test_events_that_say_other_things_differ():
    assert FieldDelta("a", "x") != FieldDelta("a", "y") != FieldDelta("b", "y")
    assert FieldStart("a") != FieldDelta("a", "")


def test_the_end_is_compared_without_times_and_errors():
    one = RunEnd("cancelled", Prediction({"a": "x"}), Stats("m", duration=1.0), RunCancelled("one"))
    assert one == RunEnd("cancelled", Prediction({"a": "x"}), Stats("m", duration=2.0), RunCancelled("other"))
    assert one != RunEnd("failed", Prediction({"a": "x"}))
    assert one != RunEnd("cancelled", Prediction({"a": "y"}))


def test_the_text_of_a_delta_is_its_str():
    assert f"{FieldDelta('a', 'x')}" == "x"


def test_an_event_is_its_class_name_in_snake_case_and_its_fields():
    assert event_to_dict(FieldDelta("answer", "x")) == {"type": "field_delta", "field": "answer", "text": "x"}
    assert event_to_dict(RunStart(SIGNATURE, "m")) == {"type": "run_start", "signature": "q -> answer", "model": "m"}
    assert event_to_dict(Retry(2, "busy")) == {"type": "retry", "attempt": 2, "reason": "busy"}
    assert event_to_dict(Notice("x")) == {"type": "notice", "text": "x", "lasting": False}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ([1, (2, "x")], [1, [2, "x"]]),
        ({"a": {1: [None]}}, {"a": {"1": [None]}}),
        (Person(born=datetime.date(2026, 1, 2)), {"born": "2026-01-02"}),
        ([Person(born=datetime.date(2026, 1, 2))], [{"born": "2026-01-02"}]),
        (Point(1), {"x": 1}),
        (datetime.date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_a_value_is_written_in_jsons_own_types(value, plain):
    event = event_to_dict(FieldEnd("a", "text", value))
    assert event["value"] == plain
    assert json.loads(json.dumps(event)) == event


def test_the_end_has_the_prediction_the_figures_and_the_error():
    prediction = Prediction({"answer": "x", "keys": [1]}, outputs=["answer", "keys", "never"])
    stats = Stats("m", "p", tokens=3, usage=Usage(1, 2, 3))
    event = event_to_dict(RunEnd("failed", prediction, stats, RunCancelled("stopped")))
    assert event["type"] == "run_end"
    assert event["state"] == "failed"
    assert event["prediction"] == {"answer": "x", "keys": [1]}
    assert event["stats"]["usage"] == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    assert event["error"] == {"type": "RunCancelled", "message": "stopped"}
    assert json.loads(json.dumps(event)) == event
