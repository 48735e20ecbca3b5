"""From a field's text to its value: pydantic's rules, and what people expect of models."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import enum
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, field_validator

from desiru_notebook.coerce import coerce
from desiru_notebook.partial_values import partial_value

# What models write, and each type that reads it, with the value; every other type refuses it.
WRITTEN = json.loads(Path(__file__).with_name("coerced.json").read_text("utf-8"))


class Person(BaseModel):
    name: str
    age: int = 0


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Color(enum.Enum):
    RED = "red"


ALICE = '{"name": "Alice", "age": 7}'


class Adult(BaseModel):
    name: str
    age: int


READERS: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "list[str]": list[str],
    "list[int]": list[int],
    "list[float]": list[float],
    "list[bool]": list[bool],
    "dict[str, str]": dict[str, str],
    "dict[str, int]": dict[str, int],
    "dict[str, list[str]]": dict[str, list[str]],
    "Literal['a', 'b']": Literal["a", "b"],
    "int | None": int | None,
    "list[str] | None": list[str] | None,
    "list[dict[str, str]]": list[dict[str, str]],
    "Person": Adult,
    "list[Person]": list[Adult],
}


def read(text: str, kind: Any) -> Any:
    """The value as plain data, or the word for none."""
    try:
        return TypeAdapter(kind).dump_python(coerce(text, kind))
    except ValueError:
        return "refused"


@pytest.mark.parametrize("written", WRITTEN, ids=lambda written: ascii(written["text"])[:60])
def test_a_text_is_read_as_people_mean_it_or_refused(written):
    text, values = written["text"], written["values"]
    found = {name: read(text, kind) for name, kind in READERS.items()}
    assert repr(found) == repr({name: values.get(name, "refused") for name in READERS})  # repr: NaN, and 1 is not True
    assert coerce(text, str) == text


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        # Point 1 of issue 17, word by word.
        ('Here it is:\n```json\n["a", "b"]\n```', list[str], ["a", "b"]),
        ('The tags are ["a", "b"].', list[str], ["a", "b"]),
        ('```json\n["a"]\n```\nDone.', list[str], ["a"]),
        ("- a\n- b\n\nThese are the tags.", list[str], ["a", "b"]),
        ("* a\n  continued\n* b", list[str], ["a continued", "b"]),
        ("[a, b]", list[str], ["a", "b"]),
        (r'["\alpha", "\vec{x}"]', list[str], [r"\alpha", r"\vec{x}"]),
        (r'["C:\Users\me"]', list[str], [r"C:\Users\me"]),
        ('"5"', int, 5),
        ("**5**", int, 5),
        ("Yes, it is.", bool, True),
        ("5 stars", int, 5),
        ('Here it is:\n```json\n{"a": 1}\n```', dict[str, int], {"a": 1}),
        ('The config is {"a": "b"}.', dict[str, str], {"a": "b"}),
        ('The point is {"x": 1, "y": 2}.', Point, Point(1, 2)),
        ('Here:\n```json\n[{"x": 1, "y": 2}]\n```\nDone.', list[Point], [Point(1, 2)]),
        ("{a: b}", dict[str, str], {"a": "b"}),
        ("The numbers are [1, 2].", list[int], [1, 2]),
        ("- 1\n- 2\n\nThese are the numbers.", list[int], [1, 2]),
    ],
)
def test_a_value_amid_prose_is_the_value(text, kind, value):
    assert coerce(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" as it is, [1] ", str, " as it is, [1] "),
        ("42", int, 42),
        ("$1,200", int, 1200),
        ("1,234,567", int, 1234567),
        ("-3", int, -3),
        ("42.", int, 42),
        ("7", float, 7.0),
        ("$1,200.50", float, 1200.5),
        ("-$5", float, -5.0),
        ("\u20ac 3.5", float, 3.5),
        ("12%", float, 12.0),
        (".5", float, 0.5),
        ("1e-3", float, 0.001),
        ("true", bool, True),
        ("Yes.", bool, True),
        ("No", bool, False),
        ("FALSE!", bool, False),
        ("b", Literal["a", "b"], "b"),
        ("'B'.", Literal["a", "b"], "b"),
        ("**b**", Literal["a", "b"], "b"),
        ("2", Literal[1, 2], 2),
        ("C.", Literal["C.", "D."], "C."),
        ("None", int | None, None),
        ("null", list[str] | None, None),
        ("", str | None, None),
        ("7", int | None, 7),
        ("a, b, c", list[str], ["a", "b", "c"]),
        ("- a\n- b, c", list[str], ["a", "b, c"]),
        ("* a\n\n* b", list[str], ["a", "b"]),
        ("1. a\n2) b", list[str], ["a", "b"]),
        ("\u2022 only", list[str], ["only"]),
        ("a b\nc, d", list[str], ["a b", "c, d"]),
        ('["a, b", "c"]', list[str], ["a, b", "c"]),
        ("['a', 'b']", list[str], ["a", "b"]),
        ('```json\n["a"]\n```', list[str], ["a"]),
        ("'a', \"b\"", list[str], ["a", "b"]),
        ('["blue", "vio', list[str], ["blue", "vio"]),
        ('["blue", "violet"', list[str], ["blue", "violet"]),
        ("['blue', 'it\\'s', ", list[str], ["blue", "it's"]),
        ('```json\n["blue", "a, b', list[str], ["blue", "a, b"]),
        ('["blue", nul', list[str] | None, ["blue"]),
        ("", list[str], []),
        ("[]", list[str], []),
        ("-5, -3", list[int], [-5, -3]),
        ("$1, $2", list[float], [1.0, 2.0]),
        ('["1", 2]', list[int], [1, 2]),
        ("a, B", list[Literal["a", "b"]], ["a", "b"]),
        ("[1, null]", list[int | None], [1, None]),
        ('{"a": 1}', dict[str, int], {"a": 1}),
        ("{'a': 1}", dict[str, int], {"a": 1}),
        ("```\n{'a': [1]}\n```", dict[str, list[int]], {"a": [1]}),
        (ALICE, Person, Person(name="Alice", age=7)),
        (f"```json\n{ALICE}\n```", Person, Person(name="Alice", age=7)),
        (f"[{ALICE}]", list[Person], [Person(name="Alice", age=7)]),
        (ALICE, Person | None, Person(name="Alice", age=7)),
        ('{"x": 1, "y": 2}', Point, Point(1, 2)),
        ("red", Color, Color.RED),
        ("2026-11-23", datetime.date, datetime.date(2026, 11, 23)),
        ("7", int | str, 7),
        ("seven", int | str, "seven"),
        ("none", int | str | None, None),
        ("<b>5</b>", str | None, "<b>5</b>"),
        ("()", str | None, "()"),
        ("```\nnull\n```", str | None, "```\nnull\n```"),
        ("1, 2\n3, 4", list[list[int]], [[1, 2], [3, 4]]),
        ("1, 2; 3, 4", list[list[int]], [[1, 2], [3, 4]]),
        ("- None", list[list[int]], []),
        ("3. Blue", Literal[1, 2, 3], 3),
        ("Not spam", Literal["spam", "not spam"], "not spam"),
        (r"The answer is $\boxed{\text{B}}$.", Literal["A", "B"], "B"),
    ],
)
def test_a_text_has_this_value_in_this_type(text, kind, value):
    coerced = coerce(text, kind)
    assert coerced == value
    assert type(coerced) is type(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("many", int),
        ("1.5", int),
        ("--5", int),
        ("", int),
        ("12,34", int),
        ("3 or 4 apples", float),
        ("maybe", bool),
        ("c", Literal["a", "b"]),
        ("", Literal["a"]),
        ("a, b", list[int]),
        ("[1, 2", list[int]),
        ('["a", "b', list[Literal["a", "b"]]),
        ('["blue"] and "red"', list[str]),
        ('["blue"] and, "red', list[str]),
        ('["blue" and, "red', list[str]),
        ("[red, blue", list[str]),
        ("no json", dict[str, int]),
        ("{", dict[str, int]),
        ("{[1]: 2}", dict[str, int]),
        ('{"age": 7}', Person),
        ("Alice", Person),
        ("[" * 3000, list[dict[str, int]]),
        ("9" * 5000, int),
        ("{" * 100_000, dict[str, int]),
        ("[\0]", list[int]),
        ("1, 2, 3", list[list[int]]),
        ("The roots are 2 and 3.", list[list[int]]),
        ('""', list[list[int]]),
        ("3\n4", Literal[1, 2, 3]),
        ("3, no, 4", Literal[1, 2, 3]),
        ("good question. Bad", Literal["good", "bad"]),
    ],
)
def test_a_text_that_is_no_value_is_a_value_error_in_one_short_sentence(text, kind):
    with pytest.raises(ValueError, match=r"\w") as caught:
        coerce(text, kind)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_error_does_not_repeat_what_the_model_said():
    with pytest.raises(ValueError, match="valid integer") as caught:
        coerce("secret words", int)
    assert "secret" not in str(caught.value)


def test_a_validator_that_repeats_what_the_model_said_has_no_power_over_a_terminal():
    class Named(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def refuse(cls, name):
            raise ValueError(f"no Name is\n{name}")

    with pytest.raises(ValueError, match=r"^value error, no Name is \]52;c;aGk= a{50,200}\u2026$") as refused:
        coerce('{"name": "\\u001b]52;c;aGk=\\u0007 \u202e' + "a" * 1000 + '"}', Named)
    assert len(str(refused.value)) <= 200


def test_what_a_model_says_makes_no_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert coerce(r"['C:\dir']", list[str]) == ["C:\\dir"]
    assert caught == []


KINDS = [int, float, bool, Literal["a", 1], int | None, list[str], list[int], dict[str, int], list[Person], Person, Color]
SCRAPS = st.one_of(
    st.sampled_from(["{", "}", "[", "]", "(", ")", '"', "'", ":", ",", "1", "a", "- ", "\n", "None", "```", "\\", "\0"]),
    st.text(max_size=3),
)


@given(st.lists(SCRAPS, max_size=12).map("".join), st.sampled_from(KINDS))
def test_whatever_a_model_says_is_a_value_or_a_value_error_and_never_a_warning(text, kind):
    with contextlib.suppress(ValueError):
        coerce(text, kind)


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_whole_numbers_read_back_from_every_way_to_list_them(numbers):
    for text in (", ".join(map(str, numbers)), str(numbers), "\n".join(f"- {number}" for number in numbers)):
        assert coerce(text, list[int]) == numbers


@given(st.integers(-(10**15), 10**15))
def test_a_number_reads_back_with_its_thousands_divided(number):
    assert coerce(f"{number:,}", int) == number


@pytest.mark.parametrize("kind", [int, float, list[int], bool])
def test_a_text_that_is_far_too_long_for_a_number_is_refused_at_once(kind):
    with pytest.raises(ValueError, match=r"\w"):
        coerce("7" * 200_000 + "x", kind)


@pytest.mark.parametrize("text", ["a, " * 30_000, "\r"])
def test_items_without_end_and_none_at_all_are_lists(text):
    assert isinstance(coerce(text, list[str]), list)


HOSTILE = [
    "[",
    "{",
    "(",
    '"',
    "\u2018a, ",
    "```\n",
    "- a\n",
    "a, ",
    "[1] ",
    "is [a] ",
    "is ",
    "yes, ",
    '["\\n", ',
    '{"a": ',
    "[/*, ",
    "7,",
    "a and ",
    "\\boxed{",
    "7, 1,2 ",
    "\u3001a",
    "\n ",
    "<a>",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_text_of_anything_is_read_in_linear_time(unit, monkeypatch):
    monkeypatch.setattr(sys.modules["desiru_notebook.coerce"], "LONGEST", 2_000_000)
    text = unit * (250_000 // len(unit))
    began = time.process_time()
    for kind, reads in ((int, coerce), (list[str], coerce), (Adult, coerce), (list[str], partial_value)):
        with contextlib.suppress(ValueError):
            reads(text, kind)
    assert time.process_time() - began < 10  # of the processor's: what takes the square of the time takes minutes


def test_a_long_text_is_read_where_it_is_json():
    items = ["word"] * 50_000
    assert coerce(json.dumps(items), list[str]) == items
    with pytest.raises(ValueError, match="expected JSON, as the text has more than 100,000 characters"):
        coerce("- word\n" * 50_000, list[str])


# Both have a value here, and DSPy's is one that nobody means.
DSPY_DIFFERS = {
    "250,000",
    "1,000,000",
    "[$1,200, $3]",
    "- [ ] red\n- [x] blue",
    r"\boxed{a}",
    r'["\frac{1}{2}", "\theta"]',
    r'["$\beta$"]',
    r'["C:\temp\new"]',
    r'["C:\Users\new", "D:\Data\table"]',
    r'{"path": "C:\Users\new"}',
    r'["\nu"]',
    r'["\frac{1}{2}", "\beta", "\nu"]',
    r'["\frac{a}{b} \neq 1", "\ne"]',
    r'["\begin{matrix}a\\b\end{matrix}"]',
    r"\boxed{\text{a}}",
    '{"city": Rome # capital\n}',
    '["red", # warm\nblue # cold\n]',
}


def test_where_dspy_has_a_value_too_it_is_the_same_but_for_these():
    parse_value = pytest.importorskip("dspy.adapters.utils", reason="DSPy is not installed").parse_value
    differing = set()
    for written in WRITTEN:
        for name, value in written["values"].items():
            with contextlib.suppress(Exception):  # it refuses what ours reads
                theirs = TypeAdapter(READERS[name]).dump_python(parse_value(written["text"], READERS[name]))
                differing |= {written["text"]} if repr(theirs) != repr(value) else set()
    assert differing == DSPY_DIFFERS
