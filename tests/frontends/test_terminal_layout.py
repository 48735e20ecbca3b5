"""How the panes share a screen."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment

from desiru_notebook.frontends.terminal.layout import Pane, columns, fitted, height, most


def pane(lines: int, name: str = "pane") -> Pane:
    return Pane(name, [[Segment(f"line {at}")] for at in range(lines)])


def drawn(panes: list[Pane], beside: int, room: int, width: int = 40) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    for row in fitted(panes, beside, room):
        console.print(row)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "panes", "beside"), [(80, 2, 1), (119, 2, 1), (120, 2, 2), (200, 1, 1), (200, 5, 3), (20, 2, 1)]
)
def test_panes_stand_side_by_side_where_each_has_sixty_cells(width, panes, beside):
    assert columns(width, panes) == beside


def test_the_panes_of_a_row_are_equally_high():
    assert drawn([pane(1, "a"), pane(2, "b")], 2, 24) == [
        "╭─ a ──────────────╮╭─ b ──────────────╮",
        "│ line 0           ││ line 0           │",
        "│                  ││ line 1           │",
        "╰──────────────────╯╰──────────────────╯",
    ]


def test_what_does_not_fit_is_cut_at_its_beginning():
    assert [line[2:8] for line in drawn([pane(50)], 1, 5)][1:-1] == ["line 4"] * 3


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(1, 3), st.integers(3, 60))
def test_all_panes_have_the_room_that_they_need_or_share_what_there_is(lines, beside, room):
    panes = [pane(count) for count in lines][: most(room, beside)]
    drawing = drawn(panes, beside, room, width=120)
    assert len(drawing) <= room
    assert height(panes, beside) > room or len(drawing) == height(panes, beside)
