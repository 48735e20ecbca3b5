"""An answer without keys, however it came in pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import Finish, Reasoning, Text, ToolCall
from desiru_notebook.providers.scrubbing import without_keys
from desiru_notebook.redaction import redacted

KEY = "sk-proj-abcdef123"


@given(
    st.lists(st.sampled_from([KEY, " ", "text", "", "password=hunter2 ", "Bearer abc.def", "\N{GRINNING FACE}"])).map("".join),
    st.lists(st.integers(0, 60)),
)
def test_the_pieces_make_the_same_text_as_if_they_were_one(text, cuts):
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    (moment,) = redacted([(0.5, [Text(piece) for piece in pieces])])
    assert len(moment[1]) == len(pieces)
    assert "".join(chunk.text for chunk in moment[1]) == without_keys(text)


def test_a_key_in_many_pieces_is_hidden_where_it_begins_and_other_chunks_stay_between_them():
    moments = [(0.0, [Text("a sk-"), Reasoning("why")]), (1.0, [Text("proj-"), Finish("stop"), Text("abcdef123 b")])]
    assert redacted(moments) == [
        (0.0, [Text("a \u2026"), Reasoning("why")]),
        (1.0, [Text(""), Finish("stop"), Text(" b")]),
    ]


def test_what_comes_whole_is_hidden_in_each_chunk():
    call = ToolCall(KEY, f'{{"a": "{KEY}"}}', "id")
    assert redacted([(0.0, [call])]) == [(0.0, [ToolCall("\u2026", '{"a": "\u2026"}', "id")])]


def test_many_keys_take_no_longer_each_than_one():
    words = [Text(f"{KEY} ") for _ in range(20_000)]
    assert redacted([(0.0, words)]) == [(0.0, [Text("\u2026 ")] * len(words))]  # which took minutes
