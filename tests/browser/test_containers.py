"""Where a run is shown: where the code that asks displays; and the file has the answer, in the cell that ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from .conftest import OpenNotebook
from .notebook import Notebook

pytestmark = pytest.mark.browser

# A model that speaks until a file is there. The kernel's main thread waits for it meanwhile, in a cell or in a callback.
MODEL = """
import asyncio, pathlib
import ipywidgets as W
import desiru_notebook as desiru
from desiru_notebook.providers import Finish, Text
class Says:
    name = "says"
    async def stream(self, request):
        yield Text("Reasoning: Light scatters.\\nAnswer: ")
        number = 0
        while not pathlib.Path("{release}").exists():
            yield Text(f"word{{number}} ")
            await asyncio.sleep(0.02)
            number += 1
        yield Text("end " + request.messages[-1].content[-8:].strip())
        yield Finish("stop")
desiru.configure(model=Says())
ask = desiru.ChainOfThought("question -> answer")
def asked(text):
    "A call that ends like its run, without an error."
    try:
        return ask(question=text)
    except desiru.RunCancelled:
        pass
"""


def click(notebook: Notebook, cell: Locator) -> None:
    cell.locator("button.jupyter-button").click()


def slide(notebook: Notebook, cell: Locator) -> None:
    cell.locator(".noUi-target").click()


class Container(NamedTuple):
    """A cell that shows a run somewhere, and how it is brought to ask if it does not by itself."""

    source: str
    place: str  # the selector of where its views have to be, within the cell
    trigger: Callable[[Notebook, Locator], None] | None = None
    views: int = 1


OUTPUT = ".jupyter-widgets .jp-OutputArea"
CONTAINERS = {
    "output": Container("out = W.Output()\ndisplay(out)\nwith out:\n    asked('output')", OUTPUT),
    "tab": Container(
        "tab = W.Tab([W.Output()])\ndisplay(tab)\nwith tab.children[0]:\n    asked('tab')", f".widget-tab {OUTPUT}"
    ),
    "accordion": Container(
        "fold = W.Accordion([W.Output()], selected_index=0)\ndisplay(fold)\nwith fold.children[0]:\n    asked('fold')",
        f".widget-accordion {OUTPUT}",
    ),
    "nested": Container(
        "inner = W.Output()\ndisplay(W.VBox([W.Accordion([W.Tab([inner])], selected_index=0)]))\n"
        "with inner:\n    asked('nest')",
        f".widget-vbox .widget-tab {OUTPUT}",
    ),
    "capture": Container(
        "held = W.Output()\ndisplay(held)\n@held.capture()\ndef go():\n    asked('held')\ngo()",
        OUTPUT,
    ),
    "interact": Container("@W.interact(n=(1, 5))\ndef f(n=1):\n    if n > 1:\n        return asked('n')", OUTPUT, slide),
    "interact_manual": Container("@W.interact_manual(n=(1, 5))\ndef g(n=2):\n    asked('manual')", OUTPUT, click),
    "on_click": Container(
        "below = W.Output()\nbutton = W.Button(description='Go')\ndisplay(button, below)\n"
        "def go(_):\n    with below:\n        asked('click')\nbutton.on_click(go)",
        OUTPUT,
        click,
    ),
    "display_id": Container(
        "run = ask.stream(question='id')\nshown = display(run, display_id='sky')\nrun.join()", ".jp-OutputArea"
    ),
    "update": Container(
        "shown = display('nothing yet', display_id=True)\nrun = ask.stream(question='new')\nshown.update(run)\nrun.join()",
        ".jp-OutputArea",
    ),
    "box": Container(
        "runs = [ask.stream(question=text) for text in ('one', 'two')]\ndisplay(W.HBox([run.widget for run in runs]))\n"
        "for run in runs: run.join()",
        ".widget-hbox",
        views=2,
    ),
    "value": Container("run = ask.stream(question='value')\nW.AppLayout(center=run.widget)", ".widget-gridbox"),
}
IN_A_CELL = [name for name, container in CONTAINERS.items() if container.trigger is None]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return tmp_path / "release"


def visible_views(cell: Locator, state: str = "") -> Locator:
    return cell.locator(f".desiru[data-state={state}]" if state else ".desiru").locator("visible=true")


def run_each(notebook: Notebook, release: Path, state: str) -> None:
    """Run every container's cell to this state, and look where its views are at each step."""
    for number, (name, container) in enumerate(CONTAINERS.items(), 2):
        release.unlink(missing_ok=True)
        notebook.run_cell(number)
        cell = notebook.cell(number)
        if container.trigger:
            notebook.wait_until_run(number)
            container.trigger(notebook, cell)
        place = cell.locator(container.place)
        expect(visible_views(place, "streaming"), name).to_have_count(container.views)
        expect(visible_views(cell), name).to_have_count(container.views)
        if state == "cancelled":
            buttons = place.get_by_role("button", name="Cancel", exact=True).locator("visible=true")
            for left in reversed(range(container.views)):
                buttons.first.dispatch_event("click")
                expect(buttons, name).to_have_count(left)
        elif state == "done":
            release.touch()
        if state != "streaming":
            expect(visible_views(place, state), name).to_have_count(container.views)
            expect(visible_views(cell), name).to_have_count(container.views)


@pytest.mark.everywhere
@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_a_view_opens_streams_and_ends_in_its_container(state: str, open_notebook: OpenNotebook, release: Path) -> None:
    notebook = open_notebook([MODEL.format(release=release), *(container.source for container in CONTAINERS.values())])
    notebook.run_cell(0)
    notebook.run_cell(1)
    run_each(notebook, release, state)
    notebook.wait_until_run(len(CONTAINERS) + 1)
    for number, (name, container) in enumerate(CONTAINERS.items(), 2):
        notebook.scroll_to(number)
        views = visible_views(notebook.cell(number).locator(container.place), state)
        expect(views, name).to_have_count(container.views)  # also when everything has ended
    saved = notebook.save()
    notebook.reopen_without_kernel()
    for number, (name, container) in enumerate(CONTAINERS.items(), 2):
        kept = [output for output in saved.cells[number].outputs if "desiru" in output.get("data", {}).get("text/html", "")]
        in_file = container.views if name in IN_A_CELL else 0
        assert (name, len(kept)) == (name, in_file)
        notebook.scroll_to(number)
        expect(visible_views(notebook.cell(number), state), name).to_have_count(in_file)


# Runs that no variable has, so that they end with what shows them; and how that is taken away.
WATCHED = """
import threading, time, weakref
known, asked_for = weakref.WeakSet(), []
def watched(text):
    run = ask.stream(question=text)
    known.add(run)
    asked_for.append(text)
    display(run)
def going():
    return [run.state for run in known if not run.log.is_complete]
def close_once_told(widget):
    while not pathlib.Path("{release}.told").exists(): time.sleep(0.05)
    widget.close()
"""
OUT = "out = W.Output()\ndisplay(out)\nwith out:\n    "
TAB = "tab = W.Tab([W.Output()])\ndisplay(tab)\nwith tab.children[0]:\n    "
GOING = {
    "cleared": (OUT + "watched('cleared')", "out.clear_output()"),
    "closed": (OUT + "watched('closed')", "out.close()"),
    "child": (TAB + "watched('child')", "tab.children = ()"),
    "tab": (TAB + "watched('tab')", "tab.close()"),
}
WAITING = "threading.Thread(target=lambda: close_once_told(out)).start()\n"


def test_a_container_that_goes_takes_its_run_along_and_the_cell_keeps_what_there_is(
    open_notebook: OpenNotebook, release: Path
) -> None:
    sources = [source for pair in GOING.values() for source in pair]
    waiting = OUT.replace("with", WAITING + "with") + "asked('waiting')"
    notebook = open_notebook([(MODEL + WATCHED).format(release=release), *sources, waiting])
    notebook.run_cell(0)
    notebook.run_cell(1)
    for number, name in zip(range(2, 2 + len(sources), 2), GOING, strict=True):
        notebook.run_cell(number)
        expect(visible_views(notebook.cell(number), "streaming"), name).to_have_count(1)
        notebook.run_cell(number + 1)
        expect(visible_views(notebook.cell(number), "cancelled"), name).to_have_count(1)
        expect(visible_views(notebook.cell(number)), name).to_have_count(1)
    number = 2 + len(sources)
    notebook.run_cell(number)
    expect(visible_views(notebook.cell(number), "streaming")).to_have_count(1)
    Path(f"{release}.told").touch()
    expect(visible_views(notebook.cell(number), "cancelled")).to_have_count(1)
    notebook.wait_until_run(number)
    assert notebook.value("going()") == []


AGAIN = "out = W.Output()\nbutton = W.Button(description='Go')\ndisplay(button, out)\n"
WAITS = AGAIN + "def go(_):\n    with out:\n        asked('waits')\nbutton.on_click(go)"
ON_SUBSHELL = "\nbutton.comm._reply_subshell_for = lambda data, default: default"  # where ipykernel 7.0 to 7.3 hears it
ASKS_AGAIN = {
    "waits": WAITS,
    "waits on a subshell": WAITS + ON_SUBSHELL,
    "streams": AGAIN + "def go(_):\n    with out:\n        watched('streams')\nbutton.on_click(go)",
    "replaces": AGAIN + "def go(_):\n    with out:\n        out.clear_output()\n        watched('new')\nbutton.on_click(go)",
}


def test_a_callback_may_ask_again_while_its_first_run_streams(open_notebook: OpenNotebook, release: Path) -> None:
    notebook = open_notebook([(MODEL + WATCHED).format(release=release), *ASKS_AGAIN.values()])
    notebook.run_cell(0)
    notebook.run_cell(1)
    for number, name in enumerate(ASKS_AGAIN, 2):
        notebook.run_cell(number)
        notebook.wait_until_run(number)
        cell = notebook.cell(number)
        click(notebook, cell)
        expect(visible_views(cell, "streaming"), name).to_have_count(1)
        click(notebook, cell)
        if name.startswith("waits"):
            cancel(cell)
            expect(visible_views(cell, "cancelled"), name).to_have_count(1)
        elif name == "replaces":
            notebook.wait_until(lambda: notebook.value("asked_for.count('new'), len(going())") == (2, 1))
        expect(visible_views(cell, "streaming"), name).to_have_count(2 if name == "streams" else 1)
        while visible_views(cell, "streaming").count():
            cancel(cell)
        expect(visible_views(cell, "cancelled"), name).to_have_count(1 if name == "replaces" else 2)
    assert notebook.value("going()") == []


UNDRAWN = {
    "cell": "watched('first')\nclear_output()\nwatched('second')",
    "later": "watched('first')\nclear_output(wait=True)\nwatched('second')",
    "output": "out = W.Output()\ndisplay(out)\nwith out:\n    watched('first')\n    clear_output()\n    watched('second')",
    "clicks": AGAIN + "def go(_):\n    with out:\n        out.clear_output()\n        watched('new')\nbutton.on_click(go)",
    "cells": "watched('again')",
}


def test_a_view_that_is_cleared_before_the_page_has_drawn_it_takes_its_run_along(
    open_notebook: OpenNotebook, release: Path
) -> None:
    imported = "from IPython.display import clear_output\n"
    notebook = open_notebook([imported + (MODEL + WATCHED).format(release=release), *UNDRAWN.values()])
    notebook.run_cell(0)
    notebook.run_cell(1)
    for number, name in enumerate(UNDRAWN, 2):
        notebook.run_cell(number)
        cell = notebook.cell(number)
        if name == "cells":
            notebook.run_cell(number)
        elif name == "clicks":
            for _ in range(3):
                cell.get_by_role("button", name="Go").dispatch_event("click")
        expect(visible_views(cell, "streaming"), name).to_have_count(1)
        notebook.wait_until(lambda: notebook.value("len(going())") == 1, name)
        cancel(cell)
    assert notebook.value("len(asked_for), going()") == (11, [])


def cancel(cell: Locator) -> None:
    """Cancel the first of the cell's runs that go on, and wait for its end."""
    before = visible_views(cell, "cancelled").count()
    visible_views(cell, "streaming").first.get_by_role("button", name="Cancel", exact=True).dispatch_event("click")
    expect(visible_views(cell, "cancelled")).to_have_count(before + 1)
