"""What a saved notebook shows to somebody who has neither a kernel nor the package."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends.html import as_html

from .conftest import OpenNotebook
from .notebook import Notebook
from .server import JupyterServer

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
    live, value = notebook.save().cells[1].outputs
    assert live.data == {
        "text/plain": "",
        "application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": ""},
    }
    assert value.data["text/plain"].startswith("Answer: ")
    assert sorted(value.data) == ["text/html", "text/plain"]


ANSWER = {"reasoning": "Light *scatters*.", "answer": "# Blue\n\n- sky\n- sea", "nanometres": {"blue": 450}}
OUTPUTS = [*ANSWER, "sources"]
BARE = ["answer", "Blue", "sky", "sea", "nanometres", "blue", "450", "sources", "\u2014"]


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("done", ["reasoning Light *scatters*.", *BARE, "done \u00b7 cut short tests"]),
        ("failed", ["reasoning", "Light scatters.", *BARE, "It broke off.", "failed tests"]),
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
    expect(page.get_by_text("Light scatters.")).to_be_visible(visible=state == "done")
