"""How long the runs beside a hostile one have to wait: the longest pause between two words of a run that says one every 2 ms.

``python -m benchmarks.hostile`` prints this table alone. The faults are the tests' own, each in fresh processes, in turn.
Machines are noisy: read the first row before the others.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from handmade import FAULTS
from handmade.made import OTHERS
from handmade.measured import Outcome, happen
from hostile_service import hostile_service

ROUNDS = 3


def table() -> str:
    """A row for each fault that stopped all other runs once."""
    faults = [fault for fault in FAULTS if fault.about == OTHERS]
    with hostile_service() as url:
        rounds = [[happen(fault, url) for fault in faults] for _ in range(ROUNDS)]
    rows = [_row(fault.words, list(found)) for fault, found in zip(faults, zip(*rounds, strict=True), strict=True)]
    head = "\n| another run is hostile | it ends with | after | longest pause: median | most |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows)


def _row(words: str, found: list[Outcome]) -> str:
    pauses = [outcome.pause * 1000 for outcome in found]
    raised = " or ".join(sorted({outcome.raised for outcome in found}))
    seconds = statistics.median(outcome.seconds for outcome in found)
    return f"| {words} | {raised} | {seconds:.2f} s | {statistics.median(pauses):.0f} ms | {max(pauses):.0f} ms |"


if __name__ == "__main__":
    print(table(), flush=True)
