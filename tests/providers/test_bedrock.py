"""Amazon Bedrock's Converse, and what InvokeModel streams: what is sent, and what each kind of event decodes to."""

from __future__ import annotations

import json

import pytest
from answering import ASKED, KEY, answering, chunks, heard, read
from test_awsevents import message, wrapped

from desiru_notebook import Message, ProviderError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Request, Text, ToolCall, Usage
from desiru_notebook.providers.bedrock import Bedrock, decode, to_payload

ARN = "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.nova"
USAGE = {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}


def delta(**said) -> dict:
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": said, "p": "abc"}}


EVENTS = [
    {"messageStart": {"role": "assistant", "p": "abc"}},
    delta(reasoningContent={"text": "hm"}),
    delta(reasoningContent={"signature": "EpAD"}),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    delta(text="Hi"),
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}}},
]
CHUNKS = [Reasoning("hm"), Text("Hi"), Finish("end_turn"), Usage(9, 4, 13)]


def stream(*events: dict) -> bytes:
    return b"".join(message(payload, event_type=kind) for event in events for kind, payload in event.items())


def invoked(*events: dict) -> bytes:
    """A stream of InvokeModel, in the format of the model behind it."""
    return b"".join(message(wrapped(event), event_type="chunk") for event in events)


class TestPayload:
    def test_the_systems_words_stand_apart_from_the_chat(self):
        said = [Message("system", "One."), Message("user", "a"), Message("assistant", "b"), Message("system", "Two.")]
        assert to_payload(Request(said)) == {
            "messages": [{"role": "user", "content": [{"text": "a"}]}, {"role": "assistant", "content": [{"text": "b"}]}],
            "system": [{"text": "One."}, {"text": "Two."}],
        }

    def test_every_setting_is_kept(self):
        request = Request([], temperature=0.0, max_tokens=9, stop=("END",), extra={"top_k": 5})
        assert to_payload(request) == {
            "messages": [],
            "inferenceConfig": {"temperature": 0.0, "maxTokens": 9, "stopSequences": ["END"]},
            "additionalModelRequestFields": {"top_k": 5},
        }

    @pytest.mark.parametrize(
        ("name", "base", "path"),
        [
            ("amazon.nova-lite-v1:0", "http://h", "http://h/model/amazon.nova-lite-v1%3A0/converse-stream"),
            ("m", "http://h/aws/?a=b", "http://h/aws/model/m/converse-stream?a=b"),
            (
                ARN,
                "http://h",
                "http://h/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.nova/converse-stream",
            ),
        ],
    )
    async def test_it_is_asked_at_the_models_own_address_with_the_key(self, name, base, path):
        made, requests = answering(stream(*EVENTS), "application/vnd.amazon.eventstream", of=Bedrock, name=name, base_url=base)
        assert await chunks(made) == CHUNKS
        assert str(requests[0].url) == path
        assert requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert json.loads(requests[0].content) == to_payload(ASKED)

    @pytest.mark.parametrize(
        ("environment", "server"),
        [
            ({}, "https://bedrock-runtime.us-east-1.amazonaws.com"),
            ({"AWS_DEFAULT_REGION": "eu-west-1"}, "https://bedrock-runtime.eu-west-1.amazonaws.com"),
            ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "x"}, "https://bedrock-runtime.eu-west-2.amazonaws.com"),
            ({"AWS_REGION": "x", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://h:1/"}, "http://h:1"),
        ],
    )
    def test_the_environment_names_the_region_or_the_server(self, environment, server, monkeypatch):
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert Bedrock("m").url(streaming=True) == f"{server}/model/m/converse-stream"
        assert Bedrock("m").url(streaming=False) == f"{server}/model/m/converse"


class TestDecode:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (delta(text=""), []),
            (delta(reasoningContent={"redactedContent": "x"}), []),
            ({"contentBlockStart": {"start": {"toolUse": {"toolUseId": "t", "name": "f"}}}}, [ToolCall("f", "", "t")]),
            (delta(toolUse={"input": '{"a'}), [ToolCall("", '{"a', "")]),
            ({"messageStop": {"stopReason": "guardrail_intervened"}}, [Finish("guardrail_intervened")]),
            ({"metadata": {"usage": USAGE, "trace": {}}}, [Usage(9, 4, 13)]),
            ({"metadata": {}}, []),
            ({"newEvent": {"text": "x"}}, []),
            ({}, []),
        ],
    )
    def test_an_event_is_these_chunks(self, event, expected):
        assert decode(event) == expected

    def test_a_stream_is_its_chunks(self):
        assert read(decode, stream(*EVENTS)) == (CHUNKS, None)

    def test_a_whole_answer_is_all_its_blocks(self):
        content = [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "x"}}}, {"text": "Hi"},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
        ]  # fmt: skip
        body = {
            "output": {"message": {"role": "assistant", "content": content}}, "stopReason": "tool_use", "usage": USAGE,
            "metrics": {"latencyMs": 1},
        }  # fmt: skip
        assert read(decode, json.dumps(body, indent=1).encode()) == (
            [Reasoning("hm"), Text("Hi"), ToolCall("f", '{"a": 1}', "t"), Finish("tool_use"), Usage(9, 4, 13), AtOnce()],
            None,
        )

    async def test_complete_asks_at_an_address_of_its_own(self):
        body = {"output": {"message": {"content": [{"text": "Hi"}]}}, "stopReason": "end_turn"}
        made, requests = answering(json.dumps(body).encode(), of=Bedrock, base_url="http://h")
        assert await made.complete(ASKED) == [Text("Hi"), Finish("end_turn")]
        assert str(requests[0].url) == "http://h/model/m/converse"


class TestInvokeModel:
    def test_anthropics_format(self):
        said = invoked(
            {"type": "message_start", "message": {"usage": {"input_tokens": 18, "output_tokens": 1}}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
            {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 18}},
        )
        assert read(decode, said) == ([Usage(18, 1), Text("Hi"), Finish("end_turn"), Usage(None, 9)], None)

    def test_novas_format(self):
        assert read(decode, invoked(*EVENTS)) == (CHUNKS, None)

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ({"completionReason": "FINISH"}, "FINISH"),
            ({"completionReason": None, "amazon-bedrock-guardrailAction": "INTERVENED"}, "INTERVENED"),
        ],
    )
    def test_titans_format(self, end, reason):
        said = invoked({"outputText": "Hi", "index": 0, "amazon-bedrock-guardrailAction": "NONE"}, {"outputText": "!", **end})
        assert read(decode, said) == ([Text("Hi"), Text("!"), Finish(reason)], None)


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("modelStreamErrorException", 500),
            ("internalServerException", 500),
            ("serviceUnavailableException", 503),
            ("modelTimeoutException", 504),
            ("validationException", None),
        ],
    )
    async def test_an_exception_in_the_stream_is_raised_after_the_text(self, kind, status):
        body = stream(delta(text="Hi")) + message({"message": f"Oh, {KEY}."}, message_type="exception", exception_type=kind)
        seen, error = await heard(answering(body, of=Bedrock)[0])
        assert seen == [Text("Hi")]
        assert (type(error), error.status) == (ProviderError, status)
        assert "Oh, " in str(error)
        assert KEY not in str(error)

    async def test_a_refusal_says_who_and_what(self):
        made, _ = answering(b'{"message": "The model id is wrong."}', status=400, headers={"x-amzn-requestid": "r"}, of=Bedrock)
        _, error = await heard(made)
        assert str(error).startswith("bedrock refused m with HTTP 400. The model id is wrong.")
        assert error.request_id == "r"
