"""Typed values as HTML; ``tests/values.json`` has what the live view (``js/tests/values.test.ts``) must make too."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel

from desiru_notebook import Signature
from desiru_notebook.coerce import coerce
from desiru_notebook.frontends.values import number_text, to_html

CASES = json.loads(Path(__file__).parent.with_name("values.json").read_text("utf-8"))


class Person(BaseModel):
    name: str
    age: int
    tags: list[str] = []


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Visit:
    day: datetime.date
    of: Person
    mood: Literal["good", "bad"]


class Odd:
    def __str__(self) -> str:
        return "<odd>"


class Written(BaseModel):
    name: str = Field(alias="Name")


class Names(RootModel[list[str]]):
    pass


class Holder(BaseModel, arbitrary_types_allowed=True):
    odd: Odd


def plain(text: str) -> str:
    return f'<div class="desiru-plain" dir="auto">{text}</div>'


def row(key: str, value: str) -> str:
    return f'<div><dt dir="auto">{key}</dt><dd dir="auto">{value}</dd></div>'


ONE = '<span class="desiru-number">1</span>'
AGED = f'<dl class="desiru-tree">{row("name", "A")}{row("age", ONE)}</dl>'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_value_looks_as_it_does_in_the_live_view(case):
    kind = Signature(f"q -> a: {case['type']}", types={"Person": Person, "Any": Any}).outputs["a"].type
    try:
        value = coerce(case["text"], kind)
    except ValueError:
        value = case["text"]
    assert to_html(value, kind) == case["html"]


def test_a_field_of_text_is_no_value():
    assert to_html("# a", str) is None


@pytest.mark.parametrize(
    ("value", "kind", "html"),
    [
        (Color.RED, Color, plain("red")),
        (datetime.date(2026, 11, 24), datetime.date, plain("2026-11-24")),
        (Odd(), Odd, plain("&lt;odd&gt;")),
        (
            (1, "a"),
            Any,
            '<ol class="desiru-items"><li dir="auto"><span class="desiru-number">1</span></li><li dir="auto">a</li></ol>',
        ),
        ({1: "x"}, dict[int, str], f'<dl class="desiru-tree">{row("1", "x")}</dl>'),
        (
            Visit(datetime.date(2026, 11, 24), Person(name="A", age=1), "good"),
            Visit,
            '<dl class="desiru-tree">'
            + row("day", "2026-11-24")
            + row(
                "of",
                '<dl class="desiru-tree">'
                + row("name", "A")
                + row("age", '<span class="desiru-number">1</span>')
                + row("tags", '<span class="desiru-chip desiru-none">empty list</span>')
                + "</dl>",
            )
            + row("mood", "good")
            + "</dl>",
        ),
        (Person(name="A", age=1), Person, AGED),
        (Written.model_validate({"Name": "A"}), Written, f'<dl class="desiru-tree">{row("Name", "A")}</dl>'),
        (Names(["A"]), Names, '<ol class="desiru-items"><li dir="auto">A</li></ol>'),
        (Holder(odd=Odd()), Holder, f'<dl class="desiru-tree">{row("odd", "&lt;odd&gt;")}</dl>'),
    ],
    ids=["enum", "date", "odd", "tuple", "keys", "dataclass", "defaults", "aliases", "root", "anything"],
)
def test_what_json_has_no_word_for_is_shown_as_its_data(value, kind, html):
    assert to_html(value, kind) == html


def test_a_number_has_all_its_digits_those_before_the_point_in_groups_but_for_years():
    numbers = [0, -0.0, 1984, 1234.5, 12345.5, 1234567, -1234, 10**15, 1e15, 1.5e-7, 0.000001, 0.1 + 0.2, 1e300]
    assert [number_text(number) for number in [*numbers, float("-inf"), float("nan")]] == [
        *("0", "0", "1984", "1234.5", "12,345.5", "1,234,567", "-1234", "1000000000000000", "1e+15", "1.5e-7", "0.000001"),
        *("0.30000000000000004", "1e+300", "-inf", "nan"),
    ]


KNOWN = {
    ("li", (("dir", "auto"),)),
    ("dt", (("dir", "auto"),)),
    ("dd", (("dir", "auto"),)),
    ("div", ()),
    ("div", (("class", "desiru-plain"), ("dir", "auto"))),
    ("ol", (("class", "desiru-items"),)),
    ("dl", (("class", "desiru-tree"),)),
    ("span", (("class", "desiru-number"),)),
    *(("span", (("class", f"desiru-chip{more}"),)) for more in ("", " desiru-yes", " desiru-no", " desiru-none")),
}


class Elements(HTMLParser):
    """What a page would make of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[Any, ...]]] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(attrs)))


HOSTILE = st.one_of(
    st.text(max_size=5), st.sampled_from(["<img src=x onerror=alert(1)>", "</dd><script>", "<!--", "&lt;b>", '" onclick="'])
)
DATA = st.recursive(
    HOSTILE | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HOSTILE, inner, max_size=4),
)


@given(DATA)
def test_whatever_a_model_says_nothing_but_the_known_elements_comes_of_it(value):
    assert Elements(to_html(value, Any) or "").found <= KNOWN
