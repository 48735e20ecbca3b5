"""Anthropic's Messages: what is sent, and what each kind of event decodes to."""

from __future__ import annotations

import json

import pytest
from answering import ASKED, KEY, answering, chunks, cuts, heard, read, sse

from desiru_notebook import AuthenticationError, Message, ProviderError, RateLimitError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Request, Text, ToolCall, Usage
from desiru_notebook.providers.anthropic import Anthropic, decode, to_payload

BEGUN = {
    "type": "message_start",
    "message": {"type": "message", "id": "msg_1", "role": "assistant", "content": [], "stop_reason": None,
                "usage": {"input_tokens": 18, "output_tokens": 1}},
}  # fmt: skip
LAST = {"type": "message_stop"}
PING = {"type": "ping"}


def begins(**block) -> dict:
    return {"type": "content_block_start", "index": 0, "content_block": block}


def says(**delta) -> dict:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def stops(reason: str | None, **usage) -> dict:
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}


def text(words: str) -> dict:
    return says(type="text_delta", text=words)


WHOLE = sse(BEGUN, begins(type="text", text=""), PING, text("Hi"), stops("end_turn", output_tokens=9), LAST, named=True)
WHOLE_CHUNKS = [Usage(18, 1), Text("Hi"), Finish("end_turn"), Usage(None, 9)]


class TestPayload:
    def test_the_systems_words_stand_apart_from_the_chat(self):
        said = [Message("system", "One."), Message("user", "a"), Message("assistant", "b"), Message("system", "Two.")]
        assert to_payload("m", Request(said)) == {
            "model": "m",
            "max_tokens": 4096,
            "system": "One.\n\nTwo.",
            "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        }

    def test_every_setting_is_kept(self):
        extra = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 5}
        assert to_payload("m", Request([], temperature=0.0, max_tokens=9, stop=("END",), extra=extra)) == {
            "model": "m", "max_tokens": 9, "messages": [], "temperature": 0.0, "stop_sequences": ["END"], **extra,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            (None, "https://api.anthropic.com/v1/messages"),
            ("http://h:1", "http://h:1/v1/messages"),
            ("http://h:1/", "http://h:1/v1/messages"),
            ("http://h:1/v1/", "http://h:1/v1/messages"),
            ("http://h/anthropic", "http://h/anthropic/v1/messages"),
            ("http://h/anthropic?a=b", "http://h/anthropic/v1/messages?a=b"),
        ],
    )
    async def test_it_is_asked_at_its_own_path_with_the_key_in_a_header_of_its_own(self, base, url):
        made, requests = answering(WHOLE, of=Anthropic, base_url=base)
        assert await chunks(made) == WHOLE_CHUNKS
        (request,) = requests
        assert str(request.url) == url
        assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == (KEY, "2023-06-01")
        assert "authorization" not in request.headers
        assert json.loads(request.content) == {"stream": True, **to_payload("m", ASKED)}

    async def test_the_environment_may_name_another_server_which_needs_no_key(self, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://h:1")
        made, requests = answering(WHOLE, of=Anthropic, base_url=None, api_key=None)
        assert await chunks(made) == WHOLE_CHUNKS
        assert str(requests[0].url) == "http://h:1/v1/messages"


class TestDecode:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (text("Hi"), [Text("Hi")]),
            (text(""), []),
            (says(type="thinking_delta", thinking="hm"), [Reasoning("hm")]),
            (says(type="signature_delta", signature="EpADCkYI"), []),
            (says(type="citations_delta", citation={"cited_text": "x"}), []),
            (says(type="input_json_delta", partial_json='{"a'), [ToolCall("", '{"a')]),
            (says(type="input_json_delta", partial_json=""), []),
            (says(type="new_delta", text="x"), []),
            (begins(type="text", text=""), []),
            (begins(type="text", text="Hi"), [Text("Hi")]),
            (begins(type="thinking", thinking="", signature=""), []),
            (begins(type="redacted_thinking", data="EmwKAhgB"), []),
            (begins(type="tool_use", id="t", name="f", input={}), [ToolCall("f", "", "t")]),
            (
                begins(type="server_tool_use", id="t", name="web_search", input={}),
                [ToolCall("web_search", "", "t", hosted=True)],
            ),
            (begins(type="mcp_tool_use", id="t", name="f", input={"a": 1}), [ToolCall("f", '{"a": 1}', "t", hosted=True)]),
            (begins(type="web_search_tool_result", content=[{"text": "x"}]), []),
            (BEGUN, [Usage(18, 1)]),
            (stops("max_tokens", output_tokens=5), [Finish("max_tokens"), Usage(None, 5)]),
            (stops("refusal", input_tokens=18, output_tokens=5), [Finish("refusal"), Usage(18, 5)]),
            (stops(None), []),
            ({"type": "content_block_stop", "index": 0}, []),
            (PING, []),
            (LAST, []),
            ({"type": "new_event"}, []),
            ({}, []),
        ],
    )
    def test_an_event_is_these_chunks(self, event, expected):
        assert decode(event) == expected

    def test_every_chunking_of_a_stream_gives_the_same_chunks(self):
        for pieces in [[WHOLE], *cuts(WHOLE)[::5]]:
            assert read(decode, *pieces) == (WHOLE_CHUNKS, None)

    def test_a_whole_answer_is_all_its_blocks(self):
        content = [
            {"type": "thinking", "thinking": "hm", "signature": "x"}, {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
        ]  # fmt: skip
        usage = {"input_tokens": 1, "output_tokens": 2}
        body = {"type": "message", "role": "assistant", "content": content, "stop_reason": "tool_use", "usage": usage}
        assert read(decode, json.dumps(body).encode()) == (
            [Reasoning("hm"), Text("Hi"), ToolCall("f", '{"a": 1}', "t"), Finish("tool_use"), Usage(1, 2), AtOnce()],
            None,
        )

    async def test_complete_asks_for_no_stream(self):
        body = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
        made, requests = answering(json.dumps(body).encode(), of=Anthropic)
        assert await made.complete(ASKED) == [Text("Hi"), Finish("end_turn")]
        assert json.loads(requests[0].content)["stream"] is False


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "error", "status", "transient"),
        [
            ("overloaded_error", ProviderError, 529, True),
            ("api_error", ProviderError, 500, True),
            ("rate_limit_error", RateLimitError, 429, True),
            ("authentication_error", AuthenticationError, 401, False),
            ("new_error", ProviderError, None, False),
        ],
    )
    async def test_one_in_the_stream_is_raised_after_the_text(self, kind, error, status, transient):
        body = sse(BEGUN, text("Hi"), {"type": "error", "error": {"type": kind, "message": f"Oh, {KEY}."}}, named=True)
        seen, raised = await heard(answering(body, of=Anthropic)[0])
        assert seen == [Usage(18, 1), Text("Hi")]
        assert (type(raised), raised.status, raised.transient) == (error, status, transient)
        assert KEY not in str(raised)

    async def test_a_refusal_says_who_and_what(self):
        body = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too large."}}
        made, _ = answering(json.dumps(body).encode(), status=400, headers={"request-id": "req_1"}, of=Anthropic)
        _, error = await heard(made)
        assert str(error) == "anthropic refused m with HTTP 400. max_tokens: too large. Check the settings of the request."
        assert error.request_id == "req_1"
