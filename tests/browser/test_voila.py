"""Runs and answers in a page that a real Voila has rendered, after it has run all cells and while it runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from markdown.vocabulary import text_of
from mock_provider import MockProvider
from playwright.sync_api import Page, expect

from .notebook import write_notebook
from .sources import FULL, HARMLESS, HOSTILE, LOAD, LONG, words
from .voila_page import VoilaPage, voila_server

pytestmark = pytest.mark.browser

Render = Callable[..., VoilaPage]

SAYS = f"""
import desiru_notebook as desiru
from desiru_notebook.providers import Text
class Says:
    async def stream(self, request):
        yield Text({HOSTILE!r})
desiru.configure(model=Says())
"""
SHOW = "{0} = desiru.Predict('question -> reasoning, answer').stream(question='?')\ndisplay({0})"


@pytest.fixture(scope="module")
def servers(newest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[str, Path]]]:
    """Makes, once for each option, the address of a server and the folder of its notebooks."""
    running: dict[str, tuple[str, Path]] = {}
    with ExitStack() as stack:

        def server(option: str) -> tuple[str, Path]:
            if option not in running:
                home = tmp_path_factory.mktemp("voila")
                running[option] = stack.enter_context(voila_server(newest, home, option)), home / "notebooks"
            return running[option]

        yield server


@pytest.fixture
def render(page: Page, servers: Callable[[str], tuple[str, Path]], request: pytest.FixtureRequest) -> Iterator[Render]:
    """Renders a notebook of these cells, the extension loaded before them; at the end the page may not have complained."""
    rendered: list[VoilaPage] = []

    def renders(sources: Sequence[str], progressive: bool = False) -> VoilaPage:
        url, folder = servers(f"--progressive_rendering={progressive}")
        path = write_notebook(folder, re.sub(r"\W+", "-", request.node.name), [f"{LOAD}\n{sources[0]}", *sources[1:]])
        rendered.append(VoilaPage(page, url, path))
        return rendered[-1]

    yield renders
    for voila in rendered:
        assert voila.complaints == []


def test_a_displayed_run_has_its_whole_text_goes_on_and_is_cancelled(
    render: Render, use: Callable[[str], str], service: MockProvider
) -> None:
    voila = render([use(LONG), SHOW.format("one"), SHOW.format("two")])
    for cell, way in ((1, "click"), (2, "Esc")):
        voila.view(cell, "streaming").wait_for()
        seen = len(words(voila.pane(cell, "reasoning")))
        voila.pane(cell, "reasoning").filter(has_text=f"word{seen + 100}").wait_for()
        voila.cancel(cell, way)
        voila.view(cell, "cancelled").wait_for()
        said = words(voila.pane(cell, "reasoning"))
        assert said == [f"word{at}" for at in range(len(said))]
    for call in service.log():
        service.wait_for(lambda entry, at=call["at"]: entry["at"] == at and entry["client_gone_at"])


def test_what_a_magic_answers_and_a_run_says_is_text_in_the_page(render: Render) -> None:
    ask = "desiru.Predict('question -> answer').stream(question='?')"
    voila = render([SAYS, "%%desiru question -> answer\n?", f"display({ask})"])
    for cell in (1, 2):
        voila.view(cell, "done").locator("visible=true").wait_for()
        expect(voila.pane(cell, "answer")).to_have_text(HARMLESS)
        assert text_of(voila.pane(cell, "answer").inner_html()) == HARMLESS
    assert voila.page.evaluate("() => window.__pwn") is None


def test_cancel_is_heard_while_a_later_cell_waits_for_the_run(
    render: Render, use: Callable[[str], str], service: MockProvider
) -> None:
    voila = render([use(LONG), SHOW.format("run"), "run.join()\nprint('it was', run.state)"], progressive=True)
    voila.pane(1, "reasoning").filter(has_text=FULL).wait_for()
    voila.cancel(1, "click")
    voila.cell(2).get_by_text("it was cancelled").wait_for()
    voila.view(1, "cancelled").wait_for()
    service.wait_for(lambda call: call["client_gone_at"])
