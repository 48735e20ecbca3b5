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


def test_a_label_counts_once_and_is_text_the_second_time():
    assert parse(TWO, "Answer: a\nAnswer: b") == field("answer", "a\nAnswer: b")


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3, 4]]",
        "[[ ## other ## ]] x",
        "Other: x",
        'He wrote "[[ ## answer ## ]]" there',
        "so Answer: it is",
        " [[ ## answer ## ]]",
        "[[ ## Answer ## ]] x",
        "[[ ## a]b ## ]]",
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
    assert list(parser.written.faults) == ["n"]
    assert "'n' is not int" in str(parser.written.faults["n"])
    assert "many" not in str(parser.written.faults["n"])


def test_the_texts_are_there_at_any_time_and_the_values_after_the_end_of_each_field():
    parser = FieldParser(Signature("q -> n: int, note"))
    parser.feed("N: 1\nNote: a b")
    assert parser.texts == {"n": "1", "note": "a b"}
    assert parser.written.values == {"n": 1}


def test_flush_gives_what_is_held_back_and_closes_nothing():
    parser = FieldParser(Signature("q -> note, answer"))
    parser.feed("Note: a\nAnsw")
    assert parser.flush() == [FieldDelta("note", "\nAnsw")]
    assert parser.finish() == [FieldEnd("note", "a\nAnsw", "a\nAnsw")]


def test_one_character_at_a_time_says_the_same():
    said = "Hm.\n[[ ## reasoning ## ]] [[1]]\nAnswer: no\n[[ ## answer ## ]]\n[[ ## answer ## ]]\n[[ ## completed ## ]] bye"
    assert merged(parse(TWO, *said)) == merged(parse(TWO, said))
    assert joined(parse(TWO, said)) == {"reasoning": "Hm.\n [[1]]\nAnswer: no"}


def test_native_reasoning_is_no_text():
    assert parse("q -> answer", Reasoning("[[ ## answer ## ]]")) == field("thinking", "[[ ## answer ## ]]")


def read(signature, said):
    """The texts and what was kept aside, which are the same for every character by itself."""
    parsers = FieldParser(Signature(signature)), FieldParser(Signature(signature))
    told = [merged(feed(parser, pieces) + parser.finish()) for parser, pieces in zip(parsers, ([said], said), strict=True)]
    assert told[0] == told[1]
    assert parsers[0].written.extra == parsers[1].written.extra
    return parsers[0].texts, parsers[0].written.extra


class TestFieldsThatTextHasBegun:
    """Text without a marker opens the next output; the first marker of that field still counts after others."""

    def test_a_header_goes_on_with_it(self):
        said = "Sure!\n[[ ## answer ## ]]\n42\n[[ ## reasoning ## ]]\nBecause.\n[[ ## completed ## ]]"
        assert read(TWO, said) == ({"reasoning": "Sure!\n\nBecause.", "answer": "42"}, {})

    def test_a_label_goes_on_with_it(self):
        assert read(TWO, "Sure!\nAnswer: 42\nReasoning: Because.") == (
            {"reasoning": "Sure!\n\nBecause.", "answer": "42"},
            {},
        )

    def test_its_second_header_is_kept_aside(self):
        said = "Hm.\n[[ ## answer ## ]]\n42\n[[ ## reasoning ## ]]\na\n[[ ## reasoning ## ]]\nb"
        assert read(TWO, said) == ({"reasoning": "Hm.\n\na", "answer": "42"}, {"reasoning": "b"})

    def test_its_events_are_those_of_a_field_that_comes_again(self):
        said = "Hm.\n[[ ## answer ## ]]\n42\n[[ ## reasoning ## ]]\na"
        again = [FieldStart("reasoning"), FieldDelta("reasoning", "\n\na"), FieldEnd("reasoning", "Hm.\n\na", "Hm.\n\na")]
        assert merged(parse(TWO, said)) == field("reasoning", "Hm.") + field("answer", "42") + again

    def test_a_value_is_read_from_all_of_it(self):
        parser = FieldParser(Signature("q -> total: int, note"))
        feed(parser, ["The total is:\n[[ ## note ## ]]\nx\n[[ ## total ## ]]\n5"])
        parser.finish()
        assert (parser.written.values, parser.written.faults) == ({"total": 5, "note": "x"}, {})

    def test_after_native_reasoning(self):
        parser = FieldParser(Signature(TWO))
        said = "Sure!\n[[ ## reasoning ## ]]\nBecause.\n[[ ## answer ## ]]\n42"
        feed(parser, [Reasoning("Hm."), said])
        parser.finish()
        assert parser.texts == {"reasoning": "Hm.", "answer": "Sure!\n\n42"}
        assert parser.written.extra == {"reasoning": "Because."}


class TestHeadersOfOtherNames:
    """They end the field before them, and what follows is kept aside."""

    @pytest.mark.parametrize("space", ["", " ", "\t \r"])
    def test_one_on_a_line_of_its_own(self, space):
        said = f"[[ ## reasoning ## ]]\na\n[[ ## notes ## ]]{space}\nb\n[[ ## answer ## ]]\nc"
        assert read(TWO, said) == ({"reasoning": "a", "answer": "c"}, {"notes": "b"})

    def test_one_at_the_end_without_a_line_end(self):
        assert read(TWO, "[[ ## answer ## ]]\na\n[[ ## notes ## ]]") == ({"answer": "a"}, {})

    def test_one_before_every_field(self):
        assert read(TWO, "[[ ## plan ## ]]\na\n[[ ## answer ## ]]\nb") == ({"answer": "b"}, {"plan": "a"})

    def test_one_that_comes_twice(self):
        said = "[[ ## notes ## ]]\na\n[[ ## answer ## ]]\nb\n[[ ## notes ## ]]\nc"
        assert read(TWO, said) == ({"answer": "b"}, {"notes": "a\n\nc"})

    def test_an_echoed_input_is_dropped(self):
        said = "[[ ## question ## ]]\nWhy?\n[[ ## reasoning ## ]]\na\n[[ ## answer ## ]]\nb"
        assert read(TWO, said) == ({"reasoning": "a", "answer": "b"}, {})

    def test_an_answer_of_nothing_but_an_echoed_input_is_kept(self):
        said = "[[ ## question ## ]]\nWhy?"
        assert read(TWO, said) == ({"reasoning": said}, {})

    @pytest.mark.parametrize("ending", ["completed", "completion", "end"])
    def test_an_ending_completes_the_answer(self, ending):
        said = f"[[ ## answer ## ]]\na\n[[ ## {ending} ## ]] bye\n[[ ## reasoning ## ]]\nlate"
        assert read(TWO, said) == ({"answer": "a", "reasoning": "late"}, {"completed": "bye"})

    @pytest.mark.parametrize("ending", ["completion", "end"])
    def test_a_field_with_the_name_of_an_ending_is_a_field(self, ending):
        assert read(f"q -> {ending}, answer", f"[[ ## {ending} ## ]]\na\n[[ ## answer ## ]]\nb")[0] == {
            ending: "a",
            "answer": "b",
        }

    def test_a_second_one_of_a_field_is_kept_aside(self):
        said = "[[ ## answer ## ]]\na\n[[ ## answer ## ]]\nb\n[[ ## completed ## ]]"
        assert read(TWO, said) == ({"answer": "a"}, {"answer": "b"})

    @pytest.mark.parametrize("between", ["", "[[ ## reasoning ## ]]\nc\n"])
    def test_a_second_one_of_an_empty_field_is_the_field(self, between):
        texts, extra = read(TWO, f"[[ ## answer ## ]]\n{between}[[ ## answer ## ]]\nb")
        assert (texts["answer"], extra) == ("b", {})

    def test_an_empty_field_that_comes_again_has_the_value_of_its_text(self):
        parser = FieldParser(Signature("q -> total: int, note"))
        feed(parser, ["[[ ## total ## ]]\n[[ ## note ## ]]\nx\n[[ ## total ## ]]\n5"])
        parser.finish()
        assert (parser.written.values, parser.written.faults) == ({"total": 5, "note": "x"}, {})

    def test_one_in_another_case_is_the_field(self):
        said = "[[ ## reasoning ## ]]\na\n[[ ## Answer ## ]]\nb"
        assert read(TWO, said) == ({"reasoning": "a", "answer": "b"}, {})


class TestDecoratedMarkers:
    """They count until one has come as it was asked for."""

    @pytest.mark.parametrize(
        "marker",
        ["**{}:**", "**{}**:", "**{}** :", "**{}: **", "__{}:__", "### {}\n", "# {}:", "## {} \n", "### **{}**\n",
         "### **{}:**", "**{}**\n", "- **{}:**", "  {}:", "\t{}:", "    {}:", "  [[ ## {} ## ]]\n",
         "[[##{}##]]\n", "[[## {} ## ]]"],
    )  # fmt: skip
    @pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
    def test_one(self, marker, spelling):
        said = f"{marker.format(spelling('Reasoning'))} a\nb: c\n\n{marker.format(spelling('Final answer'))} 5"
        said = said.replace("Final answer ##", "final_answer ##")
        assert read("q -> reasoning, final_answer", said)[0] == {"reasoning": "a\nb: c", "final_answer": "5"}

    @pytest.mark.parametrize("said", ["**Answer: 5**", "**Answer:  5**", "### **Answer: 5**"])
    def test_a_bold_line_stays_bold(self, said):
        assert read("q -> reasoning, answer", f"**Reasoning:** a\n{said}")[0] == {"reasoning": "a", "answer": "**5**"}

    def test_after_a_plain_one_they_are_text(self):
        assert read(TWO, "Reasoning: a\n**Answer:** 5")[0] == {"reasoning": "a\n**Answer:** 5"}
        assert read(TWO, "[[ ## reasoning ## ]]\na\n### Answer\n5")[0] == {"reasoning": "a\n### Answer\n5"}

    def test_a_plain_one_counts_after_them(self):
        assert read(TWO, "**Reasoning:** a\nAnswer: 5")[0] == {"reasoning": "a", "answer": "5"}

    @pytest.mark.parametrize("mark", ["  {}", "**{}**", "__{}__", "### {}", "### **{}**"])
    @pytest.mark.parametrize("ending", ["completed", "Completion", "end"])
    def test_headers_end_an_answer_too(self, mark, ending):
        headers = [mark.format(f"[[ ## {name} ## ]]") for name in ("reasoning", "answer", ending)]
        assert read(TWO, "{}\na\n\n{}\nb\n\n{}\nbye".format(*headers)) == (
            {"reasoning": "a", "answer": "b"},
            {"completed": "bye"},
        )

    @pytest.mark.parametrize("mark", ["[[##{}##]]", "[[## {} ##]]", "**[[ ## {} ## ]]**", "  [[ ## {} ## ]] "])
    def test_headers_of_other_names_end_the_field_before_them(self, mark):
        said = "{}\na\n{}\nWhy?\n{}\nn\n{}\nb\n{}\nc\n{}".format(
            *(mark.format(name) for name in ("reasoning", "question", "notes", "answer", "answer", "completed"))
        )
        assert read(TWO, said) == ({"reasoning": "a", "answer": "b"}, {"notes": "n", "answer": "c"})

    def test_a_second_one_of_an_empty_field_is_the_field(self):
        assert read("q -> answer", "[[## answer ##]]\n\n[[## answer ##]]\n5")[0] == {"answer": "5"}

    @pytest.mark.parametrize("line", ["[[## notes ##]] x", "**[[ ## notes ## ]]", "  [[ ## end ##", "**Completed**", "### End"])
    def test_what_is_no_whole_header_ends_nothing(self, line):
        assert read(TWO, f"[[## reasoning ##]]\na\n{line}\nb")[0] == {"reasoning": f"a\n{line}\nb"}

    def test_a_header_of_the_field_that_text_has_begun_goes_on_with_it(self):
        assert read("q -> answer", "Sure!\n**[[ ## answer ## ]]**\n5")[0] == {"answer": "Sure!\n\n5"}

    def test_in_the_midst_of_its_own_field_one_is_text(self):
        said = "Here is the answer.\n\n## Answer\n\n5"
        assert read("q -> answer", said)[0] == {"answer": said}

    @pytest.mark.parametrize(
        "line",
        ["**Answer** is 5", "### Answers\n", "**Answer", "*Answer:* 5", "> Answer: 5", "- Answer: 5", "#Answer\n", "#### "],
    )  # fmt: skip
    def test_what_is_none_is_text(self, line):
        assert read(TWO, f"Hm.\n{line}\nSo.")[0] == {"reasoning": f"Hm.\n{line}\nSo."}


class TestPreambles:
    """Before a typed first output."""

    @pytest.mark.parametrize("marker", ["[[ ## tags ## ]]\n", "Tags: ", "**Tags:** "])
    def test_one_is_kept_aside(self, marker):
        assert read("q -> tags: list[str]", f"Sure! Here it is:\n\n{marker}a, b") == (
            {"tags": "a, b"},
            {"": "Sure! Here it is:"},
        )

    def test_a_long_one_is_text(self):
        said = "word " * 50
        assert read("q -> tags: list[str]", f"{said}\nTags:\na, b") == ({"tags": f"{said}\n\na, b"}, {})

    def test_an_echoed_input_may_stand_behind_it(self):
        said = "Sure!\n[[ ## q ## ]]\nWhy?\n[[ ## tags ## ]]\na"
        assert read("q -> tags: list[str]", said) == ({"tags": "a"}, {"": "Sure!"})

    def test_before_another_marker_it_is_the_first_outputs_text(self):
        assert read("q -> total: int, note", "5\n[[ ## note ## ]]\nx") == ({"total": "5", "note": "x"}, {})

    def test_before_a_header_of_another_name_it_is_the_first_outputs_text(self):
        said = "5\n[[ ## notes ## ]]\nx"
        assert read("q -> total: int", said) == ({"total": "5"}, {"notes": "x"})

    def test_without_any_marker_it_is_the_first_outputs_text(self):
        assert read("q -> total: int, note", "5") == ({"total": "5"}, {})

    def test_before_a_text_it_is_its_beginning(self):
        assert read("q -> note", "Sure!\nNote: x") == ({"note": "Sure!\n x"}, {})
