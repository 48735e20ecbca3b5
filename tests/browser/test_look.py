"""How the view looks: the same live and saved, in light and dark; and what it is to those who do not see it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from desiru_notebook import Prediction
from desiru_notebook.frontends.html import as_html

from .conftest import OpenNotebook
from .notebook import Notebook

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
NEARLY = 2  # pixels by which the page may move when the saved view takes the place of the live one
MARKDOWN = """# Rayleigh scattering

Air scatters **short** waves *more* than long ones, see [the article](https://example.org/sky) and `wave**4`.

- blue: 450 nm
- red: 700 nm
  1. seen at dusk
  2. and ~~never~~ at dawn

- [x] measured
- [ ] understood

> The sky is blue because we look at it.

| colour | nm |
|:-------|---:|
| red    | 700 |
| blue   | 450 |

```python
def scatter(wave: float) -> float:
    "How much of it goes astray."
    return 1 / wave**4  # Rayleigh
```

$$I = I_0 \\\\frac{1 + \\\\cos^2 \\\\theta}{2 R^2}$$

---

![the sky](https://example.org/sky.png) costs $5, or $6.
"""
SAY = f'''
import asyncio
import desiru_notebook as desiru
from desiru_notebook.providers import Finish, Text
MARKDOWN = """{MARKDOWN}"""
class Says:
    name = "a-model-with-a-rather-long-name-2026-11-24"
    def __init__(self, said, *, ends=True, finish="stop"):
        self.said, self.ends, self.finish = said, ends, finish
    async def stream(self, request):
        for at in range(0, len(self.said), 7):
            yield Text(self.said[at:at + 7])
        if not self.ends:
            await asyncio.Event().wait()
        yield Finish(self.finish)
def ask(signature, said, **more):
    return desiru.Predict(signature, model=Says(said, **more)).stream(question="?")
THOUGHT = "Reasoning: Light is *scattered* by molecules that are smaller than its waves.\\n"
TYPED = "Answer: so\\nCount: 1200\\nSure: yes\\nColours: [\\"red\\", \\"blue\\"]"
kept = [
    ask("question -> reasoning, answer", THOUGHT + "Answer: " + MARKDOWN),
    ask("question -> reasoning, answer", THOUGHT),
    ask("question -> answer, count: int, sure: bool, colours: list[str]", TYPED),
    ask("question -> answer", "Answer: It is blue because", finish="length"),
]
for run in kept: run.join()
'''
LIVE, SAVED = "for run in kept: display(run.widget)", "for run in kept: display(run.partial)"


def boxes(views: Locator) -> list[dict[str, Any]]:
    """Where each part of each view stands: its width and height, and how far it is from its view's top."""
    return views.evaluate_all(
        """views => views.map(view => Object.fromEntries(
            ['', ...['.desiru-pane', '.desiru-text', '.desiru-remarks', '.desiru-status']].map(part => {
                const top = view.getBoundingClientRect().top;
                const found = part ? [...view.querySelectorAll(part)].filter(at => at.checkVisibility()) : [view];
                return [part, found.map(at => at.getBoundingClientRect()).map(box => [box.top - top, box.height, box.width])];
            })))"""
    )


def flat(found: list[dict[str, Any]]) -> list[tuple[int, str, int, int, float]]:
    return [
        (number, part, index, side, size)
        for number, view in enumerate(found)
        for part, rectangles in view.items()
        for index, rectangle in enumerate(rectangles)
        for side, size in enumerate(rectangle)
    ]


def both(notebook: Notebook) -> tuple[Locator, Locator]:
    """The live views and the saved ones, when all are there and their formulas are set."""
    notebook.run_all()
    notebook.wait_until_run(3)
    found = tuple(notebook.cell(cell).locator(".desiru[data-state]") for cell in (2, 3))
    for views in found:
        views.nth(3).wait_for()
        views.first.locator("mjx-container").first.wait_for()
    return found[0], found[1]


def moved(live: Locator, saved: Locator) -> list[Any]:
    """What stands elsewhere, or is of another size, in the saved views."""
    was, now = flat(boxes(live)), flat(boxes(saved))
    assert [entry[:4] for entry in was] == [entry[:4] for entry in now]
    return [(before, after) for before, after in zip(was, now, strict=True) if abs(before[4] - after[4]) > NEARLY]


@pytest.mark.usefixtures("page")  # for others give its answers
def test_the_saved_view_stands_as_the_live_one_stood(open_notebook: OpenNotebook) -> None:
    assert moved(*both(open_notebook([SAY, LIVE, SAVED]))) == []


@pytest.mark.usefixtures("page")  # for its left area is folded
def test_the_saved_view_stands_as_the_live_one_stood_in_a_narrow_page(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([SAY, LIVE, SAVED])
    live, saved = both(notebook)
    notebook.command("application:toggle-left-area")
    for width in (616, 496, 390):  # of the page: the view has 480 of it, 360, and 254
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        for views in (live, saved):
            expect(views.first).to_have_css("width", f"{width - 136}px")
        assert (width, moved(live, saved)) == (width, [])


# What hosts say about the elements of their own pages. A dash for nothing is an element in the saved view only.
LOOKS = "background-color color display float font list-style margin padding text-align text-decoration text-transform"
SHARED = ".desiru-text *:not(.desiru-nothing, mjx-container, mjx-container *)"
LOOK = """views => views.flatMap(view => [...view.querySelectorAll('SHARED')].map(element =>
    [element.localName + '.' + element.className, ...NAMES.map(name => getComputedStyle(element)[name])].join('; ')
))""".replace("SHARED", SHARED).replace("NAMES", repr(LOOKS.split()))


@pytest.mark.usefixtures("page")  # for others give its answers
def test_nothing_of_the_host_leaks_into_the_saved_view(open_notebook: OpenNotebook) -> None:
    live, saved = (set(views.evaluate_all(LOOK)) for views in both(open_notebook([SAY, LIVE, SAVED])))
    assert len(saved) > 30
    assert sorted(saved - live) == []


def test_the_values_of_a_dictionary_begin_at_one_edge(page: Page) -> None:
    page.set_content(as_html(Prediction({"answer": {"a": 1, "a rather long key": 2, "within": {"b": "c"}}})))
    edges = "values => values.map(value => Math.round(value.getBoundingClientRect().left))"
    first, second, tree, _ = page.locator("dd").evaluate_all(edges)
    assert first == second > tree + 50


def test_a_line_of_large_letters_is_narrow_sooner(page: Page) -> None:
    for size, order in ((14, "0"), (28, "1")):
        page.set_content(f"<style>:root {{ --jp-content-font-size1: {size}px }}</style>{as_html(Prediction({'answer': 'x'}))}")
        expect(page.locator(".desiru-figures")).to_have_css("order", order)


def violations(page: Page) -> list[str]:
    """What axe-core finds in the views, with where it finds it."""
    found = page.evaluate("async () => (await axe.run('.desiru', {resultTypes: ['violations']})).violations")
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.usefixtures("page")  # for others give its answers
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(open_notebook: OpenNotebook, theme: str) -> None:
    if not AXE.exists():
        assert not os.environ.get("DESIRU_REQUIRE_BROWSER"), "run `npm ci` in js/"
        pytest.skip("axe-core is not installed: run `npm ci` in js/")
    streaming = "run = ask('question -> reasoning, answer', THOUGHT + 'Answer: ' + MARKDOWN, ends=False)\ndisplay(run.widget)"
    notebook = open_notebook([SAY, LIVE, SAVED, streaming])
    notebook.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    both(notebook)
    notebook.view(4, "streaming").get_by_text("costs").wait_for()
    notebook.page.evaluate(AXE.read_text("utf-8"))
    assert violations(notebook.page) == []
