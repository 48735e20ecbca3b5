"""What a saved file keeps of a run that goes on after its cell: where it is rendered, and what becomes of it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from models import PATIENCE, Scripted, start

from desiru_notebook import portal
from desiru_notebook.frontends import display, html, saving


class Handle:
    """An output on a page: what it has become."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, str]] = []
        self._news = threading.Condition()

    def update(self, data: dict[str, str], **how: Any) -> None:
        with self._news:
            self.outputs.append(data)
            self._news.notify_all()

    def becomes(self, count: int = 1) -> list[dict[str, str]]:
        """What it was, once it has become something so many times."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.outputs) == count, PATIENCE)
            return self.outputs


class Shell:
    """Cells that end when a test says so."""

    def __init__(self) -> None:
        self._ends: list[Any] = []
        self.events = SimpleNamespace(
            register=lambda _, function: self._ends.append(function), unregister=lambda _, function: self._ends.remove(function)
        )

    def end_cell(self) -> None:
        for function in list(self._ends):
            function(None)


class Bundles:
    """Renders as usual, but waits before that until it may; counts."""

    def __init__(self) -> None:
        self.begun, self.may = threading.Event(), threading.Event()
        self.made = 0

    def __call__(self, *said: Any, **how: Any) -> Any:
        self.begun.set()
        assert not portal.is_here()
        assert self.may.wait(PATIENCE)
        self.made += 1
        return as_bundle(*said, **how)


as_bundle = display.saved_bundle


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> Bundles:
    bundles = Bundles()
    monkeypatch.setattr(display, "saved_bundle", bundles)
    return bundles


def kept(shell: Shell, said: list[Any], handle: Handle | None = None) -> Handle:
    """The output of a run that says this, after its end."""
    handle, run = handle or Handle(), start(Scripted(said), "question -> answer")
    display.keep_at_end(shell, handle, run)
    run.join()
    return handle


def test_other_runs_go_on_while_it_is_rendered(bundles):
    handle = kept(Shell(), ["Answer: 42"])
    assert bundles.begun.wait(PATIENCE)
    assert start(Scripted(["Answer: 43"]), "question -> answer").result(PATIENCE).answer == "43"
    assert handle.outputs == []
    bundles.may.set()
    (output,) = handle.becomes()
    assert output["text/plain"] == "Answer: 42"


def test_runs_are_rendered_in_the_order_of_their_ends(bundles):
    page, shell = Handle(), Shell()
    for number in range(20):
        kept(shell, [f"Answer: {number}"], page)
    bundles.may.set()
    assert [output["text/plain"] for output in page.becomes(20)] == [f"Answer: {number}" for number in range(20)]


def test_the_next_cell_waits_for_what_is_being_rendered_and_shows_the_same(bundles):
    shell = Shell()
    handle = kept(shell, ["Answer: 42"])
    assert bundles.begun.wait(PATIENCE)
    threading.Timer(0.05, bundles.may.set).start()
    shell.end_cell()
    first, second = handle.becomes(2)
    assert first == second
    assert bundles.made == 1


def test_what_cannot_be_rendered_is_kept_as_escaped_text(monkeypatch):
    def fail(*said: Any, **how: Any) -> Any:
        raise RecursionError("too deep")

    monkeypatch.setattr(html, "as_html", fail)
    handle = kept(Shell(), ["Answer: <b>\u202e", ZeroDivisionError("of light")])
    (output,) = handle.becomes()
    text = "Answer: <b>\u27e8U+202E\u27e9\n\n[failed] scripted failed with ZeroDivisionError: of light"
    assert output["text/plain"] == text
    escaped = text.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "&#10;")
    assert output["text/html"] == f"<pre>{escaped}</pre>"


def test_a_page_that_is_gone_harms_no_other(monkeypatch):
    done = threading.Event()

    def gone(self: Handle, data: Any, **how: Any) -> None:
        raise OSError("no page")

    monkeypatch.setattr(Handle, "update", gone)
    kept(Shell(), ["Answer: 41"])
    saving.later(done.set)
    assert done.wait(PATIENCE)
