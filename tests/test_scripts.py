"""The scripts that people run in a checkout."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = Path(__file__).resolve().parents[1] / "scripts" / "install"


@pytest.fixture
def environment(tmp_path):
    """A virtual environment whose Python says how it was called."""
    command = tmp_path / "venv" / "bin" / "python"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "called with $@"\n')
    command.chmod(0o755)
    return os.environ | {"VENV": str(tmp_path / "venv"), "PYTHON": sys.executable}


def said_to_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # how Linux says that nobody has the other end any more
            pass
        assert process.wait() == 0
    os.close(ours)
    return said.decode()


def test_installing_shows_its_progress_to_a_person_and_nothing_to_a_log(environment):
    command = [str(INSTALL), "local", "jupyterlab"]
    assert "--quiet" in subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    Path(environment["VENV"], "installed-local-jupyterlab").unlink()
    said = said_to_a_terminal(command, environment)
    assert "called with -m pip install" in said
    assert "--quiet" not in said


def test_what_is_installed_is_not_installed_again(environment):
    command = [str(INSTALL), "local", "jupyterlab"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout == b""
