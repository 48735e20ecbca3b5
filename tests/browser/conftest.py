"""Chromium and JupyterLab for the browser tests.

Where there is no Chromium the tests are skipped with a word about it, unless ``DESIRU_REQUIRE_BROWSER`` is set (CI sets it).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from mock_provider import MockProvider
from playwright.sync_api import Browser, Page, sync_playwright

from .jupyterlab import JupyterLab, Notebook, running_lab, write_notebook

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenNotebook = Callable[[Sequence[str]], Notebook]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop running in this thread, which the others' loops refuse."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        assert not os.environ.get("DESIRU_REQUIRE_BROWSER"), "The browser tests are required, and there is no Chromium."
        pytest.skip("no Chromium on this machine: install it to run the browser tests")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(30_000)
    yield page
    page.close()


@pytest.fixture
def open_notebook(page: Page, lab: JupyterLab, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    """Opens a notebook of these cells, the extension loaded before them; at the end the page may not have complained."""
    opened: list[Notebook] = []

    def opens(sources: Sequence[str]) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name)
        path = write_notebook(lab.root, name, ["%load_ext desiru_notebook", *sources])
        opened.append(Notebook(page, lab, path).wait_for_kernel())
        return opened[-1]

    yield opens
    for notebook in opened:
        page.evaluate("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
        assert notebook.complaints == []


@pytest.fixture
def use(service: MockProvider) -> Callable[[str], str]:
    """The source of a cell that chooses a model of the mock service."""

    def source(scenario: str) -> str:
        return (
            "import desiru_notebook as desiru\n"
            f"desiru.configure(model=desiru.model('openai:{scenario}', base_url='{service.base_url}', api_key='sk-test'))"
        )

    return source


@pytest.fixture
def notebooks(lab: JupyterLab) -> Path:
    return lab.root
