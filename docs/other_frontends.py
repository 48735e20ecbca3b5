"""Measures what a cancel does in front ends that are no Jupyter applications: marimo's editor, marimo's apps, and Voila.

Each of :data:`MEASURES` is asked as those of :mod:`frontends` are.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from browser.environments import NEWEST, versions
from browser.marimo_notebook import APP, MarimoNotebook, Mode, marimo_server, write_marimo
from browser.notebook import write_notebook
from browser.sources import FULL, LOAD, LONG, use, words
from browser.voila_page import VoilaPage, voila_server
from cancelling import Frontend, Row
from mock_provider import MockProvider
from playwright.sync_api import Browser, Page

Shown = MarimoNotebook | VoilaPage
Begin = Callable[[], tuple[Shown, int]]  # until the question is asked; the page, and how often its cells have run

ASK = "run = desiru.Predict('question -> reasoning, answer').stream(question='?')"
# In marimo: cells that a button starts; the one with the view, one that waits for its run, and one behind that.
BUTTON, VIEW = 1, 2
MARIMO = (
    "button = mo.ui.run_button(label='ask')\nbutton",
    f"mo.stop(not button.value)\nrounds.append(1)\n{ASK}\nrun",
    "try:\n    run.result()\nexcept desiru.RunCancelled:\n    pass\nwaited = True",
    "waited\nmo.md(f'behind {len(rounds)}: {run.state}')",
)
# In Voila: the same, and as often as a page is loaded.
VOILA = (f"{ASK}\ndisplay(run)", "run.join()", "print('behind 1:', run.state)")
VOILA_VIEW = 1
# Notes when the reader acted, before anybody else hears of it; what is clicked may stand in a shadow tree.
WATCH = """
    window.acted = [];
    const act = () => window.acted.push(performance.timeOrigin + performance.now());
    const buttons = '.desiru-cancel, [data-testid=interrupt-button]';
    document.addEventListener('click', event => event.composedPath().some(at => at.matches?.(buttons)) && act(), true);
    document.addEventListener('keydown', event => event.key === 'Escape' && act(), true);
"""


class Alone(Row):
    """What a cancel did where nothing waits behind the run."""

    def __str__(self) -> str:
        return super().__str__().rsplit("|", 2)[0] + "| - |"


def measure_marimo(mode: Mode, browser: Browser, provider: MockProvider, rounds: int) -> Frontend:
    """Every way of cancelling a run for which a cell waits, in a notebook that is edited or runs as an app."""
    with tempfile.TemporaryDirectory() as home, marimo_server(NEWEST.python(), mode, Path(home)) as url:
        page = _watched(browser)
        setup = f"import marimo as mo\n{use(provider, LONG)}\nrounds = []"
        notebook = MarimoNotebook(page, url, write_marimo(Path(home) / "notebooks", APP, [setup, *MARIMO]))

        numbers = itertools.count(1)

        def begin() -> tuple[Shown, int]:
            notebook.cell(BUTTON).get_by_role("button", name="ask").click()
            return notebook, next(numbers)

        ways = ["click", "Esc", *(["Stop"] if mode == "edit" else [])]
        rows = [_measured(Row(way, rounds), begin, VIEW, provider) for way in ways]
        page.close()
    name, words = ("marimo", "the editor") if mode == "edit" else ("marimo-app", "an app: `marimo run`")
    return Frontend(name, f"{words}; a cell waits for the run", versions(NEWEST.python(), ["marimo"]), rows)


def measure_voila(progressive: bool, browser: Browser, provider: MockProvider, rounds: int) -> Frontend:
    """A click and Esc in a page that is loaded each time: when all cells are over or, if ``progressive``, while one waits."""
    option = f"--progressive_rendering={progressive}"
    with tempfile.TemporaryDirectory() as home, voila_server(NEWEST.python(), Path(home), option) as url:
        sources = [f"{LOAD}\n{use(provider, LONG)}", *(VOILA if progressive else VOILA[:1])]
        path = write_notebook(Path(home) / "notebooks", "cancel", sources)
        pages: list[Page] = []

        def begin() -> tuple[Shown, int]:
            for page in pages:
                page.close()
            pages[:] = [_watched(browser)]
            return VoilaPage(pages[0], url, path), 1

        kind = Row if progressive else Alone
        rows = [_measured(kind(way, rounds), begin, VOILA_VIEW, provider) for way in ("click", "Esc")]
        pages[0].close()
    name, words = ("voila-progressive", "a later cell waits for the run") if progressive else ("voila", "all cells are over")
    return Frontend(name, f"Voila; {words}", versions(NEWEST.python(), ["voila", "ipykernel"]), rows)


MEASURES: dict[str, Callable[[Browser, MockProvider, int], Frontend]] = {
    "marimo": partial(measure_marimo, "edit"),
    "marimo-app": partial(measure_marimo, "run"),
    "voila": partial(measure_voila, False),
    "voila-progressive": partial(measure_voila, True),
}


def _watched(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.add_init_script(WATCH)
    return page


def _measured(row: Row, begin: Begin, cell: int, provider: MockProvider) -> Row:
    """The rounds of one way of cancelling."""
    for _ in range(row.rounds):
        provider.clear()
        shown, number = begin()
        shown.view(cell, "streaming").filter(has_text=FULL).wait_for()
        shown.page.evaluate("() => { window.acted = [] }")
        shown.cancel(cell, row.way)
        call = provider.wait_for(lambda call: call["client_gone_at"] or call["finished"], seconds=60)
        if call["client_gone_at"]:
            row.delays.append(call["client_gone_at"] * 1000 - shown.page.evaluate("() => window.acted[0]"))
        row.kept += _kept(shown, cell)
        row.in_order += not isinstance(row, Alone) and _in_order(shown, row.way, number)
    print(row, file=sys.stderr)
    return row


def _kept(shown: Shown, cell: int) -> bool:
    """Whether the view says that it was cancelled, and has every word from the first one on."""
    shown.view(cell, "cancelled").wait_for()
    said = words(shown.pane(cell, "reasoning"))
    return len(said) > 1 and said == [f"word{at}" for at in range(len(said))]


def _in_order(shown: Shown, way: str, number: int) -> bool:
    """Whether the cell behind ran after it; after Stop it does not."""
    if way == "Stop":
        shown.page.get_by_text("This cell was interrupted").wait_for()
        return shown.page.get_by_text(f"behind {number}:").count() == 0
    shown.page.get_by_text(f"behind {number}: cancelled").wait_for()
    return True
