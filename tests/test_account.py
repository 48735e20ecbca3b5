"""What a run keeps beside its fields."""

from __future__ import annotations

import pytest

from desiru_notebook.account import Account
from desiru_notebook.chunks import AtOnce, Finish, Refusal, ToolCall, Usage
from desiru_notebook.chunks import Notice as NoticeChunk
from desiru_notebook.chunks import Retry as RetryChunk
from desiru_notebook.events import Notice, Retry


def account(*chunks) -> tuple[Account, list]:
    """An account that has heard these chunks, and what it told of them at once."""
    kept = Account("m", "p")
    return kept, [event for chunk in chunks for event in kept.take(chunk)]


@pytest.mark.parametrize("reason", [None, "stop", "STOP", "end_turn", "stop_sequence", "completed", "COMPLETE", "eos"])
def test_a_model_that_stops_by_itself_has_said_everything(reason):
    kept, _ = account(*([Finish(reason)] if reason else []))
    assert kept.whole
    assert kept.close() == []


@pytest.mark.parametrize(
    "reason",
    ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length", "tool_calls", "tool_use", "TOOL_CALL",
     "pause_turn", "error", "ERROR", "MALFORMED_FUNCTION_CALL", "model_context_window_exceeded"],
)  # fmt: skip
def test_a_model_that_was_cut_short_has_not(reason):
    kept, _ = account(Finish(reason))
    assert not kept.whole
    assert kept.close() == []


@pytest.mark.parametrize("reason", ["content_filter", "SAFETY", "refusal", "guardrail_intervened", "BLOCKED:SAFETY"])
def test_a_filter_is_told_at_the_end(reason):
    kept, _ = account(Finish(reason))
    assert not kept.whole
    assert kept.close() == [Notice(f"A filter of the service stopped m ({reason}).", lasting=True)]
    assert kept.stats("done").finish == reason


def test_a_refusal_is_told_in_the_models_own_words():
    kept, told = account(Refusal("I can't "), Refusal("help."), Finish("stop"))
    assert (told, kept.whole) == ([], False)
    assert kept.close() == [Notice("m declined: I can't help.", lasting=True)]
    assert kept.stats("done").notices == ("m declined: I can't help.",)


def test_counts_are_running_totals_that_complete_each_other():
    kept, _ = account(Usage(10, 1), Usage(None, 5), Usage(None, 7), Usage(total_tokens=17))
    assert kept.stats("done").usage == Usage(10, 7, 17)
    assert kept.stats("done").tokens == 7


def test_a_tool_is_told_once_a_call_and_one_of_the_services_own_not_at_all():
    calls = [
        ToolCall("find", "", "1"),
        ToolCall("", "{"),
        ToolCall("", "}"),
        ToolCall("web_search", hosted=True),
        ToolCall("find"),
    ]
    kept, told = account(*calls)
    assert told == [Notice("m asked for the tool 'find'; a run has no tools.", lasting=True)]
    assert kept.stats("done").notices == (told[0].text,)


def test_notices_about_the_waiting_are_told_when_they_change_and_not_kept():
    kept, told = account(NoticeChunk("1 %"), NoticeChunk("1 %"), NoticeChunk("2 %"), NoticeChunk("1 %"))
    assert told == [Notice("1 %"), Notice("2 %"), Notice("1 %")]
    assert kept.stats("done").notices == ()


def test_one_that_a_retry_or_a_word_has_taken_off_the_view_is_told_again():
    kept, told = account(NoticeChunk("busy"), RetryChunk(2, "failed"), NoticeChunk("busy"))
    assert told == [Notice("busy"), Retry(2, "failed"), Notice("busy")]
    kept.clock.tick(1)
    assert kept.take(NoticeChunk("busy")) == [Notice("busy")]


def test_of_a_long_one_the_beginning_is_told():
    _, told = account(NoticeChunk("a" * 2_000_000))
    assert told == [Notice("a" * 1_999 + "…")]


def test_a_retry_begins_the_account_anew():
    kept, told = account(Usage(1, 2, 3), Finish("error"), RetryChunk(3, "busy", 1.0))
    assert told == [Retry(3, "busy")]
    stats = kept.stats("pending")
    assert (stats.attempts, stats.usage, stats.finish) == (3, None, None)
    assert kept.whole


def test_an_answer_that_came_at_once_did_not_stream():
    assert account()[0].stats("done").streamed
    assert not account(AtOnce())[0].stats("done").streamed


@pytest.mark.parametrize("other", ["text", None, Usage("3"), Finish(None), ToolCall(None), NoticeChunk(1)])
def test_what_is_no_chunk_is_refused(other):
    with pytest.raises(TypeError):
        account(other)
