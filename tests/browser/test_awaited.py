"""Cells that await a run: it is shown by itself, and can be cancelled and stopped as any other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mock_provider import MockProvider
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .sources import FULL, LONG

pytestmark = pytest.mark.browser

AWAIT = "sky = await desiru.ChainOfThought('question -> answer').aforward(question='Why?')"
READ = "run = desiru.ChainOfThought('question -> answer').stream(question='Why?')\nasync for event in run: last = event"


@pytest.mark.also_in("lab-without-subshells")
@pytest.mark.parametrize("source", [AWAIT, READ], ids=["await", "async for"])
def test_cancel_reaches_it(source: str, open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider) -> None:
    notebook = open_notebook([use(LONG), source])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_all_run()
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    assert service.wait_for(lambda call: call["client_gone_at"])
    outcome = "last.state, run.state" if source is READ else "'sky' in globals()"
    assert notebook.value(outcome) == (("cancelled", "cancelled") if source is READ else False)


@pytest.mark.everywhere
def test_stop_reaches_it(open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider) -> None:
    notebook = open_notebook([use(LONG), AWAIT, "print('not reached')"])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.interrupt()
    notebook.wait_until_all_run()
    expect(notebook.cell(2).locator(".jp-OutputArea-output", has_text="KeyboardInterrupt")).to_be_visible()
    expect(notebook.view(2, "cancelled").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    assert service.wait_for(lambda call: call["client_gone_at"])
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_count(0)


def test_its_value_takes_the_place_of_the_view(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("words-200-100"), AWAIT.replace("sky = ", "")])
    notebook.run_all()
    notebook.view(2, "streaming").wait_for()
    notebook.wait_until_all_run()
    expect(notebook.view(2, "done").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "answer")).to_have_text(" ".join(f"word{at}" for at in range(100, 200)))
