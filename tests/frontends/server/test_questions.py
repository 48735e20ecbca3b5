"""Questions as they come, and what is wrong with them."""

from __future__ import annotations

import json

import pytest

from desiru_notebook import Signature
from desiru_notebook.frontends.server.questions import LONGEST_SIGNATURE, Question, from_body, from_query
from desiru_notebook.frontends.server.refusals import Refusal

WHOLE = {"signature": "a, b -> c", "inputs": {"a": "x", "b": [1, None]}, "model": "local", "settings": {"temperature": 0}}


def refusal(body: object) -> tuple[int, str, str]:
    with pytest.raises(Refusal) as caught:
        from_body(body if isinstance(body, bytes) else json.dumps(body).encode())
    return caught.value.status_code, caught.value.kind, caught.value.message


def test_a_question_from_a_body_and_from_an_address_are_the_same():
    wanted = Question(Signature("a, b -> c"), {"a": "x", "b": [1, None]}, "local", {"temperature": 0})
    assert from_body(json.dumps(WHOLE).encode()) == wanted
    query = {name: [(value if isinstance(value, str) else json.dumps(value)).encode()] for name, value in WHOLE.items()}
    assert from_query(query | {"token": [b"t"]}) == wanted


def test_model_and_settings_may_be_left_out():
    assert from_body(b'{"signature": "a -> b", "inputs": {"a": ""}}') == Question(Signature("a -> b"), {"a": ""}, None, {})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "The body is an object with 'signature', 'inputs', 'model', 'settings', not a list."),
        (None, "The body is an object with 'signature', 'inputs', 'model', 'settings', not null."),
        ({}, "'signature' is missing: a text such as 'question -> answer'."),
        ({"signature": "a -> b"}, "'inputs' is missing: an object with a value for each input of the signature."),
        (WHOLE | {"inputs": "x"}, "'inputs' is an object with a value for each input of the signature, not a text."),
        (WHOLE | {"model": 1}, "'model' is the name of a model, not a number."),
        (WHOLE | {"model": None}, "'model' is the name of a model, not null."),
        (WHOLE | {"signature": True}, "'signature' is a text such as 'question -> answer', not true or false."),
        (WHOLE | {"settings": []}, "'settings' is an object that may have temperature and max_tokens, not a list."),
        (WHOLE | {"api_key": "k"}, "There is no 'api_key' in a question; it has 'signature', 'inputs', 'model', 'settings'."),
        (WHOLE | {"settings": {"stop": "x"}}, "There is no setting 'stop' here; the settings are 'temperature', 'max_tokens'."),
        (b'{"signature": "a", "signature": "b"}', 'The body is no JSON: Detected duplicate key "signature"'),
        (b'{"signature": NaN}', "The body is no JSON: "),
        (b'{"signature": "\\ud800"}', "The body is no JSON: "),
    ],
)
def test_what_is_wrong_is_said_by_its_name(body, message):
    status, kind, said = refusal(body)
    assert (status, kind, said[: len(message)]) == (400, "RequestError", message)


@pytest.mark.parametrize("settings", [{"temperature": "hot"}, {"temperature": -1}, {"max_tokens": 1.5}, {"max_tokens": True}])
def test_a_setting_that_no_model_could_use_is_refused(settings):
    assert refusal(WHOLE | {"settings": settings})[:2] == (400, "ConfigError")


def test_a_signature_may_be_as_long_and_as_deep_as_the_limit_allows():
    deep = "a -> b: int" + " | None" * ((LONGEST_SIGNATURE - 11) // 7)
    assert from_body(json.dumps(WHOLE | {"signature": deep}).encode()).signature == Signature("a -> b: int | None")
    status, kind, said = refusal(WHOLE | {"signature": deep + " | None"})
    assert (status, kind) == (400, "RequestError")
    assert said.startswith("A signature has at most 4,000 characters here, not 4,0")


def test_a_message_does_not_send_back_what_was_too_long():
    assert len(refusal(WHOLE | {"x" * 1_000_000: 1})[2]) < 200
    assert len(refusal(WHOLE | {"settings": {"temperature": "x" * 1_000_000}})[2]) < 11_000


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"inputs": [b"{"]}, "The parameter 'inputs' is no JSON: EOF"),
        ({"signature": [b"a -> b", b"a -> c"]}, "The parameter 'signature' stands twice."),
        ({"signature": [b"\xff"]}, "The parameter 'signature' is no UTF-8."),
        ({"signature": [b"a -> b"], "inputs": [b"[]"]}, "'inputs' is an object"),
        ({"question": [b"Why?"]}, "There is no 'question' in a question"),
    ],
)
def test_an_address_is_read_as_strictly(query, message):
    with pytest.raises(Refusal) as caught:
        from_query(query)
    assert (caught.value.status_code, caught.value.kind) == (400, "RequestError")
    assert caught.value.message.startswith(message)
