"""What a notebook's file keeps of an answer, and how it is read back, also from a file that somebody has changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import Scripted, start

from desiru_notebook import Predict, Prediction
from desiru_notebook.frontends.answers import of_metadata, of_prediction, of_run
from desiru_notebook.frontends.html import prediction_bundle
from desiru_notebook.markdown.policy import visible
from desiru_notebook.providers import Reasoning
from desiru_notebook.timeline import KEPT

PIECES = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=9), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def in_a_file(data: Any) -> Any:
    """As Jupyter saves it: the names of a mapping sorted."""
    return json.loads(json.dumps(data, sort_keys=True))


def kept(run) -> dict[str, Any]:
    return in_a_file(prediction_bundle(run.partial)[1]["desiru"])


@given(PIECES)
def test_what_a_file_keeps_is_the_answer_again(pieces):
    chunks = [Reasoning("Hm \U0001f499"), "Zebra: ", *pieces, "\nTags: - a\n- b"]
    run = start(Scripted(chunks), "question -> zebra, tags: list[str]")
    run.join()
    answer = of_prediction(run.partial)
    again = of_metadata(in_a_file(answer.metadata()))
    assert (again.fields, again.times, again.lengths) == (answer.fields, answer.times, answer.lengths)
    assert (again.texts, list(again.texts)) == (answer.texts, list(answer.texts))  # in the order in which they began
    assert again.page_data() == answer.page_data()
    assert again.prediction() == {name: visible(value) if name == "zebra" else value for name, value in run.partial.items()}
    for field, lengths in again.lengths.items():
        assert lengths[-1] == len(again.texts[field].encode("utf-16-le")) // 2


def test_a_file_keeps_little_beside_the_texts_however_long_the_answer_was():
    run = start(Scripted(["Reasoning: a\nAnswer: "] + ["word "] * 20_000))
    run.join()
    data = kept(run)
    (_, answer) = data["texts"]
    assert len(json.dumps(data)) - len(answer["text"]) < 600 + KEPT * 14
    assert len(data["times"].split()) <= KEPT + 1


def test_a_page_of_a_run_knows_more_of_its_times_than_a_file_does():
    run = start(Scripted(["Answer: "] + ["word "] * 500, delay=0.0005))
    run.join()
    assert len(of_run(run).times) >= len(of_prediction(run.partial).times)
    assert of_run(run).texts == of_prediction(run.partial).texts


def test_a_prediction_made_by_hand_has_no_answer_data():
    assert of_prediction(Prediction({"answer": "42"})) is None


class Rated(Predict):
    def finish(self, prediction):
        return prediction | {"answer": "rated", "score": 5}


def test_what_a_module_made_of_the_answer_is_kept_with_it():
    answer = of_prediction(Rated("question -> reasoning, answer", model=Scripted(["Reasoning: a\nAnswer: b"]))(question="?"))
    assert answer.texts == {"reasoning": "a", "answer": "rated", "score": "5"}
    assert set(answer.lengths) == {"reasoning"}
    assert of_metadata(in_a_file(answer.metadata())).page_data() == answer.page_data()


def damaged(change: Any) -> dict[str, Any]:
    run = start(Scripted(["Reasoning: a\nAnswer: b"]))
    run.join()
    return kept(run) | change


@pytest.mark.parametrize(
    "change",
    [
        {"texts": None}, {"texts": ["a"]}, {"texts": [{"name": "a"}]}, {"texts": {"answer": "b"}}, {"times": [1, 2]},
        {"texts": [{"name": "a", "text": "b", "lengths": "1 x"}]}, {"times": "1 2 -3"}, {"times": "1" * 10}, {"times": ""},
        {"times": " ".join(["1"] * 5000)}, {"duration": float("nan")}, {"duration": "1"}, {"duration": -1}, {"tokens": 10**400},
        {"state": "pending"}, {"state": []}, {"fields": [{"name": 1, "type": "str"}]}, {"model": None}, {"notices": "a"},
        {"error": 1}, {"ttft": "x"}, {"ttft": float("inf")}, {"complete": "yes"},
    ],
)  # fmt: skip
def test_metadata_that_we_would_not_write_is_ignored(change):
    assert of_metadata(damaged({})) is not None
    assert of_metadata(damaged(change)) is None


@given(JSON)
def test_whatever_stands_there_is_an_answer_or_none(data):
    assert of_metadata(data) is None


@given(st.sampled_from(["fields", "texts", "times", "state", "stats", "duration", "notices", "error", "usage"]), JSON)
def test_whatever_one_of_its_parts_is_does_not_break_a_page(name, value):
    answer = of_metadata(damaged({name: value}))
    if answer:
        json.dumps(answer.page_data(), allow_nan=False)
        answer.prediction()
