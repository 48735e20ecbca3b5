"""What the servers of the browser tests are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from .server import variables


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "AWS_PROFILE", "HTTPS_PROXY", "DESIRU_MODEL", "JUPYTER_PATH", "SOME_TOKEN"])
def test_a_server_and_its_kernels_know_nothing_of_the_person_who_runs_the_tests(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "theirs")
    assert "theirs" not in variables(tmp_path).values()
