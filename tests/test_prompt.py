"""Messages, and the two kinds of marker: what writes a marker is what reads it."""

from __future__ import annotations

import dataclasses

import pytest
from feeding import ended, parse
from pydantic import BaseModel

from desiru_notebook import Signature
from desiru_notebook.prompt import COMPLETED, Message, build_messages, header, label


class Person(BaseModel):
    name: str


@dataclasses.dataclass
class Point:
    x: int


SIGNATURE = Signature(
    "document, question -> reasoning, score: float, tags: list[str]",
    descriptions={"score": "from 0 to 1"},
)


def test_a_header_and_a_label_are_spelled_like_this():
    assert header("final_answer") == "[[ ## final_answer ## ]]"
    assert label("final_answer") == "Final answer:"


def test_headers_ask_for_every_output_in_order_and_for_the_end():
    system, user = build_messages(SIGNATURE, {"document": "Sky.", "question": "Why?"})
    assert [message.role for message in (system, user)] == ["system", "user"]
    places = [system.content.index(header(name)) for name in ("reasoning", "score", "tags", COMPLETED)]
    assert places == sorted(places)
    assert "`score` (float): from 0 to 1" in system.content
    assert "produce the reasoning, score and tags" in system.content
    assert user.content == "[[ ## document ## ]]\nSky.\n\n[[ ## question ## ]]\nWhy?"


def test_labels_ask_for_a_line_of_each_output():
    system, user = build_messages(Signature("text -> final_answer: int"), {"text": "Sky."}, style="label")
    assert "one line that starts with Final answer:" in system.content
    assert user == Message("user", "Text: Sky.")


@pytest.mark.parametrize("style", ["header", "label"])
def test_instructions_stand_in_the_system_message(style):
    signature = Signature("q -> a", instructions="Answer like a pirate.")
    assert "Answer like a pirate." in build_messages(signature, {"q": "?"}, style=style)[0].content


def test_demos_are_past_turns_whose_answers_are_finished_and_a_missing_field_is_left_out():
    demos = [{"question": "Q1", "reasoning": "R1", "score": 1.0, "tags": ["x"]}, {"document": "D2", "score": 0.5}]
    messages = build_messages(SIGNATURE, {"document": "D", "question": "Q"}, demos)
    assert [message.role for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[1].content == "[[ ## question ## ]]\nQ1"
    assert messages[4].content == "[[ ## score ## ]]\n0.5\n\n[[ ## completed ## ]]"


@pytest.mark.parametrize("style", ["header", "label"])
def test_what_a_demo_shows_is_what_the_parser_reads(style):
    demo = {"document": "D", "question": "Q", "reasoning": "Because.", "score": 0.5, "tags": ["x", "y"]}
    shown = build_messages(SIGNATURE, {"document": "D", "question": "Q"}, [demo], style)[2].content
    assert ended(parse(str(SIGNATURE), shown)) == {"reasoning": "Because.", "score": "0.5", "tags": '["x", "y"]'}


def test_values_from_code_are_written_as_json_and_text_as_it_is():
    signature = Signature("who: Person, where: Point, n: int, text -> a", types={"Person": Person, "Point": Point})
    inputs = {"who": Person(name="Zoë"), "where": Point(1), "n": 3, "text": 'a "b"\nc'}
    *_, user = build_messages(signature, inputs, style="label")
    assert user.content == 'Who: {"name": "Zoë"}\nWhere: {"x": 1}\nN: 3\nText: a "b"\nc'


def test_a_type_from_code_is_described_by_its_schema():
    system, _ = build_messages(Signature("q -> who: Person", types={"Person": Person}), {"q": "?"})
    assert '"properties": {"name"' in system.content


def test_braces_and_percent_signs_of_an_input_are_literal():
    *_, user = build_messages(Signature("q -> a"), {"q": "{x} %s {0} $y"})
    assert user.content == "[[ ## q ## ]]\n{x} %s {0} $y"


def test_small_models_get_worked_examples_only_where_these_fit_the_signature():
    fitting = build_messages(Signature("question -> reasoning, answer"), {"question": "?"}, style="label")
    assert [message.role for message in fitting[1:3]] == ["user", "assistant"]
    (_, question, *_) = build_messages(Signature("question -> answer: int"), {"question": "?"}, style="label")
    assert question == Message("user", "Question: How many legs does a spider have?")
    for text in ("question -> reasoning, summary", "question -> answer: bool", "text -> answer"):
        signature = Signature(text)
        assert len(build_messages(signature, dict.fromkeys(signature.inputs, "?"), style="label")) == 2


def test_capable_models_and_those_with_demos_get_no_worked_examples():
    signature = Signature("question -> reasoning, answer")
    assert len(build_messages(signature, {"question": "?"})) == 2
    assert len(build_messages(signature, {"question": "?"}, [{"question": "Q", "answer": "A"}], "label")) == 4
