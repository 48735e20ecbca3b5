"""Small things that people see, and that only a page shows."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import OpenNotebook
from .environments import LAB, ROOT
from .notebook import Notebook
from .server import JupyterServer
from .sources import ASK, LONG

pytestmark = pytest.mark.browser

ANYBODY = ["--IdentityProvider.token=", "--allow-root", "--expose-app-in-browser"]
SAYS = """
import desiru_notebook as desiru
from desiru_notebook.providers import Finish, Text
class Says:
    name = "says"
    def __init__(self, said):
        self.said = said
    async def stream(self, request):
        for at in range(0, len(self.said), 100):
            yield Text(self.said[at:at + 100])
        yield Finish("stop")
def ask(signature, said):
    run = desiru.Predict(signature, model=Says(said)).stream(question="?")
    run.join()
    return run
"""
FOCUS = """() => {
    const {content} = window.jupyterapp.shell.currentWidget;
    return [document.activeElement.closest('.desiru') !== null, content.mode, content.activeCellIndex];
}"""
# How many lines the text of each element takes.
LINES = """elements => elements.map(element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size;
})"""


def shown(notebook: Notebook) -> Locator:
    """The views of the cells 2 and 3, live and saved, when they are there."""
    notebook.run_all()
    notebook.wait_until_run(3)
    for cell in (2, 3):
        notebook.view(cell, "done").first.wait_for()
    return notebook.page.locator(".jp-Cell .desiru[data-state=done]")


def test_escape_on_cancel_leaves_the_focus_in_the_view_and_the_notebook_in_command_mode(open_notebook: OpenNotebook, use):
    notebook = open_notebook([use(LONG), ASK])
    notebook.run_all()
    notebook.view(2, "streaming").wait_for()
    notebook.view(2).locator(".desiru-cancel").focus()
    before = notebook.page.evaluate(FOCUS)
    assert before == [True, "command", 2]
    notebook.page.keyboard.press("Escape")
    notebook.cell(2).locator(".desiru[data-state=cancelled]:visible").wait_for()
    notebook.wait_until_run(2)
    notebook.page.wait_for_function(f"before => JSON.stringify(({FOCUS})()) === JSON.stringify(before)", arg=before)


@pytest.mark.usefixtures("page")  # for its left area is folded
def test_no_label_is_broken_in_a_narrow_window(open_notebook: OpenNotebook):
    said = (
        'Reasoning: Light scatters.\\nSummary of the main points: so\\nAnswer: {\\"wavelength_in_nanometres\\": 450}\\n'
        "Averyveryverylongnamewithoutanyunderscore: 4"
    )
    outputs = "reasoning, summary_of_the_main_points, answer: dict[str, int], averyveryverylongnamewithoutanyunderscore: int"
    kept = f'run = ask("question -> {outputs}", "{said}")'
    notebook = open_notebook([SAYS + kept, "display(run.widget)", "display(run.partial)"])
    shown(notebook)
    notebook.command("application:toggle-left-area")
    for width in (1280, 600, 420):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        lines = notebook.page.locator(".jp-Cell .desiru :is(.desiru-name, dt)").evaluate_all(LINES)
        assert lines == [1] * 10, width


def test_a_long_paragraph_reads_selects_and_copies_as_one(open_notebook: OpenNotebook):
    kept = f'{SAYS}run = ask("question -> answer", "Answer: " + "Some words of it, " * 2500 + "end.")'
    notebook = open_notebook([kept, "display(run.widget)", "display(run.partial)"])
    shown(notebook)
    text = "Some words of it, " * 2500 + "end."
    for cell in (2, 3):
        paragraph = notebook.pane(cell, "answer").locator("p")
        expect(paragraph).to_have_count(1)
        copied = paragraph.evaluate("p => { getSelection().selectAllChildren(p); return getSelection().toString() }")
        assert copied == text
        assert paragraph.inner_text() == text
        ends = paragraph.evaluate("""p => {
            const ends = new Map(), range = document.createRange();
            range.selectNodeContents(p);
            for (const {bottom, right} of range.getClientRects())
                ends.set(Math.round(bottom), Math.max(right, ends.get(Math.round(bottom)) ?? 0));
            const width = p.getBoundingClientRect().right;
            return [...ends.values()].map(right => width - right);
        }""")
        assert max(ends[:-1]) < 60, "a line ends early"


class Demo(JupyterServer):
    """What scripts/demo starts in a checkout, whose environment is this one."""

    def __init__(self, home: Path) -> None:
        self._checkout = home / "checkout"
        for folder in ("scripts", "examples", "docs"):
            shutil.copytree(ROOT / folder, self._checkout / folder)
        for name, command in (("python", "exit 0"), ("jupyter", f'exec {sys.executable} -m jupyter "$@"')):
            _write_command(self._checkout / ".venv" / "bin" / name, command)
        _write_command(self._checkout / "scripts" / "install", "exit 0")
        super().__init__(LAB, home, {})

    def _command(self) -> list[str]:
        return [str(self._checkout / "scripts" / "demo"), "--no-browser", "--port=0", *ANYBODY]


def _write_command(path: Path, command: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


@pytest.fixture
def demo(browser: Browser, tmp_path: Path) -> Iterator[Demo]:
    server = Demo(tmp_path)
    yield server
    server.stop()


def test_links_of_the_example_notebooks_to_the_docs_open_in_the_demo(demo: Demo, page: Page):
    linked = {}
    for path in sorted((ROOT / "examples" / "notebooks").glob("*.ipynb")):
        if links := re.findall(r"\]\((\.[^)]*)\)", path.read_text("utf-8")):
            linked[path.name] = links
    assert linked
    for name, links in linked.items():
        for file in (Path(link).name for link in links):
            page.goto(f"{demo.url}lab/tree/examples/notebooks/{name}?reset")
            page.locator(f".jp-RenderedMarkdown a:is([href*='{file}'], [data-commandlinker-args*='{file}'])").first.click()
            page.wait_for_function(
                "path => window.jupyterapp.shell.currentWidget?.context?.path === path && "
                "window.jupyterapp.shell.currentWidget.context.isReady",
                arg=f"docs/{file}",
            )


@pytest.mark.usefixtures("page")  # for a page that knows the magics does so from the first cell on
def test_prompts_are_not_coloured_as_python(open_notebook: OpenNotebook):
    notebook = open_notebook(["%%desiru question -> answer\nWhy is the sky blue, for you and me?", "x = 1 if True else 2"])
    words = notebook.cell(1).locator(".cm-line span"), notebook.cell(2).locator(".cm-line span")
    expect(words[0].get_by_text("is", exact=True)).to_have_count(1)
    notebook.cell(0).locator(".jp-InputArea-editor").click()
    notebook.command("notebook:run-cell")
    expect(words[0]).to_have_count(0)  # before there is any answer
    expect(words[1].get_by_text("if", exact=True)).to_have_count(1)
    notebook.restart_kernel()  # when a kernel says its language, every cell gets it
    expect(words[0]).to_have_count(0)
    editor = notebook.cell(2).locator(".cm-content")
    editor.click()
    notebook.page.keyboard.press("Control+Home")
    notebook.page.keyboard.type("%%desiru question -> answer\n")
    expect(words[1]).to_have_count(0)
    notebook.page.keyboard.press("Control+Home")
    notebook.page.keyboard.type("# ")
    expect(words[1].get_by_text("if", exact=True)).to_have_count(1)
