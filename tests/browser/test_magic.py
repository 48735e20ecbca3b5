"""``%%desiru`` in a real notebook: streaming, cancelling, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mock_provider import MockProvider
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .sources import ASK, FULL, LONG

pytestmark = pytest.mark.browser


def cancelled_calls(service: MockProvider) -> list[dict[str, object]]:
    return [entry for entry in service.log() if entry["client_gone_at"] is not None]


def test_the_panes_grow_and_the_value_takes_their_place(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("words-200-100"), ASK, "_.answer.split()[-1], _run.state"])
    notebook.run_all()
    notebook.view(2, "streaming").wait_for()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word3")
    expect(notebook.view(2).get_by_role("button", name="Cancel")).to_be_visible()
    notebook.wait_until_run(3)
    expect(notebook.view(2, "done").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_have_text(" ".join(f"word{at}" for at in range(100)))
    expect(notebook.pane(2, "answer")).to_have_text(" ".join(f"word{at}" for at in range(100, 200)))
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("('word199', 'done')")


@pytest.mark.everywhere
@pytest.mark.parametrize("way", ["click", "Escape"])
def test_cancel_reaches_a_busy_cell_and_the_next_cell_reads_what_there_is(
    way: str, open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), ASK, "_.reasoning[:5], _.complete, _run.state"])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    button = notebook.view(2, "streaming").get_by_role("button", name="Cancel")
    button.click() if way == "click" else notebook.pane(2, "reasoning").press("Escape")
    notebook.wait_until_run(3)
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("('word0', False, 'cancelled')")
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_contain_text("word10")
    assert len(cancelled_calls(service)) == 1


@pytest.mark.everywhere
def test_stop_shows_what_there_is_and_stops_run_all(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), ASK, "print('not reached')"])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.interrupt()
    expect(notebook.cell(2).locator(".jp-OutputArea-output", has_text="KeyboardInterrupt")).to_be_visible()
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_contain_text("word10")
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_count(0)
    assert len(cancelled_calls(service)) == 1


@pytest.mark.also_in("lab-without-subshells")
def test_a_run_displayed_from_code_can_be_cancelled_while_the_cell_reads_it(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    loop = (
        "run = desiru.Predict('question -> reasoning, answer').stream(question='?')\n"
        "display(run)\n"
        "seen = [type(event).__name__ for event in run]\n"
        "print(seen[-1], run.state)"
    )
    notebook = open_notebook([use(LONG), loop])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    expect(notebook.cell(2).locator(".jp-OutputArea-output", has_text="RunEnd cancelled")).to_be_visible()
    expect(notebook.view(2, "cancelled")).to_be_visible()
    assert len(cancelled_calls(service)) == 1


@pytest.mark.also_in("lab-without-subshells")
def test_cancel_ends_a_cell_that_is_busy_with_code_of_its_own(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    """Heard on a subshell, or by way of the page's last resort, an interrupt: before the run could have come to its end."""
    busy = (
        "run = desiru.Predict('question -> reasoning, answer').stream(question='?')\n"
        "display(run)\n"
        "while run.state in ('pending', 'streaming'): pass"
    )
    notebook = open_notebook([use(LONG), busy])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_all_run()
    notebook.view(2, "cancelled").locator("visible=true").wait_for()
    assert notebook.value("run.state") == "cancelled"
    assert len(cancelled_calls(service)) == 1


def test_an_error_is_a_paragraph_and_keeps_what_was_said(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("cut"), ASK])
    notebook.run_all()
    error = notebook.cell(2).locator(".jp-OutputArea-output", has_text="StreamInterrupted")
    expect(error).to_be_visible()
    assert len(error.inner_text().splitlines()) <= 3
    expect(notebook.view(2, "failed").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_contain_text("word0")
