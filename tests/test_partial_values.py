"""What is known of a field while it is being written, and where a run has it."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from models import PATIENCE, Gate, Scripted, start
from pydantic import BaseModel, field_validator

from desiru_notebook import FieldValueError, RunCancelled, Signature, loosejson
from desiru_notebook.coerce import coerce
from desiru_notebook.partial_values import partial_value


class Person(BaseModel):
    name: str
    age: int


class Picky(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def check(cls, _name: str) -> str:
        raise RuntimeError("a validator of the user's")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('["sky", "gr', list[str], ["sky", "gr"]),
        ('["sky", "', list[str], ["sky", ""]),
        ("['sky', 'it\\'s", list[str], ["sky", "it's"]),
        ("['C:\\dir', \"a'b\",", list[str], ["C:\\dir", "a'b"]),
        ("['a\\", list[str], ["a"]),
        ("[True, None, 'a',]", list[Any], [True, None, "a"]),
        ('```json\n["sky"', list[str], ["sky"]),
        ('```json\n["sky"]\n``', list[str], ["sky"]),
        ("```js", list[str], []),
        ("[", list[str], []),
        ("- sky\n-", list[str], ["sky"]),
        ("- sky\n- a, b", list[str], ["sky", "a, b"]),
        ("1. sky\n2", list[str], ["sky"]),
        ("Tags:\n- sky", list[str], ["sky"]),
        ("sky, gr", list[str], ["sky", "gr"]),
        ("[1, 23", list[int], [1]),
        ('["1", 2, -', list[int], [1, 2]),
        ("1, 2, 3", list[int], [1, 2]),
        ("$1,200, $3", list[int], [1200]),
        ("1\n2", list[int], [1]),
        ("12", list[int], []),
        ("[true, fal", list[bool], [True]),
        ('["alpha", "be', list[Literal["alpha", "beta"]], ["alpha"]),
        ('[{"name": "A"}, {"name": "B', list[Person], [{"name": "A"}, {"name": "B"}]),
        ('{"name": "Al', Person, {"name": "Al"}),
        ('Here it is:\n```json\n["sky", "gr', list[str], ["sky", "gr"]),
        ('The tags are ["sky", "gr', list[str], ["sky", "gr"]),
        ('The tags are ["sky"].', list[str], ["sky"]),
        ("- sky\n- gr\n\nThese are", list[str], ["sky", "gr"]),
        (r'["\alpha", "\ve', list[str], ["\\alpha", "\\ve"]),
        ("The tags are sky, gr", list[str], ["sky", "gr"]),
        ('Sure: {"name": "Al', Person, {"name": "Al"}),
        ('{"name": "Alice", "age": 4', Person, {"name": "Alice"}),
        ("{'name': 'Alice', 'age': 4, 'x': Fa", Person, {"name": "Alice", "age": 4}),
        ('{"a', dict[str, str], {}),
        ('{"a": {"b": ["c', dict[str, Any], {"a": {"b": ["c"]}}),
        ('{"name": "Alice"', Picky, {"name": "Alice"}),
        ("4", int, 4),
        ("$1,200", float, 1200.0),
        ("Yes", bool, True),
        ("b", Literal["a", "b"], "b"),
        ("none", int | None, None),
        ("no", str | None, "no"),
    ],
)
def test_of_a_text_that_goes_on_this_is_known(text, kind, value):
    known = partial_value(text, kind)
    assert known == value
    assert type(known) is type(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$", int),
        ("$1,2", int),
        ("about 4", int),
        ("tr", bool),
        ("bill", Literal["billing"]),
        ("Sure {", Person),
        ("The", list[str]),
        ("Sure, here", list[str]),
        ('{"sky"', list[str]),
        ("[" * 300, list[str]),
        ("{" * 100_000, dict[str, str]),
        ('["\ud83d', list[str]),
        ('{"name": "Alice"}', list[Picky]),
        ("Alice", Picky),
    ],
)
def test_what_is_no_value_yet_is_its_text(text, kind):
    assert partial_value(text, kind) == text


def test_a_validator_that_raises_what_it_likes_is_no_value():
    assert partial_value("```\n{}", Picky) == {}
    assert partial_value('"Alice"', Picky) == '"Alice"'


KINDS = [
    int,
    float,
    bool,
    Literal["a", 1],
    int | None,
    list[str],
    list[int],
    dict[str, int],
    list[Person],
    Person,
    list[str] | None,
]
SCRAPS = st.sampled_from(
    ['["', '", "', "', '", "[", "]", "{", '"a": ', "}", ", ", "- ", "1. ", "\n", "7", "\\", "'", "```", "\ud800", "None"]
)


@given(st.lists(st.one_of(SCRAPS, st.text(max_size=3)), max_size=12).map("".join), st.sampled_from(KINDS))
def test_no_text_raises(text, kind):
    partial_value(text, kind)


@given(
    st.lists(st.text(max_size=5), max_size=5),
    st.sampled_from([json.dumps, lambda items: json.dumps(items, ensure_ascii=False)]),
)
def test_the_texts_of_a_list_only_grow(items, written):
    text = written(items)
    grown: list[str] = []
    for end in range(1, len(text) + 1):
        known = partial_value(text[:end], list[str])
        assert known[: max(len(grown) - 1, 0)] == grown[:-1]
        assert all(now.startswith(before) for before, now in zip(grown, known, strict=False))
        grown = known
    assert grown == items


@given(
    st.recursive(
        st.integers() | st.booleans() | st.none() | st.text(max_size=3),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_of_a_whole_text_everything_is_known(value):
    text = json.dumps({"value": value})
    assume(not loosejson._MISREAD.search(text))  # a line break before a "u" is read as LaTeX's \\nu
    assert partial_value(text, dict[str, Any]) == coerce(text, dict[str, Any]) == {"value": value}


TYPED = Signature("question -> tags: list[str], person: Person, n: int, note", types={"Person": Person})


def test_a_run_has_the_values_of_its_open_fields():
    gates = [Gate() for _ in range(4)]
    said = ['Tags: ["sky", "gr', 'ass"]\nPerson: {"name": "Al', 'ice", "age": 4', "1}\nN: 1", "2\nNote: [x"]
    run = start(Scripted([said[0], gates[0], said[1], gates[1], said[2], gates[2], said[3], gates[3], said[4]]), TYPED)
    seen = []
    for gate in gates:
        assert gate.reached.wait(PATIENCE)
        seen.append(dict(run.partial))
        gate.open()
    tags, alice = ["sky", "grass"], Person(name="Alice", age=41)
    assert seen == [
        {"tags": ["sky", "gr"]},
        {"tags": tags, "person": {"name": "Al"}},
        {"tags": tags, "person": {"name": "Alice"}},
        {"tags": tags, "person": alice, "n": 1},
    ]
    assert run.result(PATIENCE) == {"tags": tags, "person": alice, "n": 12, "note": "[x"}


def test_a_cancelled_run_keeps_what_is_known_of_the_field_that_was_open():
    gate = Gate()
    run = start(Scripted(['Tags: ["sky", "gr', gate]), TYPED)
    assert gate.reached.wait(PATIENCE)
    run.cancel()
    with pytest.raises(RunCancelled) as caught:
        run.result(PATIENCE)
    assert caught.value.partial == run.partial == {"tags": ["sky", "gr"]}


def test_a_closed_field_whose_text_does_not_fit_keeps_its_text():
    run = start(Scripted(['Person: {"name": "Alice"}']), TYPED)
    with pytest.raises(FieldValueError):
        run.result(PATIENCE)
    assert run.partial == {"person": '{"name": "Alice"}'}
