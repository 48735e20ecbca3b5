"""Tables in a terminal: columns where each has room for a few characters, lines of cells where not."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

_NARROWEST = 5  # cells of a column, with what separates it from the next


class Rows:
    """A table that is read cell by cell; the first row is its head."""

    def __init__(self) -> None:
        self._rows: list[list[Text]] = [[]]

    def add(self, cell: Text, justify: JustifyMethod) -> None:
        """The next cell of the row."""
        cell.justify = justify
        self._rows[-1].append(cell)

    def end_row(self) -> None:
        """The row is whole."""
        self._rows.append([])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        head, *rows = self._rows[:-1]
        if len(head) * _NARROWEST <= options.max_width:
            yield _table(head, rows)
        else:
            yield from (Text(" | ").join(row) for row in (head, *rows))


def _table(head: list[Text], rows: list[list[Text]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, border_style="dim")
    for cell in head:
        table.add_column(cell, justify=cell.justify or "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
