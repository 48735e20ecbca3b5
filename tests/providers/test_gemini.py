"""Google's Gemini: what is sent, and what each kind of event decodes to."""

from __future__ import annotations

import json

import pytest
from answering import ASKED, KEY, answering, chunks, cuts, heard, read, sse

from desiru_notebook import AuthenticationError, Message, ProviderError, RateLimitError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Request, Text, ToolCall, Usage
from desiru_notebook.providers.gemini import Gemini, decode, to_payload

METHOD = "streamGenerateContent?alt=sse"
VERTEX = "https://eu-aiplatform.googleapis.com/v1/projects/p/locations/eu/publishers/google"


def said(*parts: dict, **more) -> dict:
    """An event with one candidate."""
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}], "modelVersion": "g"}


USAGE = {"promptTokenCount": 4, "candidatesTokenCount": 11, "thoughtsTokenCount": 5, "totalTokenCount": 20}
EVENTS = [
    {**said({"text": "hm", "thought": True}), "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}},
    said({"text": 'H"{['}),
    {**said({"text": "i"}, finishReason="STOP"), "usageMetadata": USAGE},
]
CHUNKS = [Reasoning("hm"), Usage(4, None, 4), Text('H"{['), Text("i"), Finish("STOP"), Usage(4, 16, 20)]


class TestPayload:
    def test_the_systems_words_stand_apart_from_the_chat(self):
        asked = [Message("system", "One."), Message("user", "a"), Message("assistant", "b"), Message("system", "Two.")]
        assert to_payload(Request(asked)) == {
            "contents": [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}],
            "systemInstruction": {"parts": [{"text": "One."}, {"text": "Two."}]},
        }

    def test_every_setting_is_kept_where_it_belongs(self):
        inside = {"thinkingConfig": {"includeThoughts": True}, "topK": 5}
        outside = {
            "safetySettings": [{"category": "c"}], "toolConfig": {}, "tools": [], "labels": {"a": "b"}, "cachedContent": "c",
        }  # fmt: skip
        request = Request([], temperature=0.0, max_tokens=9, stop=("END",), extra=inside | outside)
        assert to_payload(request) == {
            "contents": [],
            "generationConfig": {"temperature": 0.0, "maxOutputTokens": 9, "stopSequences": ["END"], **inside},
            **outside,
        }

    @pytest.mark.parametrize(
        ("name", "base", "url"),
        [
            ("g", None, f"https://generativelanguage.googleapis.com/v1beta/models/g:{METHOD}"),
            ("models/g", None, f"https://generativelanguage.googleapis.com/v1beta/models/g:{METHOD}"),
            ("tunedModels/g-1", "http://h:1/", f"http://h:1/v1beta/tunedModels/g-1:{METHOD}"),
            ("g", "http://h:1/v1", f"http://h:1/v1/models/g:{METHOD}"),
            ("g", "http://h/v1alpha?a=b", f"http://h/v1alpha/models/g:{METHOD.replace('?', '?a=b&')}"),
            ("g", VERTEX, f"{VERTEX}/models/g:{METHOD}"),
        ],
    )
    async def test_it_is_asked_at_the_models_own_address(self, name, base, url):
        made, requests = answering(sse(*EVENTS), of=Gemini, name=name, base_url=base)
        assert await chunks(made) == CHUNKS
        assert str(requests[0].url) == url
        assert json.loads(requests[0].content) == to_payload(ASKED)

    async def test_a_whole_answer_has_an_address_of_its_own(self):
        made, requests = answering(json.dumps(EVENTS[2]).encode(), of=Gemini, base_url="http://h")
        assert await made.complete(ASKED) == [Text("i"), Finish("STOP"), Usage(4, 16, 20)]
        assert str(requests[0].url) == "http://h/v1beta/models/m:generateContent"

    @pytest.mark.parametrize(
        ("key", "header", "value"),
        [("AIza-secret", "x-goog-api-key", "AIza-secret"), ("ya29.secret", "authorization", "Bearer ya29.secret")],
    )
    async def test_a_key_has_a_header_of_its_own_and_an_access_token_goes_where_tokens_go(self, key, header, value):
        made, requests = answering(sse(*EVENTS), of=Gemini, api_key=key)
        await chunks(made)
        assert requests[0].headers[header] == value
        assert [name for name, sent in requests[0].headers.items() if key in sent] == [header]
        assert key not in str(requests[0].url)


class TestDecode:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (said({"text": "Hi"}, {"text": "hm", "thought": True}), [Text("Hi"), Reasoning("hm")]),
            (said({"text": "Hi", "thoughtSignature": "EpAD"}), [Text("Hi")]),
            (said({"text": "", "thoughtSignature": "EpAD"}), []),
            (said({"functionCall": {"name": "f", "args": {"a": 1}, "id": "1"}}), [ToolCall("f", '{"a": 1}', "1")]),
            (said({"functionCall": {"name": "f"}}), [ToolCall("f", "{}", "")]),
            (said({"executableCode": {"language": "PYTHON", "code": "1"}}), []),
            (said({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}), []),
            (said({"inlineData": {"mimeType": "image/png", "data": ""}}), []),
            (said(finishReason="SAFETY"), [Finish("SAFETY")]),
            ({"candidates": [{"finishReason": "RECITATION"}]}, [Finish("RECITATION")]),
            ({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]}, [Finish("MAX_TOKENS")]),
            ({"candidates": [{"content": None}]}, []),
            ({"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": []}}, [Finish("BLOCKED:SAFETY")]),
            ({"promptFeedback": {"safetyRatings": []}}, []),
            ({"usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 0}}, [Usage(4, 0)]),
            ({"usageMetadata": {}}, []),
            ({"candidates": []}, []),
            ({"new": 1}, []),
            ({}, []),
        ],
    )
    def test_an_event_is_these_chunks(self, event, expected):
        assert decode(event) == expected

    def test_only_the_first_candidate_counts(self):
        other = {"content": {"parts": [{"text": "no"}]}, "index": 1, "finishReason": "STOP"}
        assert decode({"candidates": [other]}) == []
        assert decode({"candidates": [other, *said({"text": "Hi"})["candidates"]]}) == [Text("Hi")]

    def test_a_blocked_prompt_is_an_end(self):
        assert read(decode, sse({"promptFeedback": {"blockReason": "OTHER"}})) == ([Finish("BLOCKED:OTHER")], None)

    @pytest.mark.parametrize(
        "body",
        [sse(*EVENTS), json.dumps(EVENTS, indent=2).encode(), json.dumps(EVENTS, separators=(",", ":")).encode() + b"\r\n"],
    )
    def test_events_and_an_array_are_the_same_in_every_chunking(self, body):
        for pieces in [[body], *cuts(body)[::5]]:
            assert read(decode, *pieces) == (CHUNKS, None)

    def test_a_whole_answer_is_such_an_event(self):
        assert read(decode, json.dumps(EVENTS[2], indent=2).encode()) == (
            [Text("i"), Finish("STOP"), Usage(4, 16, 20), AtOnce()],
            None,
        )

    def test_what_follows_a_finish_reason_is_kept(self):
        """The first Geminis gave their reason with every event."""
        body = sse(said({"text": "a"}, finishReason="STOP"), said({"text": "b"}, finishReason="STOP"))
        assert read(decode, body)[0] == [Text("a"), Finish("STOP"), Text("b"), Finish("STOP")]


class TestErrors:
    FAULT = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}  # noqa: RUF012 - nobody changes it

    @pytest.mark.parametrize("fault", [sse(FAULT), json.dumps([FAULT]).encode()])
    async def test_one_in_the_stream_is_raised(self, fault):
        seen, error = await heard(answering(fault, of=Gemini)[0])
        assert seen == []
        assert (type(error), error.status, error.transient) == (ProviderError, 503, True)
        assert "The model is overloaded." in str(error)

    async def test_a_limit_says_when_to_come_back(self):
        details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]
        fault = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED", "details": details}}
        for body in (fault, [fault]):
            _, error = await heard(answering(json.dumps(body, indent=2).encode(), status=429, of=Gemini)[0])
            assert (type(error), error.retry_after) == (RateLimitError, 34.5)
            assert "Slow down. Try again in 34.5 s." in str(error)

    async def test_without_a_key_both_variables_are_looked_at_and_the_first_is_named(self, monkeypatch):
        made, requests = answering(sse(*EVENTS), of=Gemini, api_key=None, base_url=None)
        _, error = await heard(made)
        assert type(error) is AuthenticationError
        assert "set GEMINI_API_KEY, pass api_key=" in str(error)
        assert requests == []
        monkeypatch.setenv("GOOGLE_API_KEY", KEY)
        assert await chunks(made) == CHUNKS
