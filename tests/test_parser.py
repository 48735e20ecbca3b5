"""The parser's rules, one by one, each with the whole list of events. The law over all chunkings: test_parser_law.py."""

from __future__ import annotations

import pytest
from feeding import feed, joined, merged, parse

from desiru_notebook.events import Event, FieldDelta, FieldEnd, FieldStart
from desiru_notebook.parser import FieldParser
from desiru_notebook.providers import Reasoning
from desiru_notebook.signature import Signature

TWO = "question -> reasoning, answer"


def field(name: str, text: str, value: object = None) -> list[Event]:
    """The events of a field that came in one piece."""
    deltas = [FieldDelta(name, text)] if text else []
    return [FieldStart(name), *deltas, FieldEnd(name, text, text if value is None else value)]


def test_headers_divide_an_answer_into_fields():
    said = "[[ ## reasoning ## ]]\nBecause.\n\n[[ ## answer ## ]]\n42\n\n[[ ## completed ## ]]"
    assert parse(TWO, said) == field("reasoning", "Because.") + field("answer", "42")


def test_labels_divide_an_answer_into_fields():
    assert parse(TWO, "Reasoning: Because.\nAnswer: 42\n") == field("reasoning", "Because.") + field("answer", "42")


def test_deltas_come_as_the_text_comes_and_white_space_waits_for_more():
    parser = FieldParser(Signature(TWO))
    assert parser.feed("Answer: The ") == [FieldStart("answer"), FieldDelta("answer", "The")]
    assert parser.feed("sky \n") == [FieldDelta("answer", " sky")]
    assert parser.feed("\nis blue") == [FieldDelta("answer", " \n\nis blue")]
    assert parser.finish() == [FieldEnd("answer", "The sky \n\nis blue", "The sky \n\nis blue")]


def test_what_could_begin_a_marker_waits_and_is_text_when_it_does_not():
    parser = FieldParser(Signature(TWO))
    parser.feed("Reasoning: a\n")
    assert parser.feed("An") == []
    assert parser.feed("swer") == []
    assert parser.feed("s vary") == [FieldDelta("reasoning", "\nAnswers vary")]
    assert parser.feed("\nAnswer:") == [FieldEnd("reasoning", "a\nAnswers vary", "a\nAnswers vary"), FieldStart("answer")]


@pytest.mark.parametrize("spelling", ["final_answer:", "FINAL ANSWER:", "Final_Answer:", "final answer:"])
def test_a_label_is_read_without_regard_to_case_and_underscores(spelling):
    assert parse("q -> note, final_answer", f"Note: x\n{spelling} y") == field("note", "x") + field("final_answer", "y")


@pytest.mark.parametrize("spelling", ["Straße:", "STRASSE:", "strasse:", "\u017ftra\u017f\u017fe:"])
def test_a_label_is_read_by_unicode_casefolding(spelling):
    assert parse("q -> note, straße", f"Note: x\n{spelling} y") == field("note", "x") + field("straße", "y")


def test_after_a_header_labels_are_text():
    said = "[[ ## reasoning ## ]]\nAnswer: no\n[[ ## answer ## ]]\nReasoning: no"
    assert parse(TWO, said) == field("reasoning", "Answer: no") + field("answer", "Reasoning: no")


def test_after_a_label_headers_are_text():
    said = "Reasoning: a\n[[ ## answer ## ]]\nAnswer: b\n[[ ## completed ## ]]"
    assert parse(TWO, said) == field("reasoning", "a\n[[ ## answer ## ]]") + field("answer", "b\n[[ ## completed ## ]]")


def test_text_before_the_first_marker_belongs_to_the_first_output():
    assert parse(TWO, "Well, now.\n[[ ## answer ## ]]\n42") == field("reasoning", "Well, now.") + field("answer", "42")


def test_a_marker_of_the_first_output_goes_on_with_the_text_before_it():
    said = "Sure!\n[[ ## reasoning ## ]]\nBecause.\n[[ ## answer ## ]]\n42"
    assert merged(parse(TWO, said)) == field("reasoning", "Sure!\n\nBecause.") + field("answer", "42")


def test_text_without_any_marker_is_the_first_output():
    assert parse("q -> answer", "  It is 42. ") == field("answer", "It is 42.")


def test_nothing_and_white_space_make_no_field():
    assert parse(TWO) == parse(TWO, "") == parse(TWO, " \n\t") == []


def test_a_marker_counts_once_and_is_text_the_second_time():
    said = "[[ ## answer ## ]]\na\n[[ ## answer ## ]]\nb"
    assert parse(TWO, said) == field("answer", "a\n[[ ## answer ## ]]\nb")


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3, 4]]",
        "[[ ## other ## ]]",
        "Other: x",
        'He wrote "[[ ## answer ## ]]" there',
        "so Answer: it is",
        " [[ ## answer ## ]]",
        "[[ ## Answer ## ]]",
        "[[## answer ##]]",
        "[[ ## answer ## ]",
        "Answer",
        "Answer :",
        "[[ ## completed ##",
        "<think>no</think>",
    ],
)
def test_what_is_no_marker_of_an_open_name_at_a_lines_start_is_text(text):
    said = f"[[ ## reasoning ## ]]\nx\n{text}"
    assert merged(parse(TWO, said)) == merged(parse(TWO, *said)) == field("reasoning", f"x\n{text}")


def test_text_may_follow_a_marker_on_its_line():
    said = "[[ ## reasoning ## ]] a\n[[ ## answer ## ]]b[[ ## completed ## ]]"
    assert parse(TWO, said) == field("reasoning", "a") + field("answer", "b[[ ## completed ## ]]")


def test_carriage_returns_at_line_ends_are_white_space():
    said = "[[ ## reasoning ## ]]\r\na\r\nb\r\n\r\n[[ ## answer ## ]]\r\n42\r\n[[ ## completed ## ]]\r\n"
    assert parse(TWO, said) == field("reasoning", "a\r\nb") + field("answer", "42")


def test_after_completed_nothing_is_text():
    assert parse(TWO, "[[ ## answer ## ]]\n42\n[[ ## completed ## ]]\nBye! [[ ## x") == field("answer", "42")


def test_a_field_that_comes_after_completed_is_read():
    said = "[[ ## answer ## ]]\n42\n[[ ## completed ## ]]\n[[ ## reasoning ## ]]\nlate"
    assert parse(TWO, said) == field("answer", "42") + field("reasoning", "late")


def test_completed_before_any_field_ends_nothing():
    assert parse(TWO, "[[ ## completed ## ]]\nstill here") == field("reasoning", "still here")


def test_fields_may_come_in_any_order_and_may_be_empty():
    said = "[[ ## answer ## ]]\n[[ ## reasoning ## ]]\nlate"
    assert parse(TWO, said) == field("answer", "") + field("reasoning", "late")


def test_an_end_has_the_value_in_the_fields_type():
    said = "Total: $1,200\nTags: a, b"
    expected = field("total", "$1,200", 1200.0) + field("tags", "a, b", ["a", "b"])
    assert parse("q -> total: float, tags: list[str]", said) == expected


def test_a_text_that_does_not_fit_its_type_stays_text_and_is_a_fault():
    parser = FieldParser(Signature("q -> n: int, note"))
    assert feed(parser, ["N: many\nNote: x"])[:3] == field("n", "many")
    assert list(parser.faults) == ["n"]
    assert "'n' is not int" in str(parser.faults["n"])
    assert "many" not in str(parser.faults["n"])


def test_the_texts_are_there_at_any_time_and_the_values_after_the_end_of_each_field():
    parser = FieldParser(Signature("q -> n: int, note"))
    parser.feed("N: 1\nNote: a b")
    assert parser.texts == {"n": "1", "note": "a b"}
    assert parser.values == {"n": 1}


def test_flush_gives_what_is_held_back_and_closes_nothing():
    parser = FieldParser(Signature("q -> note, answer"))
    parser.feed("Note: a\nAnsw")
    assert parser.flush() == [FieldDelta("note", "\nAnsw")]
    assert parser.finish() == [FieldEnd("note", "a\nAnsw", "a\nAnsw")]


def test_one_character_at_a_time_says_the_same():
    said = "Hm.\n[[ ## reasoning ## ]] [[1]]\nAnswer: no\n[[ ## answer ## ]]\n[[ ## answer ## ]]\n[[ ## completed ## ]] bye"
    assert merged(parse(TWO, *said)) == merged(parse(TWO, said))
    assert joined(parse(TWO, said)) == {"reasoning": "Hm.\n [[1]]\nAnswer: no", "answer": "[[ ## answer ## ]]"}


def test_native_reasoning_is_no_text():
    assert parse("q -> answer", Reasoning("[[ ## answer ## ]]")) == field("thinking", "[[ ## answer ## ]]")
