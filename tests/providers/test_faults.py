"""From a refusal to the error that says what to do next, and says nothing that it should not."""

from __future__ import annotations

import json

import pytest

from desiru_notebook import AuthenticationError, ModelNotFoundError, ProviderError, RateLimitError
from desiru_notebook.providers.faults import Asked, refusal, said_by, scrub


def refused(status: int, body: object = None, headers: dict | None = None, secrets=()) -> ProviderError:
    asked = Asked("openai", "gpt", "OPENAI_API_KEY", "http://localhost:1/v1", tuple(secrets))
    return refusal(asked, status, body, headers or {})


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, ProviderError, "Check the settings"),
        (401, AuthenticationError, "set OPENAI_API_KEY or pass api_key="),
        (403, AuthenticationError, "set OPENAI_API_KEY"),
        (404, ModelNotFoundError, "Check the model's name (gpt)"),
        (402, ProviderError, "no credit left"),
        (413, ProviderError, "The prompt is too long"),
        (422, ProviderError, "Check the settings"),
        (429, RateLimitError, "Wait a little"),
        (500, ProviderError, "try again later"),
        (529, ProviderError, "try again later"),
    ],
)
def test_a_status_is_this_error_with_this_advice(status, kind, advice):
    error = refused(status)
    assert type(error) is kind
    assert error.status == status
    assert str(error).startswith(f"openai refused gpt with HTTP {status}.")
    assert advice in str(error)


@pytest.mark.parametrize(("value", "seconds"), [("2", 2.0), ("0.5", 0.5), ("", None)])
def test_retry_after_is_seconds_or_nothing(value, seconds):
    error = refused(429, headers={"retry-after": value, "x-request-id": "req-1"})
    assert (error.retry_after, error.request_id) == (seconds, "req-1")
    assert ("Try again in" in str(error)) == (seconds is not None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "No."}}, "No."),
        ({"message": "No."}, "No."),
        ({"detail": "No."}, "No."),
        ({"error": "No."}, "No."),
        ('{"error": {"message": "No."}}', "No."),
        ("No.", "No."),
        ("[1]", "[1]"),
        (" <html>No.</html>", ""),
        ({"error": None}, ""),
        ({"error": {"message": {"deep": 1}}}, ""),
        ({"detail": [{"msg": "no"}]}, ""),
        (["No."], ""),
        (None, ""),
    ],
)
def test_the_services_own_words_are_taken_from_wherever_they_stand(body, said):
    assert said_by(body) == said


def test_a_refused_key_is_never_quoted():
    assert "sk-abc" not in str(refused(401, {"error": {"message": "Incorrect API key provided: sk-abc***xyz"}}))


def test_secrets_are_blanked_out_the_longest_first():
    assert scrub("key sk-secret-long and sk-secret here", ["sk-secret", "sk-secret-long"]) == "key \u2026 and \u2026 here"


def test_words_that_are_too_short_to_be_secrets_stay():
    assert scrub("Why not use a model?", ["Why", "", "a"]) == "Why not use a model?"


def test_a_long_answer_is_cut_and_stands_on_one_line():
    said = scrub("x " * 1000 + "\nend", [])
    assert len(said) == 300
    assert said.endswith("\u2026")
    assert scrub("a\n\n b\tc", []) == "a b c"


def test_the_recorded_refusals_of_many_services_are_errors_in_their_own_words(shared):
    bodies = sorted((shared / "wire/_errors").glob("*.json"))
    assert len(bodies) > 10
    for path in bodies:
        recorded = json.loads(path.read_text())
        error = refused(recorded["status"], recorded["body"], {"retry-after": recorded["retry_after"]})
        assert error.status == recorded["status"]
        assert "{" not in str(error), path.name
        if recorded["status"] not in (401, 403):
            said = said_by(recorded["body"])
            assert said, f"{path.name} has lost what the service said"
            assert said in str(error)
