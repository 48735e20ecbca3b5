"""What recording costs a token, and how well a replay keeps the recorded pace.

``python -m benchmarks.recording`` prints these tables alone. What it costs is measured as in :mod:`benchmarks.core`: in fresh
processes, in turn, on a mock service; the figures are medians.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from desiru_notebook import FieldDelta, Request, StreamingModule, Text, record, replay, takes
from desiru_notebook.playback import Playback

from . import measured
from .core import Bench, running_bench

ROUNDS = 9
TOKENS = {"burst": 10_000, "paced": 2_000}
CLIENTS = {"run_async": "nothing", "run_recorded": "a plain file", "run_packed": "a packed file"}
PACED, GAP = 400, 0.005  # tokens, and seconds between two of them


class Paced:
    """A model that says a token, busy with nothing between two of them."""

    name, provider = "paced", "benchmarks"

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        yield Text("Answer:")
        for _ in range(PACED):
            await asyncio.sleep(GAP)
            yield Text(" scatters")


def tables() -> Iterator[str]:
    """Both of them."""
    with running_bench() as bench:
        yield cost_table(bench)
    with tempfile.TemporaryDirectory() as folder:
        yield pace_table(Path(folder) / "pace.jsonl")


def cost_table(bench: Bench) -> str:
    """CPU a token, of `async for event in run`, without a recording and with one."""
    rows = []
    for what, label in (("burst", "as fast as they are read"), ("paced", f"{measured.RATE:,} a second")):
        found = bench.rounds(what, CLIENTS, TOKENS[what], ROUNDS)
        alone = found["run_async"]["cpu"]
        rows += [
            f"| {label} | {CLIENTS[client]} | {of['cpu']:.2f} µs | {100 * (of['cpu'] / alone - 1):+.1f} % |"
            for client, of in found.items()
        ]
    return "\n| tokens | recorded into | CPU a token | more |\n|---|---|---|---|\n" + "\n".join(rows)


def _read(ask: StreamingModule) -> list[float]:
    """When each delta was there."""
    run = ask.stream(question="Why?")
    return [time.perf_counter() for event in run if isinstance(event, FieldDelta)]


def pace_table(path: Path) -> str:
    """How far the gaps between tokens are from the recorded ones, and how far the whole is."""
    ask = StreamingModule("question -> answer", model=Paced())
    with record(path):
        _read(ask)
    recorded = [at for at, _ in takes.read(path)[0].moments()][1:]
    rows = [_pace_row("the model once more", _read(ask), recorded, 1)]  # what the machine itself is off by
    for speed in (1, 4):
        alone = asyncio.run(_chunks(Playback(takes.read(path)[0], speed)))[1:]
        rows.append(_pace_row(f"speed {speed}, the chunks", alone, recorded, speed))
        with replay(path, speed=speed):
            rows.append(_pace_row(f"speed {speed}, read in another thread", _read(ask), recorded, speed))
    head = "\n| replay | gap off by p50 | p99 | most | within 5 ms + 2 % | the whole |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(rows)


async def _chunks(model: Playback) -> list[float]:
    """When each chunk of the model was there."""
    return [time.perf_counter() async for _ in model.stream(Request([]))]


def _pace_row(label: str, read: list[float], recorded: list[float], speed: float) -> str:
    wanted = [(later - at) / speed for at, later in pairwise(recorded)]
    off = [abs(later - at - gap) for (at, later), gap in zip(pairwise(read), wanted, strict=True)]
    within = sum(fault <= 0.005 + 0.02 * gap for fault, gap in zip(off, wanted, strict=True))
    drift = (read[-1] - read[0]) / sum(wanted) - 1
    ordered = sorted(off)
    shares = " | ".join(f"{ordered[int((len(off) - 1) * share)] * 1e3:.2f} ms" for share in (0.5, 0.99, 1))
    return f"| {label} | {shares} | {within} of {len(off)} | {100 * drift:+.2f} % |"


if __name__ == "__main__":
    for table in tables():
        print(table, flush=True)
