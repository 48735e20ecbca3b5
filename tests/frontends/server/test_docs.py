"""docs/endpoint.md and docs/openapi.json say what is so: their examples and their schema meet a real server."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets import Float, Integer

from desiru_notebook.frontends.server import DesiruExtension

from .answers import expected, read
from .jupyter import ROOT, Jupyter

DOCS = ROOT / "docs"
PAGE = (DOCS / "endpoint.md").read_text(encoding="utf-8")
WORDS = expected(20)


def example(language: str) -> str:
    """The page's first example in this language."""
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def run(command: list[str], server: Jupyter, **changes: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"JUPYTER_URL": server.base, "JUPYTER_TOKEN": server.token} | changes
    return subprocess.run(command, env=environment, capture_output=True, timeout=60)


@pytest.mark.usefixtures("service")
def test_the_example_with_curl_streams_an_answer(server):
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    answer = read([run(["sh", "-c", example("sh")], server).stdout])
    assert (answer.texts, answer.done) == (WORDS, True)


@pytest.mark.usefixtures("service")
def test_the_example_in_python_prints_the_answer_or_what_is_wrong(server):
    ran = run([sys.executable, "-c", example("python")], server)
    assert ran.stdout.decode() == f"{WORDS['reasoning']}{WORDS['answer']}\n\nThe answer: {WORDS['answer']}\n"
    refused = run([sys.executable, "-c", example("python")], server, JUPYTER_TOKEN="wrong")
    assert refused.stderr.startswith(b"Nobody has logged in: send the server's token")


@pytest.mark.parametrize("name", ["models", "default_model", "max_runs", "max_body", "heartbeat"])
def test_what_can_be_configured_has_its_row_with_its_default(name):
    trait = DesiruExtension.class_own_traits(config=True)[name]
    default = f"| {trait.default_value} |" if isinstance(trait, (Integer, Float)) else "|"
    assert PAGE.count(f"\n| `{name}` {default}") == 1


def test_every_trait_of_ours_is_among_the_rows():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    own = [name for name, trait in DesiruExtension.class_own_traits(config=True).items() if trait.this_class is DesiruExtension]
    assert sorted(rows) == sorted(own)


def test_the_schema_is_what_its_script_makes():
    found = importlib.util.spec_from_file_location("docs_openapi", DOCS / "openapi.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert json.loads((DOCS / "openapi.json").read_text(encoding="utf-8")) == module.document()


@pytest.mark.usefixtures("service")
def test_schemathesis_finds_nothing_that_the_schema_does_not_say(server, tmp_path):
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(ROOT / "schemathesis.toml"), "run"]
    options = [
        "--url",
        server.base.rstrip("/"),
        "-H",
        f"Authorization: Bearer {server.token}",
        "--max-examples",
        "20",
        "--seed",
        "1",
    ]
    ran = subprocess.run(
        [*command, str(DOCS / "openapi.json"), *options, "--no-color"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-5000:]
    assert "2 selected / 2 total" in ran.stdout
