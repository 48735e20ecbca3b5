"""What a colleague without the package sees of a file that is not trusted: no stylesheet, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends.html import prediction_bundle

from .notebook import Notebook
from .server import JupyterServer

pytestmark = pytest.mark.browser

DONE = Prediction(
    {"reasoning": "Light *scatters*.", "answer": "# Blue\n\n- sky", "nanometres": {"blue": 450}},
    outputs=["reasoning", "answer", "nanometres"],
    stats=Stats("tests"),
)
FAILED = Prediction(
    {"reasoning": "I was"}, outputs=["reasoning", "answer"], stats=Stats("tests", state="failed", notices=("Mind.",))
)
HOW = "Plain view: this notebook is not trusted."


@pytest.fixture
def notebook(page: Page, server: JupyterServer) -> Iterator[Notebook]:
    """A notebook with answers that nobody here has asked for, without a kernel."""
    notebook = Notebook(page, server, write(server.root / "from-a-colleague.ipynb"))
    notebook.shut_down()
    yield notebook
    assert notebook.complaints == []


def write(path: Path) -> Path:
    cells = []
    for prediction, error in ((DONE, ""), (FAILED, "It broke off.")):
        data, metadata = prediction_bundle(prediction, error)
        output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1)
        cells.append(nbformat.v4.new_code_cell("%%desiru ...", execution_count=1, outputs=[output]))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def indent(element: Locator) -> float:
    return element.bounding_box()["x"]


def test_an_untrusted_file_shows_names_texts_and_how_to_trust_it(notebook: Notebook) -> None:
    done, failed = notebook.cell(0).locator(".jp-RenderedHTML"), notebook.cell(1).locator(".jp-RenderedHTML")
    assert done.locator("style").count() == 0
    name, text = done.get_by_text("answer", exact=True), done.get_by_text("Blue", exact=True)
    assert name.evaluate("element => getComputedStyle(element).fontWeight") >= "600"
    assert indent(text) > indent(name) + 10
    reasoning = done.locator("details")
    expect(reasoning.locator("p").get_by_text("Light scatters.", exact=True)).to_be_hidden()
    reasoning.locator("summary").click()
    expect(reasoning.locator("p").get_by_text("Light scatters.", exact=True)).to_be_visible()
    expect(done.get_by_text(HOW)).to_be_visible()
    expect(failed.get_by_text("I was")).to_have_count(2)  # the line that stands for the text while it is folded,
    expect(failed.get_by_text("I was").locator("visible=true")).to_have_count(1)  # which it is not
    expect(failed.get_by_text("Error: It broke off.")).to_be_visible()
    expect(failed.get_by_text("Note: Mind.")).to_be_visible()


def test_trusting_it_shows_the_answer_as_it_was(notebook: Notebook, server: JupyterServer) -> None:
    expect(notebook.cell(0).get_by_text(HOW)).to_be_visible()
    server.trust(notebook.path)
    notebook.page.reload()
    view = notebook.cell(0).locator(".desiru")
    expect(view).to_have_css("border-radius", "6px")
    expect(view.get_by_text(HOW)).to_be_hidden()
    expect(notebook.cell(1).locator(".desiru")).to_have_css("border-radius", "6px")
    shown = [line for line in notebook.cell(1).locator(".desiru").inner_text().split("\n") if line]
    assert shown == ["reasoning", "I was", "answer", "\u2014", "It broke off.", "Mind.", "failed", "tests"]


def test_the_command_of_the_page_does_so_too(notebook: Notebook) -> None:
    expect(notebook.cell(0).get_by_text(HOW)).to_be_visible()
    notebook.command("notebook:trust")
    notebook.page.get_by_role("dialog").get_by_role("button", name="Trust").click()
    expect(notebook.cell(0).locator(".desiru")).to_have_css("border-radius", "6px")
    expect(notebook.cell(0).get_by_text(HOW)).to_be_hidden()
