"""A busy cell that is cancelled loses nothing of what waits behind it, and lets nothing overtake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .queued import BUTTONS, CELLS, CLICKS, SOURCES, cells_of, click_buttons, clicks_of, printed
from .sources import ASK, FULL, LONG

pytestmark = pytest.mark.browser


@pytest.mark.everywhere
def test_cells_and_clicks_behind_a_cancelled_cell_happen_once_and_in_order(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    notebook = open_notebook([use(LONG) + BUTTONS, ASK, *SOURCES])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    click_buttons(notebook, 1)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_all_run()

    order = notebook.value("order")
    assert cells_of(order) == CELLS
    assert clicks_of(order) == CLICKS
    assert notebook.value("_.reasoning[:5], _.complete, _ == _run.partial, _run.state") == ("word0", False, True, "cancelled")
    saved = notebook.save().cells
    assert [printed(cell) for cell in saved[3:]] == [str(number) for number in CELLS]
    assert [cell.execution_count for cell in saved] == list(range(1, len(saved) + 1))
