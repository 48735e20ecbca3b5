"""Chromium and Jupyter servers for the browser tests.

With pytest's ``--all``, a test marked ``everywhere`` runs in each of :mod:`.environments`, and one marked ``also_in`` in those
that it names; any other, and all of them without ``--all``, in the first only.
Where there is no Chromium the tests are skipped with a word about it, unless ``DESIRU_REQUIRE_BROWSER`` is set (CI sets it).
"""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from mock_provider import MockProvider
from playwright.sync_api import Browser, Page, expect, sync_playwright

from . import sources
from .environments import ENVIRONMENTS, LAB, NEWEST, Environment
from .notebook import Notebook, write_notebook
from .server import JupyterServer, running

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


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "everywhere: runs in each of the Jupyter environments, with --all")
    config.addinivalue_line("markers", "also_in(*names): runs in these environments beside the first one, with --all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "environment" in metafunc.fixturenames:
        chosen = _chosen(metafunc.definition) if metafunc.config.getoption("--all") else [LAB]
        metafunc.parametrize("environment", chosen, ids=lambda environment: environment.name, indirect=True, scope="session")


def _chosen(test: pytest.Item) -> Sequence[Environment]:
    if test.get_closest_marker("everywhere"):
        return ENVIRONMENTS
    named = [name for mark in test.iter_markers("also_in") for name in mark.args]
    return [environment for environment in ENVIRONMENTS if environment is LAB or environment.name in named]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop running in this thread, which the others' loops refuse.

    Among them, those of one environment come together, so that one server is enough for them.
    """
    items.sort(key=lambda item: _place(item) if item.get_closest_marker("browser") else -1)


def _place(item: pytest.Item) -> int:
    environment = item.callspec.params.get("environment") if hasattr(item, "callspec") else None
    return ENVIRONMENTS.index(environment) if environment in ENVIRONMENTS else len(ENVIRONMENTS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        assert not os.environ.get("DESIRU_REQUIRE_BROWSER"), "The browser tests are required, and there is no Chromium."
        pytest.skip("no Chromium on this machine: install it to run the browser tests")
    expect.set_options(timeout=30_000)  # a machine under load is slow, and that is no fault of the code
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Environment:
    return request.param


@pytest.fixture(scope="session")
def newest(request: pytest.FixtureRequest) -> Path:
    """The Python of the environment that has Notebook 7.6, Voila, marimo and papermill."""
    if not request.config.getoption("--all"):
        pytest.skip("runs with --all")
    return NEWEST.python()


@pytest.fixture(scope="session")
def server(browser: Browser, environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """The environment's one server; not started where there is no browser to look at it."""
    with running(tmp_path_factory.mktemp(environment.name), environment) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of a browser session of its own, in which more windows can be opened."""
    page = new_page(browser)
    yield page
    page.context.close()


def new_page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(30_000)
    return context.new_page()


@pytest.fixture(scope="module")
def _left(server: JupyterServer) -> Iterator[list[Page]]:
    """The page that a test has left to the next one of its file, if it went well."""
    left: list[Page] = []
    yield left
    for page in left:
        page.context.close()


@pytest.fixture
def lab(browser: Browser, server: JupyterServer, _left: list[Page], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page for a notebook. JupyterLab takes longer to load than most tests do, so the page goes from one test to the next."""
    page = _left.pop() if _left else new_page(browser)
    failed = request.session.testsfailed
    yield page
    if request.session.testsfailed > failed or server.environment.app != "lab":
        page.context.close()
        return
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.emulate_media(media="null")
    _left.append(page)


@pytest.fixture
def open_notebook(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[OpenNotebook]:
    """Opens a notebook of these cells, the extension loaded before them; at the end the page may not have complained.

    It opens in the page that the tests of a file share, or in the test's own, if that uses the fixture ``page``: such a test
    leaves something behind in its page, restores what the page had open, or gives the answer of another test, whose views
    would be taken for its own.
    """
    page = request.getfixturevalue("page" if "page" in request.fixturenames else "lab")
    opened: list[Notebook] = []

    def opens(cells: Sequence[str]) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name)
        path = write_notebook(server.root, name, [sources.LOAD, *cells])
        opened.append(Notebook(page, server, path, loaded=page.url != "about:blank"))
        return opened[-1].wait_for_kernel()

    yield opens
    for notebook in opened:
        notebook.close()
        assert notebook.complaints == []


@pytest.fixture
def use(service: MockProvider) -> Callable[[str], str]:
    """The source of a cell that chooses a model of the mock service."""
    return functools.partial(sources.use, service)
