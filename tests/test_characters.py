"""Characters that arrive in two halves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.characters import WholeCharacters
from desiru_notebook.events import FieldDelta
from desiru_notebook.parser import FieldParser
from desiru_notebook.signature import Signature

HALVES = st.lists(st.sampled_from(["a", "\ud83d", "\ude00", "\U0001f600", "\u00e9", ""]), max_size=12)


def joined(pieces: list[str]) -> str:
    characters = WholeCharacters()
    return "".join(map(characters.feed, pieces)) + characters.finish()


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["a\ud83d", "\ude00b"], "a\U0001f600b"),
        (["a\ud83d", "", "\ude00"], "a\U0001f600"),
        (["\ud83d", "x"], "\ufffdx"),
        (["\ude00x"], "\ufffdx"),
        (["x\ud83d"], "x\ufffd"),
        (["\ud83d\ud83d\ude00"], "\ufffd\U0001f600"),
    ],
)
def test_halves_become_characters_and_lonely_ones_the_replacement(pieces, whole):
    assert joined(pieces) == whole


@given(HALVES)
def test_the_borders_of_the_pieces_do_not_matter(pieces):
    assert joined(pieces) == joined(["".join(pieces)])
    assert not any("\ud800" <= character <= "\udfff" for character in joined(pieces))


def test_a_field_has_whole_characters_only_and_its_deltas_too():
    parser = FieldParser(Signature("question -> answer"))
    events = [*parser.feed("x\ud83d"), *parser.feed("\ude00"), *parser.feed("\ud83d"), *parser.finish()]
    assert [event.text for event in events if isinstance(event, FieldDelta)] == ["x", "\U0001f600", "\ufffd"]
    assert parser.texts == {"answer": "x\U0001f600\ufffd"}
