"""Terminals of several kinds, each a real one: with colours, without, and one that can do nothing but write."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable

import pytest
from models import PATIENCE, Scripted, start

from desiru_notebook.frontends.terminal import draw, status

SAID = "Answer: # Title\n\n- a\x1b[2Jb `c`"
CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]")


@pytest.fixture
def written(monkeypatch) -> Callable[..., str]:
    """Draws a run into a terminal of 40 columns; what was written to it."""

    def drawn(encoding: str = "utf-8") -> str:
        ours, theirs = os.openpty()
        text: list[bytes] = []
        reading = threading.Thread(target=_read, args=[ours, text])
        reading.start()
        with open(theirs, "w", encoding=encoding) as stdout, monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stdout)
            draw(start(Scripted([SAID]), "question -> answer"))
        reading.join(PATIENCE)
        os.close(ours)
        return b"".join(text).decode().replace("\r\n", "\n")

    monkeypatch.setenv("COLUMNS", "40")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(status, "figures", lambda stats: "(figures)")
    return drawn


def _read(descriptor: int, into: list[bytes]) -> None:
    """Until nobody writes any more, which Linux calls an error."""
    try:
        while piece := os.read(descriptor, 4096):
            into.append(piece)
    except OSError:
        pass


PANES = ["╭─ answer ─────────────────────────────╮", "│ Title                                │"]


def test_with_colours(written, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    text = written()
    assert COLOUR.search(text)
    assert CONTROL.sub("", text).splitlines()[-6:-4] == PANES


def test_without_colours_marks_and_words_are_left(written, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    text = written()
    assert COLOUR.search(text) is None
    assert CONTROL.sub("", text).splitlines()[-6:] == [
        *PANES,
        "│                                      │",
        "│ • a␛[2Jb c                           │",
        "╰──────────────────────────────────────╯",
        "✓ done  (figures)  scripted",
    ]


def test_one_that_can_only_write_gets_the_text_without_escapes(written, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "dumb")
    assert written() == "Answer: # Title\n\n- a␛[2Jb `c`\n"
    assert capsys.readouterr().err == "✓ done  (figures)  scripted\n"


def test_one_that_cannot_write_all_letters_gets_what_it_can(written, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-256color")
    assert written("ascii") == "Answer: # Title\n\n- a\\u241b[2Jb `c`\n"
    assert capsys.readouterr().err == "\u2713 done  (figures)  scripted\n"
