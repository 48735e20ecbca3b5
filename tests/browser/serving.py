"""Servers of front ends that are no Jupyter applications, each a process of the tests' own."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .server import START_SECONDS, variables


@contextmanager
def serving(command: Sequence[str | Path], home: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of the server that the command starts, to which its port is added; ``settings`` are for its environment."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/"
    environment = variables(home) | dict(settings or {})
    with (home / "log").open("w+") as log:
        process = subprocess.Popen([*map(str, command), f"--port={port}"], env=environment, cwd=home, stdout=log, stderr=log)
        try:
            _wait_until_up(url, process, home / "log")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, f"No answer in {START_SECONDS} s:\n{log.read_text(errors='replace')}"
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True  # the address does not matter: somebody is there
    except (urllib.error.URLError, OSError):
        return False
    return True
