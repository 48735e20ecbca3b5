"""Format and examples: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.sse import ServerEvent, SSEDecoder, encode_sse


def decode(*pieces: bytes) -> list[ServerEvent]:
    """The events of a stream that is still open."""
    decoder = SSEDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def decode_all(*pieces: bytes) -> list[ServerEvent]:
    """The events of a stream that has ended."""
    decoder = SSEDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()


def in_bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


class TestExamplesOfTheSpecification:
    def test_stock_ticker_data_of_several_lines_is_one_event(self):
        assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerEvent("YHOO\n+2\n10")]

    def test_four_blocks_of_which_a_comment_says_nothing_and_an_empty_id_resets_the_last(self):
        stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
        assert decode(stream) == [
            ServerEvent("first event", id="1"),
            ServerEvent("second event", id=""),
            ServerEvent(" third event", id=""),
        ]

    def test_empty_data_is_an_event_and_an_unfinished_block_is_none(self):
        assert decode(b"data\n\ndata\ndata\n\ndata:") == [ServerEvent(""), ServerEvent("\n")]

    def test_one_space_after_the_colon_is_not_data(self):
        assert decode(b"data:test\n\ndata: test\n\n") == [ServerEvent("test"), ServerEvent("test")]

    def test_add_and_remove_events_bear_their_names(self):
        stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n"
        assert decode(stream) == [
            ServerEvent("73857293", "add"),
            ServerEvent("2153", "remove"),
            ServerEvent("113411", "add"),
        ]


def test_a_byte_order_mark_at_the_start_is_not_part_of_the_first_line():
    assert decode(b"\xef\xbb\xbfdata: x\n\n") == decode(*in_bytes(b"\xef\xbb\xbfdata: x\n\n")) == [ServerEvent("x")]


def test_a_byte_order_mark_anywhere_else_makes_an_unknown_field():
    assert decode(b"data: x\n\xef\xbb\xbfdata: y\n\n") == [ServerEvent("x")]


def test_an_event_without_data_is_none_and_its_name_does_not_stay():
    assert decode(b"event: ping\n\ndata: x\n\n") == [ServerEvent("x")]


def test_an_id_stays_for_later_events_and_one_with_a_null_is_ignored():
    assert decode(b"id: 7\n\ndata: x\n\nid: 8\0\ndata: y\n\n") == [ServerEvent("x", id="7"), ServerEvent("y", id="7")]


def test_unknown_fields_and_retry_are_ignored():
    assert decode(b"retry: 10\nfoo: bar\nDATA: no\ndata: x\n\n") == [ServerEvent("x")]


def test_bad_utf8_becomes_the_replacement_character_and_loses_nothing_else():
    assert decode(b"data: a\xff\xc3b\n\ndata: c\n\n") == [ServerEvent("a\ufffd\ufffdb"), ServerEvent("c")]


def test_a_character_cut_in_two_is_whole_again():
    assert decode(b"data: \xf0\x9f", b"\x99\x82\n\n") == [ServerEvent("\N{SLIGHTLY SMILING FACE}")]


def test_a_line_of_a_megabyte_in_pieces_is_one_event():
    text = b"0123456789abcdef" * 65536
    line = b"data: " + text + b"\n\n"
    assert decode(*(line[at : at + 1000] for at in range(0, len(line), 1000))) == [ServerEvent(text.decode())]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r", b"\r\n"])
def test_at_the_end_an_event_without_its_blank_line_counts(ending):
    assert decode_all(b"data: x\n\ndata: y" + ending) == [ServerEvent("x"), ServerEvent("y")]


def test_at_the_end_of_whole_events_there_is_nothing_more():
    assert decode_all(b"data: x\n\n") == [ServerEvent("x")]
    assert decode_all() == []


def test_a_line_feed_after_a_carriage_return_belongs_to_it_only_once():
    assert decode(*in_bytes(b"data: x\r\n\ndata: y\r\n\r\n")) == [ServerEvent("x"), ServerEvent("y")]


LINES = st.sampled_from(
    [
        b"data: a",
        b"data:\xc3\xa9\xf0\x9f\x99\x82",
        b"data",
        b": comment",
        b"event: e",
        b"id: 1",
        b"id",
        b"x",
        b"",
        b"data: \xff",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=8).map(lambda lines: b"".join(a + b for a, b in lines))


@given(STREAMS, st.sampled_from([b"", b"\xef\xbb\xbf"]), st.sampled_from([b"", b"data: end", b"data: end\n"]))
def test_every_split_of_a_stream_gives_the_same_events(stream, mark, end):
    whole = mark + stream + end
    expected = decode_all(whole)
    assert decode_all(*in_bytes(whole)) == expected
    for at in range(len(whole)):
        assert decode_all(whole[:at], b"", whole[at:]) == expected


@given(st.lists(LINES, max_size=8), ENDS, ENDS)
def test_every_kind_of_line_end_gives_the_same_events(lines, one, other):
    assert decode_all(b"".join(line + one for line in lines)) == decode_all(b"".join(line + other for line in lines))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "result"]))
def test_what_is_encoded_is_decoded_with_line_feeds_for_all_line_ends(text, name):
    expected = ServerEvent(text.replace("\r\n", "\n").replace("\r", "\n"), name or "message")
    assert decode(encode_sse(text, name)) == [expected]


def test_an_encoded_event_is_what_the_specification_shows():
    assert encode_sse("a\nb", "add") == b"event: add\ndata: a\ndata: b\n\n"
