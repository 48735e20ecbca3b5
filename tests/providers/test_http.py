"""What every service shares: where a question goes, what is read of an answer, and what is not."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from functools import cache

import httpx
import httpx2
import pytest
from answering import ASKED, KEY, WHOLE, answering, chunks, event, heard, sse

from desiru_notebook import (
    AuthenticationError,
    ConfigError,
    DesiruError,
    Message,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    StreamInterrupted,
)
from desiru_notebook.asking import ask
from desiru_notebook.providers import AtOnce, Finish, Notice, Request, Text, Usage, bodies, reading
from desiru_notebook.providers.anthropic import Anthropic
from desiru_notebook.providers.bedrock import Bedrock
from desiru_notebook.providers.gemini import Gemini
from desiru_notebook.providers.openai import OpenAI

MESSAGE = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "stop"}
ANSWERS = {OpenAI: {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}, Anthropic: MESSAGE}
BOTH = pytest.mark.parametrize("of", list(ANSWERS))
NO_STREAM = {"error": {"message": "Streaming is not supported by this model."}}
HI, STOP = event({"content": "Hi"}), event({}, finish="stop")


def body(*pieces: bytes, then: bytes | Exception | None = None, read: list | None = None):
    """A body of these pieces, after which it breaks, goes on for ever, or (``None``) hangs."""

    async def produce():
        for piece in pieces:
            yield piece
        if then is None:
            await asyncio.Event().wait()
        while not isinstance(then, Exception):
            if read is not None:
                read.append(then)
                assert len(read) < 10_000, "nobody stops reading"
            yield then
        raise then

    return lambda _: produce()


def sending(packed: bytes, packing: str, client=httpx2, *, status: int = 200, pieces: int = 65_536):
    """A service that sends these bytes over a network, in pieces of so many."""

    class Stream(client.AsyncByteStream):
        async def __aiter__(self):
            for at in range(0, len(packed), pieces):
                yield packed[at : at + pieces]

    headers = {"content-type": "text/event-stream", "content-encoding": packing}
    return lambda _: client.Response(status, headers=headers, stream=Stream())


@cache
def packed_lines(line: bytes, count: int) -> bytes:
    """So many of these lines, packed."""
    packing, step = zlib.compressobj(9, wbits=31), 100_000
    return b"".join(packing.compress(line * step) for _ in range(count // step)) + packing.flush()


def refusing_streams(whole: dict, status: int = 400, second: int = 200):
    """A service that cannot stream."""

    def answer(request):
        if json.loads(request.content)["stream"]:
            return httpx2.Response(status, json=NO_STREAM)
        return httpx2.Response(second, json=whole)

    return answer


class TestRedirects:
    @BOTH
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_none_is_followed_and_no_key_is_sent_on(self, of, status):
        made, requests = answering(b"", status=status, headers={"location": "http://other.example/v1?secret"}, of=of)
        made._http_client.follow_redirects = True
        seen, error = await heard(made)
        assert (seen, len(requests), requests[0].url.host) == ([], 1, "localhost")
        assert (type(error), error.status, error.transient) == (ProviderError, status, False)
        assert "http://localhost:1/v1 has moved, and a key is not sent on to another place: set base_url" in str(error)
        assert KEY not in str(error)


class TestServersThatCannotStream:
    @BOTH
    @pytest.mark.parametrize("status", [400, 405, 422, 501])
    async def test_they_are_asked_once_more_for_the_whole_answer(self, of, status):
        made, requests = answering(refusing_streams(ANSWERS[of], status), of=of)
        assert await chunks(made) == [AtOnce(), Text("Hi"), Finish("stop")]
        assert [json.loads(request.content)["stream"] for request in requests] == [True, False]

    @BOTH
    async def test_they_are_asked_no_third_time(self, of):
        made, requests = answering(refusing_streams(NO_STREAM, second=400), of=of)
        seen, error = await heard(made)
        assert (seen, len(requests), error.status) == ([AtOnce()], 2, 400)

    @BOTH
    @pytest.mark.parametrize(
        ("status", "said"),
        [(400, "temperature is too high"), (401, "stream"), (429, "stream"), (500, "stream"), (404, "stream")],
    )
    async def test_any_other_refusal_is_final(self, of, status, said):
        made, requests = answering(json.dumps({"error": {"message": said}}).encode(), status=status, of=of)
        seen, error = await heard(made)
        assert (seen, len(requests), error.status) == ([], 1, status)

    async def test_a_model_whose_name_speaks_of_streams_is_refused_once(self):
        made, requests = answering(b'{"error": {"message": "No."}}', status=400, name="streamer")
        assert (await heard(made))[1].status == 400
        assert len(requests) == 1

    @BOTH
    async def test_what_they_say_beside_an_error_is_kept(self, of):
        fault = {"error": {"message": "The upstream failed.", "code": 502}}
        made, _ = answering(refusing_streams(ANSWERS[of] | fault), of=of)
        seen, error = await heard(made)
        assert seen == [AtOnce(), Text("Hi"), Finish("stop")]
        assert "The upstream failed." in str(error)
        for streaming in (True, False):
            came = ask(made, ASKED, streaming=streaming, retries=2, patience=None)
            seen = await anext(came) + await anext(came) + (await anext(came) if not streaming else [])
            assert seen == [AtOnce(), Text("Hi"), Finish("stop")]
            with pytest.raises(ProviderError, match="The upstream failed"):
                await anext(came)

    async def test_a_stream_that_fails_after_its_first_word_is_not_asked_for_again(self):
        made, requests = answering(HI + event(error={"message": "The upstream failed.", "code": 400}))
        seen, error = await heard(made)
        assert seen == [Text("Hi")]
        assert (type(error), error.status, len(requests)) == (ProviderError, 400, 1)


class TestServersThatDoNotCount:
    async def test_they_are_asked_again_without_the_wish_for_a_count_and_so_from_then_on(self):
        def answer(request):
            if "stream_options" in json.loads(request.content):
                return httpx2.Response(400, json={"error": {"message": "Unrecognized request argument: stream_options"}})
            return WHOLE

        made, requests = answering(answer)
        for asked in (2, 3):
            assert await chunks(made) == [Text("Hi"), Finish("stop")]
            assert len(requests) == asked
        assert [json.loads(request.content)["stream"] for request in requests] == [True] * 3

    async def test_a_count_that_the_user_wants_is_not_dropped(self):
        made, requests = answering(refusing_streams(ANSWERS[OpenAI]))
        wished = Request(ASKED.messages, extra={"stream_options": {"include_usage": True}})
        assert (await chunks(made, wished))[-1] != []
        assert all("stream_options" in json.loads(request.content) for request in requests)


class TestRefusals:
    async def test_a_limit_by_the_minute_passes_though_its_words_speak_of_quota_and_billing(self):
        said = {"error": {"message": "You exceeded your current quota, see your plan and billing details.", "code": 429}}
        for headers, wait in (({"retry-after": "1"}, 1.0), ({}, None)):
            _, error = await heard(answering(json.dumps(said).encode(), status=429, headers=headers)[0])
            assert (error.retry_after, error.transient) == (wait, wait is not None)

    @pytest.mark.parametrize(
        ("status", "words", "kind"),
        [
            (400, "API key not valid. Please pass a valid API key.", AuthenticationError),
            (400, "Incorrect API key provided: sk-x", AuthenticationError),
            (400, "Your credit balance is too low.", ProviderError),
            (403, "Country not supported.", AuthenticationError),
        ],
    )
    async def test_what_a_service_means_is_told_by_its_words_too(self, status, words, kind):
        _, error = await heard(answering(json.dumps({"error": {"message": words}}).encode(), status=status)[0])
        assert (type(error), error.status) == (kind, status)
        assert "Check the settings" not in str(error)

    async def test_of_a_body_that_never_ends_only_the_beginning_is_read(self):
        read = []
        made, _ = answering(body(b"Oh. ", then=b"x" * 1000, read=read), status=500)
        _, error = await heard(made)
        assert str(error).startswith("openai refused m with HTTP 500. Oh. xxx")
        assert len(str(error)) < 500
        assert len(read) * 1000 < 2 * bodies._ERROR_BYTES

    async def test_a_body_that_hangs_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr(bodies, "_ERROR_SECONDS", 0)
        _, error = await heard(answering(body(), status=404)[0])
        assert type(error) is ModelNotFoundError

    async def test_a_body_that_breaks_says_enough_by_its_status(self):
        _, error = await heard(answering(body(b"Oh", then=httpx2.ReadError("reset")), status=503)[0])
        assert (error.status, error.transient) == (503, True)

    @BOTH
    async def test_a_web_page_is_not_quoted(self, of):
        _, error = await heard(answering(b"<html><b>Bad gateway</b></html>", "text/html", 502, of=of)[0])
        assert str(error) == f"{error.provider} refused m with HTTP 502. The service has a problem: try again later."

    async def test_they_say_who_asked_and_when_to_come_back(self):
        headers = {"retry-after-ms": "1500", "retry-after": "9", "x-request-id": "req-1"}
        _, error = await heard(answering(b'{"error": {"message": "Slow down."}}', status=429, headers=headers)[0])
        assert (type(error), error.request_id, error.retry_after) == (RateLimitError, "req-1", 1.5)
        assert str(error) == "openai refused m with HTTP 429. Slow down. Try again in 1.5 s."


class TestBodies:
    async def test_the_text_of_a_long_event_comes_in_pieces(self):
        made, _ = answering(body(HI, event({"content": "a" * 100_000}), HI + STOP))
        reads = [chunks async for chunks in made.stream(ASKED).reads]
        assert [[len(chunk.text) for chunk in chunks if isinstance(chunk, Text)] for chunks in reads if chunks] == [
            [2], [32_768], [32_768], [32_768], [1696], [2],
        ]  # fmt: skip

    @pytest.mark.parametrize("start", [b"data: ", b'{"a": "', b'[{"a": "', b"\0\xff\xff\xff\0\0\0\0"])
    async def test_one_without_a_whole_event_is_not_read_for_ever(self, start, monkeypatch):
        monkeypatch.setattr(reading, "_LARGEST_EVENT", 1000)
        read = []
        seen, error = await heard(answering(body(start, then=b"x" * 100, read=read))[0])
        assert type(error) is ProtocolError
        assert all(isinstance(chunk, Notice) for chunk in seen)
        assert 100 * len(read) < 2 * (bodies._HELD_BYTES + 2000)

    @pytest.mark.parametrize("end", [STOP, event({}, finish="length") + event(usage={"prompt_tokens": 1})])
    async def test_a_connection_that_breaks_after_the_end_is_an_end(self, end):
        seen, error = await heard(answering(body(HI, end, then=httpx2.ReadError("reset")))[0])
        assert error is None
        assert [type(chunk) for chunk in seen] == [Text, Finish, Usage][: len(seen)]
        assert len(seen) >= 2

    @pytest.mark.parametrize("then", [None, b": ping\n\n", STOP])
    async def test_a_connection_that_stays_open_after_the_end_is_left(self, then, monkeypatch):
        monkeypatch.setattr(bodies, "_LINGER_SECONDS", 0)
        assert await chunks(answering(body(HI, STOP, then=then))[0]) == [Text("Hi"), Finish("stop")]

    async def test_what_still_comes_after_the_end_is_read(self):
        made, _ = answering(WHOLE + event(usage={"prompt_tokens": 1, "completion_tokens": 2}))
        assert await chunks(made) == [Text("Hi"), Finish("stop"), Usage(1, 2)]

    @pytest.mark.parametrize("packing", ["gzip", "deflate", "GZIP "])
    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_is_packed_unasked_is_unpacked(self, client, packing):
        packed = zlib.compress(WHOLE) if packing == "deflate" else gzip.compress(WHOLE)
        made, requests = answering(sending(packed, packing, client, pieces=7), client=client)
        assert await chunks(made) == [Text("Hi"), Finish("stop")]
        assert requests[0].headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_is_packed_as_nobody_can_unpack_is_no_answer(self, client):
        for packing in ("br", "zstd", "gzip, gzip"):
            packed = b"\x1b\x2f\x00" + KEY.encode()
            for status, kind in ((200, ProtocolError), (500, ProviderError)):
                seen, error = await heard(answering(sending(packed, packing, client, status=status), client=client)[0])
                assert (seen, type(error), error.status) == ([], kind, status)
                assert KEY not in str(error)
                assert "\x1b" not in str(error)

    @pytest.mark.parametrize("status", [200, 500])
    @pytest.mark.parametrize("start", [b"data: ", b": ", b"data: xy\n", b"\n", b'{"a": "'], ids=repr)
    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_becomes_very_large_takes_the_memory_of_one_event(self, client, start, status, monkeypatch):
        monkeypatch.setattr(reading, "_LARGEST_EVENT", 1_000_000)
        bomb = sending(packed_lines(start, 200_000_000 // len(start)), "gzip", client, status=status)
        made, _ = answering(bomb, client=client)
        tracemalloc.start()
        try:
            _, error = await heard(made)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert isinstance(error, ProviderError)
        assert type(error) is (ProtocolError if status == 200 else ProviderError)
        assert peak < 30_000_000

    async def test_what_came_before_one_goes_on_for_ever_is_kept(self, monkeypatch):
        monkeypatch.setattr(reading, "_LARGEST_ANSWER", 200_000)
        seen, error = await heard(answering(body(then=HI))[0])
        assert set(seen) == {Text("Hi")}
        assert 200_000 < len(seen) * len(HI) < 500_000
        assert type(error) is ProtocolError
        assert str(error) == "The answer of m is longer than 0 MB. What came is kept in `partial`."

    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_cannot_be_unpacked_has_broken_off(self, client):
        packed = {"content-type": "text/event-stream", "content-encoding": "gzip"}
        made, _ = answering(lambda _: client.Response(200, headers=packed, stream=Plain()), client=client)

        class Plain(client.AsyncByteStream):
            async def __aiter__(self):
                yield HI

        seen, error = await heard(made)
        assert (seen, type(error)) == ([], StreamInterrupted)


class TestClients:
    @BOTH
    @pytest.mark.parametrize("kind", [httpx.Client, httpx2.Client])
    def test_one_that_cannot_be_awaited_is_refused(self, of, kind):
        with kind() as client, pytest.raises(ConfigError, match=r"AsyncClient of httpx2 or httpx, not Client\."):
            of("m", http_client=client)

    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_is_closed_is_an_error_that_says_so(self, client):
        made, _ = answering(WHOLE, client=client)
        await made._http_client.aclose()
        _, error = await heard(made)
        assert type(error) is ConfigError
        assert "it is closed, or has been used on another event loop" in str(error)

    @pytest.mark.parametrize("client", [httpx, httpx2])
    async def test_one_that_cannot_connect_is_an_error_without_the_key(self, client):
        def fail(_):
            raise client.ConnectError(f"no route for {KEY}")

        seen, error = await heard(answering(fail, client=client, base_url=f"http://user:{KEY}@localhost:1/v1?key={KEY}")[0])
        assert seen == []
        assert str(error) == (
            "http://localhost:1/v1 cannot be reached for m (no route for \u2026). Is the server running, is the base_url right?"
        )
        assert (error.provider, error.transient, error.__suppress_context__) == ("openai", True, True)


class TestAddresses:
    @pytest.mark.parametrize("of", [OpenAI, Anthropic, Gemini, Bedrock])
    @pytest.mark.parametrize(
        "base",
        [
            "not a url",
            "localhost:1",
            "http://",
            "ftp://localhost",
            "/v1",
            "http://a:b:c/v1",
            "http://[::1/v1",
            "http://localhost:99999",
        ],
    )
    async def test_one_that_is_none_is_an_error_that_says_so(self, of, base):
        try:
            _, error = await heard(of("m", base_url=base, api_key=KEY))
        except DesiruError as fault:
            error = fault
        assert isinstance(error, (ConfigError, ProviderError))
        assert "base_url" in str(error)
        assert KEY not in str(error)

    async def test_no_password_and_no_query_of_one_stands_in_an_error(self):
        for status, content in ((302, b""), (404, b"Not found"), (200, b"<html>"), (200, b"Not found")):
            _, error = await heard(answering(content, status=status, base_url="http://me:hidden@h/v1?token=hidden")[0])
            assert isinstance(error, ProviderError)
            assert "hidden" not in str(error)

    @pytest.mark.parametrize(("of", "own"), [(OpenAI, {}), (Anthropic, {"x-api-key": KEY}), (Gemini, {"x-goog-api-key": KEY})])
    async def test_user_and_password_are_sent_as_such_in_place_of_a_bearers_key(self, of, own):
        made, requests = answering(WHOLE, of=of, base_url="http://al%20ice:p%40ss@h:1/v1?x=1")
        await heard(made)
        url, headers = requests[0].url, requests[0].headers
        assert (url.userinfo, url.host, url.params["x"]) == (b"", "h", "1")
        assert headers.get_list("authorization") == ["Basic YWwgaWNlOnBAc3M="]
        assert {name: headers[name] for name in own} == own

    async def test_they_replace_the_key_that_openais_client_would_send_too(self, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "http://alice:wonder99@h/v1")
        made, requests = answering(WHOLE, base_url=None)
        await heard(made)
        assert requests[0].headers.get_list("authorization") == ["Basic YWxpY2U6d29uZGVyOTk="]

    @pytest.mark.parametrize(
        ("of", "base", "name"),
        [
            (OpenAI, "https://mine.openai.azure.com/openai/v1?api-version=1&api-key=a%2Bb", "api-key"),
            (OpenAI, "https://mine.azure-api.net/v1?subscription-key=a%2Bb&api-version=1", "ocp-apim-subscription-key"),
            (OpenAI, "https://mine.azurewebsites.net/api?code=a%2Bb&api-version=1", "x-functions-key"),
            (Gemini, "https://generativelanguage.googleapis.com?key=a%2Bb&api-version=1", "x-goog-api-key"),
        ],
    )
    async def test_a_key_in_the_query_becomes_the_header_that_the_service_reads_as_well(self, of, base, name):
        made, requests = answering(WHOLE, of=of, base_url=base)
        await heard(made)
        assert requests[0].headers.get_list(name) == ["a+b"]
        assert [*requests[0].url.params] == ["api-version", "alt"][: 1 + (of is Gemini)]

    async def test_any_other_query_stays_as_it_is(self):
        made, requests = answering(WHOLE, base_url="http://h/v1?api-key=a%2Bb&flag&x=1&x=2")
        await heard(made)
        assert requests[0].url.query == b"api-key=a%2Bb&flag&x=1&x=2"

    async def test_what_a_service_says_of_them_is_hidden(self):
        said = b'{"error": {"message": "Wrong: al ice, pass-word, QUERYSECRET, api-version 2024-01"}}'
        base = "http://al%20ice:pass-word@h/v1?x=querysecret&api-version=2024-01"
        _, error = await heard(answering(said, status=400, base_url=base)[0])
        assert "Wrong: \u2026, \u2026, \u2026, api-version 2024-01." in str(error)

    @pytest.mark.parametrize("base", ["http://h/v1", "http://h/v1/", " http://h/v1\n", "http://h/v1/chat/completions"])
    async def test_one_that_was_pasted_with_its_ending_is_the_same(self, base):
        made, requests = answering(WHOLE, base_url=base)
        await chunks(made)
        assert str(requests[0].url) == "http://h/v1/chat/completions"

    @pytest.mark.parametrize("base", ["", " ", 5])
    def test_one_that_is_empty_never_means_openai(self, base):
        with pytest.raises(ConfigError, match="base_url is no address"):
            OpenAI("m", base_url=base, api_key=KEY)


class TestQuestions:
    async def test_a_setting_that_is_no_json_is_refused_by_name(self):
        made, requests = answering(WHOLE)
        _, error = await heard(made, Request(ASKED.messages, extra={"top_p": {1, 2}}))
        assert (type(error), requests) == (ConfigError, [])

    @BOTH
    async def test_half_a_surrogate_pair_in_a_prompt_can_be_asked(self, of):
        made, requests = answering(json.dumps(ANSWERS[of]).encode(), of=of)
        assert (await chunks(made, Request([Message("user", "a\ud83d")])))[0] == Text("Hi")
        assert json.loads(requests[0].content)["messages"][0]["content"][0] == "a"

    @BOTH
    async def test_every_letter_of_a_prompt_arrives(self, of):
        made, requests = answering(json.dumps(ANSWERS[of]).encode(), of=of)
        await chunks(made, Request([Message("user", 'Grüß \N{SLIGHTLY SMILING FACE} "\\n"\n\0')]))
        assert json.loads(requests[0].content)["messages"] == [
            {"role": "user", "content": 'Grüß \N{SLIGHTLY SMILING FACE} "\\n"\n\0'}
        ]


async def test_an_answer_of_another_model_is_not_mixed_in():
    """Each answer has a decoder of its own."""
    made, _ = answering(
        sse(
            *[{"choices": [{"delta": {"content": word}}]} for word in "ab"],
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        )
    )
    both = await asyncio.gather(chunks(made), chunks(made, ASKED))
    assert both == [[Text("a"), Text("b"), Finish("stop")]] * 2
