"""The pytest plugin of desiru_notebook: tests and notebooks that need no key, no network and no weights.

- ``--desiru-mode replay|record|once|live``: what is done with recordings; ``replay`` where neither it nor ``DESIRU_MODE`` says.
- ``@pytest.mark.desiru("sky.jsonl")``: the test's models answer from that recording, which lies beside the test's file.
- the fixture ``desiru_model``: a model that says what the test tells it to say.
- ``pytest --nbval``: a notebook with a recording beside it, ``sky.jsonl`` beside ``sky.ipynb``, is answered from that.

A module of its own, outside of the package: pytest imports it in every project of the environment, and it imports the package
only where one of these is used.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from desiru_notebook.scripted import ScriptedModel

MODES = ("replay", "record", "once", "live")
_STYLESHEET = r"<style>\.desiru\b[^<]*</style>"
_STARTED = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("desiru", "recordings of language models (desiru_notebook)")
    words = "answer from recordings, record anew, record what is not recorded, or ask the models themselves"
    group.addoption("--desiru-mode", choices=MODES, default=None, help=f"{words}; default: DESIRU_MODE, or replay")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "desiru(path, speed=inf): models answer from this recording, which lies beside the test")
    compared = getattr(config.option, "nbval", False) or getattr(config.option, "nbval_lax", False)
    if compared and getattr(config.option, "dist", "") == "load":  # pytest-xdist's
        config.option.dist = "loadfile"  # the cells of a notebook share one kernel


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, Any, Any]:
    """Whoever has put the tests in random order: the cells of a notebook stay together, and in theirs."""
    result = yield
    first: dict[Any, int] = {}
    places: list[tuple[int, int]] = []
    for at, item in enumerate(items):
        places.append((first.setdefault(item.parent, at), cast(Any, item).cell_num) if _is_cell(item) else (at, 0))
    items[:] = [items[at] for at in sorted(range(len(items)), key=places.__getitem__)]
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Right before the test's fixtures: they may ask a model too. Other plugins have had their turn, and can clean up."""
    if marker := item.get_closest_marker("desiru"):
        _begin(item, marker)
    elif _is_cell(item):  # and nbval starts the kernel in this hook
        notebook: Any = item.parent
        notebook.sanitize_patterns[_STYLESHEET] = ""  # the looks of a saved answer may be of another version than its words
        with _environment(item):
            return (yield)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    try:
        return (yield)
    finally:
        if (started := item.stash.get(_STARTED, None)) is not None:
            started.close()


@pytest.fixture
def desiru_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedModel]:
    """The configured model for the test's duration; it says what the test tells it to: ``desiru_model.reply("Answer: 4")``."""
    from desiru_notebook import config, recording
    from desiru_notebook.scripted import ScriptedModel

    model = ScriptedModel()
    monkeypatch.setitem(config._defaults, "model", model)
    with recording.suspended():
        yield model


def _is_cell(item: pytest.Item) -> bool:
    return type(item.parent).__name__ == "IPyNbFile"  # nbval's


def _mode(config: pytest.Config) -> str:
    return config.getoption("--desiru-mode") or os.environ.get("DESIRU_MODE") or "replay"


def _begin(item: pytest.Item, marker: pytest.Mark) -> None:
    try:
        path, speed = _said(*marker.args, **marker.kwargs)
    except TypeError:
        fault = "Write @pytest.mark.desiru('sky.jsonl'), or @pytest.mark.desiru('sky.jsonl', speed=1) for the recorded pace."
    else:
        fault = _start(item, item.path.parent / path, speed)
    if fault:  # out here, where it has no context to be shown
        pytest.fail(fault, pytrace=False)


def _said(path: str | os.PathLike[str], *, speed: float = float("inf")) -> tuple[Path, float]:
    """What a mark says."""
    return Path(path), speed


def _start(item: pytest.Item, path: Path, speed: float) -> str:
    """Answer the test from the recording; what is wrong with that, if anything."""
    from desiru_notebook import ConfigError, recording

    mode: Any = _mode(item.config)
    if mode == "replay" and not os.path.exists(path):  # false for a name that is too long, too
        return f"The recording {path} is not there: pytest --desiru-mode record makes one."
    started = item.stash[_STARTED] = ExitStack()
    try:
        live, test = mode == "live", f"{item.path.name}::{item.nodeid.partition('::')[2]}"
        started.enter_context(recording.suspended() if live else recording.started(path, mode, speed=speed, test=test))
    except ConfigError as error:
        return str(error)
    return ""


@contextmanager
def _environment(item: pytest.Item) -> Iterator[None]:
    """What the kernel of the notebook finds in its environment."""
    mode, found = _mode(item.config), _recording_of(item.path)
    with pytest.MonkeyPatch.context() as patch:
        if mode == "live":
            patch.delenv("DESIRU_RECORDING", raising=False)
        elif mode != "replay" or found.exists():
            patch.setenv("DESIRU_RECORDING", str(found))
            patch.setenv("DESIRU_MODE", mode)
        yield


def _recording_of(notebook: Path) -> Path:
    """The recording beside the notebook, of the same name, packed or not."""
    packed = notebook.with_suffix(".jsonl.gz")
    return packed if packed.exists() else notebook.with_suffix(".jsonl")
