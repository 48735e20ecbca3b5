"""The pytest plugin, as somebody else's tests and notebooks use it: each in a pytest of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from models import Scripted
from nbclient import NotebookClient

from desiru_notebook import Finish, StreamingChainOfThought, StreamingModule, config, record, takes

SKY = ["Reasoning: Light", " scatters.", "\n", "Answer: ", "Rayleigh", Finish("stop")]
ASK = "%%desiru question -> reasoning, answer\n# NBVAL_CHECK_OUTPUT\nWhy is the sky blue?"


class Tiny(Scripted):
    name, provider, marker_style = "tiny", "local", "label"


def run_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A pytest with this plugin, or with nbval too: to load all that are installed would take most of the time."""
    nbval = ["-p", "nbval.plugin"] if "--nbval" in arguments else []
    command = [sys.executable, "-m", "pytest", "-p", "pytest_desiru", *nbval, "-p", "no:cacheprovider", "-q"]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([*command, *arguments], cwd=folder, env=alone | environment, capture_output=True, text=True)


def outcomes(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of what pytest said, without the time."""
    return re.sub(r" in .*", "", done.stdout.strip().splitlines()[-1].strip("= "))


@pytest.fixture
def tests(tmp_path):
    """Write a module of tests."""

    def write(code: str) -> Path:
        (tmp_path / "test_mine.py").write_text(f"import pytest\nimport desiru_notebook as desiru\n{code}")
        return tmp_path

    return write


@pytest.fixture
def recording(tmp_path, monkeypatch) -> Path:
    """What the local model said to two questions, to one of them from a module that reasons."""
    monkeypatch.setitem(config._models, "local", Tiny(SKY))
    with record(tmp_path / "sky.jsonl"):
        StreamingModule("question -> reasoning, answer")(question="Why is the sky blue?")
        StreamingChainOfThought("question -> answer")(question="And the sea?")
    return tmp_path / "sky.jsonl"


ASKS = 'def ask(question): return desiru.Predict("question -> reasoning, answer")(question=question).answer\n'


def test_pytest_finds_the_plugin():
    assert [entry.value for entry in entry_points(group="pytest11", name="desiru")] == ["pytest_desiru"]


def test_the_plugin_does_not_import_the_package():
    code = "import sys, pytest_desiru; print([name for name in ('desiru_notebook', 'IPython', 'nbval') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_tests_that_do_not_use_it_do_not_import_the_package(tmp_path):
    code = "import sys\ndef test_it(): assert 'desiru_notebook' not in sys.modules\n"
    (tmp_path / "test_mine.py").write_text(code)
    assert outcomes(run_pytest(tmp_path)) == "1 passed"


class TestMark:
    def test_a_test_is_answered_from_its_recording_and_the_next_one_is_not(self, tests, recording):
        folder = tests(ASKS + (
            '@pytest.mark.desiru("sky.jsonl")\n'
            'def test_it(): assert ask("Why is the sky blue?") == "Rayleigh"\n'
            "def test_other(): assert desiru.recording.current() is None\n"
        ))  # fmt: skip
        assert outcomes(run_pytest(folder, "--strict-markers")) == "2 passed"

    def test_a_fixture_is_answered_from_it_too(self, tests, recording):
        folder = tests(ASKS + (
            "pytestmark = pytest.mark.desiru('sky.jsonl')\n"
            "@pytest.fixture\ndef answer(): return ask('Why is the sky blue?')\n"
            'def test_it(answer): assert answer == "Rayleigh"\n'
        ))  # fmt: skip
        assert outcomes(run_pytest(folder)) == "1 passed"

    def test_a_changed_prompt_fails_and_shows_the_difference(self, tests, recording):
        folder = tests(ASKS + '@pytest.mark.desiru("sky.jsonl")\ndef test_it(): ask("Why is the sky red?")\n')
        done = run_pytest(folder)
        assert outcomes(done) == "1 failed"
        assert "+Question: Why is the sky red?" in done.stdout.replace("user: ", "")

    def test_a_recording_that_is_not_there_fails_that_test_and_no_other(self, tests):
        folder = tests('@pytest.mark.desiru("none.jsonl")\ndef test_it(): pass\ndef test_other(): pass\n')
        done = run_pytest(folder)
        assert outcomes(done) == "1 passed, 1 error"
        assert "Traceback" not in done.stdout
        assert "pytest --desiru-mode record makes one" in done.stdout
        assert "another exception" not in done.stdout

    @pytest.mark.parametrize("mode", ["replay", "record"])
    @pytest.mark.parametrize("name", ["a\\0b.jsonl", "a" * 300])
    def test_a_name_that_no_file_can_have_fails_that_test_and_no_other(self, tests, name, mode):
        folder = tests(f'@pytest.mark.desiru("{name}")\ndef test_it(): pass\ndef test_other(): pass\n')
        done = run_pytest(folder, f"--desiru-mode={mode}")
        assert outcomes(done) == "1 passed, 1 error"
        assert "Traceback" not in done.stdout
        assert "The recording " in done.stdout

    @pytest.mark.parametrize("words", ["", "()", "(7)", "('a.jsonl', 'b.jsonl')", "('a.jsonl', mode='once')"])
    def test_a_mark_that_says_something_else_is_told_what_it_takes(self, tests, words):
        done = run_pytest(tests(f"@pytest.mark.desiru{words}\ndef test_it(): pass\n"))
        assert outcomes(done) == "1 error"
        assert "Write @pytest.mark.desiru('sky.jsonl')" in done.stdout
        assert "pytest_desiru.py" not in done.stdout

    @pytest.mark.parametrize("how", [("--desiru-mode=once",), ()], ids=["option", "environment"])
    def test_once_records_what_is_not_recorded(self, tests, how):
        folder = tests(
            "class Says:\n    name = 'says'\n    async def stream(self, request): yield desiru.Text('Answer: Air')\n"
            '@pytest.mark.desiru("sky.jsonl")\n'
            'def test_it(): assert desiru.Predict("q -> answer", model=Says())(q="Why?") == {"answer": "Air"}\n'
        )
        for _ in range(2):
            assert outcomes(run_pytest(folder, *how, **({} if how else {"DESIRU_MODE": "once"}))) == "1 passed"
        assert len(takes.read(folder / "sky.jsonl")) == 1
        assert outcomes(run_pytest(folder)) == "1 passed"

    def test_tests_that_ask_the_same_get_each_its_own_answer_also_when_they_are_recorded_anew(self, tests):
        folder = tests(
            "import os\n"
            "class Says:\n    name = 'says'\n"
            "    def __init__(self, word): self.word = word\n"
            "    async def stream(self, request): yield desiru.Text(f'Answer: {self.word}')\n"
            "pytestmark = pytest.mark.desiru('sky.jsonl')\n"
            "@pytest.mark.parametrize('word', ['one', 'two'])\n"
            "def test_it(word):\n"
            "    word += os.environ['DAY']\n"
            "    assert desiru.Predict('q -> answer', model=Says(word))(q='Why?').answer == word\n"
        )
        for day in ("Monday", "Tuesday"):
            assert outcomes(run_pytest(folder, "--desiru-mode=record", DAY=day)) == "2 passed"
            assert outcomes(run_pytest(folder, DAY=day)) == "2 passed"
            assert outcomes(run_pytest(folder, "-k", "two", DAY=day)) == "1 passed, 1 deselected"
        assert len(takes.read(folder / "sky.jsonl")) == 4

    def test_a_test_that_has_recorded_nothing_itself_gets_the_answer_of_another(self, tests, recording):
        folder = tests(
            ASKS + '@pytest.mark.desiru("sky.jsonl")\ndef test_it(): assert ask("Why is the sky blue?") == "Rayleigh"\n'
        )
        assert outcomes(run_pytest(folder, "--desiru-mode=once")) == "1 passed"
        assert len(takes.read(recording)) == 2

    def test_live_asks_the_model_itself(self, tests):
        folder = tests('@pytest.mark.desiru("sky.jsonl")\ndef test_it(): assert desiru.recording.current() is None\n')
        assert outcomes(run_pytest(folder, "--desiru-mode=live", DESIRU_RECORDING="other.jsonl")) == "1 passed"


class TestModel:
    def test_it_is_the_configured_model_of_the_test_and_of_no_other(self, tests):
        folder = tests(
            "def test_it(desiru_model):\n"
            "    desiru_model.reply('[[ ## answer ## ]]\\nAir', chunks=3)\n"
            "    assert desiru.Predict('q -> answer')(q='Why?') == {'answer': 'Air'}\n"
            "    assert 'Why?' in desiru_model.requests[0].messages[-1].content\n"
            "def test_other(): assert desiru.config.settings()['model'] == 'local'\n"
        )
        assert outcomes(run_pytest(folder)) == "2 passed"

    def test_it_goes_before_a_recording(self, tests, recording):
        folder = tests(
            "def test_it(desiru_model): assert desiru.Predict('q -> a', model=desiru_model.reply('b'))(q='c').a == 'b'\n"
        )
        assert outcomes(run_pytest(folder, DESIRU_RECORDING=str(recording))) == "1 passed"


class TestNotebook:
    """Under nbval, with comparison."""

    @pytest.fixture
    def notebook(self, recording, monkeypatch) -> Path:
        """A notebook with outputs as they are saved, beside its recording."""
        cells = [
            "%load_ext desiru_notebook",
            ASK,
            "_.answer",
            _CODE,
            "%%desiru -b question -> reasoning, answer\n# NBVAL_SKIP\nNo?",
        ]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        monkeypatch.setenv("DESIRU_RECORDING", str(recording))
        with_outputs = nbformat.from_dict({**notebook, "cells": notebook.cells[:-1]})
        NotebookClient(with_outputs, timeout=30).execute()
        path = recording.with_suffix(".ipynb")
        nbformat.write(nbformat.from_dict({**notebook, "cells": [*with_outputs.cells, notebook.cells[-1]]}), path)
        monkeypatch.delenv("DESIRU_RECORDING")
        return path

    def test_it_passes_with_a_clean_stderr(self, notebook):
        done = run_pytest(notebook.parent, "--nbval", notebook.name, "-s")
        assert outcomes(done) == "4 passed, 1 skipped"
        assert done.stderr == ""

    def test_a_notebook_that_records_itself_is_answered_from_its_recording(self, notebook):
        saved, before = nbformat.read(notebook, 4), notebook.with_suffix(".jsonl").read_bytes()
        said = nbformat.v4.new_output("stream", text="Recording: sky.jsonl.\n")
        saved.cells.insert(1, nbformat.v4.new_code_cell("%desiru record sky.jsonl", execution_count=1, outputs=[said]))
        nbformat.write(saved, notebook)
        assert outcomes(run_pytest(notebook.parent, "--nbval", notebook.name)) == "5 passed, 1 skipped"
        assert notebook.with_suffix(".jsonl").read_bytes() == before

    def test_it_passes_in_random_order_for_cells_keep_theirs(self, notebook):
        shutil.copy(notebook, notebook.with_name("sea.ipynb"))
        shutil.copy(notebook.with_suffix(".jsonl"), notebook.with_name("sea.jsonl"))
        shuffle = "import random\ndef pytest_collection_modifyitems(items): random.Random(7).shuffle(items)\n"
        (notebook.parent / "conftest.py").write_text(shuffle)
        assert outcomes(run_pytest(notebook.parent, "--nbval", ".")) == "8 passed, 2 skipped"

    @pytest.mark.parametrize(("option", "dist"), [("--nbval", "loadfile"), ("-s", "load")])
    def test_pytest_xdist_gives_a_notebook_to_one_process(self, tests, option, dist):
        folder = tests(f"def test_it(request): assert request.config.option.dist == {dist!r}\n")
        (folder / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--dist', default='load')\n")
        assert outcomes(run_pytest(folder, option)) == "1 passed"

    def test_it_passes_from_a_packed_recording(self, notebook, monkeypatch):
        plain = notebook.with_suffix(".jsonl")
        monkeypatch.setitem(config._models, "local", Tiny(SKY))
        plain.unlink()
        with record(notebook.with_suffix(".jsonl.gz")):
            StreamingModule("question -> reasoning, answer")(question="Why is the sky blue?")
            StreamingChainOfThought("question -> answer")(question="And the sea?")
        assert outcomes(run_pytest(notebook.parent, "--nbval", notebook.name)) == "4 passed, 1 skipped"

    @pytest.mark.parametrize("kind", ["text/plain", "text/html"])
    def test_a_changed_saved_answer_fails(self, notebook, kind):
        saved = nbformat.read(notebook, 4)
        value = next(output for output in saved.cells[1].outputs if output.output_type == "execute_result")
        assert "Rayleigh" in value.data[kind]
        value.data[kind] = value.data[kind].replace("Rayleigh", "Tyndall")
        nbformat.write(saved, notebook)
        done = run_pytest(notebook.parent, "--nbval", notebook.name)
        assert outcomes(done) == "1 failed, 3 passed, 1 skipped"
        assert f"mismatch '{kind}'" in done.stdout

    def test_looks_of_another_version_pass(self, notebook):
        saved = nbformat.read(notebook, 4)
        value = next(output for output in saved.cells[1].outputs if output.output_type == "execute_result")
        assert ".desiru-pane{" in value.data["text/html"]
        value.data["text/html"] = value.data["text/html"].replace(".desiru-pane{", ".desiru-pane{color:red;")
        nbformat.write(saved, notebook)
        assert outcomes(run_pytest(notebook.parent, "--nbval", notebook.name)) == "4 passed, 1 skipped"

    def test_a_changed_prompt_fails(self, notebook):
        saved = nbformat.read(notebook, 4)
        saved.cells[1].source += " Or red?"
        nbformat.write(saved, notebook)
        done = run_pytest(notebook.parent, "--nbval", notebook.name)
        assert outcomes(done).startswith("2 failed")
        assert "NotRecordedError" in done.stdout

    def test_a_changed_recorded_answer_fails(self, notebook):
        path = notebook.with_suffix(".jsonl")
        lines = path.read_text().splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if json.loads(line).get("text") == "Rayleigh")
        path.write_text("".join([*lines[:at], lines[at].replace("Rayleigh", "Tyndall"), *lines[at + 1 :]]))
        assert outcomes(run_pytest(notebook.parent, "--nbval", notebook.name)).startswith("2 failed")


_CODE = """
from desiru_notebook import FieldDelta, StreamingChainOfThought
for event in StreamingChainOfThought("question -> answer").stream(question="And the sea?"):
    if isinstance(event, FieldDelta):
        print(event, end="")
"""
