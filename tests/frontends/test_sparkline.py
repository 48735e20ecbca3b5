"""The picture of a pace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.frontends.sparkline import Pace, sparkline


@pytest.mark.parametrize(
    ("counts", "bars"),
    [([], ""), ([0], "▁"), ([3], "█"), ([0, 1, 2, 4, 7], "▁▂▃▅█"), ([0.5, 1.0], "▅█"), ([0, 0], "▁▁"), ([-1, 1], "▁█")],
)
def test_the_highest_bar_is_the_largest_count(counts, bars):
    assert sparkline(counts) == bars


def paced(*times: float) -> list[int]:
    pace = Pace(pieces=4, seconds=1)
    for now in times:
        pace.tick(now)
    return pace.counts


def test_before_anything_happens_there_is_nothing():
    assert paced() == []


def test_each_piece_of_the_time_has_its_count_also_one_in_which_nothing_happens():
    assert paced(100, 100.2, 100.9, 101, 103.5) == [3, 1, 0, 1]


def test_when_the_time_is_more_than_the_pieces_they_become_longer():
    assert paced(0, 1, 1.5, 3, 4) == [3, 1, 1]
    assert paced(0, 1, 2, 100) == [3, 0, 0, 1]


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted))
def test_nothing_is_lost_and_the_pieces_stay_few(times):
    counts = paced(*times)
    assert sum(counts) == len(times)
    assert 1 <= len(counts) <= 4
