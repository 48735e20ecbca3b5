"""Runs notebooks of examples/ in a real JupyterLab, and saves them: their outputs, and beside them what the models said.

``python docs/recorded.py [NAME ...]`` does that for notebooks that need no hand; quickstart.py and gallery.py run their own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook
from browser.server import JupyterServer, running
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "notebooks"
BY_HAND = ("quickstart", "gallery")
VIEW = "application/vnd.jupyter.widget-view+json"


@contextmanager
def recording_lab(notebook: Path) -> Iterator[JupyterServer]:
    """A JupyterLab whose kernels record into a new file beside the notebook, and a copy of the notebook in its folder."""
    recording = notebook.with_suffix(".jsonl")
    recording.unlink(missing_ok=True)
    wanted = {"DESIRU_RECORDING": str(recording), "DESIRU_MODE": "record"}
    with tempfile.TemporaryDirectory() as home, running(Path(home), more=wanted) as lab:
        shutil.copy(notebook, lab.root)
        yield lab


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without what changes from one saving to the next and means nothing."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("trusted", None)
    return notebook


def save(path: Path) -> None:
    """Run the notebook from its first cell to its last, and save it."""
    with recording_lab(path) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        notebook = Notebook(chromium.new_page(), lab, lab.root / path.name).wait_for_kernel()
        notebook.command("notebook:clear-all-cell-outputs")
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            if cell.cell_type == "code":  # Run All would end at an error that is meant
                notebook.run_cell(number)
                notebook.wait_until_run(number)
        while _has_a_live_view(saved := notebook.save()):  # of a run in the background
            notebook.page.wait_for_timeout(200)
        nbformat.write(tidy(saved), path)
        chromium.close()


def _has_a_live_view(notebook: nbformat.NotebookNode) -> bool:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return any(output.get("data", {}).get(VIEW, {}).get("model_id") for output in outputs)


def main(names: list[str]) -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        if path.stem in names or (not names and path.stem not in BY_HAND):
            save(path)


if __name__ == "__main__":
    main(sys.argv[1:])
