"""A real JupyterLab, and a notebook in it, as a user's hands and eyes have them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import ConsoleMessage, Locator, Page

START_SECONDS = 60
_QUIET = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}


class JupyterLab:
    """A server process of the tests' own: own configuration, own kernels, own root folder, a free port."""

    def __init__(self, home: Path, settings: dict[str, Any] | None = None) -> None:
        self.root = home / "notebooks"
        self.root.mkdir()
        self._home = home
        self._write_settings(_QUIET | (settings or {}))
        with (home / "log").open("w") as log:
            self._process = subprocess.Popen(self._command(), env=self._environment(), stdout=log, stderr=subprocess.STDOUT)
        self.url = self._wait_until_up()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def trust(self, path: Path) -> None:
        """As `jupyter trust` does it: sign the notebook with this server's own secret."""
        subprocess.run([sys.executable, "-m", "jupyter", "trust", str(path)], env=self._environment(), check=True)

    def log(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def _command(self) -> list[str]:
        options = ["--no-browser", "--port=0", "--IdentityProvider.token=", "--allow-root", "--expose-app-in-browser"]
        return [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={self.root}"]

    def _environment(self) -> dict[str, str]:
        folders = {f"JUPYTER_{kind}_DIR": str(self._home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        return os.environ | folders | {"IPYTHONDIR": str(self._home / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}

    def _write_settings(self, settings: dict[str, Any]) -> None:
        for plugin, values in settings.items():
            file = self._home / "config" / "lab" / "user-settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))

    def _wait_until_up(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for file in (self._home / "runtime").glob("jpserver-*.json"):
                url = str(json.loads(file.read_text())["url"]).replace("localhost", "127.0.0.1")
                if _answers(f"{url}api"):
                    return url
            assert self._process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(f"JupyterLab did not start in {START_SECONDS} s:\n{self.log()}")


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


class Notebook:
    """A notebook that is open in a page."""

    def __init__(self, page: Page, lab: JupyterLab, path: Path) -> None:
        self.page, self.path = page, path
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{lab.url}lab/tree/{path.name}?reset")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext !== undefined")

    def wait_for_kernel(self) -> Notebook:
        """Until the kernel is there and idle."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )
        return self

    def command(self, name: str) -> None:
        """Start a command of JupyterLab without waiting for its end."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")

    def save(self) -> nbformat.NotebookNode:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        return nbformat.read(self.path, as_version=4)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def view(self, number: int, state: str = "") -> Locator:
        """The cell's view, in a certain state."""
        return self.cell(number).locator(f".desiru[data-state={state}]" if state else ".desiru")

    def pane(self, number: int, field: str) -> Locator:
        return self.cell(number).locator(f".desiru-pane[data-field={field}] .desiru-text:visible")

    def wait_until_run(self, number: int) -> None:
        """Until the cell has its number, so that it is over."""
        self.cell(number).locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "desiru" in f"{message.text} {message.location}":
            self.complaints.append(message.text)


@contextmanager
def running_lab(home: Path, settings: dict[str, Any] | None = None) -> Iterator[JupyterLab]:
    """A server for as long as the context lasts."""
    lab = JupyterLab(home, settings)
    try:
        yield lab
    finally:
        lab.stop()


def write_notebook(folder: Path, name: str, sources: Sequence[str]) -> Path:
    """A notebook file with these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path
