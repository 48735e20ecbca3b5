"""The laws of the parser, for longer answers than its own tests have time for."""

from __future__ import annotations

import pytest
import test_parser_law as law
from hypothesis import strategies as st

from desiru_notebook.providers import Reasoning

texts = st.lists(law.pieces, max_size=60).map("".join)
answers = st.lists(st.one_of(texts, texts.map(Reasoning)), min_size=1, max_size=8)
cuts = st.sets(st.integers(0, 600), max_size=40)
LAWS = [
    (law.test_every_chunking_of_an_answer_makes_the_same_events, (law.signatures, answers, cuts)),
    (law.test_joined_deltas_are_the_final_text_and_every_field_that_began_has_ended, (law.signatures, answers, cuts)),
    (law.test_a_field_neither_begins_nor_ends_with_white_space_at_any_time, (law.signatures, answers)),
    (law.test_no_event_is_empty_and_none_comes_outside_its_field, (law.signatures, answers)),
    (law.test_held_back_is_at_most_a_markers_length_and_white_space, (law.signatures, texts)),
    (
        law.test_nothing_is_lost_that_does_not_follow_completed,
        (law.signatures, st.lists(law.pieces, max_size=60), law.PAYLOAD, cuts),
    ),
]


@pytest.mark.parametrize(("test", "strategies"), LAWS, ids=[test.__name__.removeprefix("test_") for test, _ in LAWS])
def test_the_laws_of_the_parser_hold_for_long_answers(test, strategies, fuzz):
    fuzz(test.hypothesis.inner_test, *strategies)
