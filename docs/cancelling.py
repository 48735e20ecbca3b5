"""Measures what a cancel does to a busy cell of a Jupyter notebook, and to what waits behind that cell."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from browser.environments import Environment, versions
from browser.notebook import Notebook, write_notebook
from browser.queued import BUTTONS, CELLS, CLICKS, SOURCES, cells_of, click_buttons, clicks_of
from browser.server import running
from browser.sources import ASK, FULL, LOAD, LONG, use
from mock_provider import MockProvider
from playwright.sync_api import Browser, expect

SETUP, VIEW = 1, 2  # the cells with the buttons and with the question
PIPE = "cancel"  # in the kernel's folder: who writes into it has a thread of the kernel call `_run.cancel()`
API = f"""
import threading, time
def cancel_when_told():
    while open({PIPE!r}).read():
        told.append(time.time() * 1000)
        _run.cancel()
if "told" not in globals():
    told = []
    threading.Thread(target=cancel_when_told, daemon=True).start()
"""
# Notes when the reader acted, before anybody else hears of it.
WATCH = """() => {
    window.acted = [];
    window.act = () => window.acted.push(performance.timeOrigin + performance.now());
    document.addEventListener('click', event => event.target.closest('.desiru-cancel') && window.act(), true);
    document.addEventListener('keydown', event => event.key === 'Escape' && window.act(), true);
}"""


@dataclass
class Row:
    """What one way of cancelling did, over some rounds."""

    way: str
    rounds: int = 0
    delays: list[float] = field(default_factory=list)  # milliseconds until the socket was closed, where it was
    kept: int = 0
    in_order: int = 0

    def __str__(self) -> str:
        times = f"{statistics.median(self.delays):.0f} ms | {max(self.delays):.0f} ms" if self.delays else "- | -"
        counts = (f"{count}/{self.rounds}" for count in (len(self.delays), self.kept, self.in_order))
        cancelled, kept, in_order = counts
        return f"| {self.way} | {cancelled} | {times} | {kept} | {in_order} |"


@dataclass
class Frontend:
    """A front end, what exactly it is, and what was measured in it."""

    name: str
    words: str
    versions: str
    rows: list[Row]


def measure(environment: Environment, browser: Browser, provider: MockProvider, rounds: int) -> Frontend:
    """Every way of cancelling in a notebook of this environment."""
    with tempfile.TemporaryDirectory() as home, running(Path(home), environment) as server:
        os.mkfifo(server.root / PIPE)
        setup = use(provider, LONG) + BUTTONS + API
        path = write_notebook(server.root, environment.name, [LOAD, setup, ASK, *SOURCES])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        bench = _Bench(Notebook(page, server, path).wait_for_kernel(), provider)
        rows = [bench.row(way, rounds) for way in WAYS]
        page.close()
    packages = ["notebook" if environment.app == "notebook" else "jupyterlab", "ipykernel"]
    return Frontend(environment.name, environment.words, versions(environment.python(), packages), rows)


class _Bench:
    """One open notebook, in which a round is a Run All."""

    def __init__(self, notebook: Notebook, provider: MockProvider) -> None:
        self._notebook, self._provider = notebook, provider
        notebook.page.evaluate(WATCH)

    def row(self, way: str, rounds: int) -> Row:
        row = Row(way, rounds)
        for _ in range(rounds):
            self._begin()
            WAYS[way](self._notebook)
            gone = self._closed()
            self._notebook.wait_until_all_run()
            if gone is not None:
                row.delays.append(gone - self._acted(way))
            row.kept += self._kept(way)
            row.in_order += self._in_order(way)
        print(row, file=sys.stderr)
        return row

    def _begin(self) -> None:
        """Until the answer streams, cells wait behind it and the buttons have been clicked."""
        self._provider.clear()
        self._notebook.page.evaluate("() => { window.acted = [] }")
        self._notebook.command("notebook:clear-all-cell-outputs")
        expect(self._notebook.view(VIEW)).to_have_count(0)
        self._notebook.scroll_to(VIEW)
        self._notebook.run_all()
        self._notebook.view(VIEW, "streaming").wait_for()
        click_buttons(self._notebook, SETUP)
        expect(self._notebook.pane(VIEW, "reasoning")).to_contain_text(FULL)

    def _closed(self) -> float | None:
        """When the provider saw its client go, in milliseconds; ``None`` if the answer came to its end instead."""
        call = self._provider.wait_for(lambda call: call["client_gone_at"] or call["finished"], seconds=60)
        return call["client_gone_at"] and call["client_gone_at"] * 1000

    def _acted(self, way: str) -> float:
        return self._notebook.value("told[-1]") if way == "API" else self._notebook.page.evaluate("() => window.acted[0]")

    def _kept(self, way: str) -> bool:
        partial = "_run.partial.reasoning.startswith('word0 word1 ') and not _run.partial.complete"
        return self._notebook.value(partial if way == "Stop" else f"{partial} and _ == _run.partial")

    def _in_order(self, way: str) -> bool:
        """Whether all cells ran, in order; after Stop none of them. The clicks are all there in either case."""
        order: list[Any] = self._notebook.value("order")
        return cells_of(order) == ([] if way == "Stop" else CELLS) and clicks_of(order) == CLICKS


def _stop(notebook: Notebook) -> None:
    notebook.page.evaluate("() => { window.act(); window.jupyterapp.commands.execute('notebook:interrupt-kernel') }")


WAYS: dict[str, Callable[[Notebook], object]] = {
    "click": lambda notebook: notebook.view(VIEW).get_by_role("button", name="Cancel").click(),
    "Esc": lambda notebook: notebook.pane(VIEW, "reasoning").press("Escape"),
    "Stop": _stop,
    "API": lambda notebook: (notebook.path.parent / PIPE).write_text("now"),
}
