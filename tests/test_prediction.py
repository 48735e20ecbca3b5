"""Prediction: a read-only mapping with attribute access, equal by value, the same to look at every time."""

from __future__ import annotations

import copy
import pickle

import pytest

from desiru_notebook import MissingFieldError, Prediction, Stats
from desiru_notebook.prediction import kind_of

WHOLE = Prediction({"answer": "42", "tags": ["a"]})
PART = Prediction({"answer": "4"}, outputs=["answer", "tags"])


def test_a_field_is_read_as_item_and_as_attribute():
    assert WHOLE["answer"] == WHOLE.answer == "42"
    assert dict(WHOLE) == {"answer": "42", "tags": ["a"]}
    assert (list(WHOLE), len(WHOLE), "answer" in WHOLE, "other" in WHOLE) == (["answer", "tags"], 2, True, False)


def test_fields_stand_in_the_signatures_order_and_nothing_else_is_a_field():
    prediction = Prediction({"thinking": "x", "b": 2, "a": 1}, outputs=["a", "b"])
    assert list(prediction.items()) == [("a", 1), ("b", 2)]


def test_nothing_can_be_written():
    with pytest.raises(AttributeError):
        WHOLE.answer = "43"
    with pytest.raises(TypeError):
        WHOLE["answer"] = "43"
    with pytest.raises(AttributeError):
        del WHOLE.answer


@pytest.mark.parametrize("read", [lambda: PART.tags, lambda: PART["tags"]], ids=["attribute", "item"])
def test_a_field_that_never_came_is_a_missing_field_error_with_what_there_is(read):
    with pytest.raises(MissingFieldError, match="never produced 'tags'") as caught:
        read()
    assert caught.value.partial is PART


def test_a_field_that_never_came_is_not_in_it():
    assert "tags" not in PART
    assert PART.get("tags", "none") == "none"
    assert PART.missing == ["tags"]


def test_what_is_no_field_at_all_is_an_ordinary_error():
    with pytest.raises(KeyError):
        WHOLE["other"]
    with pytest.raises(AttributeError, match="its fields are answer, tags") as caught:
        _ = WHOLE.other
    assert not isinstance(caught.value, MissingFieldError)


@pytest.mark.parametrize("name", ["_ipython_canary_method_should_not_exist_", "_repr_html_", "__len_hint__"])
def test_names_that_a_notebook_probes_are_attribute_errors(name):
    assert not hasattr(WHOLE, name)
    assert not hasattr(PART, name)


def test_it_is_complete_when_the_run_was_and_nothing_is_missing():
    assert WHOLE.complete
    assert not PART.complete
    assert not Prediction({"answer": "42"}, complete=False).complete


def test_two_are_equal_when_their_fields_are():
    assert Prediction({"answer": "42", "tags": ["a"]}, complete=False, stats=Stats("m"), thinking="x") == WHOLE
    assert Prediction({"answer": "43", "tags": ["a"]}) != WHOLE
    assert WHOLE == {"answer": "42", "tags": ["a"]}
    assert WHOLE != "42"


def test_the_repr_shows_the_fields_and_nothing_that_changes():
    assert repr(WHOLE) == "Prediction(answer='42', tags=['a'])"
    assert repr(Prediction({"answer": "42"}, thinking="x", stats=Stats("m", duration=1.5))) == "Prediction(answer='42')"


def test_thinking_and_figures_stand_beside_the_fields():
    prediction = Prediction({"answer": "42"}, thinking="hm", stats=Stats("m"))
    assert (prediction.thinking, prediction.stats) == ("hm", Stats("m"))
    assert (WHOLE.thinking, WHOLE.stats) == ("", None)


def test_what_stands_beside_the_fields_is_a_copy_and_no_part_of_them():
    prediction = Prediction({"answer": "42"}, extra={"notes": "x", "": "Sure!"})
    prediction.extra["notes"] = "y"
    assert prediction.extra == {"notes": "x", "": "Sure!"}
    assert (WHOLE.extra, prediction | {"answer": "43"}) == ({}, {"answer": "43"})
    assert (prediction == {"answer": "42"}, "notes" in prediction) == (True, False)
    assert pickle.loads(pickle.dumps(prediction)).extra == (prediction | {"answer": "43"}).extra == prediction.extra


def test_an_output_named_thinking_comes_first():
    assert Prediction({"thinking": "mine"}, thinking="native").thinking == "mine"


def test_a_field_that_is_named_as_a_method_is_read_as_item():
    prediction = Prediction({"items": "x", "get": "y", "complete": "z"})
    assert (prediction["items"], prediction["get"], prediction["complete"]) == ("x", "y", "z")
    assert prediction.complete is True
    assert dict(prediction.items()) == {"items": "x", "get": "y", "complete": "z"}


def test_its_fields_complete_with_tab():
    assert {"answer", "tags", "complete"} <= set(dir(WHOLE))
    assert "tags" not in dir(PART)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_is_the_same(again):
    original = Prediction({"answer": "4"}, outputs=["answer", "tags"], thinking="hm", stats=Stats("m"))
    other = again(original)
    assert other == original
    assert (other.missing, other.complete, other.thinking, other.stats) == (["tags"], False, "hm", Stats("m"))


def test_a_match_statement_reads_it_as_a_mapping():
    match WHOLE:
        case {"answer": answer}:
            assert answer == "42"
        case _:
            pytest.fail("a prediction is a mapping")


def test_a_prediction_with_other_values_keeps_all_the_rest():
    said = Prediction({"a": 1}, outputs={"a": int, "b": str}, thinking="hm", stats=Stats("m"))
    other = said | {"a": 2}
    assert (other, other.missing, other.thinking, other.stats, kind_of(other, "a")) == ({"a": 2}, ["b"], "hm", said.stats, int)
    more = said | {"b": "x", "c": True}
    assert (more, more.missing, said) == ({"a": 1, "b": "x", "c": True}, [], {"a": 1})


def test_one_that_was_cut_short_stays_so():
    assert not (Prediction({"a": 1}, complete=False) | {"a": 2}).complete
