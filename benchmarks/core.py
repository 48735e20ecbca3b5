"""What the core costs, against the floor and against others, on the same mock service in one run.

``python -m benchmarks.core`` prints these tables alone, on Linux. DSPy, LangChain and pydantic-ai stand in environments of
their own, named by ``DESIRU_BENCH_DSPY``, ``DESIRU_BENCH_LANGCHAIN`` and ``DESIRU_BENCH_PYDANTIC_AI``: the path of an
interpreter. Whoever has none is left out.

Each client is measured in fresh processes, in turn, so that a machine's noise hits all alike; the figures are medians.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import measured

ROUNDS = 3
BURST, PACED = 10_000, 2_000  # tokens
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLOOR = "floor"
CLIENTS = {
    FLOOR: "the floor: asyncio.Protocol, orjson",
    "httpx2_bytes": "httpx2, its bytes, orjson",
    "httpx2_lines": "httpx2, its lines, json",
    "openai_raw": "openai SDK, its bytes, orjson",
    "openai_objects": "openai SDK, its objects",
    "model_stream": "`model(...).stream(request)`",
    "run_async": "`async for event in run`",
    "run_async_aiohttp": "the same, on aiohttp",
    "run_sync": "`for event in run`",
    "run_result": "`await run`, nobody reads",
    "openai_at_once": "openai SDK, not streaming",
    "run_at_once": "`await run`, `stream=False`",
    "dspy": "DSPy, `streamify` with a listener",
    "langchain": "LangChain, `astream`",
    "pydantic_ai": "pydantic-ai, `stream_text`",
}
STREAMING = (FLOOR, "httpx2_bytes", "openai_objects", "run_async", "run_async_aiohttp", "dspy", "langchain", "pydantic_ai")
READERS = ("run_async", "run_late", "run_result")  # live, late and none

_ROOT = Path(__file__).resolve().parent.parent
_PEERS = ("dspy", "langchain", "pydantic_ai")
_QUIET = {"OPENAI_API_KEY": "sk-none", "NO_PROXY": "*", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false"}


class Bench:
    """A running service, and how a client is measured on it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def measure(self, what: str, client: str, count: int) -> dict[str, Any]:
        """A fresh process's figures; see :mod:`benchmarks.measured`."""
        command = [_interpreter(client), "-m", "benchmarks.measured", self._address, what, client, str(count)]
        done = subprocess.run(command, env=_environment(), cwd=_ROOT, capture_output=True, text=True)
        figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if not figures:
            raise RuntimeError(f"{client} was not measured:\n{done.stderr[-2000:]}")
        return figures[0]

    def rounds(self, what: str, clients: Iterable[str], count: int, rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
        """For each client that is installed here, the median of each figure."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for _ in range(rounds):
            for client in filter(_interpreter, clients):
                found[client].append(self.measure(what, client, count))
        return {client: _medians(figures) for client, figures in found.items()}


def tables() -> Iterator[str]:
    """All of them, each as soon as it is there."""
    with running_bench() as bench:
        yield burst_table(bench)
        yield paced_table(bench)
        yield growth_table(bench)
        yield together_table(bench)


@contextmanager
def running_bench() -> Iterator[Bench]:
    """The service in a process of its own, for as long as the context lasts."""
    command = [sys.executable, "-m", "benchmarks.provider"]
    with subprocess.Popen(command, env=_environment(), cwd=_ROOT, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        yield Bench(service.stdout.readline().strip())
        service.terminate()


def burst_table(bench: Bench) -> str:
    """A row for each client: CPU when tokens come as fast as they are read, and the parser alone."""
    found = bench.rounds("burst", CLIENTS, BURST)
    rows = [_burst_row(CLIENTS[client], figures, found[FLOOR]["cpu"]) for client, figures in found.items()]
    parser = bench.rounds("parser", [FLOOR], BURST)[FLOOR]
    rows.append(_burst_row("the parser of fields alone, a token at a time", parser, found[FLOOR]["cpu"]))
    head = f"\n| {BURST:,} tokens at once | CPU a token | x the floor | exact |\n|---|---|---|---|\n"
    return head + "\n".join(rows)


def _burst_row(label: str, figures: dict[str, float], floor: float) -> str:
    return f"| {label} | {figures['cpu']:.2f} µs | {figures['cpu'] / floor:.1f} | {_yes(figures['exact'])} |"


def paced_table(bench: Bench) -> str:
    """A row for each client that streams: CPU and delay when tokens come one by one."""
    found = bench.rounds("paced", STREAMING, PACED)
    floor = found[FLOOR]
    rows = [
        f"| {CLIENTS[client]} | {of['cpu']:.0f} µs | {of['cpu'] / floor['cpu']:.1f} | {of['p50']:.2f} ms, {of['p99']:.2f} ms "
        f"| {of['p50'] - floor['p50']:.2f} ms, {of['p99'] - floor['p99']:.2f} ms | {_yes(of['exact'])} |"
        for client, of in found.items()
    ]
    return (
        f"\n| {measured.RATE:,} tokens a second | CPU a token | x the floor | delay p50, p99 | more than the floor's "
        "| exact |\n|---|---|---|---|---|---|\n" + "\n".join(rows)
    )


def growth_table(bench: Bench) -> str:
    """A row for each length of the answer, and the exponent with which CPU grows over the last two powers of ten."""
    rows, live = [], {}
    for size in SIZES:
        found = bench.rounds("burst", (FLOOR, *READERS), size, 1 if size == SIZES[-1] else ROUNDS)  # it takes a minute
        floor = found.pop(FLOOR)
        live[size] = found["run_async"]["cpu"] * size
        grown = " | ".join(f"{of['grown'] - of['text']:.1f} MiB" for of in found.values())
        exact = _yes(all(of["exact"] for of in found.values()))
        rows.append(f"| {size:,} | {floor['cpu']:.2f} µs | {found['run_async']['cpu']:.2f} µs | {grown} | {exact} |")
    exponent = math.log10(live[SIZES[-1]] / live[SIZES[1]]) / math.log10(SIZES[-1] / SIZES[1])
    return (
        "\n| tokens at once | the floor | `async for event in run` | memory beyond the text: a live reader | a late one | none "
        "| exact |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\nFrom {SIZES[1]:,} tokens to {SIZES[-1]:,} the CPU "
        f"of a run grows with the power {exponent:.2f} of their number."
    )


def together_table(bench: Bench) -> str:
    """One run after the other against many at once."""
    found = bench.measure("together", "run_async", measured.RUNS)
    rows = [
        f"| {label} | {alone[0]:.1f} ms, {alone[1]:.1f} ms | {many[0]:.1f} ms, {many[1]:.1f} ms | {many[1] / alone[1]:.1f} |"
        for label, alone, many in (
            ("after it was sent", found["alone_sent"], found["many_sent"]),
            ("after `stream()`, of a model that thinks for 0.5 s", found["alone_called"], found["many_called"]),
        )
    ]
    head = f"\n| first token | one run p50, p99 | {measured.RUNS} at once p50, p99 | p99 x |\n|---|---|---|---|\n"
    return (
        head
        + "\n".join(rows)
        + (
            f"\n\nOf {measured.RUNS} runs of {measured.RUN_TOKENS:,} tokens {found['exact']} were exact; the process had "
            f"{found['threads']} threads."
        )
    )


def _medians(figures: list[dict[str, Any]]) -> dict[str, float]:
    return {name: statistics.median(of[name] for of in figures) for name in figures[0] if name != "exact"} | {
        "exact": all(of["exact"] for of in figures)
    }


def _yes(exact: object) -> str:
    return "yes" if exact else "no"


def _interpreter(client: str) -> str:
    """The one that has what the client needs; empty where there is none."""
    return os.environ.get(f"DESIRU_BENCH_{client.upper()}", "") if client in _PEERS else sys.executable


def _environment() -> dict[str, str]:
    return os.environ | _QUIET | {"PYTHONPATH": str(_ROOT)}


if __name__ == "__main__":
    for table in tables():
        print(table, flush=True)
