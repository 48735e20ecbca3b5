"""A finished view is taken back through its own time, by the keyboard, and comes back exactly as it was."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from .conftest import OpenNotebook
from .test_look import AXE, violations

pytestmark = pytest.mark.browser

# A model that takes its time, so that there is one to go back in.
SLOW = """
import asyncio
import desiru_notebook as desiru
from desiru_notebook.providers import Text
SAID = "Reasoning: Air *scatters* short waves. \U0001f499\\n\\nAnswer: It is **blue**, for these reasons:\\n\\n" + "".join(
    f"{number}. the *reason* of the number {number}, and $x^{{{number}}}$\\n" for number in range(1, 13))
class Slow:
    name = "a-model-with-a-rather-long-name-2026-11-24"
    async def stream(self, request):
        for at in range(0, len(SAID), 9):
            await asyncio.sleep(0.02)
            yield Text(SAID[at:at + 9])
run = desiru.Predict("question -> reasoning, answer", model=Slow()).stream(question="?")
"""
PANES = "view => view.querySelector('.desiru-panes').outerHTML"


def shown(view: Locator, field: str) -> str:
    return view.locator(f".desiru-pane[data-field={field}] .desiru-text:not([hidden])").text_content() or ""


def picture(view: Locator, name: str) -> None:
    if folder := os.environ.get("DESIRU_SCREENS"):
        view.screenshot(path=Path(folder) / f"scrubber-{name}.png")


@pytest.mark.usefixtures("page")  # for others give its answer
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_finished_view_goes_back_and_comes_back(open_notebook: OpenNotebook, theme: str) -> None:
    notebook = open_notebook([SLOW, "run.widget"])
    notebook.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    notebook.run_all()
    view = notebook.adopted(2)
    expect(view.locator("mjx-container")).to_have_count(12)
    slider = view.get_by_role("slider", name="Time")
    slider.scroll_into_view_if_needed()
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"(\d+\.\d s) of \1"))
    before, whole, top = view.evaluate(PANES), shown(view, "answer"), view.locator(".desiru-status").bounding_box()
    picture(view, f"end-{theme[11:]}")

    slider.focus()
    for _ in range(4):
        slider.press("PageDown")
    expect(view.locator(".desiru-figures")).to_have_text(re.compile(r"^\d+\.\d s of \d+\.\d s$"))
    expect(view.locator(".desiru-pane[data-field=answer]")).to_have_attribute("data-open", "true")
    middle = shown(view, "answer")
    assert "reasons" in middle
    assert len(middle) < len(whole)
    assert len(view.locator(".desiru-pane[data-field=answer] li").all()) < 12
    if AXE.exists():
        notebook.page.evaluate(AXE.read_text("utf-8"))
        assert violations(notebook.page) == []
    picture(view, f"middle-{theme[11:]}")

    slider.press("Home")
    expect(view.locator(".desiru-pane[data-field=answer] .desiru-text:not([hidden])")).to_be_empty()
    slider.press("ArrowRight")
    for end in ("End", "Escape"):
        slider.press("PageUp")
        slider.press(end)
        expect(view.locator(".desiru-figures")).to_contain_text("tokens")
        assert view.evaluate(PANES) == before
    assert view.locator(".desiru-status").bounding_box() == top
    expect(slider).to_be_focused()

    notebook.shut_down()
    expect(slider).to_be_visible()  # the page knows the times by now


def test_a_drag_that_ends_where_it_began_leaves_the_view_as_it_was(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([SLOW, "run.widget"])
    notebook.run_all()
    view = notebook.adopted(2)
    expect(view.locator("mjx-container")).to_have_count(12)
    view.get_by_role("slider", name="Time").scroll_into_view_if_needed()
    before, box = view.evaluate(PANES), view.get_by_role("slider", name="Time").bounding_box()
    assert box is not None
    mouse, (end, middle), y = notebook.page.mouse, (box["x"] + box["width"] - 3, box["x"] + 30), box["y"] + 12
    mouse.move(end, y)
    mouse.down()
    mouse.move(middle, y)
    expect(view.locator(".desiru-figures")).to_have_text(re.compile(r"^\d+\.\d s of \d+\.\d s$"))
    mouse.move(end + 50, y)  # beside the slider
    mouse.up()
    expect(view.locator(".desiru-figures")).to_contain_text("tokens")
    assert view.evaluate(PANES) == before


@pytest.mark.usefixtures("page")  # for others give its answer
def test_without_a_kernel_no_view_offers_to_go_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([SLOW, "run.widget"])
    notebook.run_all()
    slider = notebook.adopted(2).get_by_role("slider", name="Time")
    expect(slider).to_be_visible()
    notebook.shut_down()
    expect(slider).to_be_hidden()
