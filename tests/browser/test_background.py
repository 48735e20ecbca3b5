"""``%%desiru -b``: the answer comes while other cells run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mock_provider import MockProvider
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .sources import ASK, BACKGROUND, FULL, LONG

pytestmark = pytest.mark.browser


def test_other_cells_run_meanwhile_and_the_value_is_bound_at_the_end(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    notebook = open_notebook([use("words-600-100"), BACKGROUND, "print(_run.log.is_complete, 'sky' in globals())"])
    notebook.run_all()
    notebook.wait_until_all_run()
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("False False")
    expect(notebook.view(2, "streaming")).to_be_visible()
    expect(notebook.view(2, "done").locator("visible=true")).to_have_count(1)
    assert notebook.value("sky is _run.result(), sky.answer.split()[-1]") == (True, "word599")
    assert [list(output.data) for output in notebook.save().cells[2].outputs] == [["text/html", "text/plain"]]


def test_cancel_works_while_the_kernel_is_idle_and_leaves_what_there_was(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), BACKGROUND])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    assert service.wait_for(lambda call: call["client_gone_at"])
    assert notebook.value("sky is _run.partial, sky.complete, sky.reasoning[:5]") == (True, False, "word0")


@pytest.mark.also_in("lab-without-subshells")
def test_cancel_works_while_another_cell_waits_for_a_run_of_its_own(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), BACKGROUND, ASK])
    notebook.run_all()
    expect(notebook.pane(3, "reasoning")).to_contain_text(FULL)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    notebook.view(2, "cancelled").wait_for()
    expect(notebook.view(3, "streaming")).to_be_visible()
    notebook.view(3, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_all_run()
    assert [call["client_gone_at"] is not None for call in service.log()] == [True, True]


@pytest.mark.everywhere
def test_cancel_never_stops_somebody_elses_cell(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    """Where the kernel cannot hear it at once, it is heard when that cell is over."""
    busy = "import time\nuntil = time.monotonic() + 2.5\nwhile time.monotonic() < until: pass\nprint('to the end')"
    notebook = open_notebook([use(LONG), BACKGROUND, busy])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word20")
    notebook.pane(2, "reasoning").press("Escape")
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    notebook.wait_until_all_run()
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("to the end")


def test_an_error_stands_in_its_view_and_in_nobody_elses_cell(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("cut"), BACKGROUND, "_run.join()\nprint('as if nothing had happened')"])
    notebook.run_all()
    notebook.wait_until_all_run()
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("as if nothing had happened")
    expect(notebook.view(2, "failed").locator("visible=true")).to_have_count(1)
    expect(notebook.cell(2).locator(".desiru-error")).to_contain_text("before its end")
    assert notebook.value("'sky' in globals()") is False


def test_ten_in_one_cell_and_ten_in_the_background_are_each_exact(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    ten = "runs = [desiru.Predict('question -> reasoning, answer').stream(question=str(at)) for at in range(10)]\n"
    cells = [ten + "for run in runs: display(run)\nfor run in runs: run.join()"]
    background = [f"%%desiru -b -o v{at} question -> reasoning, answer\nWhy?" for at in range(10)]
    notebook = open_notebook([use("words-200-100"), *cells, *background])
    notebook.run_all()
    notebook.wait_until_all_run()
    ended = "[run.result().answer.split()[-1] for run in runs]"
    assert notebook.value(ended) == ["word199"] * 10
    assert notebook.value("_run.result() is v9")
    whole = " ".join(f"word{at}" for at in range(100))
    for cell, views in ((2, 10), (3, 1), (12, 1)):
        notebook.scroll_to(cell)
        expect(notebook.view(cell, "done").locator("visible=true")).to_have_count(views)
        expect(notebook.pane(cell, "reasoning")).to_have_text([whole] * views)
