"""The provider ``openai`` against a real service process on loopback: runs, refusals, and the socket closed in time."""

from __future__ import annotations

import asyncio
import time

import httpx
import httpx2
import pytest
from models import PATIENCE

from desiru_notebook import (
    AuthenticationError,
    FieldDelta,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    Run,
    RunCancelled,
    StreamingModule,
    StreamInterrupted,
    StreamTimeout,
    Timeouts,
    model,
)

# What the service sends for a token, at least.
WORD_EVENT = (
    'data: {"id": "mock", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "word1 "}}]}\n\n'
)
WORDS = " ".join(f"word{at}" for at in range(20))


def module(service, scenario: str, signature: str = "question -> reasoning, answer", **settings) -> StreamingModule:
    made = model(f"openai:{scenario}", base_url=service.base_url, **settings.pop("options", {}))
    return StreamingModule(signature, model=made, **({"retries": 0} | settings))


def both(prediction) -> str:
    return f"{prediction.reasoning} {prediction.answer}"


@pytest.mark.parametrize("scenario", ["words-20-0", "words-20-2000", "wait-0.01-20-0", "json"])
@pytest.mark.parametrize("settings", [{}, {"stream": False}])
def test_an_answer_is_the_same_streamed_and_whole(service, scenario, settings):
    prediction = module(service, scenario, **settings)(question="Why?")
    assert both(prediction) == WORDS
    assert prediction.complete
    assert prediction.stats.tokens == service.log()[0]["sent"] == 23


def test_a_burst_of_ten_thousand_words_loses_none(service):
    said = module(service, "words-10000-0")(question="Why?")
    assert both(said).split() == [f"word{at}" for at in range(10_000)]


def test_the_service_sees_what_the_user_said(service):
    assert (
        module(service, "echo", "text -> answer")(text='Grüß {x} "\\n"\n<b>').answer == '[[ ## text ## ]]\nGrüß {x} "\\n"\n<b>'
    )


@pytest.mark.parametrize(
    ("scenario", "error", "status"),
    [
        ("status-401", AuthenticationError, 401),
        ("status-403", AuthenticationError, 403),
        ("status-404", ModelNotFoundError, 404),
        ("status-429-2.5", RateLimitError, 429),
        ("status-400", ProviderError, 400),
        ("status-500", ProviderError, 500),
        ("html", ProtocolError, 200),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"stream": False}])
def test_a_refusal_is_an_error_that_says_who_and_what(service, scenario, error, status, settings):
    with pytest.raises(ProviderError) as caught:
        module(service, scenario, **settings)(question="Why?")
    assert type(caught.value) is error
    assert (caught.value.provider, caught.value.status) == ("openai", status)
    assert caught.value.partial == {}
    if status != 200:
        assert caught.value.request_id == "req-mock"
        assert scenario in str(caught.value)
    assert caught.value.retry_after == (2.5 if status == 429 else None)


@pytest.mark.parametrize("scenario", ["cut", "eof"])
def test_a_stream_that_breaks_off_is_no_success_and_keeps_what_came(service, scenario):
    with pytest.raises(StreamInterrupted) as caught:
        module(service, scenario)(question="Why?")
    assert caught.value.partial == {"reasoning": " ".join(WORDS.split()[:10])}


def test_a_server_that_is_not_there_is_named(service):
    made = model("openai:m", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:9/v1 cannot be reached for m .*Is the server running"):
        StreamingModule("question -> answer", model=made, retries=0)(question="Why?")


def test_retries_are_as_many_as_are_allowed(service):
    with pytest.raises(RateLimitError):
        module(service, "status-429-0.01", retries=2)(question="Why?")
    assert len(service.log()) == 3


def until_spoken(run: Run) -> None:
    next(event for event in run if isinstance(event, FieldDelta))


@pytest.mark.parametrize("scenario", ["words-100000-0", "words-1000-50"])
def test_cancelling_closes_the_socket(service, scenario):
    run = module(service, scenario).stream(question="Why?")
    until_spoken(run)
    asked = time.time()
    run.cancel()
    entry = service.wait_for(lambda entry: entry["client_gone_at"])
    assert entry["client_gone_at"] >= asked
    assert not entry["finished"]
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    assert run.partial.reasoning.startswith("word0")


def test_cancelling_before_the_first_token_closes_the_socket(service):
    run = module(service, "wait-60-10-0").stream(question="Why?")
    service.wait_for(lambda entry: entry["at"])
    run.cancel()
    assert not service.wait_for(lambda entry: entry["client_gone_at"])["sent"]


def test_leaving_the_loop_and_dropping_the_run_closes_the_socket(service):
    for event in module(service, "words-1000-50").stream(question="Why?"):
        if isinstance(event, FieldDelta):
            break
    assert not service.wait_for(lambda entry: entry["client_gone_at"])["finished"]


def test_a_reader_that_stops_stops_the_network(service):
    run = module(service, "words-100000-0", timeout=None).stream(question="Why?")
    events = iter(run)
    while not isinstance(next(events), FieldDelta):
        pass
    sent = -1
    while (now := service.log()[0]["sent"]) != sent:
        sent = now
        time.sleep(0.3)  # longer than any pause of a server that is free to send
    assert 0 < sent * len(WORD_EVENT) < 1_000_000
    assert sum(len(str(event).split()) for event in events if isinstance(event, FieldDelta)) > 50_000
    assert both(run.result(PATIENCE)).endswith("word99999")


def test_a_timeout_closes_the_socket(service):
    with pytest.raises(StreamTimeout) as caught:
        module(service, "wait-60-10-0", timeout=Timeouts(first=0.2))(question="Why?")
    assert caught.value.kind == "first"
    service.wait_for(lambda entry: entry["client_gone_at"])


def test_many_runs_at_once_get_each_its_own_answer(service):
    runs = [module(service, f"words-{count}-0").stream(question="Why?") for count in range(2, 12)]
    assert [len(both(run.result(PATIENCE)).split()) for run in runs] == list(range(2, 12))


@pytest.mark.parametrize("client", [httpx, httpx2])
def test_the_users_own_http_client_is_used(service, client):
    seen = []

    async def note(request) -> None:
        seen.append(str(request.url))

    mine = client.AsyncClient(event_hooks={"request": [note]})
    prediction = module(service, "words-20-0", options={"http_client": mine})(question="Why?")
    assert both(prediction) == WORDS
    assert seen == [f"{service.base_url}/chat/completions"]


def test_with_the_users_own_http_client_a_cancel_closes_the_socket_too(service):
    run = module(service, "words-1000-50", options={"http_client": httpx.AsyncClient()}).stream(question="Why?")
    until_spoken(run)
    run.cancel()
    service.wait_for(lambda entry: entry["client_gone_at"])


async def test_a_model_may_be_read_directly_and_on_several_loops(service):
    from desiru_notebook import Message, Request
    from desiru_notebook.providers import Text

    made = model("openai:words-2-0", base_url=service.base_url)

    async def text() -> str:
        return "".join([chunk.text async for chunk in made.stream(Request([Message("user", "?")])) if isinstance(chunk, Text)])

    here = await text()
    assert "word1" in here
    assert await asyncio.to_thread(lambda: asyncio.run(text())) == here
