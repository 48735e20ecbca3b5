"""The saved Markdown: the corpus that both renderers are held to, and what holds for every text."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.markdown import to_html
from markdown.vocabulary import text_of

CORPUS = json.loads(Path(__file__).parent.with_name("markdown.json").read_text("utf-8"))
PIECES = [
    "*", "**", "_", "~", "~~", "`", "```", "[", "](", "]", "![", "(", ")", "<", ">", "|", "|-|", "---", "===", "$", "$$",
    "\\", "\\(", "\\)", "\\[", "\\]", "&amp;", "&#x202e;", '"', "'", "a", "b ", "# ", "- ", "1. ", "> ", "    ", "[x] ",
    "[a]: ", "javascript:", "mailto:a@b.c", "https://a.example", "://", "\t", "\n", "\n\n", "\r", "\0",
    "www.a.example", "<br>", "<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "<sub a>", "H~2~O", "\u3002", "\u2019", "&quot;",
    "\x1b", "\u202e", "\ud800", "\xa0", "\u2003", "\ufeff",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
WORDS = st.lists(st.text("abcxyz\u00e4\u4e2d", min_size=1, max_size=9), min_size=1, max_size=30)

# What a hostile text loses to the markup it is: nothing else may be missing.
HOSTILE = {
    "brackets": ("[" * 50000, 0),
    "brackets in a heading": ("# " + "[" * 8000, 1),
    "brackets in a long heading": ("# " + "[" * 50000, 1),
    "emphasis": ("*a " * 20000, 0),
    "quotes": (">" * 10000, 20),
    "quotes in quotes": ((">" * 20 + " a\n") * 2000, 20 * 2000),
    "quotes that nothing goes on with": ("> ~~~\na\n" * 5000, 5000 * 4),
    "backticks": ("a " + "`" * 50000, 0),
    "backticks of all lengths": ("a " + " ".join("`" * length for length in range(1, 300)), 0),
    "items": ("- " * 5000 + "a", 10),
    "words": ("word " * 20000, 0),
    "one word": ("x" * 100_000, 0),
    "images": ("# " + "![" * 4000 + "a", 1),
    "labels": ("# " + "][" * 4000, 1),
    "addresses": ("# " + "[a](" * 2000, 1),
    "formulas": ("# " + "\\(" * 4000, 1 + 4000),
    "dollars": ("# " + "$a " * 2700, 1),
    "tildes": ("# " + "~~a ~b " * 1100, 1),
    "bare addresses": ("# " + "http://a.b/(" * 680, 1),
    "parentheses after an address": ("x https:" + "/" * 50000 + ")" * 50000, 0),
    "angle brackets": ("# " + "<a:" * 2700, 1),
    "tags": ("# " + "<sub>" * 1600, 1),
    "end tags": ("# " + "</sub>" * 1300, 1),
    "tags of two kinds": ("# " + "<sub>" * 600 + "</sup>" * 600, 1),
}


@pytest.mark.parametrize("entry", CORPUS, ids=[entry["name"] for entry in CORPUS])
def test_the_corpus_comes_out_exactly(entry):
    assert to_html(entry["markdown"]) == entry["html"]


def test_the_names_of_the_corpus_stand_once():
    assert len({entry["name"] for entry in CORPUS}) == len(CORPUS)


def test_the_corpus_keeps_to_the_vocabulary():
    for entry in CORPUS:
        text_of(entry["html"])


def test_every_known_attack_keeps_to_the_vocabulary(shared):
    for attack in json.loads((shared / "attacks" / "given.json").read_text("utf-8")):
        for around in ("{}", "> - {}", "`{}", "# {}", "|{}|\n|-|", "$${}$$", "[{}](https://a.example)", "![{}](b)"):
            text_of(to_html(around.format(attack["payload"])))


@given(MARKDOWN | st.text())
def test_any_text_keeps_to_the_vocabulary(text):
    text_of(to_html(text))


@given(MARKDOWN)
def test_line_ends_are_all_the_same(text):
    lines = text.replace("\r", "")
    assert to_html(lines.replace("\n", "\r\n")) == to_html(lines.replace("\n", "\r")) == to_html(lines)


@given(WORDS, st.sampled_from([" ", "\n"]))
def test_words_stay_as_they_are(words, space):
    text = space.join(words)
    assert to_html(text) == f'<p dir="auto">{text}</p>'


@pytest.mark.parametrize(("text", "markup"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_keeps_all_it_says(text, markup):
    shown = "".join(text_of(to_html(text)).split())
    assert len(shown) == len("".join(text.split())) - markup


@pytest.mark.parametrize(("text", "_markup"), HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_makes_the_parser_recurse(text, _markup):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 150)
    try:
        to_html(text)
        to_html(text[:20000].replace(" ", "\n"))
    finally:
        sys.setrecursionlimit(limit)


def test_emphasis_inside_emphasis_has_an_end():
    depth = 150
    html = to_html("a " + "*a **b " * depth + "c" + "** d*" * depth)
    assert (html.count("<em>"), html.count("<strong>")) == (50, 50)
    assert text_of(html).count("*") == 3 * 2 * (depth - 50)
