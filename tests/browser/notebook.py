"""A notebook in a page of JupyterLab or of Notebook, as a user's hands and eyes have it."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import ConsoleMessage, Dialog, Error, Locator, Page

from .server import JupyterServer

_NOT_OURS = (
    "Cannot read properties of undefined (reading 'schema')",  # Notebook 7.6 says this whenever it starts
    "Disposed",  # JupyterLab does of a save, its own every two minutes too, whose notebook is closed before the server answers
)
_PANEL = "window.jupyterapp.shell.currentWidget"
_OPEN = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext !== undefined"
# It waits for nothing: the page may forget the promise, and then a test that waits for that fails.
_OPEN_TOO = "path => { window.jupyterapp.commands.execute('docmanager:open', {path}) }"
_IS_OPEN = f"path => {_PANEL}?.context?.path === path && {_PANEL}.sessionContext !== undefined"
# Without the question what is to become of changes. What waits for an answer of the kernel complains of that before the end.
_CLOSE = """async () => {
    for (const widget of [...window.jupyterapp.shell.widgets('main')]) widget.dispose();
    await new Promise((done) => setTimeout(done));
}"""
_KERNEL = f"{_PANEL}.sessionContext.session?.kernel"
_VALUE = f"""async expression => {{
    const asked = {{code: '', silent: true, store_history: false, user_expressions: {{it: expression}}}};
    const reply = await {_KERNEL}.requestExecute(asked).done;
    return reply.content.user_expressions?.it ?? reply.content;
}}"""


class Notebook:
    """A notebook that is open in a page."""

    def __init__(
        self, page: Page, server: JupyterServer, path: Path, *, loaded: bool = False, complaints: list[str] | None = None
    ) -> None:
        """Opens it, in a workspace of its own unless the page is one more of those that share their ``complaints``.

        Where JupyterLab is ``loaded`` the page only opens one more file.
        """
        self.page, self.path, self._server = page, path, server
        self.complaints: list[str] = [] if complaints is None else complaints
        page.on("console", self._hear)
        page.on("pageerror", self._hear_error)
        page.on("dialog", _accept)
        if loaded:
            page.evaluate(_OPEN_TOO, path.name)
            page.wait_for_function(_IS_OPEN, arg=path.name)
        else:
            page.goto(server.page_of(path) + ("?reset" if complaints is None else ""))
            page.wait_for_function(_OPEN)

    def wait_for_kernel(self) -> Notebook:
        """Until the kernel is there and idle."""
        self.page.evaluate(f"() => {_PANEL}.sessionContext.ready")
        self.page.wait_for_function(f"() => {_KERNEL}?.status === 'idle'")
        return self

    def wait_for_connection(self) -> Notebook:
        """Until the page is connected to the kernel, which may be busy."""
        self.page.wait_for_function(f"() => {_KERNEL}?.connectionStatus === 'connected'")
        return self

    def another_window(self) -> Notebook:
        """The same notebook in one more window of the browser, with the same kernel; what it complains of is heard too."""
        page = self.page.context.new_page()
        return Notebook(page, self._server, self.path, complaints=self.complaints).wait_for_connection()

    def reload(self) -> None:
        """Save, and load the page anew, whether the kernel is busy or not."""
        self.save()
        self.page.reload()
        self.page.wait_for_function(_OPEN)
        self.wait_for_connection()

    def load_anew(self) -> None:
        """Load the file as it was saved, with the kernel that it has, and nothing else that the page once had open."""
        self.page.goto("about:blank")
        self.page.goto(self._server.page_of(self.path) + "?reset")
        self.page.wait_for_function(_OPEN)
        self.wait_for_connection()

    def wait_until(self, condition: Callable[[], bool], about: str = "this") -> None:
        """Ask again and again, for as long as the page waits for anything."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, f"It never came true: {about}"
            self.page.wait_for_timeout(50)

    def interrupt(self) -> None:
        """What the Stop button does."""
        self.command("notebook:interrupt-kernel")

    def restart_kernel(self) -> None:
        self.page.evaluate(f"() => {_PANEL}.sessionContext.restartKernel()")
        self.wait_for_kernel()

    def shut_down(self) -> None:
        """End the kernel."""
        self.page.evaluate(f"() => {_PANEL}.sessionContext.shutdown()")

    def close(self) -> None:
        """End the kernel, and leave the page to whatever it opens next."""
        self.shut_down()
        for event, heard in (("console", self._hear), ("pageerror", self._hear_error), ("dialog", _accept)):
            self.page.remove_listener(event, heard)
        self.page.evaluate(_CLOSE)

    def command(self, name: str) -> None:
        """Start a command of the application without waiting for its end."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def run_all(self) -> None:
        """Start Run All."""
        self.page.evaluate(
            "() => { const run = window.allRun = {};"
            " window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { run.over = true }) }"
        )

    def run_cell(self, number: int) -> None:
        """Start one cell."""
        self.select(number)
        self.command("notebook:run-cell")

    def select(self, number: int) -> None:
        """Make this cell the one that commands are about."""
        self.scroll_to(number)
        self.page.evaluate(f"number => {{ {_PANEL}.content.activeCellIndex = number }}", number)

    def reopen_without_kernel(self) -> None:
        """End the kernel, and load what was saved."""
        self.page.evaluate(f"() => {_PANEL}.sessionContext.shutdown()")
        self.page.goto("about:blank")
        self.page.goto(self._server.page_of(self.path) + "?reset")
        self.page.wait_for_function(_OPEN)

    def wait_until_all_run(self) -> None:
        """Until every cell of the last :meth:`run_all` is over, or was given up because one before it failed."""
        self.page.wait_for_function("() => window.allRun.over")

    def value(self, expression: str) -> Any:
        """What a Python literal in the kernel is, asked as soon as all cells before are over. No cell, no history."""
        answer = self.page.evaluate(_VALUE, expression)
        assert answer["status"] == "ok", answer
        return ast.literal_eval(answer["data"]["text/plain"])

    def scroll_to(self, number: int) -> None:
        """Bring the cell to the middle of the window; of a long notebook a page has only those that can be seen."""
        self.page.evaluate(f"number => {_PANEL}.content.scrollToItem(number, 'center')", number)
        self.cell(number).wait_for()

    def save(self) -> nbformat.NotebookNode:
        self.page.evaluate(f"() => {_PANEL}.context.save()")
        return nbformat.read(self.path, as_version=4)

    def cell(self, number: int) -> Locator:
        # Not the n-th element: a long notebook has only those in the page that can be seen.
        return self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{number}']")

    def view(self, number: int, state: str = "") -> Locator:
        """The cell's view, in a certain state."""
        return self.cell(number).locator(f".desiru[data-state={state}]" if state else ".desiru")

    def adopted(self, number: int) -> Locator:
        """The view of a run that is over, in the place of what its file keeps."""
        return self.cell(number).locator(".desiru-host .desiru")

    def pane(self, number: int, field: str) -> Locator:
        """The field's text, which may be folded away, in the view that can be seen."""
        return self.cell(number).locator(f".desiru:visible .desiru-pane[data-field={field}] .desiru-text")

    def wait_until_run(self, number: int) -> None:
        """Until the cell has its number, so that it is over."""
        self.cell(number).locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "desiru" in f"{message.text} {message.location}":
            self.complaints.append(message.text)

    def _hear_error(self, error: Error) -> None:
        if error.message not in _NOT_OURS:
            self.complaints.append(error.message)


def _accept(dialog: Dialog) -> None:
    dialog.accept()  # a page with something unsaved asks whether it may go


def write_notebook(folder: Path, name: str, sources: Sequence[str]) -> Path:
    """A notebook file with these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path
