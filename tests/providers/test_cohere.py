"""Cohere's Chat: what is sent, and what each kind of event decodes to."""

from __future__ import annotations

import json

import pytest
from answering import ASKED, KEY, answering, chunks, cuts, heard, read, sse

from desiru_notebook import AuthenticationError, Message, ModelNotFoundError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Request, Text, ToolCall, Usage
from desiru_notebook.providers.cohere import Cohere, decode, to_payload

BEGUN = {
    "id": "a", "type": "message-start",
    "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
}  # fmt: skip
USAGE = {"billed_units": {"input_tokens": 7, "output_tokens": 8}, "tokens": {"input_tokens": 69, "output_tokens": 9}}


def piece(kind: str, **message) -> dict:
    return {"type": kind, "index": 0, "delta": {"message": message}}


def ended(reason: str, **more) -> dict:
    return {"type": "message-end", "delta": {"finish_reason": reason, **more}}


EVENTS = [
    BEGUN,
    piece("content-start", content={"type": "thinking", "thinking": ""}),
    piece("content-delta", content={"thinking": "hm"}),
    {"type": "content-end", "index": 0},
    piece("content-start", content={"type": "text", "text": ""}),
    piece("content-delta", content={"text": "Hi"}),
    piece("citation-start", citations={"start": 0, "end": 2, "text": "no"}),
    {"type": "citation-end", "index": 0},
    ended("COMPLETE", usage=USAGE),
]
CHUNKS = [Reasoning("hm"), Text("Hi"), Finish("COMPLETE"), Usage(69, 9)]


class TestPayload:
    def test_it_has_the_chat_and_what_is_set_and_nothing_else(self):
        said = [Message("system", "One."), Message("user", "a"), Message("assistant", "b")]
        messages = [{"role": message.role, "content": message.content} for message in said]
        assert to_payload("m", Request(said)) == {"model": "m", "messages": messages}

    def test_every_setting_is_kept(self):
        extra = {"k": 5, "safety_mode": "OFF"}
        assert to_payload("m", Request([], temperature=0.0, max_tokens=9, stop=("END",), extra=extra)) == {
            "model": "m", "messages": [], "temperature": 0.0, "max_tokens": 9, "stop_sequences": ["END"], **extra,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            (None, "https://api.cohere.com/v2/chat"),
            ("http://h:1/", "http://h:1/v2/chat"),
            ("http://h/v2", "http://h/v2/chat"),
            ("http://h/cohere?a=b", "http://h/cohere/v2/chat?a=b"),
        ],
    )
    async def test_it_is_asked_at_its_own_path_with_the_key(self, base, url):
        made, requests = answering(sse(*EVENTS, named=True), of=Cohere, base_url=base)
        assert await chunks(made) == CHUNKS
        assert str(requests[0].url) == url
        assert requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert json.loads(requests[0].content) == {"stream": True, **to_payload("m", ASKED)}

    @pytest.mark.parametrize("variable", ["CO_API_KEY", "COHERE_API_KEY"])
    async def test_the_key_has_two_names(self, variable, monkeypatch):
        monkeypatch.delenv("CO_API_URL", raising=False)
        made, requests = answering(sse(*EVENTS), of=Cohere, api_key=None, base_url=None)
        _, error = await heard(made)
        assert (type(error), requests) == (AuthenticationError, [])
        monkeypatch.setenv(variable, "from-environment")
        assert await chunks(made) == CHUNKS
        assert requests[0].headers["authorization"] == "Bearer from-environment"


class TestDecode:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (BEGUN, []),
            (piece("content-delta", content={"text": ""}), []),
            (piece("tool-plan-delta", tool_plan="I will"), [Reasoning("I will")]),
            (
                piece(
                    "tool-call-start", tool_calls={"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ),
                [ToolCall("f", "", "1")],
            ),
            (piece("tool-call-delta", tool_calls={"function": {"arguments": "{"}}), [ToolCall("", "{", "")]),
            ({"type": "tool-call-end", "index": 0}, []),
            (ended("MAX_TOKENS"), [Finish("MAX_TOKENS")]),
            (ended("ERROR_TOXIC", usage={"billed_units": {}}), [Finish("ERROR_TOXIC")]),
            (ended("TOOL_CALL", usage=USAGE), [Finish("TOOL_CALL"), Usage(69, 9)]),
            ({"type": "debug", "prompt": "x"}, []),
            ({"type": "new-event", "delta": {"message": {"content": {"text": "x"}}}}, []),
            ({}, []),
        ],
    )
    def test_an_event_is_these_chunks(self, event, expected):
        assert decode(event) == expected

    def test_every_chunking_of_a_stream_gives_the_same_chunks(self):
        body = sse(*EVENTS, named=True) + b"data: [DONE]\n\n"
        for pieces in [[body], *cuts(body)[::5]]:
            assert read(decode, *pieces) == (CHUNKS, None)

    def test_a_whole_answer_is_its_message(self):
        message = {
            "role": "assistant", "tool_plan": "I will",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}],
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        }  # fmt: skip
        body = {"id": "a", "finish_reason": "TOOL_CALL", "message": message, "usage": USAGE}
        assert read(decode, json.dumps(body, indent=1).encode()) == (
            [
                Reasoning("I will"),
                Reasoning("hm"),
                Text("Hi"),
                ToolCall("f", "{}", "1"),
                Finish("TOOL_CALL"),
                Usage(69, 9),
                AtOnce(),
            ],
            None,
        )


async def test_a_refusal_is_an_error_in_the_services_own_words():
    body = {"id": "a", "message": f"model 'm' was removed, {KEY}"}
    _, error = await heard(answering(json.dumps(body).encode(), status=404, of=Cohere)[0])
    assert type(error) is ModelNotFoundError
    assert "model 'm' was removed" in str(error)
    assert KEY not in str(error)
