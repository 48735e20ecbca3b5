"""States and figures as words: the same as the live widget's, line by line (``js/tests/status.test.ts``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pytest
from pydantic import BaseModel

from desiru_notebook import Stats
from desiru_notebook.events import State
from desiru_notebook.frontends.words import SYMBOLS, again, figures, latency, seconds, value_text
from desiru_notebook.providers import Usage


def stats(**known):
    return Stats("scripted", **{"state": "streaming"} | known)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            stats(duration=1.24, ttft=0.24, tokens=38, tokens_per_second=41.2),
            "1.2 s \u00b7 first token 240 ms \u00b7 41 tokens/s \u00b7 38 tokens",
        ),
        (stats(duration=0.42, state="pending"), "0.4 s \u00b7 waiting for the first token"),
        (stats(duration=3.0, state="failed"), "3.0 s"),
        (stats(duration=3.0, state="cancelled"), "3.0 s"),
        (stats(duration=0.5, ttft=0.1, tokens=1), "0.5 s \u00b7 first token 100 ms \u00b7 1 token"),
        (
            stats(duration=125.4, ttft=1.34, tokens=12345, tokens_per_second=2000.4, state="done"),
            "2 min 05 s \u00b7 first token 1.3 s \u00b7 2,000 tokens/s \u00b7 12,345 tokens",
        ),
        (stats(duration=3.0, attempts=3, state="pending"), "3.0 s \u00b7 waiting for the first token \u00b7 attempt 3"),
        (stats(duration=3.0, attempts=3), "3.0 s \u00b7 attempt 3"),
        (stats(duration=3.0, attempts=3, state="cancelled"), "3.0 s \u00b7 3 attempts"),
        (stats(duration=3.0, attempts=3, state="failed"), "3.0 s \u00b7 3 attempts"),
    ],
)
def test_figures_leave_out_what_was_not_measured(given, words):
    assert figures(given) == words


WHOLE = {"duration": 1.24, "ttft": 1.2, "tokens": 1, "tokens_per_second": 41.2, "streamed": False}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (stats(**WHOLE), "1.2 s \u00b7 came at once"),
        (stats(**WHOLE | {"tokens": 38, "usage": Usage(7, 38, 45)}), "1.2 s \u00b7 came at once \u00b7 38 tokens"),
        (stats(**WHOLE | {"usage": Usage()}), "1.2 s \u00b7 came at once"),
        (stats(**WHOLE, attempts=2, state="done"), "1.2 s \u00b7 came at once \u00b7 2 attempts"),
        (stats(duration=3.0, streamed=False, state="pending"), "3.0 s \u00b7 waiting for the answer"),
        (stats(duration=3.0, streamed=False, state="failed"), "3.0 s"),
        (stats(duration=3.0, streamed=False, state="cancelled"), "3.0 s"),
    ],
)
def test_an_answer_in_one_piece_has_no_pace_and_its_piece_is_no_token(given, words):
    assert figures(given) == words


def test_a_new_attempt_says_why():
    assert again(2, "openai refused gpt with HTTP 503.") == "Attempt 2: openai refused gpt with HTTP 503."


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125.4, "2 min 05 s"), (3600, "60 min 00 s")],
)
def test_seconds_become_minutes_when_there_are_many(duration, words):
    assert seconds(duration) == words


@pytest.mark.parametrize(("duration", "words"), [(0.0004, "0 ms"), (0.24, "240 ms"), (0.9996, "1.0 s"), (1.34, "1.3 s")])
def test_latency_is_told_in_milliseconds_below_a_second(duration, words):
    assert latency(duration) == words


@pytest.mark.parametrize(("rate", "words"), [(0.52, "0.5"), (9.94, "9.9"), (9.96, "10"), (41.4, "41"), (2000, "2,000")])
def test_a_rate_has_a_decimal_only_where_it_matters(rate, words):
    assert figures(stats(tokens_per_second=rate)) == f"0.0 s \u00b7 {words} tokens/s"


def test_every_state_has_a_symbol_of_its_own():
    assert list(SYMBOLS) == list(get_args(State))
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


class Person(BaseModel):
    name: str
    age: int


@dataclass
class Place:
    street: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text, 'as' it \u00efs\n", "text, 'as' it \u00efs\n"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        (["a", "\u00fc"], '["a", "\u00fc"]'),
        ({"b": 1, "a": None}, '{"b": 1, "a": null}'),
        (Person(name="Ada", age=36), '{\n  "name": "Ada",\n  "age": 36\n}'),
        ([Person(name="Ada", age=36)], '[{"name": "Ada", "age": 36}]'),
        (Place("Long Lane"), '{"street": "Long Lane"}'),
        ({"home": Place("Long Lane")}, '{"home": {"street": "Long Lane"}}'),
    ],
)
def test_a_value_is_text_as_it_is_or_json(value, text):
    assert value_text(value) == text
