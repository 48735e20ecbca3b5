"""One client in a process of its own: ``python -m benchmarks.measured ADDRESS WHAT CLIENT COUNT``, which prints JSON.

What is measured is a function of this module's; the count is one of tokens, or of runs. CPU is the whole process's, all threads
of it, in µs a token.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
import urllib.request
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from . import clients, peers, provider
from .cores import CLIENT, take_core

RATE = 2000  # tokens a second
RUNS, RUN_TOKENS, RUN_RATE = 200, 1000, 25
ALONE = 30  # runs one after the other
_WARM = 300  # tokens

Figures = dict[str, Any]


def burst(loop: asyncio.AbstractEventLoop, client: clients.Client, address: str, count: int) -> Figures:
    """CPU; how much the process's memory had grown at its highest, and how much of that is the text, in MiB.

    The tokens come as fast as they are read.
    """
    seen = _Count()
    gc.collect()
    before = _forget_peak()
    cpu = _cpu(loop, client, f"{count}-0", seen)
    grown, text = (_memory("VmHWM") - before) / 1024, len(provider.answer(count)) / 2**20
    return {"cpu": cpu / count, "exact": seen.exact(count), "grown": grown, "text": text}


def paced(loop: asyncio.AbstractEventLoop, client: clients.Client, address: str, count: int) -> Figures:
    """CPU, and how long after its sending each token is there, in ms: the median and the 99th percentile."""
    take_core(CLIENT, undisturbed=True)
    gc.collect()  # what the imports have left is a full collection's, some 20 ms long, that may fall into any client's stream
    seen = _Clocked()
    cpu = _cpu(loop, client, f"{count}-{RATE}", seen)
    delays = sorted(seen.delays(count, _sent(address, f"{count}-{RATE}")))
    return {"cpu": cpu / count, "exact": seen.exact(count), "p50": _share(delays, 0.5), "p99": _share(delays, 0.99)}


def parser(loop: asyncio.AbstractEventLoop, client: clients.Client, address: str, count: int) -> Figures:
    """CPU of the parser of fields alone."""
    from desiru_notebook.parser import FieldParser
    from desiru_notebook.signature import Signature

    fields = FieldParser(Signature("question -> answer"))
    tokens = [*provider.HEAD, *provider.tokens(count), *provider.TAIL]
    began = time.process_time()
    for token in tokens:
        fields.feed(token)
    cpu = time.process_time() - began
    fields.finish()
    return {"cpu": cpu * 1e6 / count, "exact": fields.texts["answer"] == provider.answer(count)}


def together(loop: asyncio.AbstractEventLoop, client: clients.Client, address: str, count: int) -> Figures:
    """Many runs of ours: when each's first token is there after its sending and after the call, in ms, against one alone."""
    take_core(CLIENT, undisturbed=True)
    alone = [loop.run_until_complete(_first(address, f"3-{RUN_RATE}-alone{number}")) for number in range(ALONE)]
    begun = [_first(address, f"{RUN_TOKENS}-{RUN_RATE}-{number}") for number in range(count)]
    many = loop.run_until_complete(_all(begun))
    figures: Figures = {"exact": sum(answer == provider.answer(RUN_TOKENS) for *_, answer in many), "threads": _Threads.most}
    for name, runs in (("alone", alone), ("many", many)):
        for at, what in enumerate(("sent", "called")):
            delays = sorted(run[at] for run in runs)
            figures[f"{name}_{what}"] = [_share(delays, 0.5), _share(delays, 0.99)]
    return figures


class _Threads:
    most = 0


async def _all(coroutines: list[Any]) -> list[Any]:
    return await asyncio.gather(*coroutines)


async def _first(address: str, model: str) -> tuple[float, float, str]:
    from desiru_notebook import FieldDelta

    called, first = time.monotonic_ns(), 0
    run = clients.started(address, model)
    async for event in run:
        if not first and isinstance(event, FieldDelta):
            first = time.monotonic_ns()
            _Threads.most = max(_Threads.most, threading.active_count())
    answer = (await run).answer
    sent = (await asyncio.to_thread(_sent, address, model))[len(provider.HEAD)]
    return (first - sent) / 1e6, (first - called) / 1e6, answer


class _Count:
    """The cheapest reader."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, text: str) -> None:
        self.characters += len(text)

    def exact(self, count: int) -> bool:
        """Whether it was all of the answer's text, with or without its markers, as far as the length tells."""
        return len(provider.answer(count)) in (self.characters, self.characters - self.around(count))

    def around(self, count: int) -> int:
        """Characters of the markers, where the client does not take them away."""
        whole = sum(map(len, (*provider.HEAD, *provider.tokens(count), *provider.TAIL)))
        return self.characters - len(provider.answer(count)) if self.characters == whole else 0


class _Clocked(_Count):
    """A reader that notes when it had how many characters."""

    def __init__(self) -> None:
        super().__init__()
        self._at: list[int] = []
        self._had: list[int] = []

    def __call__(self, text: str) -> None:
        super().__call__(text)
        self._at.append(time.monotonic_ns())
        self._had.append(self.characters)

    def delays(self, count: int, sent: list[int]) -> Iterator[float]:
        """Milliseconds from each token's sending until all its characters were there."""
        ahead = sum(map(len, provider.HEAD)) if self.around(count) else -1  # the field's text has lost its first blank
        ends = accumulate(map(len, provider.tokens(count)), initial=ahead)
        next(ends)
        for end, moment in zip(ends, sent[len(provider.HEAD) :], strict=False):
            yield (self._at[bisect_left(self._had, end)] - moment) / 1e6


def _cpu(loop: asyncio.AbstractEventLoop, client: clients.Client, model: str, take: clients.Take) -> float:
    began = time.process_time()
    loop.run_until_complete(client(model, take))
    return (time.process_time() - began) * 1e6


def _sent(address: str, model: str) -> list[int]:
    with urllib.request.urlopen(f"{address}/sent/{model}") as response:
        found: list[int] = json.loads(response.read())
    return found


def _share(ordered: list[float], share: float) -> float:
    return ordered[int((len(ordered) - 1) * share)]


def _forget_peak() -> int:
    """Let the peak of memory begin anew; returns what is held now, in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    address, what, name, count = sys.argv[1:]
    take_core(CLIENT, undisturbed=False)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def made() -> clients.Client:
        return getattr(clients if hasattr(clients, name) else peers, name)(address)

    client = loop.run_until_complete(made())  # some want a running loop
    for _ in range(2):
        loop.run_until_complete(client(f"{_WARM}-0", lambda text: None))
    print(json.dumps(globals()[what](loop, client, address, int(count))))


if __name__ == "__main__":
    main()
