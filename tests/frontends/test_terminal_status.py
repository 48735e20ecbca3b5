"""The line under the panes."""

from __future__ import annotations

import pytest
from models import Gate, Scripted, start

from desiru_notebook.frontends.terminal import status
from desiru_notebook.frontends.terminal.status import remark, status_lines, status_text
from desiru_notebook.providers import Finish

FIGURES = "12.3 s · first token 1.3 s · 2,000 tokens/s · 12,345 tokens"


@pytest.fixture(autouse=True)
def _fixed_figures(monkeypatch):
    monkeypatch.setattr(status, "figures", lambda stats: FIGURES)


@pytest.fixture
def done():
    run = start(Scripted(["Answer: 42"]), "question -> answer")
    run.join()
    return run


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (120, [f"✓ done  {FIGURES}  ▁▅█  scripted"]),
        (80, [f"✓ done  {FIGURES}  ▁▅█", "  scripted"]),
        (40, ["✓ done  12.3 s · first token 1.3 s", "  2,000 tokens/s · 12,345 tokens  ▁▅█", "  scripted"]),
        (20, ["✓ done  12.3 s", "  first token 1.3 s", "  2,000 tokens/s", "  12,345 tokens  ▁▅█", "  scripted"]),
        (5, ["✓ done", *(f"  {phrase}" for phrase in FIGURES.split(" · ")), "  ▁▅█", "  scripted"]),
    ],
)
def test_it_is_broken_between_its_phrases_only(done, width, lines):
    assert status_lines(done, width, pace="▁▅█").plain.splitlines() == lines


def test_what_is_waited_for_stands_in_the_place_of_the_figures():
    run = start(Scripted([Gate()]), "question -> answer")
    assert status_lines(run, 80, waiting="Fetching: 50%\x1b[2J").plain == "○ pending  Fetching: 50%␛[2J  scripted"
    run.cancel()
    run.join()
    assert status_lines(run, 80, waiting="Fetching: 50%").plain == f"■ cancelled  {FIGURES}\n  scripted"


def test_an_answer_that_was_cut_short_says_so():
    run = start(Scripted(["Answer: 42", Finish("length")]), "question -> answer")
    run.join()
    assert status_text(run) == f"✓ done · cut short  {FIGURES}  scripted"


def test_the_further_lines_of_a_remark_are_set_in():
    assert remark("one\n✓ done\x1b[m") == "! one\n  ✓ done␛[m"
