"""What other tools do with a notebook of ours: export it, run it from another one, wrap its cells, pair it with a script."""

from __future__ import annotations

import os
import py_compile
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt
from notebooks import ASK, EMPTY_VIEW, LIGHT, SKY, SKY_TEXT, NotebookKernel, html, said, use

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends.html import as_html
from desiru_notebook.frontends.nbconvert import plain

ROOT = Path(__file__).resolve().parents[2]
KEPT = {"text/html": html(SKY), "text/plain": SKY_TEXT}
SHOWN, VALUE, BELOW = ("display_data", EMPTY_VIEW), ("execute_result", KEPT), ("display_data", KEPT)


@pytest.fixture(scope="module")
def kernel(kernel_environment, tmp_path_factory) -> Iterator[NotebookKernel]:
    kernel = NotebookKernel(kernel_environment, tmp_path_factory.mktemp("stderr") / "stderr")
    yield kernel
    kernel.stop()


class TestOtherMagics:
    @pytest.mark.parametrize("above", ["# A comment.\n", "# One.\n\n# Two.\n", "\n \n"])
    def test_comments_and_empty_lines_may_stand_above_a_cell(self, kernel, above):
        _, cell = kernel.execute(use(LIGHT), above + ASK)
        assert said(cell) == [SHOWN, VALUE]

    def test_other_code_above_it_is_left_to_ipython(self, kernel):
        _, cell = kernel.execute(use(LIGHT), f"1 + 1\n{ASK[:-1]}")  # a question mark asks IPython for help
        assert said(cell) == [("error", "SyntaxError")]

    def test_in_the_cells_of_other_magics_the_words_are_theirs(self, kernel):
        _, cell = kernel.execute(use(LIGHT), "%%bash\n# cat\necho '%%desiru a -> b'")
        assert said(cell) == [("stream", "stdout", "%%desiru a -> b\n")]

    @pytest.mark.parametrize("time", ["%%time\n", "%%time\n# A comment.\n"])
    def test_time_shows_the_view_and_the_time(self, kernel, time):
        _, *cells = kernel.execute(use(LIGHT), *[time + ASK] * 3)
        for view, took, value in map(said, cells):
            assert (view, value) == (SHOWN, VALUE)
            assert took[:2] == ("stream", "stdout")
            assert "Wall time" in took[2]

    def test_timeit_shows_a_view_for_each_time_that_it_asks(self, kernel):
        _, cell = kernel.execute(use(LIGHT), f"%%timeit -n1 -r2\n{ASK}")
        first, second, took, *below = said(cell)
        assert [first, second, *below] == [SHOWN, SHOWN, BELOW, BELOW]
        assert "per loop" in took[2]

    def test_capture_keeps_the_answer_and_shows_nothing(self, kernel):
        _, *cells = kernel.execute(use(LIGHT), f"%%capture kept\n{ASK}", "len(kept.outputs)", "kept.show()", "_run.state")
        assert [said(cell) for cell in cells[:1]] == [[]]
        assert said(cells[1]) == [("execute_result", {"text/plain": "1"})]
        assert said(cells[2]) == [BELOW]
        assert said(cells[3]) == [("execute_result", {"text/plain": "'done'"})]

    def test_capture_keeps_what_there_is_of_a_run_that_fails(self, kernel):
        fails = use("'Reasoning: Light'", "ZeroDivisionError('of light')")
        _, cell = kernel.execute(fails, f"%%capture kept\n{ASK}")
        assert said(cell) == [("error", "ProviderError")]
        *_, cell = kernel.execute("kept.show()")
        (shown,) = said(cell)
        assert shown[1]["text/plain"] == "Reasoning: Light\n\n[failed]"

    def test_a_module_that_is_called_there_keeps_its_value(self, kernel):
        call = "%%capture kept\ndesiru.StreamingChainOfThought('question -> answer')(question='Why?')"
        *_, shown = kernel.execute(use(LIGHT), call, "kept.show()")
        assert said(shown) == [BELOW]


class TestRun:
    """``%run`` executes other files here."""

    def test_a_notebook_shows_its_answers_and_leaves_its_variables(self, kernel, tmp_path):
        cells = [ASK, "sky = _run.result().answer", "print(sky)"]
        path = write(tmp_path / "other.ipynb", cells)
        _, cell, after = kernel.execute(use(LIGHT), f"%run {path}", "sky")
        assert said(cell) == [SHOWN, ("stream", "stdout", "Rayleigh\n"), BELOW]
        assert said(after) == [("execute_result", {"text/plain": "'Rayleigh'"})]

    def test_a_script_of_one_cell_does_too(self, kernel, tmp_path):
        (tmp_path / "other.ipy").write_text(ASK)
        _, cell, after = kernel.execute(use(LIGHT), f"%run {tmp_path / 'other.ipy'}", "_run.result().answer")
        assert said(cell) == [SHOWN, BELOW]
        assert said(after) == [("execute_result", {"text/plain": "'Rayleigh'"})]


class TestMarkdown:
    """What ``nbconvert --to markdown`` makes of answers."""

    def test_an_answer_is_a_few_plain_elements(self, kernel, kernel_environment, tmp_path):
        nbformat.write(executed(kernel, use(LIGHT), ASK), tmp_path / "sky.ipynb")
        environment = kernel_environment | {"JUPYTER_PATH": str(ROOT / "jupyter-share")}  # as it is installed
        command = [sys.executable, "-m", "nbconvert", "--to", "markdown", "--template", "desiru", "sky.ipynb"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        page = (tmp_path / "sky.md").read_text()
        view = page[page.index("<div>") : page.rindex("</div>")]
        assert "<style>" not in page
        assert "desiru-" not in page
        assert "<details><summary><b>reasoning</b> Light scatters.</summary>\n<blockquote><p>Light scatters.</p>" in view
        assert "<b>answer</b></div>\n<blockquote><p>Rayleigh</p>" in view
        assert "not trusted" not in page

    def test_other_outputs_stay_as_they_are(self):
        for other in ["<style>td { color: red }</style><p class='x'>a</p>", "<p class='desiru-apart'>a</p>", ""]:
            assert plain(other) == other

    def test_nothing_of_an_answer_is_read_as_markdown(self):
        picture = "![x](https://elsewhere.example/x.png)"
        text = f"```\ncode\n\n{picture}\n```\n\nline\n{picture}\n\n<p class=desiru-apart>"
        stats = Stats(f"a\n\n{picture}", state="failed", notices=(f"a\n\n{picture}",))
        made = plain(as_html(Prediction({"answer": text, "tags": [text]}, thinking=text, stats=stats), f"a\n\n{picture}"))
        assert "\n\n" not in made
        page = MarkdownIt("commonmark").render(f"Before.\n\n{made}\n\nAfter.")
        assert page == f"<p>Before.</p>\n{made}\n<p>After.</p>\n"

    def test_all_words_are_there_once(self):
        stats = Stats("tests", state="failed", notices=("Note.",))
        made = plain(
            as_html(Prediction({"reasoning": "Light [x](https://a.example/b?c=d)", "answer": ["a"]}, stats=stats), "No.")
        )
        words = " ".join(Words(made).words)
        assert words == "reasoning Light x (a.example) answer a Error: No. Note: Note. failed tests"
        assert '<a href="https://a.example/b?c=d">' in made
        assert set(re.findall(r"<\w+ (\w+)", made)) == {"href", "open"}


class TestJupytext:
    """A notebook that is paired with a script, where `jupytext.toml` says that the cells are no Python."""

    def test_the_script_compiles_and_comes_back_the_same(self, request, tmp_path):
        if not request.config.getoption("--all"):
            pytest.skip("runs with --all")
        from browser.environments import NEWEST

        cells = [
            "%load_ext desiru_notebook",
            ASK,
            "%%desiru -m local a, b -> c: int\na: 1\nb: 2\n\n3",
            "%desiru model local",
            "_.c",
        ]
        write(tmp_path / "sky.ipynb", cells)
        (tmp_path / "jupytext.toml").write_text('custom_cell_magics = "desiru"\n')
        for form, source in (("py:percent", "sky.ipynb"), ("ipynb", "sky.py")):
            command = [str(NEWEST.python()), "-m", "jupytext", "--to", form, source]
            subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": ""}, check=True, capture_output=True)
            py_compile.compile(str(tmp_path / "sky.py"), doraise=True)
        assert [cell.source for cell in nbformat.read(tmp_path / "sky.ipynb", as_version=4).cells] == cells


class Words(HTMLParser):
    """The words that a page shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data):
        self.words += data.split()


def write(path: Path, cells: list[str]) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def executed(kernel: NotebookKernel, *cells: str) -> nbformat.NotebookNode:
    """A notebook of these cells with what they leave."""
    return nbformat.v4.new_notebook(cells=kernel.execute(*cells))
