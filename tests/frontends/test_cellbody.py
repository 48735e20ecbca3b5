"""The body of a cell: its inputs, literally."""

from __future__ import annotations

import pytest

from desiru_notebook import InputError, Signature
from desiru_notebook.frontends.cellbody import hint, read_inputs

ONE = Signature("question -> answer")
TWO = Signature("document, question -> answer")
SECRET = "the-prompt-itself"


@pytest.mark.parametrize(
    "body",
    [
        "Why is the sky blue?",
        "{name} costs $5, {{twice}} in $HOME",
        "question: Why?",
        "document: a\nquestion: b",
        "  indented\n\n\tand tabbed",
        "trailing space ",
        "%%desiru q -> a",
        'r"C:\\new" \\n',
        "\u65e5\u672c\u8a9e \U0001f600",
    ],
)
def test_one_input_is_the_whole_body_as_it_stands(body):
    assert read_inputs(ONE, body, {"question": "a variable", "name": "x"}) == {"question": body}


def test_line_ends_around_one_input_are_not_part_of_it():
    assert read_inputs(ONE, "\n\n Why?\n\nAnd how? \n\n", {}) == {"question": " Why?\n\nAnd how? "}


@pytest.mark.parametrize("body", ["", "\n", " \n\t\n", "# NBVAL_SKIP\n"])
@pytest.mark.parametrize("value", ["Why?", 5, None, [1]])
def test_one_input_and_no_body_is_the_variable_of_that_name_itself(body, value):
    assert read_inputs(ONE, body, {"question": value, "answer": "not this one"})["question"] is value


@pytest.mark.parametrize("body", ["", "\n", " \n\t\n"])
def test_one_input_without_a_body_or_a_variable_is_an_error(body):
    with pytest.raises(InputError) as caught:
        read_inputs(ONE, body, {"answer": SECRET})
    assert str(caught.value) == (
        "The cell has no body: write the question on the lines below %%desiru, or set a variable question before it."
    )


@pytest.mark.parametrize(
    ("body", "inputs"),
    [
        ("document: Foxes\nquestion: Why?", {"document": "Foxes", "question": "Why?"}),
        ("question: Why?\ndocument: Foxes", {"document": "Foxes", "question": "Why?"}),
        ("\n\ndocument:Foxes\n\nquestion:\n  Why?\n", {"document": "Foxes", "question": "Why?"}),
        ("document: a\n\nb: c\n  question: d\nquestion: e", {"document": "a\n\nb: c\n  question: d", "question": "e"}),
        ("document: Document: {x}\nquestion: $HOME", {"document": "Document: {x}", "question": "$HOME"}),
        ("document: a\nQuestion: b\nquestions: c\nquestion: d", {"document": "a\nQuestion: b\nquestions: c", "question": "d"}),
    ],
)
def test_several_inputs_stand_in_blocks(body, inputs):
    given = read_inputs(TWO, body, {})
    assert given == inputs
    assert list(given) == ["document", "question"]


def test_a_name_that_begins_another_name_opens_its_own_block_only():
    signature = Signature("text, text_two -> a")
    assert read_inputs(signature, "text_two: b\ntext: a", {}) == {"text": "a", "text_two": "b"}


def test_an_input_that_the_body_does_not_give_is_the_variable_of_that_name_itself():
    document = {"pages": [1, 2]}
    given = read_inputs(TWO, "question: Why?", {"document": document, "question": "not this one"})
    assert given == {"document": document, "question": "Why?"}
    assert given["document"] is document


def test_all_inputs_may_be_variables():
    assert read_inputs(TWO, "", {"document": 1, "question": None}) == {"document": 1, "question": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            f"question: {SECRET}",
            "The input 'document' is missing: write a line 'document: ...' in the cell, or set a variable document "
            "before it. The inputs are document, question.",
        ),
        (
            "",
            "The input 'document' is missing: write a line 'document: ...' in the cell, or set a variable document "
            "before it. The inputs are document, question.",
        ),
        (
            f"document: {SECRET}\nquestion:  \n",
            "The input 'question' is empty: write its value after 'question:'.",
        ),
        (
            f"document: {SECRET}\nquestion: b\ndocument: {SECRET}",
            "The input 'document' stands twice in the cell.",
        ),
        (
            f"{SECRET}\ndocument: a\nquestion: b",
            "The signature has several inputs, so each stands in a block of its own: begin the body with "
            "document: or question:.",
        ),
        (
            SECRET,
            "The signature has several inputs, so each stands in a block of its own: begin the body with "
            "document: or question:.",
        ),
    ],
)
def test_what_is_wrong_is_said_by_the_inputs_name_without_a_word_of_the_prompt(body, message):
    with pytest.raises(InputError) as caught:
        read_inputs(TWO, body, {"name": SECRET})
    assert str(caught.value) == message
    assert SECRET not in repr(caught.value)


HINT = (
    "Hint: {text} is sent as it is written, because the body is not a template. To send the variable text, make it an input, "
    "as in %%desiru text, question -> answer, and begin the other inputs in the body with their names: 'question: ...'."
)


@pytest.mark.parametrize(
    "body",
    [
        "Sum up {text}",
        "{text}",
        "a\n{ text }\n",
        "{{text}}",
        "${text}",
        "{text[:100]}",
        "{text.lower()}",
        "{text!r}",
        "{text:.2f}",
    ],
)
def test_a_variables_name_in_braces_gets_a_hint(body):
    assert hint(ONE, body, {"text": SECRET, "other": 1}, {"question": body}) == HINT


@pytest.mark.parametrize(
    "body",
    ["text", "{other}", "{Text}", "{text and}", "{text: red}", "{}", '{"text": 1}', "{1 + text}", "$text",
     r"\frac{text}{text}", r"x_{text} and x^{text}"],
)  # fmt: skip
def test_other_braces_get_none(body):
    assert hint(ONE, body, {"text": SECRET}, {"question": body}) is None


def test_a_variable_that_is_sent_anyway_gets_no_hint():
    variables = {"document": SECRET}
    body = "question: What about {document}?"
    assert hint(TWO, body, variables, read_inputs(TWO, body, variables)) is None


@pytest.mark.parametrize(
    ("signature", "name", "example"),
    [
        ("text -> summary", "text", "%%desiru text, question -> summary,"),
        ("question -> answer: int", "question", "%%desiru question, task -> answer: int,"),
        ("a, b -> c", "x", "%%desiru x, a, b -> c,"),
    ],
)
def test_the_hint_shows_a_signature_that_can_be_read(signature, name, example):
    said = hint(Signature(signature), f"{{{name}}}", {name: SECRET}, {})
    assert example in said
    Signature(example.removeprefix("%%desiru ").rstrip(","))
    assert SECRET not in said


MARKERS = ["NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT", "NBVAL_CHECK_OUTPUT", "NBVAL_RAISES_EXCEPTION", "PYTEST_VALIDATE_IGNORE_OUTPUT"]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_of_nbval_is_not_said_to_the_model(marker):
    for body in (f"# {marker}\nWhy?", f"Why?\n# {marker}", f"  #{marker} \nWhy?\n\n## {marker}\n"):
        assert read_inputs(ONE, body, {}) == {"question": "Why?"}
    assert read_inputs(TWO, f"# {marker}\ndocument: a\n# {marker}\nb\nquestion: c", {}) == {
        "document": "a\nb", "question": "c",
    }  # fmt: skip


@pytest.mark.parametrize("line", ["# NBVAL", "# NBVAL_SKIP it", "NBVAL_SKIP", "a # NBVAL_SKIP", "# nbval_skip", "# Title"])
def test_any_other_line_is(line):
    assert read_inputs(ONE, f"{line}\nWhy?", {}) == {"question": f"{line}\nWhy?"}


def test_the_markers_are_those_of_nbval():
    from nbval.plugin import comment_markers

    assert set(comment_markers) == set(MARKERS)
