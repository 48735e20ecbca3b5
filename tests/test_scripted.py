"""The model for tests, which says what it is told to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import ConfigError, Finish, RateLimitError, Request, StreamingModule, StreamInterrupted, Text
from desiru_notebook.prompt import Message
from desiru_notebook.scripted import ScriptedModel


async def said(model: ScriptedModel) -> list:
    return [chunk async for chunk in model.stream(Request([Message("user", "Why?")]))]


def ask(model: ScriptedModel, **settings):
    return StreamingModule("question -> answer", model=model, **settings).stream(question="Why?")


async def test_a_reply_comes_word_by_word():
    assert await said(ScriptedModel().reply("Answer: Air scatters.\n")) == [
        Text("Answer:"), Text(" Air"), Text(" scatters."), Text("\n"), Finish("stop"),
    ]  # fmt: skip


@given(text=st.text(), count=st.integers(1, 20))
async def test_a_reply_comes_in_as_many_pieces_as_are_wanted_and_nothing_is_lost(text, count):
    *pieces, end = await said(ScriptedModel().reply(text, chunks=count))
    assert (len(pieces), "".join(piece.text for piece in pieces), end) == (count, text, Finish("stop"))


@given(st.text())
async def test_no_character_is_lost_word_by_word_either(text):
    assert "".join(chunk.text for chunk in (await said(ScriptedModel().reply(text)))[:-1]) == text


def test_replies_come_in_their_order_and_the_script_ends():
    model = ScriptedModel().reply("Answer: one").reply("Answer: two")
    assert [ask(model).result().answer for _ in range(2)] == ["one", "two"]
    with pytest.raises(ConfigError, match=r"Request 3 came, and the script has no reply left"):
        ask(model).result()
    assert [request.messages[-1].content for request in model.requests] == ["[[ ## question ## ]]\nWhy?"] * 3


def test_a_reply_can_break_off():
    with pytest.raises(StreamInterrupted, match="cut off after 2 pieces") as raised:
        ask(ScriptedModel().reply("Answer: Air scatters", fail_after=2)).result()
    assert raised.value.partial == {"answer": "Air"}


def test_an_error_alone_comes_before_the_first_word_and_a_retry_gets_the_next_reply():
    model = ScriptedModel().reply(error=RateLimitError("Too many.", retry_after=0)).reply("Answer: Air")
    run = ask(model)
    assert run.result().answer == "Air"
    assert run.stats.attempts == 2
    with pytest.raises(RateLimitError, match="Too many"):
        ask(ScriptedModel().reply(error=RateLimitError("Too many.")), retries=0).result()


async def test_each_piece_takes_its_time():
    run = ask(ScriptedModel().reply("Answer: one two", delay=0.02))
    await run
    assert run.stats.duration >= 0.06


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"text": 7}, "text is a text"),
        *(({"chunks": value}, "chunks is a whole number from 1 on") for value in (0, -1, 1.5, "3", True)),
        *(({"delay": value}, "delay is a number of seconds from 0 on") for value in (-1, "1", float("nan"))),
        *(({"fail_after": value}, "fail_after is a whole number from 0 on") for value in (-1, 0.5)),
        *(({"error": value}, "error is an exception") for value in ("Too many.", RateLimitError)),
    ],
)
def test_a_reply_that_cannot_be_given_is_refused_at_once(wrong, words):
    with pytest.raises(ConfigError, match=words):
        ScriptedModel().reply(**({"text": "Answer: Air"} | wrong))
