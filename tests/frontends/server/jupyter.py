"""A real `jupyter server` in a process of its own, whose owner allows models of the mock service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from browser.server import answers, variables

from .answers import Answer, question, read

START_SECONDS = 60
ROOT = Path(__file__).resolve().parents[3]
# The models are objects, as an owner writes them who has a server of his own.
CONFIGURATION = """
from desiru_notebook import model
c.DesiruExtension.models = [model(f"openai:{{name}}", base_url={url!r}, api_key="none") for name in {names!r}]
"""


class Jupyter:
    """The process, its address and its token."""

    def __init__(self, home: Path, url: str, names: Iterable[str], *options: str) -> None:
        self.token = "t0ken"
        self._home = home
        (home / "config").mkdir()
        (home / "config" / "jupyter_server_config.py").write_text(CONFIGURATION.format(url=url, names=list(names)))
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        # As `pip install` puts it into the environment's own etc/jupyter.
        own = {"PYTHONPATH": path, "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter-config")}
        command = [
            sys.executable,
            "-m",
            "jupyter_server",
            "--no-browser",
            "--port=0",
            "--allow-root",
            f"--ServerApp.root_dir={home}",
        ]
        with (home / "log").open("w") as log:
            self.process = subprocess.Popen(
                [*command, f"--IdentityProvider.token={self.token}", *options],
                env=variables(home) | own, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.base = self._wait_until_up()
        self.url = f"{self.base}desiru/stream/complete"

    def client(self) -> httpx2.Client:
        """A client that has the token."""
        return httpx2.Client(headers={"Authorization": f"token {self.token}"}, timeout=60)

    def ask(self, client: httpx2.Client, model: str) -> Answer:
        """The whole answer to a question."""
        with client.stream("POST", self.url, json=question(model=model)) as response:
            return read(response.iter_bytes())

    def request(self, model: str) -> bytes:
        """A question as it stands on the wire, for clients that are no good ones."""
        body = json.dumps(question(model=model)).encode()
        head = f"POST {urlsplit(self.url).path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {self.token}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(urlsplit(self.url).port or 80)

    def log(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def stop(self) -> None:
        """As the user stops it; the last resort is for a server that does not hear."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)

    def _wait_until_up(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for file in (self._home / "runtime").glob("jpserver-*.json"):
                url = str(json.loads(file.read_text() or "{}").get("url", "")).replace("localhost", "127.0.0.1")
                if url and answers(f"{url}api"):
                    return url
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(f"The server did not start in {START_SECONDS} s:\n{self.log()}")


@contextmanager
def jupyter(home: Path, url: str, names: Iterable[str], *options: str) -> Iterator[Jupyter]:
    """A server for as long as the context lasts; ``url`` is the mock service's, ``names`` its scenarios."""
    server = Jupyter(home, url, names, *options)
    try:
        yield server
    finally:
        server.stop()
