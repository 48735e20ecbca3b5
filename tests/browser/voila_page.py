"""A real Voila, and a notebook as it renders it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page

from .serving import serving


@contextmanager
def voila_server(python: Path, home: Path, *options: str) -> Iterator[str]:
    """The address of a server for the notebooks in ``home / "notebooks"``, for as long as the context lasts."""
    (home / "notebooks").mkdir()
    command = [python, "-m", "voila", home / "notebooks", "--no-browser", "--show_tracebacks=True", *options]
    with serving(command, home) as url:
        yield url


class VoilaPage:
    """A notebook that is rendered in a page."""

    def __init__(self, page: Page, url: str, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        host = urlsplit(url).netloc
        # Voila's icons come from elsewhere; the page is the same without them.
        page.route(lambda address: urlsplit(address).netloc != host, lambda route: route.abort())
        page.goto(f"{url}voila/render/{path.name}", wait_until="commit")

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-CodeCell").nth(number)

    def view(self, number: int, state: str = "") -> Locator:
        """The cell's view, in a certain state."""
        return self.cell(number).locator(f".desiru[data-state={state}]" if state else ".desiru")

    def pane(self, number: int, field: str) -> Locator:
        return self.cell(number).locator(f".desiru:visible .desiru-pane[data-field={field}] .desiru-text")

    def cancel(self, number: int, way: str) -> None:
        """By a ``click`` on the button, or by the key ``Esc``."""
        if way == "click":
            self.view(number).get_by_role("button", name="Cancel").click()
        else:
            self.pane(number, "reasoning").press("Escape")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "desiru" in f"{message.text} {message.location}":
            self.complaints.append(message.text)
