"""The highlighter: the cases that the live view is tested with too, its laws, and what its rows may say."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.markdown import languages
from desiru_notebook.markdown.highlight import Highlighter, language_name

CASES: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).parent.with_name("markdown_policy.json").read_text("utf-8"))
ROWS: dict[str, dict[str, Any]] = json.loads(Path(languages.__file__).with_name("languages.json").read_text("utf-8"))
WORDS = [case["word"] for case in CASES["code"]]
FRAGMENTS = [
    '"',
    "'",
    '"""',
    "`",
    "\\",
    "/*",
    "*/",
    "//",
    "#",
    "--[[",
    "]]",
    "<!--",
    "-->",
    " ",
    "if",
    "1.5",
    "é\U0001f600\ud800",
]

lines = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3)).map(lambda parts: "".join(parts).replace("\n", " "))


@pytest.mark.parametrize("case", CASES["code"], ids=WORDS)
def test_code_is_coloured_line_by_line(case):
    highlighter = Highlighter(case["word"])
    read = [highlighter.line("".join(text for _, text in pieces)) for pieces in case["lines"]]
    assert read == [[(kind, text) for kind, text in pieces] for pieces in case["lines"]]


@given(st.sampled_from(WORDS), st.lists(lines))
def test_the_pieces_of_a_line_are_the_line(word, lines):
    highlighter = Highlighter(word)
    for line in lines:
        pieces = highlighter.line(line)
        assert "".join(text for _, text in pieces) == line
        assert {kind for kind, _ in pieces} <= {"kw", "str", "com", "num", "lit", ""}
        assert all(one != other for (one, _), (other, _) in itertools.pairwise(pieces))


@given(st.sampled_from(WORDS), st.lists(lines))
def test_a_newline_changes_nothing_but_the_end(word, lines):
    bare, ended = Highlighter(word), Highlighter(word)
    for line in lines:
        pieces = [piece for piece in [*bare.line(line), ("", "\n")] if piece[1]]
        if len(pieces) > 1 and pieces[-2][0] == "":
            pieces[-2:] = [("", pieces[-2][1] + "\n")]
        assert ended.line(line + "\n") == pieces


def test_a_line_that_is_too_long_is_plain_and_leaves_a_comment_open():
    highlighter = Highlighter("c")
    assert highlighter.line("/*") == [("com", "/*")]
    assert highlighter.line("\U0001f600" * 4096) == [("com", "\U0001f600" * 4096)]
    assert highlighter.line("*/" + "x" * 4095) == [("", "*/" + "x" * 4095)]
    assert highlighter.line("x */ y") == [("com", "x */"), ("", " y")]


def test_a_block_without_a_language_is_plain():
    assert Highlighter(None).line('if x: "y"') == [("", 'if x: "y"')]


@pytest.mark.parametrize("case", CASES["names"], ids=lambda case: ascii(case["word"]))
def test_a_language_has_one_name(case):
    assert language_name(case["word"]) == case["name"]


def test_no_two_languages_share_a_name():
    words = [word.lower() for name, row in ROWS.items() for word in [name, *row.get("words", "").split()]]
    assert sorted(words) == sorted(set(words))


def test_rules_capture_nothing_and_find_something():
    patterns = [re.compile(pattern) for row in ROWS.values() for pattern, _ in row.get("rules", ())]
    assert {pattern.groups for pattern in patterns} == {0}
    assert [pattern.pattern for pattern in patterns if pattern.match("")] == []
