"""Signatures: what they say, what they refuse and where the caret points, and that their text reads back."""

from __future__ import annotations

import dataclasses
import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from desiru_notebook import Field, Prediction, Signature, SignatureError
from desiru_notebook.signature import TAKEN


class Person(BaseModel):
    name: str


@dataclasses.dataclass
class Point:
    x: int


def outputs(text: str, **options) -> dict[str, object]:
    return {name: field.type for name, field in Signature(f"q -> {text}", **options).outputs.items()}


def test_fields_stand_in_order_and_are_text_unless_said_otherwise():
    signature = Signature("document, question: str -> reasoning, answer: float, tags: list[str]")
    assert list(signature.inputs.values()) == [Field("document"), Field("question", str)]
    assert list(signature.outputs.values()) == [Field("reasoning"), Field("answer", float), Field("tags", list[str])]


def test_types_from_code_go_by_the_name_used_in_the_text():
    signature = Signature("q -> who: Person, where: list[Point] | None", types={"Person": Person, "Point": Point})
    assert [field.type for field in signature.outputs.values()] == [Person, list[Point] | None]
    assert str(signature) == "q -> who: Person, where: list[Point] | None"


@pytest.mark.parametrize(
    ("text", "fault", "says"),
    [
        ("question answer", "", "needs an arrow"),
        ("'question -> answer'", "-> answer'", "stands in quotes or brackets"),
        ("[question -> answer]", "-> answer]", "stands in quotes or brackets"),
        ("a -> b -> c", "-> c", "one arrow only"),
        (" -> b", " -> b", "at least one input"),
        ("a -> ", " ", "at least one output"),
        ("a,, b -> c", ", b -> c", "name of an input is missing"),
        ("a -> b,", "", "name of an output is missing"),
        ("a -> b, b", "b", "stands twice"),
        ("a -> a", "a", "stands twice"),
        ("a -> my answer", "my answer", "not a field name"),
        ("a -> 1st", "1st", "not a field name"),
        ("a -> _x", "_x", "not a field name"),
        ("a -> completed", "completed", "marks the end"),
        ("a -> b: int: str", ": str", "one type only"),
        ("a -> b:", "", "type is missing"),
        ("text -> tags, items: list[str]", "items: list[str]", "An output cannot be called 'items': .* Call it 'item_list'"),
        ("a => b -> c", "-> c", "one arrow only"),
        ("a -> b: number", "number", "'number' is not a type"),
        ("a -> b: list[number]", "number]", "'number' is not a type"),
        ("a -> b: Literal['é', 'ü'] | number", "Literal['é', 'ü'] | number", "is not a type"),
        ("a -> b: dict['é', number]", "'é', number]", "is not a type"),
        ("a -> b: int | str", "int | str", "is not a type"),
        ("a -> b: __import__('os')", "__import__('os')", "is not a type"),
        ("a -> b: Literal[x]", "x]", "Literal takes"),
        ("a -> b: Literal[1.5]", "1.5]", "Literal takes"),
        ("a -> b: Literal[{[1]}]", "{[1]}]", "Literal takes"),
        ("a -> b: Literal[None]", "None]", "Literal takes"),
        ("a -> b: list[str", "[str", "never closed"),
        ("a -> b: Literal['x]", "'x]", "never closed"),
        ("a -> b: str]", "]", "closes nothing"),
        ("a -> b: list(str]", "]", "closes nothing"),
        ("a -> b: dict[\nstr,\nnumber]", "number]", "'number' is not a type"),
    ],
)
def test_a_fault_is_shown_with_a_caret_under_its_place(text, fault, says):
    with pytest.raises(SignatureError, match=says) as caught:
        Signature(text)
    *_, line, caret = str(caught.value).split("\n")
    assert line == f"    {text}".replace("\n", " ")
    assert caret == f"    {' ' * (len(text.rstrip() if not fault.strip() else text) - len(fault.strip() and fault))}^"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_of_an_empty_signature_an_example_is_shown(text):
    with pytest.raises(SignatureError) as caught:
        Signature(text)
    assert str(caught.value) == "The signature is empty: write one such as 'question -> answer'."


def test_an_error_names_the_types_given_in_code():
    with pytest.raises(SignatureError, match="Given in code: Person"):
        Signature("q -> who: Persn", types={"Person": Person})


RESERVED = {"items", "keys", "values", "get", "stats", "complete", "missing", "extra"}


@pytest.mark.parametrize("name", sorted(RESERVED))
@pytest.mark.parametrize("kind", ["", ": list[str]", ": int"])
def test_an_output_is_never_called_as_what_every_prediction_has(name, kind):
    with pytest.raises(SignatureError, match=f"'{name}'.*every prediction has .* Call it '(?P<free>[a-z_]+)'") as caught:
        Signature(f"text -> answer, {name}{kind}")
    free = re.search("Call it '(.*)'", str(caught.value))[1]
    assert free in Signature(f"text -> answer, {free}{kind}").outputs
    with pytest.raises(SignatureError, match=f"'{name}'"):
        Signature("text -> answer").prepend(Field(name))


def test_the_name_that_is_proposed_is_free():
    with pytest.raises(SignatureError, match="Call it 'the_items'"):
        Signature("item_list -> items")


def test_an_input_may_be_called_so_and_an_output_may_be_called_thinking():
    assert Signature(f"{', '.join(sorted(RESERVED))} -> thinking, Items").outputs.keys() == {"thinking", "Items"}


def test_the_names_are_those_of_the_class():
    public = {name for name in dir(Prediction) if not name.startswith("_")} - {"thinking"}
    assert public | {"extra"} == RESERVED == TAKEN.keys()


@pytest.mark.parametrize("arrow", ["->", "=>", "\u2192"])
def test_an_arrow_is_drawn_in_three_ways(arrow):
    assert Signature(f"question, text{arrow}a: Literal['=>', '->', '\u2192'], b") == Signature(
        "question, text -> a: Literal['=>', '->', '\u2192'], b"
    )


def test_a_description_belongs_to_a_field_and_to_a_field_only():
    signature = Signature("q -> answer", descriptions={"answer": "in one word"})
    assert signature.outputs["answer"].description == "in one word"
    with pytest.raises(SignatureError, match="no field"):
        Signature("q -> answer", descriptions={"anwser": "in one word"})


def test_a_signature_is_text():
    with pytest.raises(SignatureError, match="not int"):
        Signature(3)


def test_a_signature_is_compared_by_what_it_says():
    assert Signature("a->b") == Signature(" a  -> b: str ")
    assert hash(Signature("a->b")) == hash(Signature(" a  -> b: str "))
    assert Signature("a -> b") != Signature("a -> b: int")
    assert Signature("a -> b") != Signature("a -> b", instructions="Be brief.")
    assert Signature("a -> b") != Signature("a -> b", descriptions={"b": "brief"})
    assert Signature("a -> b") != "a -> b"


def test_prepend_puts_a_field_first_unless_it_is_there():
    assert Signature("q -> a", instructions="x").prepend(Field("r")) == Signature("q -> r, a", instructions="x")
    assert Signature("q -> a, r: int").prepend(Field("r")) == Signature("q -> a, r: int")


def test_other_instructions_make_another_signature():
    plain = Signature("q -> a")
    assert plain.with_instructions("Be brief.") == Signature("q -> a", instructions="Be brief.")
    assert plain.instructions == ""


def test_the_repr_is_how_to_write_it():
    signature = Signature("q -> a: int | None", instructions="Be 'brief'.")
    assert eval(repr(signature)) == signature


names = st.sampled_from(["a", "b", "final_answer", "x1", "é", "class", "ß"])
choices = st.one_of(st.text("ab'\"\\,:>-[] é\n", max_size=5), st.integers(-9, 9), st.booleans())
scalars = st.sampled_from(["str", "int", "float", "bool", "list", "dict"])
literals = st.lists(choices, min_size=1, max_size=3).map(lambda values: f"Literal[{', '.join(map(repr, values))}]")
kinds = st.recursive(
    st.one_of(scalars, literals),
    lambda inner: st.one_of(
        inner.map("list[{}]".format),
        inner.map("{} | None".format),
        inner.map("Optional[{}]".format),
        st.tuples(scalars, inner).map(lambda pair: f"dict[{pair[0]}, {pair[1]}]"),
    ),
    max_leaves=4,
)
fields = st.lists(st.tuples(names, st.one_of(st.none(), kinds)), min_size=2, max_size=5, unique_by=lambda field: field[0])


@given(fields)
def test_the_text_of_a_signature_reads_back_to_an_equal_one(fields):
    (first, *rest) = [name if kind is None else f"{name}: {kind}" for name, kind in fields]
    signature = Signature(f"{first} -> {', '.join(rest)}")
    assert Signature(str(signature)) == signature
    assert str(Signature(str(signature))) == str(signature)


PIECES = ["a", "b: int", "->", ",", ":", "list[", "Literal[", "{", "]", "}", "'", "\\", "1", "|", "None", " ", "(", ")"]


@given(st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(["", "q -> a: ", "q -> a: Literal["]))
def test_a_text_is_a_signature_that_reads_back_or_a_signature_error(text, before):
    try:
        signature = Signature(before + text)
    except SignatureError:
        return
    assert Signature(str(signature)) == signature


def test_a_literal_that_ends_in_a_backslash_is_closed():
    assert outputs(r"a: Literal['x\\'], b") == {"a": Literal["x\\"], "b": str}


def test_a_literal_without_choices_is_refused():
    with pytest.raises(SignatureError, match="Literal"):
        Signature("q -> a: Literal[()]")
