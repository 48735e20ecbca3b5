"""Native reasoning and ``<think>``: where they go, and how they meet the text's own fields."""

from __future__ import annotations

import pytest
from feeding import ended, joined, merged, parse
from test_parser import TWO, field

from desiru_notebook.events import FieldDelta, FieldEnd, FieldStart
from desiru_notebook.providers import Reasoning


def test_native_reasoning_fills_the_field_reasoning():
    events = parse(TWO, Reasoning("Hm"), Reasoning(" so "), "[[ ## answer ## ]]\n42")
    assert merged(events) == field("reasoning", "Hm so") + field("answer", "42")


def test_native_reasoning_is_kept_as_thinking_without_such_a_field():
    assert parse("q -> answer", Reasoning("Hm"), "42") == field("thinking", "Hm") + field("answer", "42")


def test_white_space_alone_is_no_reasoning():
    assert parse(TWO, Reasoning(" \n"), "Answer: 42") == field("answer", "42")


def test_text_without_a_marker_after_native_reasoning_is_the_next_output():
    assert parse(TWO, Reasoning("Hm"), "42") == field("reasoning", "Hm") + field("answer", "42")


def test_a_marker_of_reasoning_after_native_reasoning_goes_on_with_it():
    events = parse(TWO, Reasoning("Hm"), "[[ ## reasoning ## ]]\nSo.\n[[ ## answer ## ]]\n42")
    assert merged(events) == field("reasoning", "Hm\n\nSo.") + field("answer", "42")


def test_native_reasoning_after_the_field_is_closed_is_thinking():
    events = parse(TWO, "Reasoning: a\nAnswer: b", Reasoning("c"))
    assert events == [
        *field("reasoning", "a"),
        FieldStart("answer"),
        FieldDelta("answer", "b"),
        *field("thinking", "c")[:2],
        FieldEnd("thinking", "c", "c"),
        FieldEnd("answer", "b", "b"),
    ]


def test_native_reasoning_between_pieces_of_a_field_does_not_end_it():
    events = parse("q -> answer", "4", Reasoning("hm"), "2")
    assert joined(events) == ended(events) == {"answer": "42", "thinking": "hm"}


@pytest.mark.parametrize(("signature", "name"), [(TWO, "reasoning"), ("q -> answer", "thinking")])
def test_think_at_the_start_of_the_text_is_native_reasoning(signature, name):
    said = " \n<think>\nHm [[ ## answer ## ]]\n</think>\n\nAnswer: 42"
    assert parse(signature, said) == field(name, "Hm [[ ## answer ## ]]") + field("answer", "42")
    assert merged(parse(signature, *said)) == parse(signature, said)


def test_think_that_never_ends_loses_nothing():
    assert merged(parse("q -> answer", "<think>Hm </thi")) == field("thinking", "Hm </thi")


def test_a_marker_right_after_think_stands_at_a_lines_start():
    assert parse(TWO, "<think>Hm</think>[[ ## answer ## ]]42") == field("reasoning", "Hm") + field("answer", "42")


def test_an_empty_think_is_nothing():
    assert parse(TWO, "<think>\n\n</think>\n\nReasoning: a") == field("reasoning", "a")


@pytest.mark.parametrize("said", ["x <think>y</think>", "x\n<think>y</think>", "<thinking>y", "<think", "<THINK>y</THINK>"])
def test_think_anywhere_else_is_text(said):
    assert merged(parse("q -> answer", *said)) == merged(parse("q -> answer", said)) == field("answer", said)


def test_a_second_think_is_text():
    said = "<think>a</think><think>b</think>"
    assert parse("q -> answer", said) == field("thinking", "a") + field("answer", "<think>b</think>")


def test_thinking_that_goes_on_after_its_end_ends_again_with_its_whole_text():
    events = parse("q -> answer", Reasoning("a"), "x", Reasoning("b"))
    assert joined(events)["thinking"] == ended(events)["thinking"] == "a\n\nb"


def test_a_field_that_is_open_when_the_marker_of_native_reasoning_comes_is_closed():
    said = ["[[ ## answer ## ]]\nx", Reasoning("hm"), "\n[[ ## reasoning ## ]]\ny"]
    events = parse(TWO, *said)
    assert joined(events) == ended(events) == {"answer": "x", "reasoning": "hm\n\ny"}


def test_native_reasoning_fills_an_output_named_thinking():
    events = parse("q -> thinking, answer", Reasoning("hm"), "[[ ## answer ## ]]\nx")
    assert events == field("thinking", "hm") + field("answer", "x")


def test_native_reasoning_goes_on_with_an_open_output_named_thinking():
    events = parse("q -> thinking, answer", "[[ ## thinking ## ]]\na", Reasoning("b"), "\n[[ ## answer ## ]]\nx")
    assert joined(events) == ended(events) == {"thinking": "a\n\nb", "answer": "x"}
    assert [event.field for event in events if isinstance(event, FieldEnd)] == ["thinking", "answer"]


def test_text_after_native_reasoning_that_came_alone_is_not_lost():
    events = parse("q -> reasoning", Reasoning("a"), "b")
    assert joined(events) == ended(events) == {"reasoning": "a\n\nb"}


def test_text_ends_native_reasoning_so_that_its_marker_is_text_from_then_on():
    for said in (["b\nReasoning: c"], "b\nReasoning: c"):
        events = parse("q -> answer, reasoning", Reasoning("a"), *said)
        assert merged(events) == field("reasoning", "a") + field("answer", "b\nReasoning: c")
