"""Types as a signature spells them, read and written."""

from __future__ import annotations

from typing import Literal

import pytest

from desiru_notebook.fieldtypes import TypeFault, TypeReader, type_text


class Person:
    pass


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("str", str),
        ("int", int),
        ("float", float),
        ("bool", bool),
        ("list", list[str]),
        ("dict", dict[str, str]),
        ("list[int]", list[int]),
        ("dict[str, list[int]]", dict[str, list[int]]),
        ("Literal['a', 'b, c']", Literal["a", "b, c"]),
        ("Literal['a -> b: c']", Literal["a -> b: c"]),
        ("Literal[-1, True]", Literal[-1, True]),
        ("int | None", int | None),
        ("None | int", int | None),
        ("Optional[int]", int | None),
        ("list[Literal['x'] | None]", list[Literal["x"] | None]),
        ("list[\n  int\n]", list[int]),
    ],
)
def test_a_type_is_read_from_its_text(text, kind):
    assert TypeReader({}).read(text) == kind


@pytest.mark.parametrize(
    ("text", "at"),
    [("number", 0), ("dict[str, number]", 10), ("dict['é', number]", 5), ("Literal['é', x]", 13), ("Literal[()]", 8), ("[", 0)],
)
def test_a_fault_says_at_which_character_it_is(text, at):
    with pytest.raises(TypeFault) as caught:
        TypeReader({}).read(text)
    assert caught.value.at == at


def test_a_type_from_code_goes_before_one_of_the_same_name():
    assert TypeReader({"Person": Person, "dict": Person}).read("list[Person] | None") == list[Person] | None
    assert TypeReader({"dict": Person}).read("dict") is Person


def test_types_are_spelled_as_in_a_signature():
    spelled = [type_text(kind) for kind in (str, list[int], dict[str, int | None], Literal["a"], Person, None)]
    assert spelled == ["str", "list[int]", "dict[str, int | None]", "Literal['a']", "Person", "None"]
