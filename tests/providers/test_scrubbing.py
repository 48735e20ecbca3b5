"""A service's words without what must not be repeated."""

from __future__ import annotations

import pytest

from desiru_notebook import Message
from desiru_notebook.providers import Request
from desiru_notebook.providers.scrubbing import said_in, scrub, without_keys

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


TOKEN = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"
KEYS = [
    *("sk-proj-abcdef123", "gsk_abcdef1234", "AIza" + "x" * 30, "Bearer abc.def", "sk-...wxyz89", "AKIAIOSFODNN7EXAMPLE"),
    *(f"ghp_{TOKEN}", f"github_pat_11AB_{TOKEN}", f"xoxb-1234567890-{TOKEN}", f"glpat-{TOKEN}", f"ya29.{TOKEN}"),
    *(f"ABSK{TOKEN}==", f"AQ.Ab8{TOKEN}", f"vck_{TOKEN}", f"npm_{TOKEN}", f"pypi-{TOKEN}", f"tvly-dev-{TOKEN}"),
    *(f"lsv2_pt_{TOKEN}", "dapi" + "0123456789abcdef" * 2, "0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp"),
    *(TOKEN, f"apikey={TOKEN}", f"api-key: {TOKEN}", "api_key='0123456789abcdef'", "password=hunter2hunter2"),
    *("Authorization: Basic dXNlcjpwYXNzd29yZDE=", f"access_key=wJalrXUtn/K7MDENG/{TOKEN}"),
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVm",
    "-----BEGIN RSA PRIVATE KEY----- MIIEvQ/IBADA== -----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_blanked_out_whoevers_it_is(key):
    assert scrub(f"the key {key} is bad", []) == "the key \u2026 is bad"


def test_a_key_is_hidden_wherever_it_stands_in_a_line_of_settings():
    assert without_keys(f'{{"api_key": "{TOKEN}"}}') == '{"\u2026}'
    assert without_keys(f"MISTRAL_API_KEY={TOKEN}\nA=1") == "MISTRAL_\u2026\nA=1"


@pytest.mark.parametrize(
    "text",
    [
        *("The api key is in the drawer.", "token: a unit of text", "password: what makes a good one?"),
        "max_tokens=1000000000000",
        *("0123456789abcdef" * 4, "a" * 40, "https://example.org/" + TOKEN, "scikit-learn", "iVBORw0KGgo/" + TOKEN + "+/a=="),
        *("secret: never give up", "the API key: which of the 3 do you mean?", "eyJ", "authorization: none"),
    ],
)
def test_what_is_no_key_stays(text):
    assert without_keys(text) == text


def test_no_words_of_a_service_have_power_over_a_terminal():
    assert scrub("a\x1b[2Jb\x07c\x9b31md\ne\tf", []) == "a[2Jbc31md e f"


def test_what_is_long_is_cut_before_it_is_searched():
    assert len(scrub("x" * 10_000_000, ["y" * 10_000_000])) == 300
