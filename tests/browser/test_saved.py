"""What a saved notebook shows to somebody who has neither a kernel nor the package."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from playwright.sync_api import Page, expect

from .conftest import OpenNotebook
from .jupyterlab import JupyterLab, Notebook

pytestmark = pytest.mark.browser

QUICKSTART = ROOT / "examples" / "notebooks" / "quickstart.ipynb"


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_the_quickstart_shows_its_answers_without_a_kernel(trusted: bool, page: Page, lab: JupyterLab) -> None:
    path = Path(shutil.copy(QUICKSTART, lab.root / f"kept-{trusted}.ipynb"))
    saved = nbformat.read(path, as_version=4)
    saved.metadata.kernelspec.name = "no-such-kernel"
    nbformat.write(saved, path)
    if trusted:
        lab.trust(path)
    notebook = Notebook(page, lab, path)
    page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
    expect(notebook.pane(2, "reasoning")).to_contain_text("Rayleigh scattering")
    expect(notebook.pane(2, "answer")).to_contain_text("blue light is scattered more")
    expect(notebook.pane(4, "answer")).to_have_text("7")
    expect(notebook.page.get_by_text("model not found")).to_have_count(0)
    notebook.cell(7).scroll_into_view_if_needed()
    expect(notebook.view(7, "cancelled").locator("visible=true")).to_have_count(1)


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
