"""From bytes to the JSON texts of events, in every framing and for every chunking."""

from __future__ import annotations

import json

import pytest
from answering import cuts, in_bytes
from hypothesis import example, given
from hypothesis import strategies as st

from desiru_notebook.providers.framing import Body, WebPage

BOM = b"\xef\xbb\xbf"
# Strings that look like the framing around them.
ODD = st.sampled_from(
    ['"', "\\", '\\"', "{", "}", "[", "]", "}{", ",", "\n", "\r\n", "data: x", "é", "\N{SLIGHTLY SMILING FACE}"]
)
strings = st.lists(st.one_of(ODD, st.text("ab ", max_size=3)), max_size=4).map("".join)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), strings),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(strings, inner, max_size=3)),
    max_leaves=6,
)
objects = st.lists(st.dictionaries(strings, values, max_size=3), min_size=1, max_size=4)
spellings = st.sampled_from([{}, {"ensure_ascii": False}, {"indent": 2}, {"separators": (",", ":")}])
on_a_line = st.sampled_from([{}, {"ensure_ascii": False}, {"separators": (",", ":")}])
starts = st.sampled_from([b"", BOM, b"\n", BOM + b" \r\n\t"])


def texts(*pieces: bytes) -> list[str]:
    """The events of a body that has ended."""
    body = Body()
    return [text for piece in pieces for text in body.feed(piece)] + body.finish()


def parsed(*pieces: bytes) -> list:
    return [json.loads(text) for text in texts(*pieces)]


def bodies(start: bytes, said: list[dict], spelling: dict) -> list[bytes]:
    """The same events in every framing in which they can stand on several lines or not."""
    written = [json.dumps(value, **spelling) for value in said]
    events = "".join(f"event: e\ndata: {line}\n\n" for line in (text.replace("\n", "\ndata: ") for text in written))
    return [start + text.encode() for text in (events, json.dumps(said, **spelling))]


@given(starts, objects, spellings)
def test_every_chunking_of_events_and_of_an_array_gives_the_same_objects(start, said, spelling):
    for body in bodies(start, said, spelling):
        assert parsed(body) == said
        for pieces in cuts(body):
            assert parsed(*pieces) == said


@given(starts, objects, on_a_line, st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans())
def test_every_chunking_of_objects_on_lines_gives_the_same_objects(start, said, spelling, end, closed):
    body = start + (end.join(json.dumps(value, **spelling) for value in said) + (end if closed else "")).encode()
    for pieces in [[body], *cuts(body)]:
        assert parsed(*pieces) == said


@given(starts, st.dictionaries(strings, values, min_size=1, max_size=3), spellings, st.sampled_from([b"", b"\n", b"\r\n"]))
def test_every_chunking_of_one_object_over_many_lines_gives_that_object(start, said, spelling, end):
    body = start + json.dumps(said, **spelling).encode() + end
    for pieces in [[body], *cuts(body)]:
        assert parsed(*pieces) == [said]


@given(st.binary(max_size=40))
@example(b"\\{")
@example(b'{"a\n{"b": 1}\n')
@example(b'[{"\\')
@example(b"[}{}")
@example(b"\\\x00}")
@example(b"{\xff\n\xc3")
def test_whatever_comes_every_chunking_gives_the_same_texts(body):
    if body.lstrip(BOM + b" \t\r\n")[:1] in (b"<", b"\0"):
        return  # web pages have no texts, and the binary stream has tests of its own
    for start in (b"", b"{", b'{"a": 1}\n', b"[", b'[{"', b"data: "):
        expected = texts(start + body)
        assert all(texts(*pieces) == expected for pieces in cuts(start + body))


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("start", [b"", BOM, BOM + b"\n", b": ping\n\n", b"retry: 10\n"])
def test_server_sent_events_end_with_any_line_end(start, end):
    body = (start + b'event: e\ndata: {"a":\ndata: 1}\n\ndata: [DONE]').replace(b"\n", end)
    for pieces in [[body], *cuts(body)]:
        assert texts(*pieces) == ['{"a":\n1}', "[DONE]"]


@pytest.mark.parametrize("bad", [b"oops", b'{"b": ', b'"b": 2}', b"\xff"])
def test_a_bad_line_in_the_middle_is_a_text_of_its_own_and_the_others_are_kept(bad):
    body = b'{"a": 1}\n' + bad + b'\n\n{"c": 3}\n'
    for pieces in [[body], *cuts(body)]:
        assert texts(*pieces) == ['{"a": 1}', bad.decode(errors="replace"), '{"c": 3}']


def test_an_object_on_a_line_is_there_as_soon_as_its_line_has_ended():
    body = Body()
    assert body.feed(b'{"a": 1}') == []
    assert body.feed(b'\n{"b"') == ['{"a": 1}']
    assert body.feed(b": 2}\n") == ['{"b": 2}']
    assert body.finish() == []


@pytest.mark.parametrize("text", ['}{"', "\\", '\\"', "\\\\", "]},{[", '"\\\\"', "\n{\n"])
def test_an_object_of_an_array_is_there_as_soon_as_its_brace_has_closed(text):
    body, said = Body(), json.dumps({text: [{"deep": text}]})
    assert body.feed(f"[{said[:-1]}".encode()) == []
    assert body.feed(b"}") == [said]
    assert body.feed(b"\n,\r\n") == []
    assert [text for byte in in_bytes(said.encode()) for text in body.feed(byte)] == [said]
    assert body.feed(b"]") == body.finish() == []


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b'data: {"a', ['{"a']),
        (b'{"a', ['{"a']),
        (b'{\n"a', ['{\n"a']),
        (b'{"a": 1}\n{"b', ['{"a": 1}', '{"b']),
        (b'[{"a": 1}, {"b', ['{"a": 1}', '{"b']),
        (b'[{"a": "\xf0\x9f', ['{"a": "\ufffd']),
        (b"[", []),
        (b"[]", []),
        (b"\0\0\0", []),
        (b" \r\n", []),
        (BOM, []),
        (b"", []),
    ],
)
def test_what_a_broken_connection_leaves_of_an_event_is_the_last_text(body, left):
    assert texts(body) == texts(*in_bytes(body)) == left


@pytest.mark.parametrize("page", [b"<html>", b"<!DOCTYPE html>", BOM + b"\r\n <p>", b"<"])
def test_a_web_page_is_told_by_its_first_character(page):
    for pieces in ([page], in_bytes(page)):
        with pytest.raises(WebPage):
            texts(*pieces)


@pytest.mark.parametrize(
    ("body", "streams", "foreign"),
    [
        (b"data: x\n\n", True, False),
        (b": ping\n\n", True, False),
        (b"event: e", True, False),
        (b"id: 1", True, False),
        (b"retry: 1", True, False),
        (BOM + b"\n[{", True, False),
        (b"[\n{", True, False),
        (b"\0\0\0\x10", True, False),
        (b"[]", True, True),
        (b"Not found", True, True),
        (b'{"a": 1}', False, True),
        (b'{\n"a": 1}', False, True),
        (b"", False, False),
        (BOM + b" \n", False, False),
    ],
)
def test_a_body_knows_whether_only_streams_look_like_it(body, streams, foreign):
    for pieces in ([body], in_bytes(body)):
        read = Body()
        for piece in pieces:
            read.feed(piece)
        assert (read.streams, read.foreign) == (streams, foreign)
