"""Runs the gallery in a real JupyterLab: saves the notebook, and takes the pictures of the view in docs/screens."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook
from playwright.sync_api import Locator, Page, sync_playwright
from recorded import recording_lab, tidy

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "notebooks" / "gallery.ipynb"
PICTURES = Path(__file__).parent / "screens"
WIDE, NARROW = {"width": 1000, "height": 2400}, {"width": 420, "height": 2400}


def main() -> None:
    with recording_lab(GALLERY) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        page = chromium.new_page(viewport=WIDE, device_scale_factor=1.5)
        notebook = Notebook(page, lab, lab.root / GALLERY.name).wait_for_kernel()
        for command in ("application:toggle-left-area", "notebook:clear-all-cell-outputs"):
            notebook.command(command)
        cells = {cell.id: number for number, cell in enumerate(nbformat.read(GALLERY, as_version=4).cells)}
        notebook.run_all()
        _picture_streaming(notebook, cells["markdown"])
        notebook.wait_until_all_run()
        _wait_for_background(notebook, cells["background"])
        nbformat.write(tidy(notebook.save()), GALLERY)
        for name in ("typed", "cancelled", "failed"):
            _picture_cell(notebook, cells[name], name)
        _theme(page, "JupyterLab Dark")
        _picture_view(notebook, cells["markdown"], "dark")
        _theme(page, "JupyterLab Light")
        page.set_viewport_size(NARROW)
        _picture_view(notebook, cells["markdown"], "narrow")
        chromium.close()


def _picture_streaming(notebook: Notebook, number: int) -> None:
    notebook.scroll_to(number)
    # Watched in the page, at every frame: the rest of the answer lasts for half a second only.
    notebook.page.wait_for_function(
        "() => document.querySelector('.desiru [data-field=evidence] .desiru-text')?.textContent.includes('1869')"
    )
    _view(notebook, number).screenshot(path=PICTURES / "light.png")
    if not notebook.view(number, "streaming").count():
        raise SystemExit("The answer was over before the picture was taken: try again.")


def _picture_view(notebook: Notebook, number: int, name: str) -> None:
    """The view alone, for the cell says the same in many lines of Markdown."""
    notebook.scroll_to(number)
    notebook.view(number).locator("mjx-container").first.wait_for()
    _view(notebook, number).screenshot(path=PICTURES / f"{name}.png")


def _picture_cell(notebook: Notebook, number: int, name: str) -> None:
    notebook.scroll_to(number)
    notebook.cell(number).screenshot(path=PICTURES / f"{name}.png")


def _view(notebook: Notebook, number: int) -> Locator:
    return notebook.view(number).locator("visible=true")


def _theme(page: Page, theme: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)


def _wait_for_background(notebook: Notebook, number: int) -> None:
    notebook.scroll_to(number)
    notebook.view(number, "done").locator("visible=true").wait_for()


if __name__ == "__main__":
    main()
