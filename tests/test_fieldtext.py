"""FieldText: what is shown of a field, and its text, whole or cut, while it grows and after."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook import fieldtext
from desiru_notebook.fieldtext import FieldText

PIECES = st.lists(st.text(alphabet="ab\u00e9\U0001f642 \n\t", max_size=4), max_size=40)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(fieldtext, "_BLOCK", 3)
    monkeypatch.setattr(fieldtext, "_SHARE", 2)


@given(PIECES)
def test_what_was_shown_is_the_text_without_the_white_space_at_its_ends(pieces):
    text = FieldText()
    shown = [text.add(piece) for piece in pieces]
    assert "".join(shown) == str(text) == "".join(pieces).strip() == text.whole() == str(text)


@given(PIECES, PIECES, st.booleans(), st.integers(0, 90), st.integers(0, 90))
def test_a_cut_is_a_slice_of_the_text_whenever_it_is_made(before, after, settled, start, length):
    text = FieldText()
    for piece in before:
        text.add(piece)
    if settled:
        text.whole()
    for piece in after:
        text.add(piece)
    assert text.cut(start, start + length) == str(text)[start : start + length]


def test_a_paragraph_begins_after_a_blank_line_but_not_at_the_very_start():
    text = FieldText()
    text.whole()
    text.begin_paragraph()
    assert text.add(" one \n") == "one"
    text.whole()
    text.begin_paragraph()
    assert text.add("\n\n two") == "\n\ntwo"
    assert str(text) == "one\n\ntwo"


def test_a_text_of_many_small_pieces_takes_little_more_memory_than_its_characters(monkeypatch):
    monkeypatch.undo()
    tracemalloc.start()
    try:
        text = FieldText()
        for number in range(100_000):
            text.add(f" {number % 1000:03}")
        text.whole()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 420_000
    assert peak < 900_000
