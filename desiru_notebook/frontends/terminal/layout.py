"""How panes share a screen: in rows, each as high as it needs to be as long as all of them fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.panel import Panel
from rich.segment import Segment, SegmentLines
from rich.table import Table

from ...markdown.policy import visible

FRAME_CELLS = 4  # of a pane's width: its borders and the padding inside
_FRAME_LINES = 2
_COLUMN = 60  # cells of a pane that stands beside another

Lines = list[list[Segment]]


@dataclass(frozen=True)
class Pane:
    """A field's name and what there is to show of it, in lines."""

    name: str
    lines: Lines

    def box(self, height: int | None = None) -> Panel:
        """A frame around all lines, or around the last of them."""
        height = max(1, len(self.lines)) if height is None else height
        body = SegmentLines(self.lines[-height:], new_lines=True)
        return Panel(body, title=visible(self.name), title_align="left", border_style="dim", height=height + _FRAME_LINES)


def columns(width: int, panes: int) -> int:
    """How many panes stand beside each other on a screen of that width."""
    return max(1, min(width // _COLUMN, panes))


def most(room: int, columns: int) -> int:
    """How many panes have a line at least, in a room of so many lines."""
    return max(1, room // (_FRAME_LINES + 1)) * columns


def height(panes: Sequence[Pane], columns: int) -> int:
    """The lines that the panes take if nothing of them is cut."""
    return sum(need + _FRAME_LINES for need in map(_need, _rows(panes, columns)))


def fitted(panes: Sequence[Pane], columns: int, room: int) -> Iterator[RenderableType]:
    """The panes, their first lines cut where they need more than the room."""
    rows = _rows(panes, columns)
    heights = _shares([_need(row) for row in rows], room - _FRAME_LINES * len(rows))
    for row, lines in zip(rows, heights, strict=True):
        grid = Table.grid(expand=True)
        for _ in range(columns):
            grid.add_column(ratio=1)
        grid.add_row(*(pane.box(lines) for pane in row))
        yield grid


def _rows(panes: Sequence[Pane], columns: int) -> list[Sequence[Pane]]:
    return [panes[start : start + columns] for start in range(0, len(panes), columns)]


def _need(row: Sequence[Pane]) -> int:
    return max(1, *(len(pane.lines) for pane in row))


def _shares(needs: Sequence[int], room: int) -> list[int]:
    """To each what it needs, as long as that is not more than an equal part of what is left; one at least."""
    shares = [1] * len(needs)
    for waiting, place in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        shares[place] = max(1, min(needs[place], room // (len(needs) - waiting)))
        room -= shares[place]
    return shares
