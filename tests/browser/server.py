"""A Jupyter server of the tests' own, in one of the environments."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kernels import jupyter_folders

from .environments import LAB, Environment, Settings

START_SECONDS = 60
# What a process needs to run here. No key, no proxy and no setting of the person who runs the tests is among it.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "XDG_CACHE_HOME", "PYTHONPATH")
_MODULES = {"lab": "jupyterlab", "notebook": "notebook"}
_PATHS = {"lab": "lab/tree", "notebook": "notebooks"}
_QUIET: Settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class JupyterServer:
    """A process with a configuration, kernels, a root folder and a port that nobody else has."""

    def __init__(self, environment: Environment, home: Path, more: Mapping[str, str]) -> None:
        self.environment = environment
        self.root = home / "notebooks"
        self.root.mkdir()
        self._home = home
        self._python = str(environment.python())
        self._write_settings({**_QUIET, **environment.settings})
        with (home / "log").open("w") as log:
            self._process = subprocess.Popen(self._command(), env=variables(home) | more, stdout=log, stderr=subprocess.STDOUT)
        self.url = self._wait_until_up()

    def stop(self) -> None:
        """End it. A server that is stopped while it reads a file for a page shuts its kernels down and hangs: its loop ends,
        and the thread that reads is never told (jupyter_server 2.21, anyio 4.16)."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            assert "Shutting down" in self.log()
            self._process.kill()
            self._process.wait()

    def page_of(self, notebook: Path) -> str:
        """The address of a notebook in the root folder."""
        return f"{self.url}{_PATHS[self.environment.app]}/{notebook.name}"

    def trust(self, path: Path) -> None:
        """As `jupyter trust` does it: sign the notebook with this server's own secret."""
        subprocess.run([self._python, "-m", "jupyter", "trust", str(path)], env=variables(self._home), check=True)

    def log(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def _command(self) -> list[str]:
        options = ["--no-browser", "--port=0", "--IdentityProvider.token=", "--allow-root", "--expose-app-in-browser"]
        return [self._python, "-m", _MODULES[self.environment.app], *options, f"--ServerApp.root_dir={self.root}"]

    def _write_settings(self, settings: Settings) -> None:
        for plugin, values in settings.items():
            file = self._home / "config" / "lab" / "user-settings" / f"{plugin.replace(':', '/')}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))

    def _wait_until_up(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for file in (self._home / "runtime").glob("jpserver-*.json"):
                url = str(json.loads(file.read_text() or "{}").get("url", "")).replace("localhost", "127.0.0.1")
                if url and answers(f"{url}api"):
                    return url
            assert self._process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(f"The server did not start in {START_SECONDS} s:\n{self.log()}")


def variables(home: Path) -> dict[str, str]:
    """The environment of a process that keeps all that is Jupyter's in this folder, and of the kernels that it starts."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | jupyter_folders(home)


def answers(url: str) -> bool:
    """Whether somebody serves this address."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


@contextmanager
def running(home: Path, environment: Environment = LAB, more: Mapping[str, str] | None = None) -> Iterator[JupyterServer]:
    """A server for as long as the context lasts; its kernels find ``more`` in their environment, too."""
    server = JupyterServer(environment, home, more or {})
    try:
        yield server
    finally:
        server.stop()
