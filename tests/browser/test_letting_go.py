"""A run that nobody sees any more is cancelled: its cell runs again, its output is cleared, or the cell is deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mock_provider import MockProvider
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .sources import ASK, BACKGROUND, LONG

pytestmark = pytest.mark.browser

HELD = "held = desiru.Predict('question -> reasoning, answer').stream(question='Why?')\ndisplay(held)"


@pytest.mark.parametrize("command", ["notebook:run-cell", "notebook:clear-cell-output", "notebook:delete-cell"])
@pytest.mark.parametrize("cell", [ASK, BACKGROUND], ids=["waiting", "background"])
def test_it_is_cancelled(
    command: str, cell: str, open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), cell])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word20")
    notebook.select(2)
    notebook.command(command)
    assert service.wait_for(lambda call: call["client_gone_at"])
    if command == "notebook:run-cell":
        expect(notebook.view(2, "streaming").locator("visible=true")).to_have_count(1)
        notebook.pane(2, "reasoning").press("Escape")


@pytest.mark.parametrize("command", ["notebook:clear-cell-output", "notebook:delete-cell"])
def test_it_goes_on_while_a_variable_has_it(
    command: str, open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use("words-600-150"), HELD])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word20")
    notebook.select(2)
    notebook.command(command)
    assert notebook.value("held.result().answer.split()[-1]") == "word599"


def test_a_cell_that_is_moved_keeps_its_run(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("words-600-150"), BACKGROUND, "1"])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word20")
    notebook.select(2)
    notebook.command("notebook:move-cell-down")
    expect(notebook.view(3, "streaming")).to_have_count(1)
    assert notebook.value("_run.result().answer.split()[-1]") == "word599"
