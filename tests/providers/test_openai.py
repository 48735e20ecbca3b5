"""OpenAI's Chat Completions without a network: what is sent, and what each kind of answer decodes to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import httpx2
import pytest
from answering import ASKED, KEY, WHOLE, answering, chunks, event

from desiru_notebook import (
    AuthenticationError,
    ConfigError,
    ProtocolError,
    ProviderError,
    StreamInterrupted,
    model,
)
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Request, Text, ToolCall, Usage
from desiru_notebook.providers.openai import decode, to_payload
from desiru_notebook.sse import encode_sse


class TestPayload:
    def test_it_has_the_messages_and_what_is_set_and_nothing_else(self):
        assert to_payload("m", ASKED) == {
            "model": "m",
            "messages": [{"role": "user", "content": "Why is the sky blue, pray?"}],
        }

    def test_openai_has_renamed_the_limit_and_the_compatible_servers_have_not(self):
        request = Request([], temperature=0.0, max_tokens=9, stop=("END",), extra={"top_p": 0.5})
        assert to_payload("m", request) == {
            "model": "m",
            "messages": [],
            "temperature": 0.0,
            "max_completion_tokens": 9,
            "stop": ["END"],
            "top_p": 0.5,
        }
        assert to_payload("m", request, "max_tokens")["max_tokens"] == 9

    async def test_a_stream_is_asked_for_with_its_usage_and_with_the_key(self):
        made, requests = answering(WHOLE)
        await chunks(made, Request(ASKED.messages, extra={"logit_bias": {"1": 2}}))
        body = json.loads(requests[0].content)
        assert (body["stream"], body["stream_options"], body["logit_bias"]) == (True, {"include_usage": True}, {"1": 2})
        assert requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert str(requests[0].url) == "http://localhost:1/v1/chat/completions"

    async def test_no_setting_of_the_caller_is_dropped(self):
        made, requests = answering(WHOLE)
        await chunks(made, Request(ASKED.messages, extra={"stream_options": {"include_usage": False}}))
        assert json.loads(requests[0].content)["stream_options"] == {"include_usage": False}


class TestDecode:
    @pytest.mark.parametrize(
        ("delta", "expected"),
        [
            ({"content": "Hi"}, [Text("Hi")]),
            ({"role": "assistant", "content": ""}, []),
            ({"content": None}, []),
            ({"reasoning_content": "hm"}, [Reasoning("hm")]),
            ({"reasoning": "hm"}, [Reasoning("hm")]),
            ({"reasoning": "hm", "reasoning_content": "hm"}, [Reasoning("hm")]),
            ({"reasoning_content": "hm", "content": "Hi"}, [Reasoning("hm"), Text("Hi")]),
            ({"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]}, [ToolCall("f", "{", "1")]),
            ({"tool_calls": [{"function": {"arguments": "}"}}]}, [ToolCall("", "}", "")]),
        ],
    )
    def test_a_delta_is_these_chunks(self, delta, expected):
        assert decode({"choices": [{"index": 0, "delta": delta}]}) == expected

    def test_only_the_first_choice_counts(self):
        assert decode({"choices": [{"index": 1, "delta": {"content": "no"}}]}) == []

    @pytest.mark.parametrize("said", [{}, {"choices": []}, {"choices": None}, {"choices": [{"index": 0}]}])
    def test_an_event_that_says_nothing_is_nothing(self, said):
        assert decode(said) == []

    def test_the_end_and_the_count_of_tokens(self):
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        said = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}], "usage": usage}
        assert decode(said) == [Finish("length"), Usage(1, 2, 3)]

    def test_a_whole_answer_is_its_text_its_count_and_its_end(self):
        choice = {"message": {"content": "Hi", "reasoning_content": "hm"}, "finish_reason": "stop"}
        assert decode({"choices": [choice]}) == [Reasoning("hm"), Text("Hi"), Finish("stop")]


class TestAnswers:
    async def test_a_stream_is_its_chunks(self):
        made, _ = answering(WHOLE)
        assert await chunks(made) == [Text("Hi"), Finish("stop")]

    async def test_comments_and_names_of_events_are_no_chunks(self):
        made, _ = answering(b": ping\n\nevent: x\n" + WHOLE)
        assert await chunks(made) == [Text("Hi"), Finish("stop")]

    @pytest.mark.parametrize("end", [event({}, finish="stop"), encode_sse("[DONE]"), b"data: [DONE]", b"data: [DONE]\n"])
    async def test_an_end_is_a_reason_or_the_word_done_with_or_without_a_blank_line(self, end):
        made, _ = answering(event({"content": "Hi"}) + end)
        assert (await chunks(made))[0] == Text("Hi")

    @pytest.mark.parametrize(
        "body", [b"", b"\n", b": ping\n\n", event({"content": "Hi"}), event({"content": "Hi"}) + b'data: {"choices": [{"del']
    )
    async def test_a_stream_without_its_end_is_interrupted(self, body):
        made, _ = answering(body)
        with pytest.raises(StreamInterrupted, match="broke off"):
            await chunks(made)

    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_a_connection_that_breaks_is_interrupted_after_what_came(self, client):
        class Breaking(client.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield event({"content": "Hi"})
                raise client.ReadError("reset by peer")

        made, _ = answering(lambda _: Breaking(), client=client)
        seen = []
        with pytest.raises(StreamInterrupted):
            await self.collect(made, seen)
        assert seen == [Text("Hi")]

    async def collect(self, made, seen):
        async for chunk in made.stream(ASKED):
            seen.append(chunk)

    async def test_a_whole_answer_to_a_streaming_request_is_taken(self):
        body = json.dumps({"choices": [{"message": {"content": "Hi"}}]}).encode()
        made, _ = answering(body, "application/json")
        assert await chunks(made) == [Text("Hi"), Finish("stop"), AtOnce()]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"Not found", "text/plain"),
            (b"<html>Log in</html>", "text/html"),
            (b"[]", "application/json"),
            (b"{}", "application/json"),
            (b"null", "application/json"),
        ],
    )
    async def test_what_is_no_answer_of_a_model_is_a_protocol_error(self, body, kind):
        made, _ = answering(body, kind)
        with pytest.raises(ProtocolError, match="is the base_url right"):
            await chunks(made)
        with pytest.raises(ProtocolError):
            await made.complete(ASKED)

    async def test_an_error_inside_the_stream_is_raised_with_the_services_own_words(self):
        made, _ = answering(event({"content": "Hi"}) + event(error={"message": "Overloaded."}))
        seen = []
        with pytest.raises(ProviderError, match=r"m failed while it answered: Overloaded\."):
            await self.collect(made, seen)
        assert seen == [Text("Hi")]

    async def test_complete_asks_for_no_stream(self):
        made, requests = answering(json.dumps({"choices": [{"message": {"content": "Hi"}}]}).encode(), "application/json")
        assert await made.complete(ASKED) == [Text("Hi"), Finish("stop")]
        assert json.loads(requests[0].content)["stream"] is False


class TestSecrets:
    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (
                json.dumps({"error": {"message": f"{KEY} may not ask: {ASKED.messages[0].content}"}}).encode(),
                "application/json",
                400,
            ),
            (json.dumps({"detail": f"No, {KEY}! {ASKED.messages[0].content}"}).encode(), "application/json", 429),
            (f"{KEY} {ASKED.messages[0].content}".encode(), "text/plain", 500),
            (json.dumps({"error": {"message": f"Key {KEY[:8]}... is wrong"}}).encode(), "application/json", 401),
            (event(error={"message": f"{KEY} may not ask: {ASKED.messages[0].content}"}), "text/event-stream", 200),
            (event(error=f"{KEY} {ASKED.messages[0].content}"), "text/event-stream", 200),
        ],
    )
    async def test_no_key_and_no_prompt_stands_in_an_error_though_the_service_repeats_them(self, body, kind, status):
        made, _ = answering(body, kind, status)
        with pytest.raises(ProviderError) as caught:
            await chunks(made, Request(ASKED.messages))
        assert KEY[:8] not in str(caught.value)
        assert "sky" not in str(caught.value)

    async def test_no_secret_hangs_on_an_error_as_its_cause(self):
        made, _ = answering(b"{}", "application/json", 401)
        with pytest.raises(ProviderError) as caught:
            await chunks(made)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    async def test_without_a_key_nothing_is_sent_to_openai(self):
        made, requests = answering(WHOLE, api_key=None, base_url=None)
        with pytest.raises(AuthenticationError, match="set OPENAI_API_KEY, pass api_key="):
            await chunks(made)
        assert requests == []

    async def test_a_server_of_ones_own_needs_no_key(self):
        made, _ = answering(WHOLE, api_key=None)
        assert await chunks(made) == [Text("Hi"), Finish("stop")]

    async def test_a_key_that_is_set_anew_counts_from_the_next_request(self, monkeypatch):
        made, requests = answering(WHOLE, api_key=None)
        for key in ("first", "second"):
            monkeypatch.setenv("OPENAI_API_KEY", key)
            await chunks(made)
        assert [request.headers["authorization"] for request in requests] == ["Bearer first", "Bearer second"]


def test_the_model_needs_a_name():
    with pytest.raises(ConfigError, match="openai:gpt-5-mini"):
        model("openai:")
