"""A run in a real marimo, in the editor and in an app: it streams, is cancelled and comes back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from markdown.vocabulary import text_of
from mock_provider import MockProvider
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from . import sources
from .marimo_notebook import APP, MarimoNotebook, Mode, marimo_server, write_marimo
from .sources import FULL, HARMLESS, HOSTILE, LONG

pytestmark = pytest.mark.browser

Open = Callable[[Mode, Sequence[str]], MarimoNotebook]

SAYS = f"""
from desiru_notebook.providers import Text
class Says:
    async def stream(self, request):
        yield Text({HOSTILE!r})
says = desiru.Predict("question -> answer", model=Says()).stream(question="?")
says
"""


def ask(name: str) -> str:
    return f"{name} = desiru.Predict('question -> reasoning, answer').stream(question='?')"


def words(pane: Locator) -> list[str]:
    """What the pane has, which is a run of words from the first one on."""
    said = sources.words(pane)
    assert said == [f"word{at}" for at in range(len(said))]
    return said


def contains(locator: Locator, text: str) -> Locator:
    """The element, as soon as this text stands in it."""
    found = locator.filter(has_text=text)
    found.wait_for()
    return found


def wait_until_gone(service: MockProvider, calls: int) -> None:
    """Until the service has been asked so often, and every time left alone before the end."""
    log = service.log()
    assert len(log) == calls
    for call in log:
        service.wait_for(lambda entry, at=call["at"]: entry["at"] == at and entry["client_gone_at"])


@pytest.fixture(scope="module")
def servers(newest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mode], tuple[str, Path]]]:
    """Makes, once for each mode, the address of a server and the folder of its notebooks."""
    running: dict[Mode, tuple[str, Path]] = {}
    with ExitStack() as stack:

        def server(mode: Mode) -> tuple[str, Path]:
            if mode not in running:
                home = tmp_path_factory.mktemp(f"marimo-{mode}")
                running[mode] = stack.enter_context(marimo_server(newest, mode, home)), home / "notebooks"
            return running[mode]

        yield server


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One session of the browser, for it takes its time to load what marimo's pages are made of."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def marimo(page: Page, servers: Callable[[Mode], tuple[str, Path]], request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a notebook of these cells, marimo imported before them; at the end the page may not have complained."""
    opened: list[MarimoNotebook] = []

    def opens(mode: Mode, sources: Sequence[str]) -> MarimoNotebook:
        url, folder = servers(mode)
        name = APP if mode == "run" else re.sub(r"\W+", "-", request.node.name)
        path = write_marimo(folder, name, [f"import marimo as mo\n{sources[0]}", *sources[1:]])
        opened.append(MarimoNotebook(page, url, path))
        return opened[-1]

    yield opens
    for notebook in opened:
        assert notebook.complaints == []


def test_a_widget_a_run_and_a_prediction_are_shown_and_what_they_say_is_text(marimo: Open, use: Callable[[str], str]) -> None:
    shown = [f"{ask('one')}\nmo.ui.anywidget(one.widget)", f"{ask('two')}\ntwo"]
    said = [f"desiru.Prediction({{'answer': {HOSTILE!r}}})", SAYS]
    notebook = marimo("run", [use("words-60-100"), *shown, *said])
    for cell in (1, 2):
        notebook.view(cell, "done").wait_for()
        expect(notebook.pane(cell, "reasoning")).to_have_text(" ".join(f"word{at}" for at in range(30)))
        expect(notebook.pane(cell, "answer")).to_have_text(" ".join(f"word{at}" for at in range(30, 60)))
    for cell in (3, 4):
        expect(notebook.pane(cell, "answer")).to_have_text(HARMLESS)
        assert text_of(notebook.pane(cell, "answer").inner_html()) == HARMLESS
    assert notebook.page.evaluate("() => window.__pwn") is None


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_cancel_stops_the_model_while_a_cell_waits_for_it_and_when_all_cells_are_over(
    mode: Mode, marimo: Open, use: Callable[[str], str], service: MockProvider
) -> None:
    blocks = "try:\n    one.result()\nexcept desiru.RunCancelled:\n    pass\nmo.md(f'result: {one.state}')"
    awaits = "try:\n    await two\nexcept desiru.RunCancelled:\n    pass\nmo.md(f'await: {two.state}')"
    over = [f"{ask('three')}\nmo.ui.anywidget(three.widget)", f"{ask('four')}\nfour"]
    notebook = marimo(mode, [use(LONG), f"{ask('one')}\none", blocks, f"{ask('two')}\ntwo", awaits, *over])
    for cell, way in ((1, "click"), (3, "Esc"), (5, "click"), (6, "Esc")):
        contains(notebook.view(cell, "streaming"), "word0")
        contains(notebook.pane(cell, "reasoning"), FULL)
        notebook.cancel(cell, way)
        notebook.view(cell, "cancelled").wait_for()
        assert len(words(notebook.pane(cell, "reasoning"))) > 400
    for said in ("result: cancelled", "await: cancelled"):
        expect(notebook.page.get_by_text(said)).to_be_visible()
    wait_until_gone(service, 4)


def test_stop_ends_the_run_for_which_a_cell_waits(marimo: Open, use: Callable[[str], str], service: MockProvider) -> None:
    notebook = marimo("edit", [use(LONG), f"{ask('one')}\none", "one.result()", f"{ask('two')}\ntwo", "await two"])
    for stopped, cell in enumerate((1, 3)):
        if stopped:
            notebook.run_cell(cell)  # and the one that needs it: Stop took both from what was to run
        contains(notebook.pane(cell, "reasoning"), FULL)
        notebook.cancel(cell, "Stop")
        notebook.view(cell, "cancelled").wait_for()
        notebook.page.get_by_text("This cell was interrupted").nth(stopped).wait_for()
    wait_until_gone(service, 2)


def test_a_view_comes_back_with_a_new_page_and_with_its_cell_and_a_run_that_is_replaced_ends(
    marimo: Open, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = marimo("edit", [use(LONG), ask("run"), "run"])
    contains(notebook.pane(2, "reasoning"), FULL)
    notebook.page.reload()
    contains(notebook.view(2, "streaming"), FULL)
    seen = len(words(notebook.pane(2, "reasoning")))
    contains(notebook.pane(2, "reasoning"), f"word{seen + 100}")

    notebook.run_cell(2)
    seen += len(words(notebook.pane(2, "reasoning")))
    contains(notebook.pane(2, "reasoning"), f"word{seen + 100}")
    assert [call["client_gone_at"] for call in service.log()] == [None]

    notebook.run_cell(1)
    service.wait_for(lambda call: call["client_gone_at"])
    contains(notebook.view(2, "streaming"), FULL)
    notebook.cancel(2, "click")
    notebook.view(2, "cancelled").wait_for()
    words(notebook.pane(2, "reasoning"))
    wait_until_gone(service, 2)


def test_importing_and_asking_need_no_ipython(newest: Path, service: MockProvider) -> None:
    script = (
        "import sys, marimo; sys.modules['IPython'] = None; import desiru_notebook as desiru\n"
        f"model = desiru.model('openai:words-2-0', base_url={service.base_url!r}, api_key='sk-test')\n"
        "print(desiru.Predict('question -> reasoning, answer', model=model).stream(question='?').result().answer)"
    )
    assert subprocess.run([newest, "-c", script], capture_output=True, text=True, check=True).stdout == "word1\n"
