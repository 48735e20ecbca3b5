"""Takes the pictures of docs/screens.md: Cancel, Stop, reload and so on, in a real JupyterLab, with the demo model."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook, write_notebook
from browser.server import JupyterServer, running
from browser.sources import LOAD
from playwright.sync_api import Browser, expect, sync_playwright

PICTURES = Path(__file__).parent / "screens"
TOPIC = "topic -> reasoning, story\nA dragon, a princess, a castle, a knight, and a long journey over the sea"
STORY = f"%%desiru --max-tokens 600 {TOPIC}"
KEPT = "_run.state, len(_.reasoning), _.complete"
MEANWHILE = "_run.state"
ENOUGH = re.compile(r"(\w+\W+){60}")  # words, so that the pane looks like something


def cancel(notebook: Notebook) -> None:
    notebook.run_all()
    _streaming(notebook)
    _picture(notebook, "cancel-1")
    notebook.view(1, "streaming").get_by_role("button", name="Cancel").click()
    notebook.wait_until_all_run()
    _picture(notebook, "cancel-2")


def stop(notebook: Notebook) -> None:
    notebook.run_all()
    _streaming(notebook)
    notebook.interrupt()
    notebook.wait_until_all_run()
    _picture(notebook, "stop")


def reload(notebook: Notebook) -> None:
    notebook.run_all()
    expect(notebook.pane(1, "reasoning")).to_contain_text(re.compile(r"(\w+\W+){20}"), timeout=60_000)
    notebook.reload()
    _tidy(notebook)
    _streaming(notebook)
    _picture(notebook, "reload")


def background(notebook: Notebook) -> None:
    notebook.run_all()
    notebook.wait_until_all_run()
    _streaming(notebook)
    _picture(notebook, "background-1")
    notebook.view(1, "done").locator("visible=true").wait_for(timeout=120_000)
    _picture(notebook, "background-2")


def back(notebook: Notebook) -> None:
    notebook.run_all()
    notebook.wait_until_all_run()
    slider = notebook.view(2, "done").get_by_role("slider", name="Time")
    slider.focus()
    slider.press("PageDown")
    expect(notebook.view(2).locator(".desiru-figures")).to_have_text(re.compile(r"\d s of \d"))
    notebook.view(2).screenshot(path=PICTURES / "back.png")


SCREENS: Sequence[tuple[Callable[[Notebook], None], list[str]]] = (
    (cancel, [STORY, KEPT]),
    (stop, [STORY, KEPT]),
    (reload, [STORY.replace("600", "2000"), KEPT]),
    (back, [STORY.replace("600", "200"), "_run.widget"]),
    (background, [STORY.replace("%%desiru", "%%desiru --background -o tale"), MEANWHILE]),
)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        for take, cells in SCREENS:
            take(_opened(chromium, lab, take.__name__, cells))
        chromium.close()


def _opened(chromium: Browser, lab: JupyterServer, name: str, cells: list[str]) -> Notebook:
    page = chromium.new_page(viewport={"width": 900, "height": 680})
    notebook = Notebook(page, lab, write_notebook(lab.root, name, [LOAD, *cells])).wait_for_kernel()
    _tidy(notebook)
    return notebook


def _tidy(notebook: Notebook) -> None:
    if notebook.page.locator("#jp-left-stack:visible").count():
        notebook.command("application:toggle-left-area")


def _streaming(notebook: Notebook) -> None:
    expect(notebook.pane(1, "reasoning")).to_contain_text(ENOUGH, timeout=60_000)


def _picture(notebook: Notebook, name: str) -> None:
    notebook.page.evaluate("() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0 }")
    notebook.page.locator(".jp-NotebookPanel:visible").screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
