"""What came at the same moment, as a line of a recording and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import tape
from desiru_notebook.providers import AtOnce, Finish, Notice, Reasoning, Refusal, Retry, Text, ToolCall, Usage

TEXTS = st.text(st.characters())  # halves of surrogate pairs, too, which a model may send
COUNTS = st.none() | st.integers(0, 10**9)
CHUNKS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Reasoning, TEXTS),
    st.builds(Refusal, TEXTS),
    st.builds(ToolCall, TEXTS, TEXTS, TEXTS, st.booleans()),
    st.builds(Usage, COUNTS, COUNTS, COUNTS),
    st.builds(Finish, TEXTS),
    st.builds(Notice, TEXTS, st.booleans()),
    st.builds(Retry, st.integers(2, 9), TEXTS, st.floats(0, 60)),
    st.just(AtOnce()),
)


@given(st.lists(CHUNKS, min_size=1) | st.lists(st.builds(Text, TEXTS), min_size=1))
def test_every_list_of_chunks_is_one_line_and_comes_back_as_it_was(chunks):
    line = tape.to_bytes(tape.line_of(1.5, chunks))
    assert (line.count(b"\n"), line.splitlines(keepends=True)) == (1, [line])
    moment = json.loads(line)
    assert (moment["at"], tape.chunks_of(moment)) == (1.5, chunks)


def test_the_line_of_a_piece_of_text_can_be_read():
    assert tape.line_of(0.14321, [Text("Blåu\n")]) == '{"at": 0.1432, "text": "Blåu\\n"}\n'
    assert tape.line_of(0.2, [Text(" a"), Text(" b")]) == '{"at": 0.2000, "text": [" a", " b"]}\n'
    assert tape.line_of(0.2, [Finish("stop")]) == '{"at": 0.2000, "finish": "stop"}\n'
    assert tape.line_of(0.2, [Text("."), Finish("stop")]) == '{"at": 0.2000, "chunks": [{"text": "."}, {"finish": "stop"}]}\n'


@pytest.mark.parametrize("other", ["text", None, Text(7), Text(None), {"text": "a"}, object(), Usage("many"), Notice(["a"])])
def test_what_is_no_chunk_has_no_line(other):
    with pytest.raises((TypeError, ValueError)):
        tape.line_of(0, [other])
    with pytest.raises((TypeError, ValueError)):
        tape.line_of(0, [Text("a"), other])


@pytest.mark.parametrize(
    "line", [{"at": 0, "text": 7}, {"at": 0, "text": ["a", 7]}, {"at": 0, "song": "la"}, {"at": 0, "usage": {"gold": 1}}]
)
def test_a_line_that_is_no_moment_is_refused(line):
    with pytest.raises((TypeError, ValueError)):
        tape.chunks_of(line)
