"""What a saved notebook shows to somebody who has neither a kernel nor the package."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends.html import as_html

from .conftest import OpenNotebook
from .notebook import Notebook
from .server import JupyterServer
from .sources import ASK

pytestmark = pytest.mark.browser

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "notebooks" / "quickstart.ipynb"


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_the_quickstart_shows_its_answers_without_the_kernel_that_made_them(
    trusted: bool, page: Page, server: JupyterServer
) -> None:
    path = Path(shutil.copy(QUICKSTART, server.root / f"kept-{trusted}.ipynb"))
    if trusted:
        server.trust(path)
    notebook = Notebook(page, server, path)
    notebook.shut_down()
    reasoning = notebook.pane(2, "reasoning")
    expect(reasoning).to_be_hidden()
    notebook.cell(2).locator("summary").click()
    expect(reasoning).to_contain_text("a process called Rayleigh scattering")
    expect(reasoning).to_be_visible()
    expect(notebook.cell(2).get_by_text("blue light is scattered more than other colors")).to_be_visible()
    expect(notebook.cell(4).get_by_text("7", exact=True)).to_be_visible()
    expect(notebook.page.get_by_text("model not found")).to_have_count(0)
    notebook.cell(7).scroll_into_view_if_needed()
    expect(notebook.cell(7).get_by_text("cancelled")).to_be_visible()


def test_what_jupyterlab_saves_is_the_value_and_an_empty_view(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["%%desiru question -> answer\nWhat is the capital of France?"])
    notebook.run_all()
    notebook.wait_until_run(1)
    expect(notebook.pane(1, "answer")).to_contain_text("Paris")
    live, value, figures = notebook.save().cells[1].outputs
    assert live.data == {"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": ""}}
    assert (figures.output_type, figures.name, "tokens" in figures.text) == ("stream", "metadata", True)
    assert value.data["text/plain"].startswith("Answer: ")
    assert sorted(value.data) == ["text/html", "text/plain"]


ANSWER = {"reasoning": "Light *scatters*.", "answer": "# Blue\n\n- sky\n- sea", "nanometres": {"blue": 450}}
OUTPUTS = [*ANSWER, "sources"]
BARE = ["answer", "Blue", "sky", "sea", "nanometres", "blue", "450", "sources", "\u2014"]
TRUST = (
    "Plain view: this notebook is not trusted. Trust Notebook (command palette or File menu) or jupyter trust FILE shows the "
    "answer as it was."
)


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("done", ["reasoning Light scatters.", *BARE, "done \u00b7 cut short tests", TRUST]),
        ("failed", ["reasoning", "Light scatters.", *BARE, "Error: It broke off.", "failed tests", TRUST]),
    ],
)
def test_a_page_that_strips_stylesheets_says_all_in_its_order_and_folds_reasoning(
    state: str, lines: list[str], page: Page
) -> None:
    prediction = Prediction(ANSWER, outputs=OUTPUTS, complete=False, stats=Stats("tests", state=state))
    error = "It broke off." if state == "failed" else ""
    page.set_content(re.sub("<style>.*?</style>", "", as_html(prediction, error), flags=re.DOTALL))
    assert [line for line in page.locator("body").inner_text().split("\n") if line] == lines
    page.get_by_text("reasoning").click()
    expect(page.locator("p").get_by_text("Light scatters.")).to_be_visible(visible=state == "done")


def test_paper_shows_what_is_folded_on_the_screen(page: Page) -> None:
    page.set_content(as_html(Prediction(ANSWER, outputs=OUTPUTS, stats=Stats("tests"))))
    reasoning = page.locator(".desiru-pane[data-field=reasoning]")
    text, gist = reasoning.locator(".desiru-text"), reasoning.locator(".desiru-gist")
    expect(text).to_be_hidden()
    expect(gist).to_be_visible()
    page.emulate_media(media="print")
    expect(text).to_be_visible()
    expect(text).to_have_text("Light scatters.")
    expect(gist).to_be_hidden()
    assert text.bounding_box()["height"] > 20
    page.emulate_media(media="screen")
    expect(text).to_be_hidden()


def test_a_live_view_prints_unfolded_too(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use("words-20-0"), f"{ASK}\n", "_run.widget"])
    notebook.run_all()
    notebook.wait_until_all_run()
    reasoning = notebook.view(3).locator("visible=true").locator(".desiru-pane[data-field=reasoning]")
    expect(reasoning).to_have_attribute("data-folded", "true")
    notebook.page.emulate_media(media="print")
    expect(reasoning.locator(".desiru-text")).to_be_visible()
    expect(reasoning.locator(".desiru-gist")).to_be_hidden()


def _refuse_to_save(route: Route) -> None:
    if route.request.method == "PUT":
        route.fulfill(status=403)
    else:
        route.continue_()


@pytest.mark.usefixtures("page")  # for it refuses to save
def test_a_notebook_that_cannot_be_saved_shows_its_answers_as_ever(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    notebook = open_notebook([use("words-600-100"), ASK, "_.answer.split()[-1], _run.state"])
    notebook.path.chmod(0o444)
    before = notebook.path.read_bytes()
    notebook.page.route("**/api/contents/**", _refuse_to_save)  # for a container's user may write everything
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word3")
    notebook.command("docmanager:save")
    notebook.page.get_by_role("dialog").get_by_role("button").last.click()
    notebook.view(2, "streaming").wait_for()
    notebook.wait_until_run(3)
    expect(notebook.view(2, "done").locator("visible=true")).to_have_count(1)
    expect(notebook.pane(2, "answer")).to_contain_text("word599")
    expect(notebook.cell(3).locator(".jp-OutputArea-output")).to_have_text("('word599', 'done')")
    assert notebook.path.read_bytes() == before
    notebook.complaints[:] = [each for each in notebook.complaints if "403" not in each]  # the page's own, about the file


def test_a_captured_cell_says_nothing_while_its_answer_comes(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    """A page answers a live view, and ipykernel cannot read such a message while a cell is captured."""
    notebook = open_notebook([use("words-200-200"), f"%%capture kept\n{ASK}", "kept.show()"])
    notebook.run_all()
    notebook.wait_until_all_run()
    expect(notebook.pane(3, "answer")).to_contain_text("word199")
    assert notebook.save().cells[2].outputs == []
