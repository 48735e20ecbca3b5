"""Saving, reloading and closing a page in any order while a run goes on: the next save has the answer in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .notebook import Notebook
from .test_containers import MODEL, visible_views

pytestmark = pytest.mark.browser

# One after the other: the page comes back to a kernel that is idle, and to one that is busy.
CELLS = {
    "background": "%%desiru -b question -> reasoning, answer\nWhy {order}?",
    "magic": "%%desiru question -> reasoning, answer\nWhy {order}?",
}
# save, reload the page without saving, close it and open it again later, end the run. Each ends with a save.
ORDERS = [
    "end",
    "save end",
    "reload end",
    "save reload end",
    "save end reload",
    "save reload save end",
    "save close open end",
    "save close end open",
    "save reload reload end",
    "save end close open",
]


def do(notebook: Notebook, step: str, release: Path) -> None:
    match step:
        case "save":
            notebook.save()
        case "reload":
            notebook.load_anew()
        case "close":
            notebook.page.goto("about:blank")
        case "open":
            notebook.load_anew()
        case "end":
            release.touch()


@pytest.mark.parametrize("order", ORDERS)
def test_the_next_save_has_the_answer(order: str, open_notebook: OpenNotebook, tmp_path: Path) -> None:
    release = tmp_path / "release"
    asked = [source.format(order=ORDERS.index(order)) for source in CELLS.values()]  # no two answers are the same
    notebook = open_notebook([MODEL.format(release=release), *asked])
    notebook.run_cell(0)
    notebook.run_cell(1)
    for number, name in enumerate(CELLS, 2):
        release.unlink(missing_ok=True)
        notebook.save()
        notebook.run_cell(number)
        expect(visible_views(notebook.cell(number), "streaming"), name).to_have_count(1)
        for step in order.split():
            do(notebook, step, release)
        expect(visible_views(notebook.cell(number), "done"), name).to_have_count(1)
        notebook.wait_for_kernel()
        notebook.wait_until(lambda number=number: "end" in kept(notebook, number), name)
        expect(visible_views(notebook.cell(number), "done"), name).to_have_count(1)


def kept(notebook: Notebook, number: int) -> str:
    """What a save writes of the answer."""
    outputs = notebook.save().cells[number].outputs
    assert len([output for output in outputs if "desiru" in output.get("data", {}).get("text/html", "")]) <= 1
    return "".join(output.get("data", {}).get("text/plain", "") for output in outputs)
