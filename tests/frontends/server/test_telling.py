"""Events on the wire."""

from __future__ import annotations

import json

import pytest

from desiru_notebook import FieldDelta, Prediction, ProviderError, RunEnd
from desiru_notebook.frontends.server.telling import DONE, HEARTBEAT, encode
from desiru_notebook.sse import ServerEvent, SSEDecoder


def decoded(*events: FieldDelta | RunEnd) -> list[tuple[str, dict]]:
    return [(event.event, json.loads(event.data)) for event in SSEDecoder().feed(encode(events))]


def test_deltas_of_one_field_that_are_there_together_are_one_event():
    texts = [FieldDelta("a", "1"), FieldDelta("a", "2"), FieldDelta("b", "3"), FieldDelta("a", "4")]
    assert decoded(*texts) == [
        ("message", {"type": "a", "content": "12"}),
        ("message", {"type": "b", "content": "3"}),
        ("message", {"type": "a", "content": "4"}),
    ]


@pytest.mark.parametrize("text", ["\n", "\r\n\r", "\u2028\u2029\x85", "\ud83d", "\udc00x", "\0", "data: [DONE]\n\n", "ж🙂"])
def test_any_text_is_one_line_of_ascii_and_comes_back(text):
    sent = encode([FieldDelta("a", text)])
    assert sent.isascii()
    assert sent.count(b"\n") == 2
    assert decoded(FieldDelta("a", text)) == [("message", {"type": "a", "content": text})]


def test_the_end_follows_the_last_words():
    ended = RunEnd("done", Prediction({"a": "1"}, thinking="hm"))
    whole = {"prediction": {"a": "1"}, "complete": True, "missing": [], "thinking": "hm", "stats": None}
    assert decoded(FieldDelta("a", "1"), ended) == [("message", {"type": "a", "content": "1"}), ("result", whole)]


def test_an_end_that_failed_says_why_and_what_there_is():
    ended = RunEnd("failed", Prediction({"a": "1"}, outputs=["a", "b"]), error=ProviderError("No."))
    assert decoded(ended) == [("error", {"type": "ProviderError", "message": "No.", "partial": {"a": "1"}})]


def test_numbers_that_json_has_no_word_for_are_their_text():
    values = {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf")}}
    ((_, result),) = decoded(RunEnd("done", Prediction(values)))
    assert result["prediction"] == {"a": "nan", "b": ["inf", 1.5], "c": {"d": "-inf"}}


def test_heartbeats_are_no_events_and_done_is_one():
    assert SSEDecoder().feed(HEARTBEAT * 2 + DONE) == [ServerEvent("[DONE]")]
