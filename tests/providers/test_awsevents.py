"""AWS's binary event stream. Format: https://smithy.io/2.0/aws/amazon-eventstream.html"""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest
from answering import cuts, read
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import RateLimitError, StreamInterrupted
from desiru_notebook.providers import Finish, Notice, Text
from desiru_notebook.providers.awsevents import UNREADABLE, AWSEvents
from desiru_notebook.providers.bedrock import decode

STRING = 7
# Of every other type of header: its number and a value of it.
OTHERS = [
    (0, b""), (1, b""), (2, b"\x01"), (3, b"\0\x01"), (4, b"\0\0\0\x01"), (5, b"\0" * 8), (6, b"\0\x02ab"), (8, b"\0" * 8),
    (9, b"\0" * 16),
]  # fmt: skip
UNREAD = Notice("One event of m could not be read and is left out.", lasting=True)


def header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + struct.pack(">BH", STRING, len(value.encode())) + value.encode()


def framed(headers: bytes, payload: bytes, *, headers_length: int | None = None) -> bytes:
    length = len(headers) if headers_length is None else headers_length
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), length)
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def message(payload: object, **headers: str) -> bytes:
    """A message as Bedrock sends it: ``event_type`` is the header ``:event-type``."""
    written = {f":{name.replace('_', '-')}": value for name, value in headers.items()}
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return framed(b"".join(map(header, written, written.values())), data)


def said(text: str) -> bytes:
    delta = {"contentBlockIndex": 0, "delta": {"text": text}, "p": "abcdef"}
    return message(delta, event_type="contentBlockDelta", content_type="application/json", message_type="event")


def wrapped(inner: dict) -> dict:
    return {"bytes": base64.b64encode(json.dumps(inner).encode()).decode(), "p": "abc"}


END = message({"stopReason": "end_turn"}, event_type="messageStop", message_type="event")


def texts(*pieces: bytes) -> list[str]:
    decoder = AWSEvents()
    return [text for piece in pieces for text in decoder.feed(piece)] + decoder.finish()


def test_an_event_is_its_payload_under_its_name():
    assert [json.loads(text) for text in texts(said("Grüß"), END)] == [
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Grüß"}, "p": "abcdef"}},
        {"messageStop": {"stopReason": "end_turn"}},
    ]


@pytest.mark.parametrize(
    ("payload", "headers", "error"),
    [
        (
            {"message": "Slow down."},
            {"message_type": "exception", "exception_type": "throttlingException"},
            {"type": "throttlingException", "message": "Slow down."},
        ),
        (b"plain", {"exception_type": "validationException"}, {"type": "validationException", "message": "plain"}),
        (["list"], {"exception_type": "validationException"}, {"type": "validationException", "message": '["list"]'}),
        ({}, {"exception_type": "validationException"}, {"type": "validationException", "message": ""}),
        (b"", {"message_type": "error", "error_code": "500", "error_message": "Oh."}, {"type": "500", "message": "Oh."}),
        ({"message": "Oh."}, {"error_code": "500"}, {"type": "500", "message": "Oh."}),
    ],
)
def test_an_exception_is_an_error(payload, headers, error):
    assert [json.loads(text) for text in texts(message(payload, **headers))] == [{"error": error}]


def test_a_chunk_is_what_it_wraps():
    assert texts(message(wrapped({"outputText": "Hi"}), event_type="chunk")) == ['{"outputText": "Hi"}']


@pytest.mark.parametrize("payload", [{"bytes": "a"}, {"bytes": 5}, {}, [], b"oops"])
def test_a_chunk_that_wraps_nothing_is_unreadable(payload):
    assert texts(message(payload, event_type="chunk"), END) == [UNREADABLE, *texts(END)]


@pytest.mark.parametrize("at", [12, 20, -5, -1])
def test_a_message_with_a_bad_checksum_is_unreadable_and_the_others_are_kept(at):
    broken = bytearray(said("b"))
    broken[at] ^= 1
    body = said("a") + bytes(broken) + said("c") + END
    for pieces in [[body], *cuts(body)]:
        assert read(decode, *pieces) == ([Text("a"), UNREAD, Text("c"), Finish("end_turn")], None)


def test_after_a_bad_prelude_nothing_is_read_however_the_bytes_come():
    """Where the next message begins is not known any more."""
    broken = bytearray(said("b"))
    broken[8] ^= 1
    body = said("a") + bytes(broken) + said("c") + END
    for pieces in [[body], *cuts(body)]:
        seen, error = read(decode, *pieces)
        assert seen == [Text("a"), UNREAD]
        assert type(error) is StreamInterrupted


@pytest.mark.parametrize(("kind", "value"), OTHERS)
@pytest.mark.parametrize("first", [True, False])
def test_a_header_of_another_type_hides_no_other_header(kind, value, first):
    other, name = b"\x05:date" + bytes([kind]) + value, header(":event-type", "messageStop")
    body = framed(other + name if first else name + other, b'{"stopReason": "end_turn"}')
    assert read(decode, said("a"), body) == ([Text("a"), Finish("end_turn")], None)


@pytest.mark.parametrize("length", [0, 1, 4, 12, 15])
def test_a_message_that_is_shorter_than_it_can_be_is_unreadable(length):
    prelude = struct.pack(">II", length, 0)
    body = said("a") + prelude + struct.pack(">I", zlib.crc32(prelude)) + bytes(16)
    seen, error = read(decode, body)
    assert seen == [Text("a"), UNREAD]
    assert type(error) is StreamInterrupted


@pytest.mark.parametrize(
    ("headers", "length"),
    [(b"\x0aabc", None), (b"\x02:a\x07", None), (b"\x02:a\x07\0\x01\xff", None), (b"\x01\xff\x07\0\0", None), (b"", 200)],
)
def test_headers_that_make_no_sense_cost_no_other_message(headers, length):
    body = said("a") + framed(headers, b"{}", headers_length=length) + said("c") + END
    seen, error = read(decode, body)
    assert [chunk for chunk in seen if chunk != UNREAD] == [Text("a"), Text("c"), Finish("end_turn")]
    assert error is None


def test_half_a_message_is_no_event():
    assert texts(said("a"), said("b")[:-1]) == texts(said("a"))
    assert texts(said("a")[:11]) == []


def test_an_exception_after_text_is_raised_and_the_text_is_kept():
    seen, error = read(decode, said("a"), message({"message": "Slow down."}, exception_type="throttlingException"))
    assert seen == [Text("a")]
    assert type(error) is RateLimitError
    assert "Slow down." in str(error)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), max_size=3))
def test_every_chunking_of_a_stream_gives_the_same_chunks(words):
    body = b"".join(map(said, words)) + END
    for pieces in [[body], *cuts(body)]:
        assert read(decode, *pieces) == ([*map(Text, words), Finish("end_turn")], None)


@pytest.mark.parametrize(
    "nested", ["[" * 5000 + "]" * 5000, '{"message": ' * 900 + "1" + "}" * 900, '{"message": ' + "9" * 5000]
)
@pytest.mark.parametrize("headers", [{"event_type": "chunk"}, {"exception_type": "throttlingException"}])
def test_a_payload_that_is_nested_too_deep_is_one_that_cannot_be_read_and_what_came_before_it_is_kept(nested, headers):
    body = said("Hi") * 2 + message(nested.encode(), **headers)
    for pieces in ([body], [body[:-9], body[-9:]]):
        seen, error = read(decode, *pieces)
        assert seen[:2] == [Text("Hi")] * 2
        assert type(error) is (StreamInterrupted if "event_type" in headers else RateLimitError)
