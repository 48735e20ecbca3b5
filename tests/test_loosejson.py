"""JSON as models write it, and what is not repaired."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.loosejson import read_bracketed, read_data

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("['it\\'s', \"x\", None, True]", ["it's", "x", None, True]),
        ("{a: b, c: 1,}", {"a": "b", "c": 1}),
        ("{1: 'x'}", {"1": "x"}),
        ('("a", 1)', ["a", 1]),
        ('{"a", "b"}', ["a", "b"]),
        ('["a", // one\n "b" /* two */, # three\n]', ["a", "b"]),
        ("[#fff, http://a.b/c]", ["#fff", "http://a.b/c"]),
        ("[\u201ca, b\u201d, \u2018c\u2019]", ["a, b", "c"]),
        ("[$1,200, f(x, y)]", ["$1,200", "f(x, y)"]),
        ('["line one\nline two"]', ["line one\nline two"]),
        (r'["\alpha", "\d+\n", "\user"]', ["\\alpha", "\\d+\n", "\\user"]),
        (r'["\frac{1}{2}", "\theta", "\times 2"]', ["\\frac{1}{2}", "\\theta", "\\times 2"]),
        (r'["C:\Users\me", "C:\temp\new", "C:\new"]', ["C:\\Users\\me", "C:\\temp\\new", "C:\\new"]),
        (r'["Q:\nWhat", "\ud83d\ude00", "\\alpha"]', ["Q:\nWhat", "\U0001f600", "\\alpha"]),
    ],
)
def test_what_is_not_json_but_has_one_reading_is_read(text, data):
    assert read_data(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "word",
        "[a, ...]",
        "[a,,b]",
        "[a\nb]",
        "[a",
        '["a" "b"]',
        "['it's', 'b']",
        "[Your answer here]",
        "{name}",
        "{a: 1, b}",
        "{[1]: 2}",
        '{{"a": 1}}',
        '["a"] ["b"]',
        "[" * 100_000,
        "[/* a, b]",
        "[I think that what you want to know is, well, five]",
    ],
)
def test_what_has_more_than_one_reading_is_an_error(text):
    with pytest.raises(ValueError, match=r"\w"):
        read_data(text)


def test_a_value_in_a_text_ends_where_its_bracket_closes():
    assert read_bracketed("is [a, [b]] here", 3) == (["a", ["b"]], 11)


@given(DATA, st.booleans())
def test_json_is_read_as_json(data, ascii_only):
    assert read_data(json.dumps(data, ensure_ascii=ascii_only)) == data


# A backslash before a word at the start may be a path: \\server\share.
@given(st.lists(st.text().filter(lambda text: not re.match(r"\\\w", text))))
def test_the_reader_of_loose_json_reads_json_too(items):
    text = json.dumps(items)
    assert read_bracketed(text, 0) == (items, len(text))
