"""Chunked bodies: the data for every way in which they arrive, and h11's own verdict on everything that is none."""

from __future__ import annotations

import time
from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desiru_notebook.providers.chunked import Chunks

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
BODY = b"5\r\nhello\r\n1;why=not\r\n,\r\n00A \r\n\r\n a world\r\n"


def by_h11(body: bytes) -> tuple[bytes, str]:
    """What h11 finds in the body, and how it ends."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "tests"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(HEAD + body)
    assert isinstance(connection.next_event(), h11.Response)
    data = b""
    try:
        while isinstance(event := connection.next_event(), h11.Data):
            data += event.data
    except h11.RemoteProtocolError:
        return data, "fault"
    return data, "more" if event is h11.NEED_DATA else "end"


def by_us(pieces: list[bytes]) -> tuple[bytes, str]:
    """The same of a body that comes in these pieces: h11 reads what is left to it."""
    chunks, come, data = Chunks(), bytearray(), b""
    for piece in pieces:
        come += piece
        try:
            while come and not chunks.over and (some := chunks.take(come)):
                data += some
        except ConnectionError:
            return data, "fault"
    if not chunks.over:
        return data, "more"
    rest, end = by_h11(bytes(come))
    return data + rest, end


def cut(body: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({place % (len(body) + 1) for place in places} | {0, len(body)})
    return [body[start:end] for start, end in pairwise(cuts)]


PLACES = st.lists(st.integers(0, 10_000), max_size=12)
LINES = st.tuples(
    st.sampled_from(["", "0", "00"]), st.sampled_from(["", ";", ";name=value"]), st.sampled_from(["", " ", "\t "])
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Data, and a body that has it, without the last chunk."""
    parts = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=8))
    lines = [draw(LINES) for _ in parts]
    framed = [
        f"{zeros}{len(part):x}{more}{blank}\r\n".encode() + part + b"\r\n"
        for part, (zeros, more, blank) in zip(parts, lines, strict=True)
    ]
    return b"".join(parts), b"".join(framed)


@given(body=bodies(), last=st.sampled_from([LAST, b"000;x\r\n\r\n", b"0\r\nTrailer: yes\r\n\r\n"]), places=PLACES)
def test_the_data_is_found_however_it_arrives_and_the_last_chunk_is_left(body, last, places):
    data, framed = body
    chunks, come, found = Chunks(), bytearray(), b""
    for piece in cut(framed + last, places):
        come += piece
        found += b"" if chunks.over else chunks.take(come)
    assert (found, bytes(come), chunks.over) == (data, last, True)


@given(body=bodies(), places=PLACES, end=st.integers(0, 400))
def test_a_body_that_is_cut_off_has_all_its_data_and_is_not_over(body, places, end):
    part = body[1][:end]
    assert by_us(cut(part, places)) == by_h11(part)


@given(body=bodies(), change=st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3)), places=PLACES)
@example(body=(b"", b"5\r\nhelloa\r\n0123456789\r\n"), change=(0, 0, b""), places=[])
@example(body=(b"", b"5\r\nhello\r\nworld\r\n"), change=(0, 0, b""), places=[])
@example(body=(b"", b"5\nhello\r\n"), change=(0, 0, b""), places=[])
@example(body=(b"", b"+5\r\nhello\r\n"), change=(0, 0, b""), places=[])
@example(body=(b"", b"5 ;x\r\nhello\r\n"), change=(0, 0, b""), places=[])
def test_what_is_no_chunk_is_what_h11_says_of_it_after_the_data_before_it(body, change, places):
    at, gone, put = change
    changed = body[1][:at] + put + body[1][at + gone :] + LAST
    assert by_us(cut(changed, places)) == by_h11(changed)


BLANK = {"spaces": b"5;" + b" " * 131_072, "tabs": b"5" + b"\t" * 131_072, "both": b"5;" + b" \t;" * 44_000}


@pytest.mark.parametrize("end", [b"", b"\rx", b"\r\nhello\r\n"], ids=["open", "broken", "whole"])
@pytest.mark.parametrize("line", BLANK.values(), ids=BLANK)
@pytest.mark.parametrize("start", [b"", BODY], ids=["first", "later"])
def test_a_line_of_blanks_is_looked_at_once(start, line, end):
    chunks, come = Chunks(), bytearray(start + line + end)
    begun = time.perf_counter()
    chunks.take(come)
    chunks.take(come)
    assert time.perf_counter() - begun < 3  # once over: a millisecond; from each blank on: half a minute
    assert chunks.over
    assert come.startswith(line[:2])


@given(length=st.integers(16_000, 17_000), step=st.integers(100, 2000), blank=st.sampled_from([b" ", b"\t", b";"]))
@example(length=16_384, step=1, blank=b" ")
def test_a_line_of_any_length_in_any_pieces_is_what_h11_says_of_it(length, step, blank):
    body = b"5;" + blank * length + b"\r\nhello\r\n" + LAST
    assert by_us([body[at : at + step] for at in range(0, len(body), step)]) == by_h11(body) == (b"hello", "end")


@pytest.mark.parametrize("start", [b"", BODY], ids=["first", "later"])
def test_a_line_without_an_end_is_not_waited_for(start):
    chunks, come = Chunks(), bytearray(start)
    chunks.take(come)
    come += b"1;" + b"x" * 20_000
    assert (chunks.take(come), chunks.over, come[:2]) == (b"", True, b"1;")
