"""A service's words without what must not be repeated."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import Message
from desiru_notebook.providers import Request, scrubbing
from desiru_notebook.providers.scrubbing import keys_in, said_in, scrub, without_keys

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


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


NBSP = "\N{NO-BREAK SPACE}"
SPELLINGS = {
    "in capitals": str.upper,
    "in other case": str.swapcase,
    "with other blanks": lambda text: text.replace(" ", NBSP),
    "with more blanks": lambda text: text.replace(" ", f" {NBSP}\t"),
    "on other lines": lambda text: "\n".join(text.split()),
    "for an address": quote,
    "for an address, in small hex": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "for a form": quote_plus,
    "for JSON": json.dumps,
    "in base64": in_base64,
    "in base64 for an address": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "in base64 in an address": lambda text: quote(in_base64(text), safe=""),
    "in base64, after one byte": lambda text: in_base64(f"x{text}"),
    "in base64, after two bytes": lambda text: in_base64(f"xy{text}"),
    "in base64, in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "in base64, in capitals": lambda text: in_base64(text.upper()),
}
SECRETS = [
    "The classified falcon nests at 54 North Street",
    "Der Stra\u00dfenfalke \u00fcber dem \u5929\u5b89\u95e8 br\u00fctet??>>",
    "Kv9.\u00e4-pin",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_a_secret_is_hidden_and_what_stands_around_it_is_not(spelling, secret):
    said = scrub(f"Bad value: <{SPELLINGS[spelling](secret)}>, sorry", ["Of no interest.\n" * 9, secret])
    left = re.fullmatch("Bad value: <(.*)>, sorry", said)[1]
    assert "\u2026" in left
    assert len(left) <= 12  # of base64, a letter for less than a byte, and the padding


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(before=st.text(max_size=9), after=st.text(max_size=9))
def test_no_run_of_sixteen_characters_is_left_whatever_stands_around(spelling, before, after):
    secret = SECRETS[0]
    said = scrub(f"{before}|{SPELLINGS[spelling](secret)}|{after}", [secret])
    spelled = SPELLINGS[spelling](secret)
    assert not any(spelled[at : at + 16] in said for at in range(len(spelled) - 15))


def test_text_that_is_no_quote_stays_in_any_spelling():
    text = "a%20falcon+nests here dGhlIGZhbGNvbg== \\u00e9 100% ABCDEFGH"
    assert scrub(text, SECRETS) == text


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
    "-----BEGIN PGP PRIVATE KEY BLOCK----- lQdGBF== -----END PGP PRIVATE KEY BLOCK-----",
    *(f"xapp-1-A0123-456-{TOKEN}", f"whsec_{TOKEN}", f"dop_v1_{TOKEN}", f"glsa_{TOKEN}", f"GOCSPX-{TOKEN}"),
    *(f"SG.{TOKEN[:22]}.{TOKEN}", f"dckr_pat_{TOKEN}", "sk-abc***wxyz", "authorization: Basic YWRtaW46"),
    *("password: hunter2", "passwd = Tr0ub4dor&3", f"AccountKey={TOKEN * 2}==", f"access-key = {TOKEN}/{TOKEN}"),
]


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_blanked_out_whoevers_it_is(key):
    assert scrub(f"the key {key} is bad", []) == "the key \u2026 is bad"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://alice:s3cr3t@db.example.org:5432/app", "postgresql://…db.example.org:5432/app"),
        ("mongodb+srv://u:p@ss@cluster0.mongodb.net", "mongodb+srv://…cluster0.mongodb.net"),
        ("redis://:hunter@localhost/0", "redis://…localhost/0"),
        ("https://user:tok@github.com/x.git", "https://…github.com/x.git"),
        ("Server=x;Uid=sa;Pwd=Passw0rd;", "Server=x;Uid=sa;…;"),
        (f"https://a.blob.core.windows.net/c?sp=r&sig={TOKEN}%3D", "https://a.blob.core.windows.net/c?sp=r&sig=…"),
        (f"https://hooks.slack.com/services/T0/B0/{TOKEN}", "https://hooks.slack.com/services/…"),
    ],
)
def test_a_password_in_an_address_is_hidden_and_the_rest_can_be_read(text, left):
    assert without_keys(text) == left


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
        *("Use a Bearer token.", "Bearer of bad news", "Authorization: Basic auth is weak", "pk_customer_order_items"),
        *("hf_transfer", "secret = base64.b64encode(x)", "token = tokens[i+100]", "password = read_password(user1)"),
        *("password: 8-16 characters", "Password strength: 12 letters", "pwd=/home/user1/project", "git@example.com:u/x.git"),
        *("postgres://user:password@localhost/db", "postgres://$USER:$PASS@host", "redis://:***@host", "http://u:<password>@h"),
        *("http://localhost:8080/@user", "see http://host:80 and ask a@example.org", "ssh://git@github.com:22/x.git"),
    ],
)
def test_what_is_no_key_stays(text):
    assert without_keys(text) == text


def test_no_words_of_a_service_have_power_over_a_terminal():
    assert scrub("a\x1b[2Jb\x07c\x9b31md\ne\tf", []) == "a[2Jbc31md e f"


def test_what_is_long_is_cut_before_it_is_searched():
    assert len(scrub("x" * 10_000_000, ["y" * 10_000_000])) == 300


def test_a_token_is_hidden_from_its_start_however_long_and_whatever_stands_before_it():
    token = f"eyJhbGciOi{'J4NWMi' * 2000}.eyJzdWIi{'OiIxMjM0' * 2000}.dozjgNryP4J3jVm"
    assert without_keys(f"a jwt-{token} or b") == "a jwt-\u2026 or b"
    assert without_keys(f"AKIAIOSFODNN7EXAMPLE-{token}") == "\u2026-\u2026"
    assert without_keys("xeyJhbGciOiJ.eyJzdWIi.dozjgNry") == "xeyJhbGciOiJ.eyJzdWIi.dozjgNry"


HOSTILE = [
    *(
        "eyJ-",
        "eyJabcdefgh.eyJ-",
        "-eyJ--------",
        "Bearer ",
        "SG.aaaaaaaaaaaaaaaa",
        "hf_",
        "://a:",
        "token=",
        "-----BEGIN A",
        "aA",
    )
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_takes_no_longer_for_what_stands_in_it(piece):
    keys_in(piece * (400_000 // len(piece)))  # which took minutes, of what begins like a token


MORE = ["x" * 40, "A1b" * 30, "Basic ", "password: ", " " * 120, "eyJ", *'-.: \n=("a1Z@']
PIECES = st.sampled_from([*KEYS, *HOSTILE, *MORE])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_keys_are_the_same_wherever_the_search_is_divided(text):
    found = keys_in(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scrubbing, "_WINDOW", 7)
        assert keys_in(text) == found


def test_a_long_secret_is_read_once_whatever_is_in_it():
    for letters in ("a", "ab", "aaaaaaaab", "abcdefg\n"):
        assert scrub(letters * 2000, [letters * 200_000]) == "\u2026"
