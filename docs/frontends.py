"""Makes docs/frontends.md: every way of cancelling a busy cell, in every front end.

``scripts/frontends`` runs it. With the names of front ends, or with ``--rounds``, it prints that part and writes nothing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import other_frontends
from browser.conftest import CHROMIUM_OPTIONS
from browser.environments import ENVIRONMENTS
from cancelling import Frontend, measure
from mock_provider import MockProvider, mock_provider
from playwright.sync_api import Browser, expect, sync_playwright

PAGE = Path(__file__).with_name("frontends.md")
ROUNDS = 20
HEAD = """# Cancelling in each front end

Made by `scripts/frontends`: do not edit. {rounds} rounds of each kind, in Chromium {chromium}. A `%%desiru` cell
streams 500 tokens a second; 20 cells wait behind it, sent by Run All; two buttons of ipywidgets are clicked five times
meanwhile. Then somebody cancels: by a *click* on Cancel, by *Esc* in the view, by the notebook's *Stop*, or by
`_run.cancel()` in another thread of the kernel (*API*).

*Cancelled* counts the rounds in which the provider saw its client go before the answer was over; *median* and *longest* are
the times from the event in the page, or from the call, until then. *Kept* is the partial answer: `_run.partial`, and but for
Stop it is the cell's value `_` too. *In order* means that all 20 cells ran after it, in order, and that the buttons' handlers
were called five times, in order. Stop makes Jupyter give up the waiting cells: there it means that none of them ran, that no
click was lost, and that the kernel answers.

marimo and Voila are no Jupyter applications: there *kept* is read from the page (every word from the first one on, and the
word *cancelled*), one cell waits behind the run, or none (-), and there are no other buttons.

"""
Measure = Callable[[Browser, MockProvider, int], Frontend]
MEASURES: dict[str, Measure] = {
    **{environment.name: partial(measure, environment) for environment in ENVIRONMENTS},
    **other_frontends.MEASURES,  # no Jupyter applications: each has a way of its own to be measured
}


def main() -> None:
    """Measure what was asked for; write the page if that was all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MEASURES], help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, help=f"of each kind; {ROUNDS} on the page")
    options = parser.parse_args()
    expect.set_options(timeout=30_000)  # a machine under load is slow, and that is no reason to stop
    with mock_provider() as provider, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        rounds = options.rounds or ROUNDS
        found = [MEASURES[name](chromium, provider, rounds) for name in options.names or MEASURES]
        text = HEAD.format(rounds=rounds, chromium=chromium.version) + "\n".join(tables(found)) + "\n"
        chromium.close()
    if options.names or options.rounds:
        sys.stdout.write(text)
    else:
        PAGE.write_text(text, encoding="utf-8")


def tables(found: list[Frontend]) -> Iterator[str]:
    """What was measured, and in what."""
    yield from ("| front end | way | cancelled | median | longest | kept | in order |", "|---|---|---|---|---|---|---|")
    for frontend in found:
        yield from (f"| {frontend.name} {row}" for row in frontend.rows)
    yield from ("", "| front end | what it is | versions |", "|---|---|---|")
    yield from (f"| {frontend.name} | {frontend.words} | {frontend.versions} |" for frontend in found)


if __name__ == "__main__":
    main()
