"""The endpoint in a server of pytest-jupyter's: who may ask, what is refused, and what a stream is made of."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from models import PATIENCE, Gate, Scripted

from desiru_notebook import ProviderError
from desiru_notebook.prompt import header
from desiru_notebook.providers import Reasoning

from .answers import question, read
from .conftest import Web, asking

SAID = [header("reasoning"), "\nBecause", " it is.\n\n", header("answer"), "\n4", "2", "\n\n", header("completed")]


@pytest.fixture
def model(web: Web) -> Scripted:
    """The one model that is allowed."""
    model = Scripted(SAID)
    web.allow(model)
    return model


def refused(response: Any) -> tuple[int, str, str]:
    """The status of an answer, and what it says."""
    told = json.loads(response.body)
    assert set(told) == {"type", "message"}
    return response.code, told["type"], told["message"]


def cookies(web: Web) -> str:
    """What a browser sends that has logged in, and nothing of the page in it."""
    response = web.run(web.fetch("api"))
    return "; ".join(value.split(";")[0] for value in response.headers.get_list("Set-Cookie"))


@pytest.mark.usefixtures("model")
def test_an_answer_is_a_stream_of_deltas_the_result_and_done(web):
    response = web.ask(question())
    assert response.code == 200
    answer = read([response.body])
    assert answer.texts == {"reasoning": "Because it is.", "answer": "42"}
    assert answer.error is None
    assert answer.done
    stats = answer.result.pop("stats")
    assert answer.result == {
        "prediction": {"reasoning": "Because it is.", "answer": "42"}, "complete": True, "missing": [], "thinking": "",
    }  # fmt: skip
    assert (stats["model"], stats["state"]) == ("scripted", "done")


@pytest.mark.usefixtures("model")
def test_nothing_on_the_way_may_keep_or_change_the_stream(web):
    headers = web.ask(question()).headers
    wanted = ("Content-Type", "Cache-Control", "X-Accel-Buffering")
    assert [headers[name] for name in wanted] == ["text/event-stream; charset=utf-8", "no-cache, no-transform", "no"]


def test_text_that_could_break_a_line_or_a_page_comes_through(web):
    hostile = 'a\nb\r\nc\r\u2028\u2029\x00\x1b</script> event: result\ndata: [DONE]\n\n"\\ 🙂'
    web.allow(Scripted([Reasoning(hostile), header("answer") + "\n", *hostile, "."]))
    answer = read([web.ask(question()).body])
    assert answer.texts == {"reasoning": hostile, "answer": hostile + "."}
    assert answer.result["prediction"] == answer.texts


def test_typed_fields_stream_their_text_and_end_as_their_values(web):
    web.allow(Scripted([header("price"), "\n$1,200\n", header("tags"), "\n- a\n- b"]))
    answer = read([web.ask(question(signature="question -> price: float, tags: list[str]")).body])
    assert answer.texts == {"price": "$1,200", "tags": "- a\n- b"}
    assert answer.result["prediction"] == {"price": 1200.0, "tags": ["a", "b"]}


def test_the_settings_reach_the_model(web, model):
    web.ask(question(settings={"temperature": 0.5, "max_tokens": 7}))
    (asked,) = model.requests
    assert (asked.temperature, asked.max_tokens, asked.extra) == (0.5, 7, {})


# Who may ask.


def test_a_token_in_a_header_and_one_in_the_address_are_enough(web, model):
    assert web.ask(question()).code == 200
    assert web.ask(question(), headers={"Authorization": "none"}, params={"token": web.token}).code == 200
    assert len(model.requests) == 2


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("said", ["none", "token wrong"])
def test_nobody_asks_without_the_token(web, model, method, said):
    body = question() if method == "POST" else None
    status, kind, message = refused(web.ask(body, headers={"Authorization": said}))
    assert (status, kind) == (403, "Unauthenticated")
    assert "Authorization: token" in message
    assert not model.requests


def test_a_browser_asks_with_its_cookie_and_the_token_of_its_page(web, model):
    headers = {"Authorization": "none", "Cookie": f"{cookies(web)}; _xsrf=abcd", "X-XSRFToken": "abcd"}
    assert web.ask(question(), headers=headers).code == 200
    assert len(model.requests) == 1


async def ask_twice(web: Web, body: bytes, **said: str) -> tuple[bytes, bytes]:
    """The answer to what is refused, and the one to a good question on the same connection."""
    async with web.sent(body, **said) as (reader, writer):
        await writer.drain()
        first = await reader.readuntil(b"}")
        short = asking()
        more = f"Host: 127.0.0.1\r\nAuthorization: token {web.token}\r\nContent-Length: {len(short)}\r\n\r\n"
        writer.write(f"POST {web.path} HTTP/1.1\r\n{more}".encode() + short)
        return first, await reader.readuntil(b"[DONE]")


@pytest.mark.parametrize("headers", [{"Authorization": "none"}, {"Authorization": "none", "Cookie": "_xsrf=abcd"}])
def test_who_may_not_ask_is_told_so_though_he_sends_a_lot_and_may_ask_better_on_the_same_connection(web, model, headers):
    first, second = web.run(ask_twice(web, asking(inputs={"question": "x" * 3_000_000}), **headers))
    assert first.startswith(b"HTTP/1.1 403")
    assert b'"type": "Unauthenticated"' in first
    assert second.startswith(b"HTTP/1.1 200")
    assert len(model.requests) == 1


@pytest.mark.parametrize("page", [{}, {"X-XSRFToken": "wrong"}, {"X-XSRFToken": "abcd", "Origin": "http://evil.example"}])
def test_another_page_cannot_ask_with_a_browsers_cookie(web, model, page):
    headers = {"Authorization": "none", "Cookie": f"{cookies(web)}; _xsrf=abcd"} | page
    status, kind, message = refused(web.ask(question(), headers=headers))
    assert (status, kind) in {(403, "Forbidden"), (404, "NotFound")}
    assert message
    assert not model.requests


def test_no_get_is_answered_to_a_cookie(web, model):
    headers = {"Authorization": "none", "Cookie": cookies(web), "Referer": f"http://127.0.0.1:{web.app.port}/lab"}
    parameters = {"signature": "question -> answer", "inputs": '{"question": "Why?"}'}
    status, kind, message = refused(web.ask(headers=headers, params=parameters))
    assert (status, kind) == (403, "Forbidden")
    assert "Use POST" in message
    assert not model.requests


@pytest.mark.usefixtures("model")
def test_a_get_is_answered_to_a_token(web):
    parameters = {"signature": question()["signature"], "inputs": '{"question": "Why?"}', "settings": '{"max_tokens": 9}'}
    assert read([web.ask(params=parameters).body]).texts == {"reasoning": "Because it is.", "answer": "42"}
    told = web.ask(headers={"Authorization": "none"}, params=parameters | {"token": web.token, "model": "scripted"})
    assert read([told.body]).done


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("body", [question(), question(inputs={})])
def test_a_page_of_another_server_that_has_the_token_may_read_the_answer_and_the_refusal(web, body):
    headers = web.ask(body, headers={"Origin": "http://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "http://elsewhere.example"


class Refuses(Authorizer):
    """Lets everybody look, and nobody start anything."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return (action, resource) != ("execute", "desiru")


class TestAuthorizer:
    @pytest.fixture
    def jp_server_config(self) -> dict[str, Any]:
        return {"ServerApp": {"authorizer_class": Refuses}}

    @pytest.mark.parametrize("body", [question(), None])
    def test_whom_the_authorizer_refuses_gets_no_answer(self, web, model, body):
        parameters = {"signature": "question -> answer", "inputs": '{"question": "Why?"}'} if body is None else {}
        status, kind, message = refused(web.ask(body, params=parameters))
        assert (status, kind) == (403, "Forbidden")
        assert message == "User is not authorized to execute on resource: desiru."
        assert not model.requests


# What is refused before anything begins.


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", (400, "RequestError", "The body is no JSON: EOF")),
        ('{"signature": "question -> ans', (400, "RequestError", "The body is no JSON: EOF")),
        (b'{"signature": "\xff"}', (400, "RequestError", "The body is no JSON")),
        ("[" * 100_000, (400, "RequestError", "The body is no JSON: recursion")),
        (question(signature="q"), (400, "SignatureError", "A signature needs an arrow")),
        (question(signature="question -> answer: strr"), (400, "SignatureError", "'strr' is not a type")),
        (question(inputs={}), (400, "InputError", "The input 'question' is missing")),
        (question(inputs={"question": "?", "b": 1}), (400, "InputError", "There is no input 'b'")),
        (question(model="openai:gpt-5"), (403, "ModelForbidden", "The model 'openai:gpt-5' is not allowed here")),
        (question(model="http://169.254.169.254"), (403, "ModelForbidden", "The model")),
        (question(base_url="http://evil.example"), (400, "RequestError", "There is no 'base_url' in a question")),
        (question(settings={"extra": 1}), (400, "RequestError", "There is no setting 'extra' here")),
        (question(settings={"max_tokens": 0}), (400, "ConfigError", "The setting 'max_tokens' is")),
        (question(inputs={"question": "x" * 10_000_000}), (413, "BodyTooLarge", "A question has at most 4,194,304 bytes")),
    ],
)
def test_a_bad_question_is_refused_with_its_reason_and_nothing_runs(web, model, body, expected):
    status, kind, message = refused(web.ask(body))
    assert (status, kind, message[: len(expected[2])]) == expected
    assert not model.requests


def test_a_long_body_in_pieces_is_refused_too_and_not_kept(web, model, monkeypatch):
    kept = []

    class Watched(bytearray):
        def __iadd__(self, more: bytes) -> Watched:
            kept.append(len(self) + len(more))
            return super().__iadd__(more)

    monkeypatch.setattr("desiru_notebook.frontends.server.handlers.bytearray", Watched, raising=False)

    async def produce(write: Any) -> None:
        for _ in range(100):
            await write(b" " * 100_000)

    status, kind, _ = refused(web.ask(None, method="POST", body_producer=produce))
    assert (status, kind) == (413, "BodyTooLarge")
    assert 0 < max(kept) <= web.extension.max_body
    assert not model.requests


def test_half_a_body_starts_nothing(web, model):
    async def leave() -> None:
        whole = asking()
        async with web.sent(whole[: len(whole) // 2], Content_Length=str(len(whole))):
            await asyncio.sleep(0)
        assert web.extension.places.taken("") == 0

    web.run(leave())
    assert web.ask(question()).code == 200  # the server has gone on meanwhile
    assert len(model.requests) == 1


@pytest.mark.usefixtures("model")
def test_a_method_that_there_is_not_says_which_there_are(web):
    response = web.ask("{}", method="PUT")
    assert refused(response)[:2] == (405, "MethodNotAllowed")
    assert response.headers["Allow"] == "GET, POST, OPTIONS"


def test_a_host_that_the_server_is_not_known_by_is_named_as_such(web, model):
    status, kind, message = refused(web.ask(question(), headers={"Host": "evil.example"}))
    assert (status, kind) == (403, "HostForbidden")
    assert "local_hostnames" in message
    assert not model.requests


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("method", ["DELETE", "TRACE", "FOO", "FINISH", "__INIT__"])
def test_an_unknown_method_is_told_so_though_it_sends_a_lot_and_its_client_may_ask_better_on_the_same_connection(
    web, method, caplog
):
    with caplog.at_level("INFO"):
        first, second = web.run(ask_twice(web, b"x" * 10_000_000, method=method))
    assert first.startswith(b"HTTP/1.1 405")
    assert b'"type": "MethodNotAllowed"' in first
    assert second.startswith(b"HTTP/1.1 200")
    assert f"405 {method} {web.path}" in caplog.text


def test_a_model_that_the_owner_named_wrongly_is_the_servers_fault(web):
    web.allow("opnai:gpt-5")
    status, kind, message = refused(web.ask(question()))
    assert (status, kind) == (500, "ConfigError")
    assert "There is no provider 'opnai'" in message


# What happens once a stream has begun.


def test_an_error_in_the_midst_is_an_event_with_what_there_was(web):
    web.allow(Scripted([*SAID[:5], ProviderError("The service is out of breath. Try again.")]))
    answer = read([web.ask(question()).body])
    assert answer.error == {
        "type": "ProviderError", "message": "The service is out of breath. Try again.",
        "partial": {"reasoning": "Because it is.", "answer": "4"},
    }  # fmt: skip
    assert (answer.result, answer.done) == (None, True)


def test_a_value_that_does_not_fit_its_type_is_an_error_at_the_end(web):
    web.allow(Scripted([header("answer"), "\nmany"]))
    answer = read([web.ask(question(signature="question -> answer: int")).body])
    assert (answer.error["type"], answer.error["partial"], answer.done) == ("FieldValueError", {"answer": "many"}, True)


@pytest.mark.parametrize("said", [[], SAID[:5]], ids=["nothing", "half"])
def test_a_client_that_leaves_stops_its_run(web, said):
    model = Scripted([*said, Gate()])
    web.allow(model)

    async def leave() -> None:
        async with web.sent(asking()) as (reader, _):
            await reader.readuntil(b'"4"' if said else b"\r\n\r\n")
            await asyncio.to_thread(model.started.wait, PATIENCE)  # a run that ends before that has nothing to close
        await asyncio.to_thread(model.was_closed)

    web.run(leave())
    assert model.closed.is_set()
    assert web.ask(question(inputs={})).code == 400  # and the server goes on


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("wish", ["keep-alive", "close"])
def test_an_older_client_hears_where_the_stream_ends_though_it_would_stay(web, wish, caplog):
    async def listen() -> bytes:
        async with web.sent(asking(), version="1.0", Connection=wish) as (reader, _):
            return await reader.read()

    assert web.run(listen()).endswith(b"data: [DONE]\n\n")
    assert "Traceback" not in caplog.text


def test_silence_is_filled_with_comments(web):
    gate = Gate()
    web.allow(Scripted([*SAID[:5], gate, *SAID[5:]]))
    web.extension.heartbeat = 0.01

    async def listen() -> bytes:
        async with web.sent(asking(), Connection="close") as (reader, _):
            before = await reader.readuntil(b'"4"')
            for _ in range(3):
                before += await reader.readuntil(b": \n\n")
            gate.open()
            return before + await reader.read()

    whole = web.run(listen())
    assert whole.rstrip(b"\r\n0").endswith(b"data: [DONE]")


def test_a_server_that_stops_ends_its_streams_as_cancelled(web):
    model = Scripted([*SAID[:5], Gate()])
    web.allow(model)

    async def stop() -> bytes:
        async with web.sent(asking(), Connection="close") as (reader, _):
            await reader.readuntil(b'"4"')
            await web.extension.stop_extension()
            assert web.extension.places.taken("") == 0  # for the server does not wait any longer
            return await asyncio.wait_for(reader.read(), PATIENCE)

    rest = web.run(stop())
    assert b"event: error" in rest
    assert b'"type": "RunCancelled"' in rest
    assert rest.rstrip(b"\r\n0").endswith(b"data: [DONE]")


class TestCompressed:
    """A server whose owner lets it compress what it sends."""

    @pytest.fixture
    def jp_server_config(self) -> dict[str, Any]:
        return {"ServerApp": {"tornado_settings": {"compress_response": True}}}

    def test_each_event_comes_when_the_model_has_said_it(self, web):
        gate = Gate()
        web.allow(Scripted([*SAID[:5], gate, *SAID[5:]]))

        async def listen() -> bytes:
            unpacked, decoder = b"", zlib.decompressobj(wbits=31)
            async with web.sent(asking(), Accept_Encoding="gzip") as (reader, _):
                head = await reader.readuntil(b"\r\n\r\n")
                assert b"Content-Encoding: gzip" in head
                async for piece in chunks(reader):
                    unpacked += decoder.decompress(piece)
                    if b'"4"' in unpacked:
                        gate.open()
            return unpacked

        answer = read([web.run(listen())])
        assert (answer.texts["answer"], answer.done) == ("42", True)

    @pytest.mark.usefixtures("model")
    def test_who_does_not_ask_for_that_gets_the_words_as_they_are(self, web):
        response = web.ask(question(), headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in response.headers
        assert read([response.body]).done


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The pieces of a body in HTTP's chunked encoding."""
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readline()


# How many at a time.


def test_a_user_has_so_many_runs_at_a_time_and_a_place_is_free_again_after_each(web):
    gate = Gate()
    web.allow(Scripted([*SAID[:5], gate, *SAID[5:]]))
    web.extension.max_runs = 2

    async def crowd() -> tuple[tuple[int, str, str], bytes]:
        async with web.sent(asking(), Connection="close") as (staying, _):
            await staying.readuntil(b'"4"')
            async with web.sent(asking()) as (leaving, _):
                await leaving.readuntil(b'"4"')
                third = await web.fetch("desiru", "stream", "complete", method="POST", body=asking(), raise_error=False)
            while web.extension.places.taken("") == 2:
                await asyncio.sleep(0.001)
            async with web.sent(asking()) as (late, _):
                await late.readuntil(b'"4"')
            gate.open()
            return refused(third), await staying.read()

    (status, kind, message), rest = web.run(crowd())
    assert (status, kind) == (429, "TooManyRuns")
    assert message.startswith("2 runs are going on already")
    assert b"event: result" in rest
    for body in (question(), question(inputs={}), question(model="other")) * 3:
        assert web.ask(body).code != 429
    assert web.extension.places.taken("") == 0
