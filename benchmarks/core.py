"""What streaming costs without a screen, against the floor and others, from the same server in one go.

CPU time is that of the client's process, of the best of its rounds; the server has a core of its own where there are two.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any

from .lab import MockProvider

BURST = 10_000  # tokens
PACED, RATE = 4_000, 2_000  # tokens, and tokens a second
GROWTH = (1_000, 10_000, 100_000, 1_000_000)  # tokens
CLIENTS = {
    "floor": "the floor: a socket, a JSON parser",
    "httpx2_alone": "httpx2, raw bytes",
    "result": "a run, its result",
    "run": "a run, read with `async for`",
    "openai_sdk": "the openai SDK's objects",
    "whole": "a run that is not streamed",
}


def tables(provider: MockProvider) -> str:
    """The costs of a burst, of a steady stream, of longer and longer answers, and of many at once."""
    return "\n".join([_costs(provider), _growth(provider), _several(provider)])


def _costs(provider: MockProvider) -> str:
    burst = {name: _cost(provider, name, BURST, 0, 3) for name in CLIENTS}
    paced = {name: _cost(provider, name, PACED, RATE, 1) for name in CLIENTS if name != "whole"}
    rows = [
        f"| {title} | {_with_ratio(burst, name)} | {_with_ratio(paced, name) if name in paced else ''} |"
        for name, title in CLIENTS.items()
    ]
    head = f"| CPU for each token | {BURST:,} at once | {PACED:,} at {RATE:,} a second |\n|---|---|---|\n"
    return "\n" + head + "\n".join(rows)


def _with_ratio(costs: dict[str, Any], name: str) -> str:
    cpu = costs[name]["cpu"]
    return f"{cpu:.1f} µs, {cpu / costs['floor']['cpu']:.1f} x"


def _growth(provider: MockProvider) -> str:
    """What a run costs for each token, and how much its process grows beyond the text, as answers get longer."""
    costs = {count: _cost(provider, "run", count, 0, 1) for count in GROWTH}
    beyond = {count: (cost["grown"] - cost["said"]) / 2**20 for count, cost in costs.items()}
    rows = [f"| {count:,} | {costs[count]['cpu']:.1f} µs | {beyond[count]:.1f} MiB |" for count in GROWTH]
    head = "\n| tokens | CPU for each | memory beyond the text, at most |\n|---|---|---|\n"
    (first, *_, last), total = GROWTH[1:], {count: cost["cpu"] * count for count, cost in costs.items()}
    power = math.log(total[last] / total[first]) / math.log(last / first)
    return (
        head + "\n".join(rows) + f"\n\nFrom {first:,} tokens on, the whole grows with their number to the power of {power:.2f}."
    )


def _several(provider: MockProvider) -> str:
    # A service that thinks for a second, and is slower than it could be: so it is our side that is measured.
    script = "import asyncio, json, sys; from benchmarks.clients import several; "
    script += "print(json.dumps(asyncio.run(several(sys.argv[1], 'wait-1-1000-25'))))"
    seen = _printed(["-c", script, provider.base_url])
    return (
        "\n| 200 runs at once, 1,000 tokens each | |\n|---|---|\n"
        f"| exact | {seen['exact']} |\n| threads | {seen['threads']} |\n"
        f"| to the first token, 99th percentile | {seen['p99'] * 1000:.0f} ms; of one alone {seen['one'] * 1000:.0f} ms |"
    )


def _cost(provider: MockProvider, name: str, tokens: int, rate: int, rounds: int) -> Any:
    return _printed(["-m", "benchmarks.clients", name, provider.base_url, str(tokens), str(rate), str(rounds)])


def _printed(arguments: list[str]) -> Any:
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout)
