"""A recording with lines that were forged or broken: the other runs in it are there, and what is left of its own runs ends."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import pytest
from hypothesis import strategies as st
from laws import check_end
from models import start
from test_takes import made
from traffic import changed, odd, places

from desiru_notebook import ConfigError, RecordingWarning, takes
from desiru_notebook.fingerprint import fingerprint
from desiru_notebook.playback import Playback

RUNS = [range(1, 6), range(6, 11), range(11, 14)]  # the lines of each, from zero on


@st.composite
def forged(draw: st.DrawFn, lines: list[str]) -> tuple[int, list[bytes]]:
    """The number of a line that says something else now, and all lines."""
    number = draw(st.integers(0, len(lines) - 1))
    written = [line.encode() for line in lines]
    if draw(st.booleans()):
        said = json.loads(lines[number])
        line = changed(said, draw(st.sampled_from(places(said))), draw(odd))
        written[number] = line.encode(errors="surrogatepass")
        return number, resealed(written, number)
    at, gone = draw(st.integers(0, len(written[number]))), draw(st.integers(0, 4))
    written[number] = written[number][:at] + draw(st.binary(max_size=4)) + written[number][at + gone :]
    return number, written


def resealed(lines: list[bytes], number: int) -> list[bytes]:
    """The lines, where a question that was changed has the fingerprint that belongs to it, as a forger would give it."""
    try:
        said = json.loads(lines[number])
        before, seal = said["run"].encode(), fingerprint(said["asked"]).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return lines
    return [line.replace(before, seal) if at in run_of(number) else line for at, line in enumerate(lines)]


def run_of(number: int) -> range:
    return next((run for run in RUNS if number in run), range(0))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return made(tmp_path_factory.mktemp("forged") / "sky.jsonl")


def test_a_forged_line_costs_its_run_at_most(path, fuzz):
    lines, names = path.read_text().splitlines(), [take.run for take in takes.read(path)]
    assert len(lines) == RUNS[-1].stop

    def law(forgery: tuple[int, list[bytes]]) -> None:
        number, written = forgery
        path.write_bytes(b"\n".join(written))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecordingWarning)
            try:
                found = takes.read(path)
            except ConfigError:  # the line says that the file is a recording
                assert number == 0
                return
        untouched = [name for name, run in zip(names, RUNS, strict=True) if number not in run]
        assert [take.run for take in found if take.run in untouched] == untouched
        for take in found:
            check_end(start(Playback(take, math.inf), "question -> answer", retries=0))

    fuzz(law, forged(lines))
