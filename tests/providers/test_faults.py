"""From a refusal to the error that says what to do next, and says nothing that it should not."""

from __future__ import annotations

import json

import pytest
from hostile import ANYTHING, NAMES, RAW, written
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import AuthenticationError, ModelNotFoundError, ProviderError, RateLimitError
from desiru_notebook.providers.faults import Asked, declined_setting, failure, refusal
from desiru_notebook.providers.scrubbing import said_by, scrub


def refused(status: int, body: object = None, headers: dict | None = None, secrets=()) -> ProviderError:
    asked = Asked("openai", "gpt", "OPENAI_API_KEY", "http://localhost:1/v1", tuple(secrets))
    return refusal(asked, status, body, headers or {})


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, ProviderError, "Check the settings"),
        (401, AuthenticationError, "set OPENAI_API_KEY or pass api_key="),
        (403, AuthenticationError, "Not allowed with this key"),
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
        ({"detail": [{"msg": "no", "loc": ["body", "stream"]}]}, "body.stream: no"),
        (["No.", {"message": "Not."}], "No.; Not."),
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
        if not isinstance(error, AuthenticationError):
            said = said_by(recorded["body"])
            assert said, f"{path.name} has lost what the service said"
            assert said in str(error)


ASKED = Asked("openai", "gpt", "OPENAI_API_KEY", "http://localhost:1/v1", ("sk-secret",))


@pytest.mark.parametrize(
    ("event", "kind", "status", "said"),
    [
        ({"error": {"message": "Oh.", "code": 429}}, RateLimitError, 429, "Oh. Wait a little"),
        ({"error": {"message": "Oh.", "code": "429"}}, RateLimitError, 429, "Oh. Wait a little"),
        (
            {"error": {"message": "Oh.", "code": None, "type": "insufficient_quota"}},
            RateLimitError,
            429,
            "Waiting does not help",
        ),
        (
            {"error": {"message": "Oh.", "status": "UNAVAILABLE", "code": 5}},
            ProviderError,
            503,
            "Oh. The service has a problem",
        ),
        ({"error": {"message": "Oh.", "type": "model_not_found"}}, ModelNotFoundError, 404, "Check the model's name (gpt)"),
        ({"error": {"message": "Oh", "code": 200, "type": "new"}}, ProviderError, None, "Oh. Try again, or ask another model."),
        ({"error": {"message": "sk-secret", "code": "x"}}, ProviderError, None, "answered: \u2026 Try again"),
        ({"error": "Oh"}, ProviderError, None, "Oh. Try again"),
        ({"error": ["Oh."]}, ProviderError, None, "Oh. Try again"),
        ({"error": True}, ProviderError, None, "no reason given. Try again"),
        ({"error": {"message": {"deep": 1}}}, ProviderError, None, "no reason given. Try again"),
        ({"error": {"code": 401, "message": "Key sk-abc is wrong"}}, AuthenticationError, 401, "no reason given. The key is"),
        ({"choices": [{"error": {"message": "Oh.", "code": 502}}]}, ProviderError, 502, "Oh. The service has a problem"),
        ({"type": "error", "message": "Oh."}, ProviderError, None, "Oh. Try again"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Oh."}}, ProviderError, 529, "Oh. The service"),
        ({"type": "response.failed", "response": {"error": {"message": "Oh."}}}, ProviderError, None, "Oh. Try again"),
        ({"type": "response.failed", "response": None}, ProviderError, None, "no reason given. Try again"),
        ({"type": "response.failed", "response": "What?"}, ProviderError, None, "no reason given. Try again"),
    ],
)
def test_an_event_that_is_an_error_says_what_to_do_next(event, kind, status, said):
    error = failure(ASKED, event)
    assert (type(error), error.status, error.provider) == (kind, status, "openai")
    assert str(error).startswith("gpt failed while it answered: ")
    assert said in str(error)


@pytest.mark.parametrize(
    "event",
    [{}, {"error": None}, {"error": {}}, {"error": ""}, {"choices": []}, {"choices": 5}, {"choices": [5]}, {"type": "x"},
     {"choices": [{"error": None}]}, {"errors": 0}, {"choices": [{"delta": {"content": "error"}}]}],
)  # fmt: skip
def test_an_event_that_is_no_error_is_none(event):
    assert failure(ASKED, event) is None


@pytest.mark.parametrize(
    ("status", "said", "streaming"),
    [
        (400, "Streaming is not supported", True),
        (405, "no stream here", True),
        (422, "stream: extra fields not permitted", True),
        (501, "STREAM", True),
        (400, "temperature is too high", False),
        (401, "stream", False),
        (429, "stream", False),
        (500, "stream", False),
    ],
)
def test_a_refusal_of_the_wish_for_a_stream_is_told_by_its_words(status, said, streaming):
    assert declined_setting(status, {"error": {"message": said}}) == ("stream" if streaming else "")


def test_a_refusal_by_an_upstream_is_none_of_a_stream():
    assert not declined_setting(400, {"error": {"message": "The upstream is not streamable by law"}})


@pytest.mark.parametrize(
    ("status", "fault", "transient"),
    [
        (429, {"message": "Slow down."}, True),
        (429, {"message": "Oh.", "code": "insufficient_quota"}, False),
        (429, {"message": "You exceeded your current quota, check your plan and billing details."}, False),
        (400, {"message": "Your credit balance is too low."}, False),
        (503, {"message": "Overloaded."}, True),
        (400, {"message": "No."}, False),
    ],
)
@pytest.mark.parametrize("form", [json.dumps, dict])
def test_what_waiting_does_not_help_is_not_tried_again(status, fault, transient, form):
    error = refused(status, form({"error": fault}))
    assert error.transient is transient
    if status == 429 and not transient:
        assert "Waiting does not help" in str(error)


KEYS = """sk-abcdef123 sk-proj-abc_DEF-123 sk-abc***xyz1 pk-abcdef123 gsk_abcdef123 xai-abcdef123 pplx-abcdef123 hf_abcdef123
          nvapi-abcdef123 csk-abcdef123 fw_abcdef123 AIzaSyA-1234567890abcdefghij"""


@pytest.mark.parametrize("key", [*KEYS.split(), "Bearer abc.def"])
def test_what_looks_like_a_key_is_blanked_out(key):
    assert scrub(f"The key {key} is wrong", []) == "The key \u2026 is wrong"
    assert key not in str(refused(400, {"error": {"message": f"No {key}!"}}))


@pytest.mark.parametrize(
    "text", ["a task-oriented answer", "the disk-based index", "ask-me-anything", "hf_ab", "The bearer of news"]
)
def test_words_that_only_look_a_little_like_keys_stay(text):
    assert scrub(text, []) == text


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, None, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, None, 9.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}, None, None),
        ({"retry-after": "-5"}, None, None),
        ({"retry-after": "inf"}, None, None),
        ({"retry-after": "nan"}, None, None),
        ({"retry-after": "soon"}, None, None),
        ({}, {"error": {"details": [{"retryDelay": "34s"}]}}, 34.0),
        ({}, json.dumps({"error": {"details": [{"retryDelay": "34.5s"}]}}), 34.5),
        ({}, json.dumps([{"error": {"details": [{"retryDelay": "3s"}]}}], indent=2), 3.0),
        ({"retry-after": "2"}, {"retryDelay": "34s"}, 2.0),
    ],
)
def test_the_time_to_wait_stands_in_many_places(headers, body, seconds):
    assert refused(429, body, headers).retry_after == seconds


def test_a_time_to_come_back_that_is_a_date_is_told_in_seconds():
    assert refused(503, headers={"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"}).retry_after > 1e9


@pytest.mark.parametrize(
    "name", ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-goog-request-id", "cf-ray"]
)
def test_the_services_name_for_the_request_is_kept(name):
    assert refused(500, headers={name: "req-1"}).request_id == "req-1"


def test_a_refusal_whose_body_is_nested_without_end_is_an_error_like_any_other():
    assert refused(400, "[" * 100_000).status == 400


@pytest.mark.parametrize("named", ["@450", "@errors", "@900", "@100000", "@huge"])
def test_one_by_the_minute_passes_whatever_stands_in_its_body(named):
    error = refused(429, f'{{"error": {RAW[named]}}}', {"retry-after": "2"})
    assert (type(error), error.retry_after, error.transient) == (RateLimitError, 2.0, True)


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 31 Dec 9999 23:59:59 -2359",
        "Fri, 31 Dec 999999999999 23:59:59 GMT",
        "Fri, 31 Dec 0000 23:59:59 GMT",
        f"Fri, 31 Dec {'9' * 5000} 23:59:59 GMT",
        f"Fri, 31 Dec 2026 23:59:59 +{'9' * 30}",
        "Fri, 31 Dec 2026 23:59:59 -0000",
        "Fri, 99 Dec 2026 99:99:99 GMT",
        ", , , ,",
        "9" * 5000,
        "-1",
        "nan",
        "1.2.3",
        "\u0661",
        "\0",
    ],
)
def test_a_date_to_come_back_that_is_mad_is_no_date_or_a_wait(date):
    error = refused(429, "Slow down.", {"retry-after": date})
    assert type(error) is RateLimitError
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")


def test_a_delay_that_is_no_number_is_none():
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.2.3s"}]
    body = {"error": {"code": 429, "message": "Slow down.", "details": details}}
    for error in (refused(429, json.dumps(body)), failure(Asked("p", "m", "K"), body)):
        assert (type(error), error.retry_after) == (RateLimitError, None)
        assert "Slow down." in str(error)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("req_1-A", "req_1-A"),
        ("x" * 1000, "x" * 128),
        ("req-1\x1b]52;c;x\x07", "req-1"),
        ("req-1 <script>", "req-1"),
        ("\u202ereq", None),
        ("\u0661", None),
    ],
)
def test_a_name_for_the_request_is_a_word_of_limited_length(said, kept):
    assert refused(500, headers={"request-id": said}).request_id == kept


HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "x-request-id", "cf-ray"]),
    st.text(max_size=40) | st.sampled_from(["9" * 5000, "Fri, 31 Dec 9999 23:59:59 -2359", "inf", "-0"]),
)


@given(status=st.integers(100, 999), body=ANYTHING | st.dictionaries(NAMES, ANYTHING), headers=HEADERS)
def test_every_refusal_is_an_error_of_its_status(status, body, headers):
    for said in (written(body), body):
        error = refused(status, said, headers, secrets=["sk-very-secret-key", "Why is the sky blue, pray?"])
        assert isinstance(error, ProviderError)
        assert error.status == status
        assert error.retry_after is None or 0 <= error.retry_after < float("inf")
        assert (type(error) is RateLimitError) == (status == 429)


@given(st.dictionaries(NAMES, ANYTHING))
def test_every_event_is_a_failure_of_ours_or_none(event):
    error = failure(Asked("p", "m", "K"), event)
    assert error is None or isinstance(error, ProviderError)
