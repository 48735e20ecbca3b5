"""A real marimo, and a notebook in it, in the editor or as an app."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import ConsoleMessage, Locator, Page

from .serving import serving

Mode = Literal["edit", "run"]
APP = "app"  # a server of apps knows only the files that are there when it starts; what is in them is read for each page
# Cells run when the notebook is opened, and what a test does to a file stays in the page.
_SETTINGS = '[runtime]\nauto_instantiate = true\n[save]\nautosave = "off"\n'


@contextmanager
def marimo_server(python: Path, mode: Mode, home: Path) -> Iterator[str]:
    """The address of a server for the notebooks in ``home / "notebooks"``, for as long as the context lasts."""
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "CACHE")}
    settings = home / "config" / "marimo" / "marimo.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(_SETTINGS)
    (home / "notebooks").mkdir()
    write_marimo(home / "notebooks", APP, [])
    options = ["--headless", "--no-token", *(["--skip-update-check"] if mode == "edit" else [])]
    with serving([python, "-m", "marimo", mode, home / "notebooks", *options], home, folders) as url:
        yield url


class MarimoNotebook:
    """A notebook that is open in a page."""

    def __init__(self, page: Page, url: str, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{url}?file={path.name}")

    def cell(self, number: int) -> Locator:
        return self.page.locator("[data-cell-id]").nth(number)

    def view(self, number: int, state: str = "") -> Locator:
        """The cell's view, in a certain state."""
        return self.cell(number).locator(f".desiru[data-state={state}]" if state else ".desiru")

    def pane(self, number: int, field: str) -> Locator:
        return self.view(number).locator(f".desiru-pane[data-field={field}] .desiru-text")

    def cancel(self, number: int, way: str) -> None:
        """By a ``click`` on the button, by the key ``Esc``, or by the editor's ``Stop``."""
        if way == "click":
            self.view(number).get_by_role("button", name="Cancel").click()
        elif way == "Stop":
            self.page.get_by_test_id("interrupt-button").click()
        else:
            self.pane(number, "reasoning").press("Escape")

    def run_cell(self, number: int) -> None:
        """In the editor: what Ctrl+Enter does in the cell."""
        self.cell(number).locator(".cm-content").press("Control+Enter")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "desiru" in f"{message.text} {message.location}":
            self.complaints.append(message.text)


def write_marimo(folder: Path, name: str, sources: Sequence[str]) -> Path:
    """A notebook file with these cells."""
    cells = "".join(f"@app.cell\n{_definition(source)}\n\n" for source in sources)
    path = folder / f"{name}.py"
    path.write_text(f"import marimo\n\napp = marimo.App()\n\n\n{cells}if __name__ == '__main__':\n    app.run()\n")
    return path


def _definition(source: str) -> str:
    awaits = "async " if "await " in source else ""
    return f"{awaits}def _():\n{textwrap.indent(source, '    ')}\n    return\n"
