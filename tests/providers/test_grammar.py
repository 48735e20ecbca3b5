"""The grammar that holds a very small model to its signature. That llama.cpp takes it is tested in test_local.py."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from desiru_notebook import Signature
from desiru_notebook.providers.grammar import grammar


class Person(BaseModel):
    name: str


def root(outputs: str, **options) -> str:
    return grammar(Signature(f"q -> {outputs}", **options)).splitlines()[0].removeprefix("root ::= ")


def test_each_output_stands_on_a_line_of_its_own_under_its_label_in_order():
    assert root("reasoning, final_answer") == r'"Reasoning: " line "\n" "Final answer: " line'


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("str", "line"),
        ("int", "whole"),
        ("float", "number"),
        ("bool", "truth"),
        ("Literal['a', 'b \"c\"']", r'("a" | "b \"c\"")'),
        ("Literal[1, True]", '("1" | "True")'),
        ("int | None", '(whole | "None")'),
        ("list[str]", 'word (", " word){0,9}'),
        ("list[int]", 'whole (", " whole){0,9}'),
        ("list[list[int]]", "array"),
        ("dict[str, int]", "object"),
        ("Person", "object"),
        ("list[Person]", "array"),
        ("Either | None", '(whole | line | "None")'),
    ],
)
def test_a_type_has_this_rule(kind, rule):
    assert root(f"x: {kind}", types={"Person": Person, "Either": int | str}).removeprefix('"X: " ') == rule


def test_every_rule_that_is_used_is_there():
    text = grammar(Signature("q -> a, b: int, c: float, d: bool, e: list, f: dict, g: list[dict], h: str | None"))
    bare = re.sub(r'"(\\.|[^"\\])*"|\[(\\.|[^\]\\])*\]|\{[\d,]+\}', "", text)
    defined = set(re.findall(r"^(\w+) ::=", bare, re.MULTILINE))
    assert set(re.findall(r"[a-z]+", bare)) <= defined
