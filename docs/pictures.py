"""Runs the quickstart as a person would, in a real JupyterLab: takes the pictures of this folder, saves
the notebook and what the model said."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook
from playwright.sync_api import expect, sync_playwright
from recorded import recording_lab, tidy

ROOT = Path(__file__).resolve().parent.parent
QUICKSTART = ROOT / "examples" / "notebooks" / "quickstart.ipynb"
PICTURES = ROOT / "docs"
STORY, LAST = 7, 12  # cells of the quickstart


def main() -> None:
    with recording_lab(QUICKSTART) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        page = chromium.new_page(viewport={"width": 1120, "height": 860}, device_scale_factor=1.5)
        notebook = Notebook(page, lab, lab.root / QUICKSTART.name).wait_for_kernel()
        notebook.command("application:toggle-left-area")
        notebook.run_all()
        _picture_cancelled(notebook)
        notebook.wait_until_run(LAST)
        _picture_done(notebook)
        nbformat.write(tidy(notebook.save()), QUICKSTART)
        chromium.close()


def _picture_cancelled(notebook: Notebook) -> None:
    notebook.cell(STORY).scroll_into_view_if_needed()
    expect(notebook.pane(STORY, "reasoning")).to_contain_text("perilous journey", timeout=60_000)
    notebook.view(STORY, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_run(STORY + 1)
    notebook.cell(STORY).scroll_into_view_if_needed()
    notebook.page.screenshot(path=PICTURES / "cancelled.png")


def _picture_done(notebook: Notebook) -> None:
    notebook.cell(0).scroll_into_view_if_needed()
    notebook.page.screenshot(path=PICTURES / "done.png")


if __name__ == "__main__":
    main()
