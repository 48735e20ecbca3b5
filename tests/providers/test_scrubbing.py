"""A service's words without what must not be repeated."""

from __future__ import annotations

import pytest

from desiru_notebook import Message
from desiru_notebook.providers import Request
from desiru_notebook.providers.scrubbing import said_in, scrub

PROMPT = "The classified falcon nests at 54 North Street.\nPIN: 991177\nOh."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"bad value: '{PROMPT[:34]}...", "bad value: '\u2026..."),
        ("bad: classified falcon nests at 55", "bad:\u20265"),
        ("x" * 50 + "fied falcon nests at 54 North Str", "x" * 50 + "\u2026"),
        ("your PIN: 991177 is wrong", "your \u2026 is wrong"),
        ("a falcon nests here", "a falcon nests here"),
        ("Oh. No", "Oh. No"),
    ],
)
def test_longer_pieces_of_the_prompt_are_blanked_out_and_chance_is_left(text, left):
    assert scrub(text, said_in(Request([Message("user", PROMPT)]))) == left


@pytest.mark.parametrize("at", range(0, len(PROMPT) - 16, 3))
@pytest.mark.parametrize("before", ["", "x", "xxxxx", "x" * 9])
def test_every_quote_is_found_wherever_it_stands(at, before):
    quote = PROMPT[at : at + 18]
    assert quote not in scrub(f"{before}{quote}|", [PROMPT])


@pytest.mark.parametrize("key", ["sk-proj-abcdef123", "gsk_abcdef1234", "AIza" + "x" * 30, "Bearer abc.def", "sk-...wxyz89"])
def test_what_looks_like_a_key_is_blanked_out_whoevers_it_is(key):
    assert scrub(f"the key {key} is bad", []) == "the key \u2026 is bad"


def test_no_words_of_a_service_have_power_over_a_terminal():
    assert scrub("a\x1b[2Jb\x07c\x9b31md\ne\tf", []) == "a[2Jbc31md e f"


def test_what_is_long_is_cut_before_it_is_searched():
    assert len(scrub("x" * 10_000_000, ["y" * 10_000_000])) == 300
