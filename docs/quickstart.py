"""Runs the quickstart as a person would, in a real JupyterLab, and saves the notebook and what the model said."""

from __future__ import annotations

import shutil

import nbformat
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook
from playwright.sync_api import expect, sync_playwright
from recorded import FOLDER, recording_lab, tidy

QUICKSTART = FOLDER / "quickstart.ipynb"
STORY, LAST = 7, 12  # cells of the quickstart


def main() -> None:
    with recording_lab(QUICKSTART) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        notebook = Notebook(chromium.new_page(), lab, lab.root / QUICKSTART.name).wait_for_kernel()
        notebook.command("notebook:clear-all-cell-outputs")
        notebook.run_all()
        _cancel(notebook)
        notebook.wait_until_run(LAST)
        nbformat.write(tidy(notebook.save()), QUICKSTART)
        chromium.close()


def _cancel(notebook: Notebook) -> None:
    notebook.cell(STORY).scroll_into_view_if_needed()
    expect(notebook.pane(STORY, "reasoning")).to_contain_text("perilous journey", timeout=60_000)
    notebook.view(STORY, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_run(STORY + 1)


if __name__ == "__main__":
    main()
