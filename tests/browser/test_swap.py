"""The live view's end: at every frame a cell shows one view, also on a page that has more to do than it can."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .notebook import Notebook

pytestmark = pytest.mark.browser

MODEL = """
import asyncio
import desiru_notebook as desiru
from desiru_notebook.providers import Finish, Text
class Says:
    name = "says"
    async def stream(self, request):
        for word in ["Reasoning: Light ", "scatters.\\n", "Answer: ", *["blue, "] * 10]:
            yield Text(word)
            await asyncio.sleep(0.01)
        if "fail" in request.messages[-1].content:
            raise OSError("The line is cut.")
        yield Finish("stop")
desiru.configure(model=Says())
cot = desiru.StreamingChainOfThought("question -> answer")
"""
ASK = "%%desiru question -> reasoning, answer\nWhy?"
FAIL = "try:\n    get_ipython().run_cell_magic('desiru', 'question -> answer', 'fail')\nexcept desiru.ProviderError:\n    pass"
CELLS = [ASK, "await cot.aforward(question='Why?')", "cot(question='Why?').answer", FAIL] * 3

# How many views can be seen in each cell at every frame, from the first one on.
WATCH = """() => {
    const counts = window.counts = {};
    const look = () => {
        document.querySelectorAll('.jp-Cell .jp-OutputArea').forEach(area => {
            const views = [...area.querySelectorAll('.desiru')].filter(view => view.getClientRects().length);
            const cell = area.closest('.jp-Cell').dataset.windowedListIndex;
            if (views.length || cell in counts) (counts[cell] ??= new Set()).add(views.length);
        });
        requestAnimationFrame(look);
    };
    look();
}"""


def burn() -> None:
    while True:
        pass


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """One with more to do than it has processors."""
    processes = [multiprocessing.get_context("spawn").Process(target=burn, daemon=True) for _ in range(3)]
    for process in processes:
        process.start()
    yield
    for process in processes:
        process.kill()
        process.join()


def counts(notebook: Notebook) -> dict[str, list[int]]:
    """How many views a cell ever showed, once it showed one."""
    notebook.page.evaluate(WATCH)
    notebook.run_all()
    notebook.wait_until_all_run()
    return notebook.page.evaluate("Object.fromEntries(Object.entries(counts).map(([cell, all]) => [cell, [...all]]))")


ONE_EACH = {str(number): [1] for number, _ in enumerate(CELLS, 2)}


@pytest.mark.usefixtures("page")  # for WATCH never ends
def test_a_cell_shows_one_view_at_every_frame(open_notebook: OpenNotebook) -> None:
    assert counts(open_notebook([MODEL, *CELLS])) == ONE_EACH


@pytest.mark.usefixtures("busy_machine", "page")
def test_so_it_does_on_a_busy_machine(open_notebook: OpenNotebook) -> None:
    assert counts(open_notebook([MODEL, *CELLS])) == ONE_EACH


def test_a_view_that_was_placed_by_hand_stays_beside_the_value(open_notebook: OpenNotebook) -> None:
    by_hand = ["run = cot.stream(question='Why?')\ndisplay(run.widget)\nrun.result()", "display(_run.widget)\n_run.result()"]
    notebook = open_notebook([MODEL, ASK, *by_hand])
    notebook.run_all()
    notebook.wait_until_all_run()
    for number, views in ((2, 1), (3, 2), (4, 2)):
        expect(notebook.cell(number).locator(".desiru:visible")).to_have_count(views)
