"""OpenAI's Responses: what is sent, and what each kind of event decodes to."""

from __future__ import annotations

import json

import pytest
from answering import ASKED, KEY, answering, chunks, cuts, heard, read, sse

from desiru_notebook import ConfigError, Message, ProviderError, RateLimitError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Refusal, Request, Text, ToolCall, Usage
from desiru_notebook.providers.responses import Decoder, Responses, to_payload

USAGE = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13, "output_tokens_details": {"reasoning_tokens": 1}}
COUNT = Usage(9, 4, 13)


def text(delta: str) -> dict:
    return {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 0, "delta": delta, "logprobs": []}


def added(**item) -> dict:
    return {"type": "response.output_item.added", "output_index": 0, "item": item}


def ended(*output: dict, kind: str = "completed", **more) -> dict:
    response = {"object": "response", "status": kind, "output": list(output), "usage": USAGE, "error": None, **more}
    return {"type": f"response.{kind}", "response": response}


def message(*content: dict) -> dict:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": list(content)}


def said(words: str) -> dict:
    return {"type": "output_text", "text": words, "annotations": []}


def summary(*events: str) -> list[dict]:
    """A part of a summary of reasoning."""
    begun = {"type": "response.reasoning_summary_part.added", "part": {"type": "summary_text", "text": ""}}
    return [begun, *({"type": "response.reasoning_summary_text.delta", "delta": delta} for delta in events)]


def decoded(*events: dict) -> list:
    decode = Decoder()
    return [chunk for event in events for chunk in decode(event)]


class TestPayload:
    def test_it_has_the_chat_and_what_is_set_and_nothing_else(self):
        asked = Request([Message("system", "Be brief."), *ASKED.messages])
        assert to_payload("m", asked) == {
            "model": "m",
            "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sky blue, pray?"}],
        }

    def test_every_setting_is_kept(self):
        extra = {"reasoning": {"summary": "auto"}, "store": False}
        assert to_payload("m", Request([], temperature=0.0, max_tokens=9, extra=extra)) == {
            "model": "m", "input": [], "temperature": 0.0, "max_output_tokens": 9, **extra,
        }  # fmt: skip

    def test_it_knows_no_texts_to_stop_at(self):
        with pytest.raises(ConfigError, match="openai-responses has no setting 'stop': leave it out, or use openai"):
            to_payload("m", Request([], stop=("END",)))

    @pytest.mark.parametrize("base", ["http://h/v1", "http://h/v1/"])
    async def test_it_is_asked_at_its_own_path_with_the_key(self, base):
        made, requests = answering(sse(text("Hi"), ended(), named=True), of=Responses, base_url=base)
        assert await chunks(made) == [Text("Hi"), Finish("completed"), COUNT]
        assert str(requests[0].url) == "http://h/v1/responses"
        assert requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert json.loads(requests[0].content) == {"stream": True, **to_payload("m", ASKED)}


class TestDecode:
    def test_text_and_its_end(self):
        begun = {"type": "response.created", "response": {"object": "response", "status": "in_progress", "output": []}}
        repeated = {"type": "response.output_text.done", "text": "Hi there"}
        body = sse(begun, text("Hi"), text(""), text(" there"), repeated, ended(message(said("Hi there"))), named=True)
        for pieces in [[body], *cuts(body)[::7]]:
            assert read(Decoder(), *pieces) == ([Text("Hi"), Text(" there"), Finish("completed"), COUNT], None)

    def test_parts_of_a_summary_are_paragraphs(self):
        body = [*summary("Fi", "rst"), *summary("Second"), text("Hi"), ended()]
        assert decoded(*body) == [
            Reasoning("Fi"), Reasoning("rst"), Reasoning("\n\nSecond"), Text("Hi"), Finish("completed"), COUNT,
        ]  # fmt: skip

    def test_a_paragraph_that_begins_with_nothing_is_one_all_the_same(self):
        assert decoded(*summary("First"), *summary("", "Second")) == [Reasoning("First"), Reasoning("\n\nSecond")]

    def test_reasoning_that_is_no_summary_is_reasoning(self):
        assert decoded({"type": "response.reasoning_text.delta", "delta": "hm"}) == [Reasoning("hm")]

    def test_a_refusal_is_said_once_though_the_end_repeats_it(self):
        body = [{"type": "response.refusal.delta", "delta": part} for part in ("No", ".")]
        assert decoded(*body, ended(message({"type": "refusal", "refusal": "No."}))) == [
            Refusal("No"), Refusal("."), Finish("completed"), COUNT,
        ]  # fmt: skip

    def test_a_call_in_pieces_is_told_once_though_the_end_repeats_it(self):
        pieces = [{"type": "response.function_call_arguments.delta", "item_id": "fc", "delta": part} for part in ("", "{", "}")]
        call = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f"}
        assert decoded(added(**call, arguments=""), *pieces, ended({**call, "arguments": "{}"})) == [
            ToolCall("f", "", "fc"), ToolCall("", "{", "fc"), ToolCall("", "}", "fc"), Finish("completed"), COUNT,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("item", "call"),
        [
            ({"type": "web_search_call", "id": "ws"}, ToolCall("web_search", "", "ws", hosted=True)),
            ({"type": "mcp_call", "id": "mcp", "name": "ask", "arguments": ""}, ToolCall("ask", "", "mcp", hosted=True)),
            ({"type": "code_interpreter_call", "id": "ci", "code": ""}, ToolCall("code_interpreter", "", "ci", hosted=True)),
            ({"type": "custom_tool_call", "id": "ctc", "name": "f", "input": "x"}, ToolCall("f", "x", "ctc")),
            ({"type": "local_shell_call", "id": "lsh", "action": {}}, ToolCall("local_shell", "", "lsh")),
        ],
    )
    def test_a_call_that_the_service_answers_itself_is_told_from_one_that_it_does_not(self, item, call):
        assert decoded(added(**item)) == [call]

    @pytest.mark.parametrize("kind", ["message", "reasoning", "mcp_list_tools", "function_call_output"])
    def test_no_other_item_is_a_call(self, kind):
        assert decoded(added(type=kind, id="1", summary=[], content=[])) == []

    @pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
    def test_an_answer_that_is_not_whole_says_why(self, reason):
        cut = ended(message(said("Hi")), kind="incomplete", incomplete_details={"reason": reason})
        assert decoded(text("Hi"), cut) == [Text("Hi"), Finish(reason), COUNT]

    def test_events_that_nobody_knows_say_nothing(self):
        assert decoded({"type": "response.new_thing", "delta": "x"}, {"type": "keepalive"}, {"id": 1}) == []


class TestWholeAnswers:
    OUTPUT = (
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "One"}, {"text": "Two"}]},
        {"type": "web_search_call", "id": "ws", "status": "completed"},
        message(said("Hi"), said(" there"), {"type": "refusal", "refusal": "No."}),
        {"type": "function_call", "id": "fc", "name": "f", "arguments": "{}"},
    )
    CHUNKS = (
        Reasoning("One"), Reasoning("\n\nTwo"), ToolCall("web_search", "", "ws", hosted=True), Text("Hi"), Text(" there"),
        Refusal("No."), ToolCall("f", "{}", "fc"), Finish("completed"), COUNT,
    )  # fmt: skip

    def test_a_whole_answer_is_all_its_parts(self):
        body = json.dumps(ended(*self.OUTPUT)["response"], indent=2).encode()
        assert read(Decoder(), body) == ([*self.CHUNKS, AtOnce()], None)

    def test_a_stream_that_says_everything_at_its_end_loses_nothing(self):
        assert decoded(ended(*self.OUTPUT)) == list(self.CHUNKS)

    def test_reasoning_of_open_models_stands_in_its_content(self):
        thought = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
        assert decoded(ended(thought)["response"]) == [Reasoning("hm"), Finish("completed"), COUNT]

    async def test_complete_asks_for_no_stream(self):
        made, requests = answering(json.dumps(ended(message(said("Hi")))["response"]).encode(), of=Responses)
        assert await made.complete(ASKED) == [Text("Hi"), Finish("completed"), COUNT]
        assert json.loads(requests[0].content)["stream"] is False


@pytest.mark.parametrize(
    ("event", "kind", "status"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Oh.", "param": None}, RateLimitError, 429),
        ({"type": "error", "error": {"type": "server_error", "message": "Oh."}}, ProviderError, 500),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Oh."}}}, ProviderError, 500),
        ({"type": "response.failed", "response": {"status": "failed", "error": None}}, ProviderError, None),
    ],
)
async def test_an_error_in_the_stream_is_raised_after_the_text(event, kind, status):
    made, _ = answering(sse(text("Hi"), event, named=True), of=Responses)
    seen, error = await heard(made)
    assert seen == [Text("Hi")]
    assert (type(error), error.status, error.provider) == (kind, status, "openai-responses")
    assert str(error).startswith(f"m failed while it answered: {'Oh' if status else 'no reason given'}.")
