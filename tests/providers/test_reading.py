"""One answer from its bytes to chunks: when it has ended, what was wrong with it, and what goes on all the same."""

from __future__ import annotations

import copy
import json

import pytest
from answering import ASKED, KEY, WHOLE, answering, cuts, event, heard, in_bytes, read, sse
from hostile import ANYTHING, PROTOCOLS, RAW, events, written
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import (
    AuthenticationError,
    DesiruError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    StreamingModule,
    StreamInterrupted,
)
from desiru_notebook.providers import (
    AtOnce,
    Finish,
    Notice,
    Reasoning,
    Text,
    Usage,
    anthropic,
    bedrock,
    cohere,
    gemini,
    openai,
    reading,
)
from desiru_notebook.providers.anthropic import Anthropic
from desiru_notebook.providers.bedrock import Bedrock
from desiru_notebook.providers.cohere import Cohere
from desiru_notebook.providers.faults import Asked
from desiru_notebook.providers.gemini import Gemini
from desiru_notebook.providers.openai import OpenAI, decode
from desiru_notebook.providers.reading import Reading
from desiru_notebook.providers.responses import Responses
from desiru_notebook.sse import encode_sse

HI, STOP, DONE = event({"content": "Hi"}), event({}, finish="stop"), encode_sse("[DONE]")
COUNTED = event(usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
UNREAD = Notice("One event of m could not be read and is left out.", lasting=True)
BROKEN = Notice("Some characters of m were broken on their way and are shown as \ufffd.", lasting=True)
OLLAMA = [
    {"model": "q", "message": {"role": "assistant", "content": "Hi"}, "done": False},
    {"model": "q", "message": {"role": "assistant", "content": ""}, "done_reason": "stop", "done": True, "eval_count": 2},
]


SERVICES = (OpenAI, Responses, Anthropic, Gemini, Cohere, Bedrock)
ANSWERS = {
    "openai": [{"choices": [{"delta": {"content": "Hi"}}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}],
    "openai-responses": [
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "response.completed", "response": {"status": "completed"}},
    ],
    "anthropic": [
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ],
    "gemini": [{"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}],
    "cohere": [
        {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ],
    "bedrock": [{"contentBlockDelta": {"delta": {"text": "Hi"}}}, {"messageStop": {"stopReason": "end_turn"}}],
}


class TestTheEnd:
    @pytest.mark.parametrize(
        ("end", "said"),
        [
            (STOP, [Finish("stop")]),
            (DONE, []),
            (STOP + DONE, [Finish("stop")]),
            (b"data: [DONE]", []),
            (STOP + COUNTED, [Finish("stop"), Usage(1, 2, 3)]),
            (COUNTED + STOP, [Usage(1, 2, 3), Finish("stop")]),
            (DONE + COUNTED, [Usage(1, 2, 3)]),
            (STOP.rstrip(), [Finish("stop")]),
        ],
    )
    def test_is_a_reason_or_the_word_done_or_both(self, end, said):
        assert read(decode, HI + end) == ([Text("Hi"), *said], None)

    @pytest.mark.parametrize("end", [b"", COUNTED, b": ping\n\n", STOP[:-20], b"data: [DON", event({}, finish="")])
    def test_without_either_the_stream_was_interrupted_and_what_came_is_kept(self, end):
        seen, error = read(decode, HI + end)
        assert [chunk for chunk in seen if chunk != Usage(1, 2, 3)] == [Text("Hi")]
        assert type(error) is StreamInterrupted
        assert str(error).startswith("The stream of m broke off before its end.")
        assert (error.provider, error.transient) == ("service", True)

    def test_what_is_said_after_it_is_kept(self):
        assert read(decode, STOP, HI, DONE, HI, COUNTED) == ([Finish("stop"), Text("Hi"), Usage(1, 2, 3)], None)

    def test_final_events_that_are_sent_once_more_are_not_read_twice(self):
        last = event({"content": "!"}, finish="stop")
        assert read(decode, HI + last + COUNTED + last + COUNTED + DONE + last) == (
            [Text("Hi"), Text("!"), Finish("stop"), Usage(1, 2, 3)],
            None,
        )

    def test_the_same_words_twice_before_it_are_two(self):
        assert read(decode, HI + HI + STOP) == ([Text("Hi"), Text("Hi"), Finish("stop")], None)

    def test_nothing_that_cannot_be_read_after_it_is_reported(self):
        assert read(decode, HI + STOP + encode_sse("oops") + event({"content": 5})) == ([Text("Hi"), Finish("stop")], None)


def told(text: str, finish: str | None = None) -> bytes:
    """An event as Cerebras sends it: all events of an answer have one id and one time, so equal words are equal events."""
    delta = {"content": text} if text else {}
    choice = {"delta": delta, "index": 0} | ({"finish_reason": finish} if finish else {})
    return sse({"id": "chatcmpl-9e97f9ca", "choices": [choice], "created": 1779147581, "object": "chat.completion.chunk"})


def block(text: str) -> bytes:
    """An event of Anthropic's, which has no id at all."""
    return sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


class TestStreamsThatGoOnAfterTheirFirstEnd:
    """A server that runs its tools itself gives a reason to stop for each turn of the model, in one stream."""

    WORDS = ("One", ",", " two", ",", " three", ",", " and", ",", ",", " four")

    def test_equal_words_after_it_are_all_kept(self):
        turn = told("Let me look.") + told("", "tool_calls")
        body = turn + b"".join(map(told, self.WORDS)) + told("", "stop") + DONE
        for pieces in ([body], in_bytes(body)):
            seen, error = read(decode, *pieces)
            assert seen == [Text("Let me look."), Finish("tool_calls"), *map(Text, self.WORDS), Finish("stop")]
            assert error is None

    @pytest.mark.parametrize("stopped", [b"", sse({"type": "message_stop"})])
    def test_of_services_without_ids_too(self, stopped):
        start = sse({"type": "message_start", "message": {"id": "msg_2"}})
        end = sse({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"})
        turn = block("Let me look.") + sse({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}) + stopped
        seen, error = read(anthropic.decode, turn + start + b"".join(map(block, self.WORDS)) + end)
        assert seen == [Text("Let me look."), Finish("tool_use"), *map(Text, self.WORDS), Finish("end_turn")]
        assert error is None

    def test_final_events_that_are_sent_once_more_after_the_last_end_are_not_read_twice(self):
        last = told("", "stop") + COUNTED
        body = told("Hm") + told("", "tool_calls") + b"".join(map(told, self.WORDS)) + last + last + DONE + last
        assert read(decode, body)[0][-3:] == [Text(" four"), Finish("stop"), Usage(1, 2, 3)]

    def test_the_connection_is_stayed_on_until_the_last_end(self):
        answer = Reading(decode, Asked("p", "m", "K"))
        states = []
        for piece in (told("Hm"), told("", "tool_calls"), told("One"), told(","), told("", "stop")):
            answer.feed(piece)
            states.append((answer.ended, answer.over))
        assert states == [(False, False), (True, True), (True, False), (True, False), (True, True)]


class TestNothingUnderstood:
    """A service that answers with something else has not answered: its run is not done."""

    TOKENS = ({"index": 0, "token": "Hi"}, {"index": 1, "token": "!"})

    @pytest.mark.parametrize("end", [b"", DONE, b": bye\n\n"])
    @pytest.mark.parametrize("decoder", list(PROTOCOLS))
    def test_events_of_another_protocol_are_a_protocol_error_that_shows_the_keys_of_the_first(self, decoder, end):
        body = sse(*self.TOKENS) + end
        for pieces in ([body], in_bytes(body)):
            seen, error = read(PROTOCOLS[decoder][0](), *pieces)
            assert (seen, type(error)) == ([], ProtocolError)
            assert str(error) == (
                "Nothing in the answer of m could be understood: its first event has the keys 'index' and 'token'. "
                "Does http://localhost:1/v1 speak the protocol of 'service'? Choose the provider that fits it, or check the "
                "base_url."
            )
            assert (error.status, error.provider, error.transient) == (200, "service", False)

    @pytest.mark.parametrize("body", [sse(*TOKENS), sse(*TOKENS) + DONE, DONE, sse({"type": "message_stop"})])
    def test_its_run_failed(self, body):
        run = StreamingModule("question -> answer", model=answering(body)[0]).stream(question="Why?")
        run.join()
        assert (run.state, type(run.error), run.stats.attempts) == ("failed", ProtocolError, 1)

    @pytest.mark.parametrize("body", ['{"generated_text": "{KEY}"}', '{"generated_text":\n"{KEY}"}'])
    def test_a_whole_answer_of_another_protocol_too(self, body):
        seen, error = read(decode, body.replace("{KEY}", KEY).encode())
        assert (seen, type(error)) == ([], ProtocolError)
        assert "its first event has the key 'generated_text'." in str(error)
        assert KEY not in str(error)

    @pytest.mark.parametrize("end", [DONE, sse({"type": "message_stop"}), encode_sse("oops") + DONE, DONE + DONE])
    @pytest.mark.parametrize("decoder", [decode, anthropic.decode])
    def test_an_end_alone_is_no_answer(self, decoder, end):
        seen, error = read(decoder, end)
        assert [chunk for chunk in seen if chunk != UNREAD] == []
        assert type(error) is ProtocolError
        assert str(error).startswith("Nothing in the answer of m could be understood: ")

    @pytest.mark.parametrize("said", [event({"role": "assistant"}), event({"role": "assistant"}) + COUNTED])
    def test_an_end_after_a_role_and_a_count_is_no_answer_either(self, said):
        _, error = read(decode, said + DONE)
        assert (type(error), "'choices'" in str(error)) == (ProtocolError, True)

    @pytest.mark.parametrize("body", [sse(1, 2), b'event: data\ndata: "Hi"\n\nevent: end\n\n', b"data: Hi\n\n"])
    def test_events_that_are_not_objects_are_a_protocol_error_without_an_end_too(self, body):
        seen, error = read(decode, body)
        assert (seen, type(error)) == ([UNREAD], ProtocolError)
        assert "its events are not JSON objects" in str(error)

    @pytest.mark.parametrize("of", SERVICES, ids=lambda of: of.__name__)
    @pytest.mark.parametrize("protocol", list(ANSWERS))
    async def test_an_answer_in_the_protocol_of_another_provider_is_a_protocol_error(self, of, protocol):
        made, _ = answering(sse(*ANSWERS[protocol]), of=of)
        seen, error = await heard(made)
        if protocol == made.provider or (made.provider, protocol) == ("bedrock", "anthropic"):
            assert (seen[0], error) == (Text("Hi"), None)
        else:
            assert ([chunk for chunk in seen if chunk != UNREAD], type(error)) == ([], ProtocolError)
            assert "Choose the provider that fits it" in str(error)

    @pytest.mark.parametrize("of", SERVICES, ids=lambda of: of.__name__)
    async def test_a_stream_of_each_service_that_breaks_off_before_its_first_word_was_interrupted(self, of):
        openings = {
            "openai": {"choices": [{"index": 0, "delta": {"role": "assistant"}}]},
            "openai-responses": {"type": "response.created", "response": {"id": "1", "status": "in_progress"}},
            "anthropic": {"type": "message_start", "message": {"id": "1", "usage": {"input_tokens": 1}}},
            "gemini": {"usageMetadata": {"promptTokenCount": 1}, "modelVersion": "m"},
            "cohere": {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}},
            "bedrock": {"messageStart": {"role": "assistant"}},
        }
        made, _ = answering(lambda _: sse(openings[made.provider]), of=of)
        assert type((await heard(made))[1]) is StreamInterrupted

    @pytest.mark.parametrize("decoder", list(PROTOCOLS))
    def test_a_stream_of_the_right_protocol_that_breaks_off_before_its_first_word_was_interrupted(self, decoder):
        opening = {
            "chat": {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant"}}]},
            "ollama": {"model": "q", "message": {"role": "assistant", "content": ""}, "done": False},
            "responses": {"type": "response.created", "response": {"id": "1", "status": "in_progress"}},
            "anthropic": {"type": "message_start", "message": {"id": "1", "usage": {"input_tokens": 1}}},
            "gemini": {"usageMetadata": {"promptTokenCount": 1}, "modelVersion": "m"},
            "cohere": {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}},
            "bedrock": {"messageStart": {"role": "assistant"}},
        }[decoder]
        assert type(read(PROTOCOLS[decoder][0](), sse(opening))[1]) is StreamInterrupted

    def test_a_reason_to_stop_alone_is_an_empty_answer(self):
        assert read(decode, event({}, finish="length") + DONE) == ([Finish("length")], None)

    def test_the_keys_are_few_and_quote_no_secret(self):
        said = {KEY: 1, "Why is the sky blue, pray?": 2, "x" * 500: 3} | {f"key{number}": 4 for number in range(50)}
        _, error = read(decode, sse(said) + DONE)
        assert type(error) is ProtocolError
        assert KEY not in str(error)
        assert "sky" not in str(error)
        assert len(str(error)) < 600


class TestLegacyCompletions:
    """``choices[0].text``: https://platform.openai.com/docs/api-reference/completions, which small servers still send."""

    def test_a_stream_is_read(self):
        said = [{"object": "text_completion", "choices": [{"text": text, "index": 0, "logprobs": None}]} for text in ("H", "i")]
        end = {"choices": [{"text": "", "index": 0, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
        assert read(decode, sse(*said, end) + DONE) == ([Text("H"), Text("i"), Finish("stop"), Usage(1)], None)

    def test_a_whole_answer_is_read(self):
        said = {"object": "text_completion", "choices": [{"text": "Hi", "index": 0, "finish_reason": "length"}]}
        assert read(decode, json.dumps(said).encode()) == ([Text("Hi"), Finish("length"), AtOnce()], None)

    def test_a_text_beside_a_delta_is_not_read_twice(self):
        said = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "text": "Hi"}]}
        assert read(decode, sse(said) + STOP) == ([Text("Hi"), Finish("stop")], None)


class TestWholeAnswers:
    BODY = json.dumps({"choices": [{"message": {"content": "Hi"}}], "usage": {"prompt_tokens": 1}}, indent=1).encode()

    @pytest.mark.parametrize(
        "body", [BODY, b"\xef\xbb\xbf\r\n" + BODY + b"\n", BODY.replace(b"\n", b""), BODY.replace(b"\n", b"\r\n")]
    )
    def test_are_no_stream(self, body):
        for pieces in [[body], in_bytes(body)]:
            assert read(decode, *pieces) == ([Text("Hi"), Finish("stop"), Usage(1), AtOnce()], None)

    def test_one_event_is_a_stream_all_the_same(self):
        assert read(decode, encode_sse(self.BODY.decode()))[0][-1] == Usage(1)

    def test_objects_on_lines_are_a_stream(self):
        body = "\n".join(map(json.dumps, OLLAMA)).encode()
        for pieces in [[body], *cuts(body)]:
            assert read(decode, *pieces) == ([Text("Hi"), Finish("stop"), Usage(None, 2)], None)

    def test_objects_on_lines_without_their_end_were_interrupted(self):
        seen, error = read(decode, json.dumps(OLLAMA[0]).encode() + b"\n")
        assert Text("Hi") in seen
        assert type(error) is StreamInterrupted

    @pytest.mark.parametrize("body", [b'{"choices": [{"mess', b'{\n"choices": [{\n', BODY[:-1]])
    def test_half_of_one_is_none(self, body):
        seen, error = read(decode, body)
        assert seen == []
        assert isinstance(error, ProtocolError)


class TestReasonsToStopThatAreNone:
    """Some servers give one with every piece: Gemini's of 2023 do, and small ones that imitate OpenAI."""

    @pytest.mark.parametrize("count", [2, 5])
    def test_a_reason_with_every_piece_ends_nothing_and_equal_pieces_are_none_too_many(self, count):
        piece = event({"content": "ha "}, finish="stop")
        assert read(decode, piece * count) == ([Text("ha "), Finish("stop")] * count, None)

    def test_the_connection_is_stayed_on_until_the_reason_stands_alone(self):
        answer = Reading(decode, Asked("p", "m", "K"))
        states = []
        for piece in (event({"content": "a"}, finish="stop"), event({"content": "b"}, finish="stop"), STOP, DONE):
            answer.feed(piece)
            states.append((answer.ended, answer.over))
        assert states == [(True, False), (True, False), (True, True), (True, True)]

    def test_after_pieces_without_one_it_is_the_end(self):
        answer = Reading(decode, Asked("p", "m", "K"))
        answer.feed(HI + event({"content": "!"}, finish="stop"))
        assert answer.over


class TestErrorsInTheStream:
    @pytest.mark.parametrize(
        ("said", "status", "words"),
        [
            (encode_sse('{"object": "error", "message": "CUDA out of memory", "code": 500}'), 500, "CUDA out of memory."),
            (encode_sse('{"message": "Internal failure", "code": 500}', "error"), 500, "Internal failure."),
            (encode_sse("Internal server error", "error"), None, "Internal server error."),
            (encode_sse('{"error": {"message": "Slot.", "code": 503}}', "error"), 503, "Slot."),
            (b'error: {"message": "Slot unavailable", "code": 503}\n\n', 503, "Slot unavailable."),
            (encode_sse('{"detail": "Worker died"}'), None, "Worker died."),
        ],
    )
    def test_in_whichever_way_it_is_told_it_is_no_success_though_the_server_says_done(self, said, status, words):
        seen, error = read(decode, HI + said + DONE)
        assert seen == [Text("Hi")]
        assert (type(error), error.status) == (ProviderError, status)
        assert str(error).startswith(f"m failed while it answered: {words}")


class TestOddEvents:
    def test_a_sign_of_life_without_words_is_nothing(self):
        assert read(decode, HI + b"data:\n\ndata: \n\n" + STOP) == ([Text("Hi"), Finish("stop")], None)

    @pytest.mark.parametrize("count", [12, 12.0, "12"])
    def test_a_count_is_one_however_it_is_written(self, count):
        assert read(decode, STOP + event(usage={"prompt_tokens": count, "completion_tokens": "many"})) == (
            [Finish("stop"), Usage(12)],
            None,
        )

    @pytest.mark.parametrize(
        "count", [10**400, 2**53 + 1, -1, 1e999, -1e999, float("nan"), 0.5, "9" * 5000, "-1", True, [], {}]
    )
    def test_a_count_that_no_answer_can_have_is_not_told(self, count):
        assert read(decode, HI + STOP + event(usage={"prompt_tokens": count, "completion_tokens": 2})) == (
            [Text("Hi"), Finish("stop"), Usage(None, 2)],
            None,
        )

    @pytest.mark.parametrize("count", [0, 2**53])
    def test_a_count_that_is_as_small_or_as_large_as_can_be_is_one(self, count):
        assert read(decode, STOP + event(usage={"prompt_tokens": count}))[0] == [Finish("stop"), Usage(count)]

    @pytest.mark.parametrize(
        "bad", ["oops", '{"choices": [', "5", "null", "[]", '"Hi"', "{'a': 1}", "\ufffd", '{"a":' + "[" * 100_000]
    )
    def test_what_is_no_object_is_reported_once_and_the_stream_goes_on(self, bad):
        assert read(decode, HI + encode_sse(bad) * 2 + encode_sse("what?") + WHOLE) == (
            [Text("Hi"), UNREAD, Text("Hi"), Finish("stop")],
            None,
        )

    @pytest.mark.parametrize(
        "bad",
        [
            {"choices": 5},
            {"choices": [5]},
            {"choices": [{"delta": "Hi"}]},
            {"choices": [{"delta": {"content": 5}}]},
            {"choices": [{"delta": {"reasoning": 5}}]},
            {"choices": [{"delta": {"reasoning_content": ["hm"]}}]},
            {"choices": [{"delta": {"reasoning_details": [5]}}]},
            {"choices": [{"delta": {"refusal": {"text": "No."}}}]},
            {"choices": [{"delta": {"tool_calls": [5]}}]},
            {"choices": [{"delta": {"tool_calls": {"function": 5}}}]},
            {"choices": [{"delta": {}, "finish_reason": 5}]},
        ],
    )
    def test_an_object_of_another_shape_is_reported_once_and_the_stream_goes_on(self, bad):
        assert read(decode, HI + sse(bad, bad) + WHOLE) == ([Text("Hi"), UNREAD, Text("Hi"), Finish("stop")], None)

    @pytest.mark.parametrize(
        "nothing",
        [
            {},
            {"choices": {}},
            {"choices": [{"delta": []}]},
            {"choices": [], "usage": 5},
            {"x_groq": 5},
            {"error": None},
            {"id": 5},
        ],
    )
    def test_an_object_that_says_nothing_is_nothing(self, nothing):
        assert read(decode, HI + sse(nothing) + STOP) == ([Text("Hi"), Finish("stop")], None)

    def test_bad_utf8_is_shown_and_reported_once(self):
        bad = HI.replace(b"Hi", b"a\xff\xc3b")
        assert read(decode, bad + bad + STOP) == (
            [BROKEN, Text("a\ufffd\ufffdb"), Text("a\ufffd\ufffdb"), Finish("stop")],
            None,
        )

    def test_half_a_surrogate_pair_is_kept_for_its_other_half(self):
        said = event({"content": "a\ud83d"}) + event({"content": "\ude42b"}) + STOP
        assert read(decode, said) == ([Text("a\ud83d"), Text("\ude42b"), Finish("stop")], None)

    def test_a_line_of_a_megabyte_in_pieces_is_one_event(self):
        body = event({"content": "0123456789abcdef" * 65536}) + STOP
        pieces = [body[at : at + 5000] for at in range(0, len(body), 5000)]
        assert read(decode, *pieces) == ([Text("0123456789abcdef" * 65536), Finish("stop")], None)

    @pytest.mark.parametrize("start", [b"data: ", b'{"a": "', b'[{"a": "', b"[1, "])
    def test_an_event_that_never_ends_is_no_answer(self, start, monkeypatch):
        monkeypatch.setattr(reading, "_LARGEST_EVENT", 1000)
        seen, error = read(decode, start, *[b"x" * 100] * 9)
        assert type(error) is not ProtocolError or "without one whole event" not in str(error)
        seen, error = read(decode, start, *[b"x" * 100] * 10)
        assert seen == []
        assert type(error) is ProtocolError
        assert "without one whole event" in str(error)

    def test_many_events_are_no_event_that_never_ends(self, monkeypatch):
        monkeypatch.setattr(reading, "_LARGEST_EVENT", 2 * len(HI))
        assert read(decode, *[HI] * 9, STOP) == ([*[Text("Hi")] * 9, Finish("stop")], None)


class TestErrors:
    @pytest.mark.parametrize(
        ("said", "kind", "status"),
        [
            ({"error": {"message": "Oh.", "code": 429}}, RateLimitError, 429),
            ({"error": {"message": "Oh.", "type": "server_error"}}, ProviderError, 500),
            ({"error": "Oh."}, ProviderError, None),
            ({"choices": [{"delta": {"content": ""}, "error": {"message": "Oh.", "code": 502}}]}, ProviderError, 502),
            ({"type": "error", "error": {"type": "overloaded_error", "message": "Oh."}}, ProviderError, 529),
        ],
    )
    def test_one_after_text_is_raised_and_the_text_is_kept(self, said, kind, status):
        seen, error = read(decode, HI + sse(said) + WHOLE)
        assert seen == [Text("Hi")]
        assert (type(error), error.status, error.provider) == (kind, status, "service")
        assert str(error).startswith("m failed while it answered: Oh.")

    def test_what_an_event_says_beside_its_error_is_kept(self):
        said = {"choices": [{"index": 0, "delta": {"reasoning": "hm"}}], "error": {"message": "Oh."}}
        assert read(decode, sse(said))[0] == [Reasoning("hm")]

    def test_one_that_is_a_whole_answer_is_raised(self):
        seen, error = read(decode, b'{"error": {"message": "Oh.", "code": "invalid_api_key"}}')
        assert seen == []
        assert type(error) is AuthenticationError

    def test_none_says_the_key_or_the_prompt_though_the_service_repeats_them(self):
        for said in ({"message": f"{KEY}: {ASKED.messages[0].content}"}, f"{KEY}: {ASKED.messages[0].content}"):
            _, error = read(decode, HI + sse({"error": said}))
            assert KEY not in str(error)
            assert "sky" not in str(error)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>{KEY}</html>", "a web page"),
        (b"Not found: {KEY}", "something else"),
        (b"[]", "something else"),
        (b'["{KEY}"]', "something else"),
        (b"{}", "something else"),
    ],
)
def test_what_is_no_answer_of_a_model_is_a_protocol_error_which_does_not_quote_it(body, what):
    body = body.replace(b"{KEY}", KEY.encode())
    for pieces in ([body], in_bytes(body)):
        seen, error = read(decode, *pieces)
        assert seen == []
        assert type(error) is ProtocolError
        assert str(error) == (
            f"What came back from http://localhost:1/v1 is no answer of a model but {what}: is the base_url right?"
        )
        assert (error.status, error.provider, error.transient) == (200, "service", False)


class TestWhatNobodyExpected:
    """What came before it is handed on, in the same reading of the network, and an error of ours follows."""

    @pytest.mark.parametrize("nested", ["@450", "@errors", "@900"])
    def test_an_error_that_is_nested_deep(self, nested):
        seen, error = read(decode, HI * 3 + encode_sse(f'{{"error": {RAW[nested]}}}'))
        assert seen == [Text("Hi")] * 3
        assert type(error) is ProviderError

    @pytest.mark.parametrize("nested", RAW)
    def test_an_event_that_is_called_an_error_and_nested_deep(self, nested):
        seen, error = read(decode, HI * 3 + encode_sse(RAW[nested], "error"))
        assert seen == [Text("Hi")] * 3
        assert type(error) is ProviderError

    @pytest.mark.parametrize("code", ["9" * 5000, "\u0661" * 5000, True, [5], {"a": 5}, 1e300])
    def test_a_code_that_is_none(self, code):
        seen, error = read(decode, HI * 3 + sse({"error": {"message": "Oh.", "code": code}}))
        assert seen == [Text("Hi")] * 3
        assert (type(error), error.status) == (ProviderError, None)
        assert "Oh." in str(error)

    def test_a_code_that_is_a_number_of_5_000_digits(self):
        fault = f'{{"error": {{"message": "Oh.", "code": {"9" * 5000}}}}}'
        seen, error = read(decode, HI * 3 + encode_sse(fault) + STOP)
        assert seen == [Text("Hi")] * 3
        assert (type(error), error.status) == (ProviderError, None)
        assert "Oh." in str(error)

    @pytest.mark.parametrize("fault", ['{"error": {"message": "Oh.}}', '{ "type":"error", ]}', f'{{"error": {"[" * 100_000}}}'])
    def test_an_error_that_cannot_be_read(self, fault):
        seen, error = read(decode, HI * 3 + encode_sse(fault) + STOP)
        assert seen == [Text("Hi")] * 3
        assert type(error) is ProtocolError
        assert str(error) == "The answer of m ends with an error that cannot be read. What came is kept in `partial`."

    def test_an_error_of_which_a_broken_connection_left_the_beginning(self):
        seen, error = read(decode, HI * 3 + b'data: {"error": {"mess')
        assert seen == [Text("Hi")] * 3
        assert type(error) is StreamInterrupted

    def test_a_fault_of_ours_in_the_middle_of_a_reading(self):
        def faulty(said):
            if said == {"faulty": True}:
                raise MemoryError
            return decode(said)

        seen, error = read(faulty, HI * 3 + sse({"faulty": True}) + HI)
        assert seen == [Text("Hi")] * 3
        assert type(error) is ProtocolError
        assert str(error) == "The answer of m cannot be read (MemoryError). What came is kept in `partial`."

    def test_a_fault_of_ours_in_the_framing(self, monkeypatch):
        answer = Reading(decode, Asked("p", "m", "K"))
        answer.feed(HI)
        for step, args in (("feed", [HI]), ("finish", [])):
            monkeypatch.setattr(answer._body, step, lambda *_: [][1])
            assert getattr(answer, step)(*args) == []
            with pytest.raises(ProtocolError, match=r"cannot be read \(IndexError\)"):
                answer.check()


@pytest.mark.parametrize(
    ("decode", "event", "place"),
    [
        (openai.decode, {"choices": [{"delta": {"content": "Hi"}}]}, ("usage",)),
        (openai.decode, {"choices": [{"delta": {"content": "Hi"}}]}, ("x_groq",)),
        (openai.decode, {"message": {"content": "Hi"}, "done": True}, ("eval_count",)),
        (anthropic.decode, {"type": "message", "content": [{"type": "text", "text": "Hi"}]}, ("usage",)),
        (gemini.decode, {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}, ("usageMetadata",)),
        (
            gemini.decode,
            {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}], "usageMetadata": {"thoughtsTokenCount": 1}},
            ("usageMetadata", "candidatesTokenCount"),
        ),
        (bedrock.decode, {"contentBlockDelta": {"delta": {"text": "Hi"}}}, ("metadata",)),
        (cohere.decode, {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}, ("delta", "usage")),
    ],
)  # fmt: skip
@given(said=ANYTHING.filter(lambda value: "@100000" not in json.dumps(value)))  # which is no JSON
def test_a_count_that_is_none_takes_no_words_of_its_event_with_it(decode, event, place, said):
    sound, _ = read(decode, encode_sse(json.dumps(event)))
    event = copy.deepcopy(event)
    holder = event
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = said
    seen, _ = read(decode, encode_sse(written(event)))
    assert [chunk for chunk in seen if not isinstance(chunk, (Usage, AtOnce))] == [
        chunk for chunk in sound if not isinstance(chunk, (Usage, AtOnce))
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(data=st.data())
def test_whatever_an_event_is_what_came_before_it_is_kept_and_the_error_is_one_of_ours(protocol, data):
    decoder, sound = PROTOCOLS[protocol]
    before = [encode_sse(json.dumps(said)) for said in data.draw(st.lists(st.sampled_from(sound), max_size=3))]
    body = [*before, encode_sse(data.draw(events(protocol))), encode_sse(json.dumps(sound[0]))]
    kept = Reading(decoder(), Asked("p", "m", "K")).feed(b"".join(before))
    seen, error = read(decoder(), b"".join(body))
    assert seen[: len(kept)] == kept
    assert error is None or isinstance(error, DesiruError)
    for pieces in (body, [b"".join(body)[at : at + 7] for at in range(0, len(b"".join(body)), 7)]):
        again, other = read(decoder(), *pieces)
        assert (again, str(other)) == (seen, str(error))


EVENTS = st.sampled_from(
    [
        HI,
        HI.replace(b"Hi", b"\xff"),
        HI.replace(b"\n", b"\r\n"),
        STOP,
        COUNTED,
        DONE,
        b": ping\n\n",
        b"data: oops\n\n",
        sse({"choices": 5}),
    ]
)


@given(st.lists(EVENTS, max_size=5), st.integers(0, 20))
def test_every_chunking_of_a_stream_gives_the_same_chunks_and_the_same_end(events, lost):
    body = b"".join(events)
    body = body[: max(0, len(body) - lost)]
    seen, error = read(decode, body)
    for pieces in cuts(body):
        again, other = read(decode, *pieces)
        assert (again, str(other)) == (seen, str(error))
