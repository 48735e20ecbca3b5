"""What recording costs a token, and how well a replay keeps the recorded pace.

``python -m benchmarks.recording`` prints these tables alone. The runs of a row are measured in turn, in one process, so that a
machine's noise hits all alike; the figures are medians.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from desiru_notebook import FieldDelta, StreamingModule, Text, record, replay, takes

ROUNDS = 15
TOKENS, TOGETHER = 20_000, 40  # in all, and at a time, as a network brings them
PACED, GAP = 400, 0.005  # tokens, and seconds between two of them
FILES = {"nothing": "", "a plain file": "plain.jsonl", "a packed file": "packed.jsonl.gz"}


class Burst:
    """A model whose tokens come as fast as they are read."""

    name, provider = "burst", "benchmarks"

    def stream(self, request: Any) -> Burst:
        return self

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.reads

    @property
    def reads(self) -> AsyncIterator[Any]:
        return self._reads()

    async def _reads(self) -> AsyncIterator[Any]:
        yield [Text("Answer:")]
        for _ in range(TOKENS // TOGETHER):
            yield [Text(" scatters") for _ in range(TOGETHER)]


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
    with tempfile.TemporaryDirectory() as folder:
        yield cost_table(Path(folder))
        yield pace_table(Path(folder))


def cost_table(folder: Path) -> str:
    """CPU a token, of a run that is read, without a recording and with one."""
    rows = []
    for model, tokens, label in ((Burst(), TOKENS, f"{TOGETHER} at a time"), (Paced(), PACED, "one at a time")):
        found: dict[str, list[float]] = {what: [] for what in FILES}
        for _ in range(ROUNDS if tokens == TOKENS else 5):
            for what, name in FILES.items():
                found[what].append(_cpu(model, folder / name if name else None) / tokens * 1e6)
        medians = {what: statistics.median(times) for what, times in found.items()}
        rows += [
            f"| {label} | {what} | {median:.2f} µs | {100 * (median / medians['nothing'] - 1):+.1f} % |"
            for what, median in medians.items()
        ]
    return "\n| tokens | recorded into | CPU a token | more |\n|---|---|---|---|\n" + "\n".join(rows)


def _cpu(model: Any, path: Path | None) -> float:
    ask = StreamingModule("question -> answer", model=model)
    began = time.process_time()
    if path is None:
        _read(ask)
    else:
        path.unlink(missing_ok=True)
        with record(path):
            _read(ask)
    return time.process_time() - began


def _read(ask: StreamingModule) -> list[float]:
    """When each delta was there."""
    run = ask.stream(question="Why?")
    return [time.perf_counter() for event in run if isinstance(event, FieldDelta)]


def pace_table(folder: Path) -> str:
    """How far the gaps between tokens are from the recorded ones, and how far the whole is."""
    path = folder / "pace.jsonl"
    ask = StreamingModule("question -> answer", model=Paced())
    with record(path):
        _read(ask)
    recorded = [at for at, _ in takes.read(path)[0].moments()][1:]
    rows = []
    for speed in (1, 4):
        with replay(path, speed=speed):
            replayed = _read(ask)
        gaps = [abs(b - a - (d - c) / speed) for (a, b), (c, d) in zip(_pairs(replayed), _pairs(recorded), strict=True)]
        drift = (replayed[-1] - replayed[0]) / ((recorded[-1] - recorded[0]) / speed) - 1
        within = sum(gap <= 0.005 + 0.02 * (d - c) / speed for gap, (c, d) in zip(gaps, _pairs(recorded), strict=True))
        ordered = sorted(gaps)
        rows.append(
            f"| {speed} | {ordered[len(ordered) // 2] * 1e3:.2f} ms | {ordered[int(len(ordered) * 0.99)] * 1e3:.2f} ms "
            f"| {ordered[-1] * 1e3:.2f} ms | {within} of {len(gaps)} | {100 * drift:+.2f} % |"
        )
    head = "\n| speed | gap off by p50 | p99 | most | within 5 ms + 2 % | the whole |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(rows)


def _pairs(times: list[float]) -> list[tuple[float, float]]:
    return list(pairwise(times))


if __name__ == "__main__":
    for table in tables():
        print(table, flush=True)
