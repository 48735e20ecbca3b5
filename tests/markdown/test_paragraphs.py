"""Long paragraphs are cut at spaces, and nothing is lost between the pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.markdown.paragraphs import LONGEST, SEGMENT, segments, task, unindented

RUNS = st.lists(st.tuples(st.integers(0, 2 * LONGEST), st.sampled_from(["", " ", "\n", "  "])), max_size=6)


@given(RUNS)
def test_the_pieces_are_the_paragraph(runs):
    text = "".join("x" * length + space for length, space in runs)
    assert "".join(segments(text)) == text


@given(RUNS)
def test_a_piece_that_is_followed_by_another_is_no_shorter_and_no_longer_than_it_may_be(runs):
    *pieces, last = segments("".join("x" * length + space for length, space in runs))
    assert all(SEGMENT <= len(piece) <= LONGEST for piece in pieces)
    assert len(last) <= LONGEST


def test_a_short_paragraph_is_one_piece():
    assert list(segments("")) == [""]
    assert list(segments("a b\nc")) == ["a b\nc"]


def test_a_character_of_two_units_is_as_long_as_in_the_live_view():
    text = "\U0001f600 " * 3000
    assert [len(piece) for piece in segments(text)] == [2731, 2732, 537]
    assert list(segments("x" + "\U0001f600" * 8192)) == ["x" + "\U0001f600" * 4095, "\U0001f600" * 4096, "\U0001f600"]
    assert "".join(segments(text)) == text


def test_lines_lose_what_stands_before_them():
    assert unindented("  a\n   b \n\tc  \n") == "a\nb \nc"


def test_a_task_is_a_box_and_its_text():
    assert task("[ ] a") == ("to do", "a")
    assert task("[X]  a") == ("done", "a")
    assert task("[x]a") == ("", "[x]a")
