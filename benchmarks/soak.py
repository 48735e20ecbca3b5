"""Many runs, one in ten of them hostile: what the process holds after each tenth of them, and whether every other run is exact.

``python -m benchmarks.soak [RUNS]`` prints this table alone. The service is the tests' hostile one, in a process of its own.
The runs share one process, some at a time. What is held is counted when no run is going on.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from handmade.made import Scripted, start
from handmade.runs import validated
from hostile_service import KEPT, hostile_service, words

from desiru_notebook import DesiruError, Run, model

RUNS, AT_ONCE, STEPS, HOSTILE = 10_000, 20, 10, 10  # runs in all, at the same time, rows, and one of so many is hostile
_LIMIT, _LONGEST = 2.0, 30.0  # seconds of a hostile run, and until it counts as one that hangs
_SERVED = (
    "count", "digits", "code", "nested", "badchunk", "spaces", "keys", "trailing", "reset", "escapes", "surrogate", "refusals",
)  # fmt: skip
_ENDLESS = ("reasoning", "text")  # cancelled after a moment


class Soak:
    """The runs, and what became of them: how many were ``exact``, ``wrong``, ``ended`` (of the hostile ones) or ``hung``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.count: Counter[str] = Counter()
        self._hostile = [*map(self._served, _SERVED), *map(self._cancelled, _ENDLESS), _validated, _called_back, _failing]

    async def run(self, numbers: Iterator[int]) -> None:
        """Take one number after the other."""
        for number in numbers:
            if number % HOSTILE == HOSTILE - 1:
                await self._harm(number)
            else:
                await self._ask(number)

    async def _ask(self, number: int) -> None:
        try:
            answer = (await self._started("good", number)).answer
        except DesiruError as error:
            answer = error
        self.count["exact" if answer == words(str(number)) else "wrong"] += 1

    async def _harm(self, number: int) -> None:
        run = self._hostile[number // HOSTILE % len(self._hostile)](number)
        try:
            async with asyncio.timeout(_LONGEST):
                with suppress(DesiruError):
                    await run
            self.count["ended"] += 1
        except TimeoutError:
            self.count["hung"] += 1

    def _started(self, scenario: str, number: int, **settings: Any) -> Run:
        asked = model(f"openai:{scenario}-{number}", base_url=self._url, api_key="sk-none")
        return start(asked, retries=0, **settings)

    def _served(self, scenario: str) -> Callable[[int], Run]:
        return lambda number: self._started(scenario, number, timeout=_LIMIT)

    def _cancelled(self, scenario: str) -> Callable[[int], Run]:
        def begin(number: int) -> Run:
            run = self._started(scenario, number, timeout=_LIMIT)
            asyncio.get_running_loop().call_later(0.05, run.cancel)
            return run

        return begin


def _validated(_: int) -> Run:
    return validated(SystemExit)


def _called_back(_: int) -> Run:
    run = start(Scripted(KEPT))
    run.add_done_callback(lambda: sys.exit(1))
    return run


def _failing(_: int) -> Run:
    class Failing(Scripted):
        async def stream(self, request: Any) -> Any:
            yield self.chunks[0]
            raise KeyboardInterrupt

    return start(Failing(KEPT))


def table(runs: int = RUNS) -> str:
    """A row for each tenth of the runs, and how many were exact."""
    logging.disable()  # what callbacks raise is logged
    process, rows, began = psutil.Process(), [], time.perf_counter()
    with hostile_service() as url:
        soak = Soak(url)
        for step in range(STEPS):
            asyncio.run(_some(soak, iter(range(runs * step // STEPS, runs * (step + 1) // STEPS))))
            rows.append(_row(process, runs * (step + 1) // STEPS))
    logging.disable(logging.NOTSET)
    count = soak.count
    return (
        f"\n| runs, one in {HOSTILE} hostile | memory | threads | open files | of these sockets |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\nOf {count['exact'] + count['wrong']:,} well-behaved runs {count['exact']:,} were exact; of "
        f"{count['ended'] + count['hung']:,} hostile ones {count['ended']:,} ended. {AT_ONCE} at a time, they took "
        f"{time.perf_counter() - began:.0f} s."
    )


async def _some(soak: Soak, numbers: Iterator[int]) -> None:
    await asyncio.gather(*(soak.run(numbers) for _ in range(AT_ONCE)))


def _row(process: psutil.Process, runs: int) -> str:
    gc.collect()
    held = process.memory_info().rss / 1e6
    sockets = len(process.net_connections())
    return f"| {runs:,} | {held:.1f} MB | {process.num_threads()} | {process.num_fds()} | {sockets} |"


if __name__ == "__main__":
    print(table(*map(int, sys.argv[1:])), flush=True)
