"""Nothing that the model says acts on the page: not in the live view, not in the saved one."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from markdown.vocabulary import text_of
from playwright.sync_api import Page, Request
from replaying import SHARED

from .conftest import OpenNotebook

pytestmark = pytest.mark.browser

OWN = [
    "<script>window.__pwn = 1</script>",
    '<img src=x onerror="window.__pwn = 1">',
    "</div></section><iframe srcdoc='<script>parent.__pwn = 1</script>'></iframe>",
    "<style>* { display: none }</style>",
    '<button class="jp-ToolbarButton" onclick="window.__pwn = 1">Run</button>',
    "&lt;img src=x onerror=window.__pwn=1&gt; &amp;lt;b&amp;gt;",
    "[a](java\tscript:window.__pwn=1) [b](data:text/html,<script>window.__pwn=1</script>) [c](//elsewhere.example)",
    "![a](https://elsewhere.example/a.png) [![b](https://elsewhere.example/b.png)](https://elsewhere.example/c)",
    '```"><img src=x onerror=window.__pwn=1>\n"><img src=x onerror=window.__pwn=1>\n```',
    '| <img src=x onerror=window.__pwn=1> |\n|---|\n| "><svg onload=window.__pwn=1> |',
    "$\\href{javascript:window.__pwn=1}{x}$ $\\html{<img src=x onerror=window.__pwn=1>}$ \\[\\style{position:fixed}{x}\\]",
    "$</span><img src=x onerror=window.__pwn=1>$",
    "# <a id=jupyterapp name=jupyterapp>x</a>\n\n[jupyterapp]: javascript:window.__pwn=1\n\n[jupyterapp]",
]
# A model that says each of some texts in small pieces, and a view of each run; then what is saved of each.
SAY = """
import desiru_notebook as desiru
from desiru_notebook.providers import Text
class Says:
    name = "hostile"
    def __init__(self, said):
        self.said = said
    async def stream(self, request):
        for at in range(0, len(self.said), 3):
            yield Text(self.said[at:at + 3])
runs = [desiru.Predict("question -> answer", model=Says(said)).stream(question="?") for said in SAID]
"""
SHOW_LIVE = "for run in runs: display(run.widget)"
SHOW_SAVED = "for run in runs: display(run.result())"
PANES = ".desiru[data-state=done] .desiru-text"
# What a pane holds; but what MathJax has set is the host's, which may not have made anything of it that acts.
HELD = """pane => {
    const copy = pane.cloneNode(true);
    for (const set of copy.querySelectorAll('mjx-container')) {
        const acts = set.querySelector('a, img, script, iframe, style, [href], [src], [onerror], [onload]');
        set.replaceWith(acts ? '!' + acts.outerHTML : '');
    }
    return copy.innerHTML;
}"""


def attacks() -> list[str]:
    given = SHARED / "attacks" / "given.json"
    return OWN + ([item["payload"] for item in json.loads(given.read_text())] if given.exists() else [])


@pytest.fixture
def asked_elsewhere(page: Page) -> list[str]:
    """The addresses of other hosts that the page asks for something."""
    asked: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme.startswith("http") and address.hostname not in ("127.0.0.1", "localhost"):
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_nothing_acts_live_or_saved(open_notebook: OpenNotebook, asked_elsewhere: list[str]) -> None:
    said = attacks()
    notebook = open_notebook([f"SAID = {said!r}{SAY}", SHOW_LIVE, SHOW_SAVED])
    base = notebook.page.evaluate("() => document.baseURI")
    notebook.run_all()
    notebook.wait_until_run(3)
    shown = {}
    for cell in (2, 3):
        notebook.scroll_to(cell)
        panes = notebook.cell(cell).locator(PANES)
        panes.nth(len(said) - 1).wait_for(state="attached")
        shown[cell] = [text_of(pane.evaluate(HELD)) for pane in panes.all()]
    assert shown[2] == shown[3]
    assert len(shown[2]) == len(said)
    assert asked_elsewhere == []
    page = "[window.__pwn, document.baseURI, typeof window.jupyterapp.commands.execute]"
    assert notebook.page.evaluate(f"() => {page}") == [None, base, "function"]


# Formulas that no policy lets pass, wherever words of a model or of its service stand beside the panes' texts.
TEX = r"$\\href{https://elsewhere.example}{x}$ \\(\\style{color: red}{y}\\)"
BESIDE = f'''
import desiru_notebook as desiru
from desiru_notebook.providers import Text, ToolCall
class Says:
    name = "{TEX}"
    async def stream(self, request):
        yield ToolCall("{TEX}")
        yield Text("Reasoning: {TEX}\\nAnswer: $z$")
run = desiru.Predict("question -> reasoning, answer", model=Says()).stream(question="?")
'''
SET = "set => set.map(formula => formula.parentElement.className)"


def test_the_hosts_typesetter_is_kept_off_whatever_is_no_formula_of_ours(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([BESIDE, "run.result()", "run.widget"])
    notebook.run_all()
    for cell in (2, 3):
        notebook.scroll_to(cell)
        formulas = notebook.cell(cell).locator("mjx-container")
        formulas.first.wait_for()
        assert formulas.evaluate_all(SET) == ["desiru-math mathjax_process tex2jax_process"]
