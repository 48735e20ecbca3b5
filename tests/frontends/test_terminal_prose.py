"""Markdown in a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from desiru_notebook.frontends.terminal.prose import Prose

ACTIVE = [
    "#",
    "*",
    "_",
    "`",
    "```\n",
    "~",
    "~~",
    "[",
    "](",
    ")",
    "![",
    "|",
    "|-|\n",
    "> ",
    "- ",
    "1. ",
    "\n",
    "\n\n",
    "    ",
    "$",
    "\\(",
    "<",
    "&#27;",
]
PLAIN = ["word", " ", "日本語", "\U0001f600", "\x1b[2J", "\x9b", "\u202e", "http://a.example/", "\t", "e\u0301", "x" * 30]
markdown = st.lists(st.sampled_from(ACTIVE + PLAIN), max_size=40).map("".join)


def shown(text: str, width: int = 40, colours: bool = False) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=colours, color_system="standard" if colours else None)
    console.print(Prose(text))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# Title\nText", ["Title", "", "Text"]),
        ("one\ntwo  \nthree\n\nfour", ["one", "two", "three", "", "four"]),
        ("*a* **b** ~~c~~ `d` \\* &lt;", ["a b c d * <"]),
        ("- a\n- b\n  - c\n", ["• a", "• b", "  • c"]),
        ("- a\n\n- b\n", ["• a", "", "• b"]),
        ("3. a\n4. b\n\n   c\n", ["3. a", "", "4. b", "", "   c"]),
        ("- [ ] a\n- [x] b\n-\n", ["☐ a", "☑ b", "•"]),
        ("> a\n>\n> > b\n", ["▌ a", "▌", "▌ ▌ b"]),
        ("a\n\n---\n", ["a", "", "─" * 40]),
        ("```python\ndef f():\n    return 1\n```\n", ["  Python", "  def f():", "      return 1"]),
        ("```\n\n```\n", [""]),
        ("    code\n", ["  code"]),
        ("```\none two three four five six seven eight nine\n```\n", ["  one two three four five six seven", "  eight nine"]),
        ("| a | b |\n|---|--:|\n| c | 10 |\n", ["a    b", "──────", "c   10"]),
        ("$x_1$ and \\(y\\)\n\n$$\nz\n$$\n", ["$x_1$ and \\(y\\)", "", "$$", "z", "$$"]),
        ("<b>x</b>\n", ["<b>x</b>"]),
        ("", []),
    ],
)
def test_blocks_and_phrases(text, lines):
    assert [line.rstrip() for line in shown(text).splitlines()] == lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[text](https://Evil.example/a?b)", "text (https://evil.example/a?b)"),
        ("[text](javascript:alert(1))", "text (javascript:alert(1))"),
        ("[a@b.example](mailto:a@b.example)", "a@b.example"),
        ("<https://a.example/>", "https://a.example/"),
        ("see https://a.example/x.", "see https://a.example/x."),
        ("![chart](http://a.example/c.png)", "▦ chart (http://a.example/c.png)"),
        ("![](data:image/png)", "▦ image (data:image/png)"),
        ("[![a](http://a.example/)](http://b.example/)", "▦ a (http://a.example/) (http://b.example/)"),
    ],
)
def test_an_address_is_shown_in_words(text, line):
    assert shown(text, 80).rstrip() == line


def test_a_table_that_is_too_wide_for_columns_is_lines_of_cells():
    text = "|a|b|c|d|\n|-|-|-|-|\n|word|word|word|word|\n"
    assert [line.rstrip() for line in shown(text, 20).splitlines()][1] == "────────────────────"
    assert [line.rstrip() for line in shown(text, 19).splitlines()] == ["a | b | c | d", "word | word | word", "| word"]


def test_nothing_of_a_table_is_cut_off():
    text = "|a|b|\n|-|-|\n|" + "x" * 50 + "|" + "y" * 50 + "|\n"
    assert (shown(text, 20).count("x"), shown(text, 20).count("y")) == (50, 50)


def test_styles_are_those_of_any_terminal():
    assert shown("**b** `c`", colours=True) == "\x1b[1mb\x1b[0m \x1b[1;36mc\x1b[0m\n"


def test_what_is_long_is_wrapped_inside_what_it_stands_in():
    assert [line.rstrip() for line in shown("> 1. word word word word\n", 20).splitlines()] == [
        "▌ 1. word word word",
        "▌    word",
    ]


@pytest.mark.parametrize("text", ["> " * 30 + "deep", "- " * 12 + "deep", "999999999. " * 12 + "deep", "> - " * 15 + "deep"])
def test_however_deep_it_stands_a_text_has_room(text):
    assert "deep" in shown(text, 30)


@given(markdown, st.sampled_from([8, 40, 80]))
@example("> " * 40 + "x", 8)
@settings(max_examples=200)
def test_no_line_is_wider_than_the_terminal_and_no_control_reaches_it(text, width):
    lines = shown(text, width).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert not {char for line in lines for char in line if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char == "\u202e"}


@given(st.text(st.characters(categories=["L", "N"]), max_size=200))
def test_a_text_without_marks_is_all_there(text):
    assert "".join(shown(text).split()) == "".join(text.split())
