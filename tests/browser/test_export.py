"""Exported pages in a real Chromium, opened as files: they replay, they ask for nothing, and nothing of a model's acts."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from models import Scripted, start
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from desiru_notebook import Predict, Run, Text
from desiru_notebook.frontends.export import export
from desiru_notebook.frontends.html import prediction_bundle
from desiru_notebook.providers import Reasoning, Refusal

from .test_hostile_text import attacks
from .test_look import AXE, violations

pytestmark = pytest.mark.browser

SAID = "Reasoning: Air *scatters* short waves. \U0001f499\n\nAnswer: It is **blue**, for these reasons:\n\n" + "".join(
    f"{number}. the *reason* of the number {number}\n" for number in range(1, 13)
)
# What a page may not do: tell of itself, or have come to run something.
STATE = "() => [window.__pwn, document.baseURI, document.title, performance.getEntriesByType('resource').map(({name}) => name)]"
# Elements that no page of ours has in it.
NOT_OURS = [
    "script:not([type='application/json'])",
    "iframe",
    "object",
    "form",
    "link",
    "style",
    "use",
    "video",
    "[style*=fixed]",
]
FOREIGN = ", ".join(f"main {element}" for element in NOT_OURS)
WATCH = "window.violations = []; document.addEventListener('securitypolicyviolation', ({violatedDirective, blockedURI}) => " \
    "window.violations.push(`${violatedDirective} ${blockedURI}`))"  # fmt: skip


class Slow:
    name = "a-model-with-a-rather-long-name-2026-11-24"

    async def stream(self, request):
        for at in range(0, len(SAID), 9):
            await asyncio.sleep(0.02)
            yield Text(SAID[at : at + 9])


class Opened:
    """A page that was opened as a file, with all that it asked for and complained of."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.page, self.address = context.new_page(), path.as_uri()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._note)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(WATCH)
        self.page.goto(self.address)

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)

    def check(self, title: str) -> None:
        """Nothing has acted but our script, and nothing was asked for but the page itself and what it holds."""
        assert [url for url in self.requests if not url.startswith("data:image/png")] == [self.address]
        assert self.complaints == []
        assert self.page.evaluate("() => window.violations") == []
        loaded = self.page.evaluate(STATE)
        assert loaded[:3] == [None, self.address, title]
        assert [name for name in loaded[3] if not name.startswith("data:image/png")] == []


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def opens(path: Path, **options: object) -> Opened:
        contexts.append(browser.new_context(viewport={"width": 1100, "height": 900}, **options))
        return Opened(contexts[-1], path)

    yield opens
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def run() -> Run:
    run = Predict("question -> reasoning, answer", model=Slow()).stream(question="?")
    run.join()
    return run


WORDS = ["# Why is the *sky* blue?", "for wave in light:\n    scatter(wave)  # more of the short ones"]
KINDS = ("text/html", "text/plain", "text/markdown", "image/svg+xml", "application/javascript")
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def lesson(folder: Path, *runs: Run, texts: Sequence[str] = WORDS) -> Path:
    """A notebook with a cell for each run, in which the texts stand as words, code, what was printed, and HTML, too."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": text, "metadata": {}} for text in texts]
    beside = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    beside += [{"output_type": "display_data", "data": {kind: text}, "metadata": {}} for text in texts for kind in KINDS]
    beside += [{"output_type": "display_data", "data": {"image/png": PICTURE}, "metadata": {}}]
    for each in runs:
        data, metadata = prediction_bundle(each.partial, str(each.error or ""))
        answer = {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": 1}
        outputs = [answer, *beside]
        cells.append({"cell_type": "code", "source": texts[-1], "outputs": outputs, "metadata": {}, "execution_count": 1})
    path = folder / "lesson.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def text_of(view: Locator) -> Locator:
    return view.locator(".desiru-pane[data-field=answer] .desiru-text:not([hidden])")


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("DESIRU_SCREENS"):
        page.screenshot(path=Path(folder) / f"export-{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["run", "notebook"])
def test_an_answer_is_played_again_and_its_slider_moved(
    open_page: Open, run: Run, tmp_path: Path, scheme: str, kind: str
) -> None:
    path = run.save(tmp_path / "sky.html") if kind == "run" else export(lesson(tmp_path, run))
    opened = open_page(path, color_scheme=scheme)
    view = opened.page.locator(".desiru[data-state=done]")
    expect(view.locator(".desiru-figures")).to_have_text(
        re.compile(r"^\d\.\d s · first token \d+ ms · \d+ tokens/s · \d+ tokens$")
    )
    expect(view.locator(".desiru-model")).to_have_text(Slow.name)
    expect(text_of(view)).to_contain_text("It is blue, for these reasons:")
    whole = text_of(view).text_content() or ""
    picture(opened.page, f"{kind}-{scheme}")
    if AXE.exists():
        opened.page.evaluate(AXE.read_text("utf-8"))
        assert violations(opened.page) == []

    view.get_by_role("button", name="Play").click()
    expect(view.locator(".desiru-figures")).to_have_text(re.compile(r"^\d\.\d s of \d\.\d s$"))
    view.get_by_role("button", name="Pause").click()
    halted = view.locator(".desiru-figures").text_content()
    expect(text_of(view)).not_to_have_text(whole)
    opened.page.wait_for_timeout(200)
    assert view.locator(".desiru-figures").text_content() == halted
    view.get_by_role("button", name="Play").click()
    expect(view.locator(".desiru-pane[data-field=answer]")).to_have_attribute("data-open", "true")
    expect(view.get_by_role("button", name="Play")).to_be_visible()  # it has come to its end
    expect(text_of(view)).to_have_text(whole)

    slider = view.get_by_role("slider", name="Time")
    slider.focus()
    for _ in range(4):
        slider.press("PageDown")
    expect(text_of(view)).to_contain_text("reasons")
    expect(text_of(view)).not_to_have_text(whole)
    slider.press("Home")
    expect(text_of(view)).to_be_empty()
    slider.press("End")
    expect(view.locator(".desiru-figures")).to_contain_text("tokens")
    expect(text_of(view)).to_have_text(whole)
    opened.check(path.stem)


@pytest.fixture(scope="module")
def hostile() -> list[Run]:
    """Runs of models that say attacks in small pieces, as text, as thinking, as refusals, as names and as errors."""
    runs = []
    for text in attacks():
        pieces = [text[at : at + 3] for at in range(0, len(text), 3)]
        model = Scripted([Reasoning(text), "Answer: ", *pieces, "\nTags: ", *pieces, Refusal(text), ValueError(text)])
        model.name = text
        runs.append(start(model, "question -> answer, tags: list[str]"))
    for run in runs:
        run.join()
    return runs


def test_nothing_acts_on_the_page_of_a_run(open_page: Open, hostile: list[Run], tmp_path: Path) -> None:
    for number, run in enumerate(hostile):
        path = run.save(tmp_path / f"page-{number}.html")
        opened = open_page(path)
        expect(opened.page.locator(".desiru[data-state=failed] .desiru-status")).to_have_count(1)
        play = opened.page.get_by_role("button", name="Play", exact=True)
        if play.is_visible():
            play.click()
        opened.check(path.stem)
        opened.page.context.close()


def test_nothing_acts_on_the_page_of_a_notebook(open_page: Open, hostile: list[Run], tmp_path: Path) -> None:
    path = export(lesson(tmp_path, *hostile, texts=attacks()))
    opened = open_page(path)
    expect(opened.page.locator(".desiru[data-state=failed] .desiru-actions")).to_have_count(len(hostile))
    held = opened.page.locator(FOREIGN).evaluate_all("found => found.map(({outerHTML}) => outerHTML)")
    assert held == []
    opened.check("lesson")


def test_without_scripts_the_answers_are_read(open_page: Open, run: Run, tmp_path: Path) -> None:
    for path in (run.save(tmp_path / "sky.html"), export(lesson(tmp_path, run))):
        opened = open_page(path, java_script_enabled=False)
        view = opened.page.locator(".desiru[data-state=done]")
        expect(view.locator("[data-field=answer] li")).to_have_count(12)
        expect(view.locator(".desiru-name").first).to_be_visible()
        picture(opened.page, f"no-script-{path.stem}")


def test_a_narrow_page_does_not_scroll_sideways(open_page: Open, run: Run, tmp_path: Path) -> None:
    for path in (run.save(tmp_path / "sky.html"), export(lesson(tmp_path, run))):
        opened = open_page(path)
        opened.page.set_viewport_size({"width": 340, "height": 800})
        expect(opened.page.get_by_role("button", name="Play")).to_be_visible()
        assert opened.page.evaluate("() => document.documentElement.scrollWidth") <= 340
        picture(opened.page, f"narrow-{path.stem}")
