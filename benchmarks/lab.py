"""A JupyterLab in Chromium and a model service for whoever measures in a real page: the harness of the tests."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, WebSocket, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook, write_notebook
from browser.server import JupyterServer, running
from mock_provider import MockProvider, mock_provider

ASK = "%%desiru question -> reasoning, answer\n?"
_IDLE = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


class Lab:
    """One page of JupyterLab; times of the page and of the provider are of one clock, for both run on this machine."""

    def __init__(self, browser: Browser, server: JupyterServer, provider: MockProvider) -> None:
        self.page, self.provider = browser.new_page(), provider
        self._browser, self._server = browser, server

    def open(self, scenario: str, cell: str = ASK, watch: Callable[[WebSocket], object] | None = None) -> Notebook:
        """A notebook in a fresh page, whose third cell is this one; what is needed before a question has been run.

        ``watch`` is told of each websocket that the page opens.
        """
        self.page.close()
        self.page = self._browser.new_page()
        if watch is not None:
            self.page.on("websocket", watch)
        configure = (
            "import desiru_notebook as desiru\n"
            f"model = desiru.model('openai:{scenario}', base_url='{self.provider.base_url}', api_key='sk-none')\n"
            "desiru.configure(model=model)\n"
            "get_ipython().run_cell_magic('html', '', '$x$')"  # Lab loads its typesetter with a page's first HTML
        )
        name = f"bench-{scenario}-{len(list(self._server.root.iterdir()))}"
        path = write_notebook(self._server.root, name, ["%load_ext desiru_notebook", configure, cell])
        notebook = Notebook(self.page, self._server, path).wait_for_kernel()
        if cell == ASK:
            notebook.cell(0).click()
            notebook.command("notebook:run-cell-and-select-next")
            notebook.command("notebook:run-cell-and-select-next")
            notebook.wait_until_run(1)
        return notebook

    def ask(self, notebook: Notebook) -> None:
        """Run the question's cell; the provider has forgotten all questions before."""
        self.provider.clear()
        notebook.cell(2).locator(".jp-InputArea-editor").click()
        notebook.command("notebook:run-cell")

    def wait_for_end(self) -> dict[str, Any]:
        """Until the provider's one call is over, either way, and the cell too; what the provider noted."""
        while not ((calls := self.provider.log()) and all(call["finished"] or call["client_gone_at"] for call in calls)):
            time.sleep(0.02)
        self.page.wait_for_function(_IDLE)
        (call,) = calls
        return call


@contextmanager
def running_lab() -> Iterator[Lab]:
    """A server, a provider and a browser, for as long as the context lasts."""
    with (
        tempfile.TemporaryDirectory() as home,
        mock_provider() as provider,
        running(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        yield Lab(chromium, server, provider)
        chromium.close()
