"""The line under the panes and what stands above it: how the run goes, in words that need no colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from ...markdown.policy import visible
from ...run import Run
from ..words import SYMBOLS, figures

_COLOURS = {"pending": "dim", "streaming": "cyan", "done": "green", "cancelled": "yellow", "failed": "red"}
_APART, _DOT = "  ", " \u00b7 "


@dataclass(frozen=True)
class _Phrase:
    """What a line is not broken in, and what stands before it on the same line."""

    text: str
    style: str = "dim"
    before: str = _APART


def status_text(run: Run) -> str:
    """How the run ended, in one line."""
    first, *others = _phrases(run)
    return first.text + "".join(phrase.before + phrase.text for phrase in others)


def status_lines(run: Run, width: int, waiting: str = "", pace: str = "") -> Text:
    """How the run goes, in lines of that width; while it says nothing, ``waiting`` stands in the place of the figures."""
    status, room = Text(), width
    for phrase in _phrases(run, waiting, pace):
        before = phrase.before if status else ""
        room -= cell_len(before + phrase.text)
        if room < 0 and status:
            before, room = f"\n{_APART}", width - cell_len(_APART + phrase.text)
        status.append(before + phrase.text, phrase.style)
    return status


def _phrases(run: Run, waiting: str = "", pace: str = "") -> Iterator[_Phrase]:
    state, stats = run.state, run.stats
    yield _Phrase(f"{SYMBOLS[state]} {state}", _COLOURS[state])
    if state == "done" and not run.partial.complete:
        yield _Phrase("cut short", _COLOURS[state], before=_DOT)
    if waiting and state in ("pending", "streaming"):
        yield _Phrase(visible(waiting))
    else:
        for number, figure in enumerate(figures(stats).split(_DOT)):
            yield _Phrase(figure, before=_DOT if number else _APART)
    if pace:
        yield _Phrase(pace)
    yield _Phrase(visible(run.model))


def notices(run: Run) -> list[str]:
    """What a reader of the answer should know."""
    return [remark(notice) for notice in run.stats.notices]


def remark(text: str) -> str:
    """The text as one of ours, whoever wrote it: its further lines are set in, so that none of them looks like another."""
    return f"! {visible(text)}".replace("\n", "\n  ")
