"""Runs the notebook of streams in a real JupyterLab, and saves it with its outputs."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook
from browser.server import running
from pictures import tidy
from playwright.sync_api import sync_playwright

STREAMS = Path(__file__).resolve().parent.parent / "examples" / "notebooks" / "streams.ipynb"


def main() -> None:
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        notebook = Notebook(chromium.new_page(), lab, Path(shutil.copy(STREAMS, lab.root))).wait_for_kernel()
        notebook.command("notebook:clear-all-cell-outputs")
        notebook.run_all()
        notebook.wait_until_all_run()
        nbformat.write(tidy(notebook.save()), STREAMS)
        chromium.close()


if __name__ == "__main__":
    main()
