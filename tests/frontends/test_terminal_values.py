"""Typed values in a terminal."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from pydantic import BaseModel
from rich.console import Console

from desiru_notebook.frontends.terminal.values import as_value


def shown(value: object, width: int = 40) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(as_value(value))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


class Person(BaseModel):
    name: str
    tags: list[str]
    born: int = 1815


@dataclass
class Place:
    street: str


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (1234567, ["1,234,567"]),
        (1984, ["1984"]),
        (-1234.5, ["-1234.5"]),
        (1e22, ["1e+22"]),
        (True, ["true"]),
        (None, ["none"]),
        ([], ["empty"]),
        ({}, ["empty"]),
        ("[bold]x[/]", ["[bold]x[/]"]),
        (["a", 2, None], ["• a", "• 2", "• none"]),
        (("a",), ["• a"]),
        ({"a": 1, "b": ["x", "y"], "c": False}, ["a: 1", "b:", "  • x", "  • y", "c: false"]),
        (Person(name="Ada", tags=["x"]), ["name: Ada", "tags:", "  • x"]),
        ([Person(name="Ada", tags=[]), Place("Long Lane")], ["• name: Ada", "  tags: empty", "• street: Long Lane"]),
        ([[1, 2], [3]], ["• • 1", "  • 2", "• • 3"]),
    ],
)
def test_a_value_is_as_many_lines_as_it_takes(value, lines):
    assert shown(value) == lines


def test_what_is_long_is_wrapped_behind_its_bullet_and_under_its_name():
    assert shown(["word " * 9]) == ["• word word word word word word word", "  word word"]
    assert shown({"name": "two\nlines"}) == ["name: two", "  lines"]


def test_what_is_deep_stands_on_one_line():
    value: object = 1
    for _ in range(12):
        value = [value]
    assert shown(value) == ["• " * 9 + "[[[1]]]"]


def test_controls_are_made_visible_in_names_and_values():
    assert shown({"a\x1b[2J": "b\u202e"}) == ["a␛[2J: b⟨U+202E⟩"]
    assert shown(["\x9b"]) == ["• \ufffd"]
