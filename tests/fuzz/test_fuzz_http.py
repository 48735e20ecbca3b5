"""Bodies and whole answers with anything in them: h11 is the judge of what was sent."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress

import h11
import pytest
import test_framing as framing
from answering import WHOLE, event
from hypothesis import strategies as st
from laws import check_end
from models import start
from replaying import reading
from test_chunked import LAST, PLACES, bodies, by_h11, by_us, cut

from desiru_notebook import DesiruError, model
from desiru_notebook.providers import Text
from desiru_notebook.providers.framing import WebPage
from desiru_notebook.providers.openai import decode

# What may stand in the first line of a chunk, or between two chunks.
ODD = st.one_of(
    st.sampled_from([b"\r\n", b"\n", b"\r", b"0\r\n\r\n", b"-1", b"+5", b"0x5", b"f" * 17, b"1e3", b"5;", b"\0"]),
    st.sampled_from([0, 1, 100, 16_000, 16_383, 16_384, 16_385, 20_000]).map(lambda count: b"5;" + b" " * count),
    st.sampled_from([0, 1, 100, 16_384, 20_000]).map(lambda count: b"\t" * count + b"\r\n"),
    st.binary(max_size=3),
)
changes = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 4), ODD), max_size=3)


def changed(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, gone, put in changes:
        at %= len(body) + 1
        body = body[:at] + put + body[at + gone :]
    return body


def test_a_chunked_body_is_what_h11_says_of_it(fuzz):
    def law(body: tuple[bytes, bytes], changes: list, places: list[int]) -> None:
        sent = changed(body[1] + LAST, changes)
        assert by_us(cut(sent, places)) == by_h11(sent)

    fuzz(law, bodies(), changes, PLACES)


PARTS = st.one_of(
    st.sampled_from([b"data: ", b"data:{", b"event: error\n", b"id: 1\n", b": ping\n", b"\n\n", b"\r\n\r\n", b"\r", b"\n"]),
    st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b'{"a": 1}', b"null", b"<", b"\xef\xbb\xbf", b"\xf0\x9f"]),
    st.sampled_from([b"\0\0\0\x10", b"\0\0\0\0", b"\xff\xff\xff\xff", b"[" * 600, b"x" * 5000]),
    st.binary(max_size=4),
)


def framed(*pieces: bytes) -> list[str] | None:
    try:
        return framing.texts(*pieces)
    except WebPage:
        return None


def test_a_body_of_anything_has_the_same_events_in_any_pieces(fuzz):
    def law(body: bytes, places: list[int]) -> None:
        assert framed(*cut(body, places)) == framed(body)

    fuzz(law, st.lists(PARTS, max_size=12).map(b"".join), PLACES)


class Said(socketserver.BaseRequestHandler):
    """Sends what the server has to say, in the pieces that it has."""

    def handle(self) -> None:
        head, _, body = self.request.recv(65_536).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self.request.recv(65_536)
        with suppress(OSError):  # the client has heard enough
            for piece in self.server.pieces:
                self.request.sendall(piece)


@pytest.fixture(scope="module")
def server() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Said) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def data_of(answer: bytes) -> bytes | None:
    """The data that h11 finds in an answer after which the connection ends; none where it is not a success."""
    client, data = h11.Connection(h11.CLIENT), b""
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "tests"), ("Content-Length", "0")]))
    client.send(h11.EndOfMessage())
    client.receive_data(answer)
    client.receive_data(b"")
    try:
        while not isinstance(found := client.next_event(), (h11.EndOfMessage, h11.ConnectionClosed)):
            if isinstance(found, h11.Response) and not 200 <= found.status_code < 300:
                return None
            data += found.data if isinstance(found, h11.Data) else b""
    except h11.RemoteProtocolError:
        pass  # what came before it counts
    return data


def words_in(data: bytes) -> str:
    answer = reading(decode)
    chunks = answer.feed(data)
    try:
        answer.check()
        chunks += answer.finish()
    except DesiruError:
        pass
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


EVENTS = st.lists(st.sampled_from([event({"content": word}) for word in ("one ", "two ", "three ")]), max_size=4)
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndata:"


@st.composite
def spoken(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """A whole HTTP answer with a stream in it, in one of three framings, with some of its bytes changed."""
    events = [*draw(EVENTS), WHOLE]
    body = b"".join(events)
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in events) + LAST
    framing, sent = draw(
        st.sampled_from(
            [
                (b"Transfer-Encoding: chunked\r\n", chunked),
                (b"transfer-encoding: Chunked\r\nContent-Length: 7\r\n", chunked),
                (b"Content-Length: %d\r\n" % len(body), body),
                (b"Content-Length: %d\r\n" % (len(body) - 9), body),
                (b"", body),
            ]
        )
    )
    early = draw(st.sampled_from([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"]))
    head = early + b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n" + framing + b"\r\n"
    trailing = draw(st.sampled_from([b"", b"", SECOND, b"\r\n", b"x"]))
    return changed(head + sent, draw(changes)) + trailing, draw(PLACES)


def test_an_http_answer_says_what_h11_finds_in_it(server, fuzz):
    asked = model("openai:m", base_url=f"http://127.0.0.1:{server.server_address[1]}/v1", api_key="sk-none")

    def law(spoken: tuple[bytes, list[int]]) -> None:
        answer, places = spoken
        server.pieces = cut(answer, places)
        run = start(asked, "question -> answer", retries=0)
        texts = check_end(run)
        if (data := data_of(answer)) is not None:
            assert texts.get("answer", "") == words_in(data).strip()

    fuzz(law, spoken())
