"""What stopped all other runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from typing import Any

from hostile_service import KEPT

from desiru_notebook import Run, Text, configure, record, takes
from desiru_notebook.providers import base

from .made import OTHERS, Ended, Place, Scripted, ended, fault, in_kernel, start

_LIMIT = 0.5  # seconds


@fault(OTHERS, "none")
def _(at: Place) -> Run:
    return at.ask("kept")


@fault(OTHERS, "a chunk's line of `5;` and 128 KB of spaces", "StreamInterrupted")
def _(at: Place) -> Run:
    return at.ask("spaces", timeout=5)


@fault(OTHERS, "the same in pieces of 1 KB", "StreamInterrupted")
def _(at: Place) -> Run:
    return at.ask("drip", timeout=5)


_LOCKS = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"


@fault(OTHERS, "a recording that another process has locked for 3 s")
def _(at: Place) -> Ended:
    recording = record(at.folder / "sky.jsonl")
    command = [sys.executable, "-c", _LOCKS, str(recording.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        threading.Timer(3, process.stdin.close).start()
        run = start(Scripted(KEPT))
        time.sleep(3)
        process.wait()
    found = ended(run)
    recording.stop()
    return found if len(takes.read(recording.path)) == 1 else Ended(found.raised, "nothing in the recording")


_SAVED = """
from handmade.measured import watched
with watched() as watch:
    run = start(Scripted("- a\\n" * 75_000, 1.0))  # it is still live when it is displayed
    display(run)
    found = ended(run, "- a")
    watch.sleep(5)
print("ended", found.raised, found.kept, watch.longest, "", sep="|")
"""


@fault(OTHERS, "a saved answer of 300 KB of `- a`")
def _(at: Place) -> Ended:
    raised, kept, pause = in_kernel(_SAVED)
    return Ended(raised, kept, float(pause))


@fault(OTHERS, "an error of 20,000 times `eyJ-`", "ProviderError", "nothing")
def _(at: Place) -> Run:
    return at.ask("keys")


@fault(OTHERS, "3,000 words like keys, redacted")
def _(at: Place) -> Ended:
    with record(at.folder / "sky.jsonl", redact=True):
        words = [f" sk-proj-{number:06}abcdef" for number in range(3000)]
        found = ended(start(Scripted(KEPT, *words)))
    text = (at.folder / "sky.jsonl").read_text()
    return Ended(found.raised, "keys in the recording" if "sk-proj" in text else found.kept)


class Blocking(Scripted):
    """A model whose code blocks the loop for two seconds, in its course or when it is closed."""

    def __init__(self, *, closing: bool = False) -> None:
        self.closing, self.has_let_go = closing, False

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        try:
            yield Text(f"Answer: {KEPT}")
            await asyncio.sleep(60 if self.closing else 0.01)
        finally:
            time.sleep(2)
            self.has_let_go = True


def blocked(model: Blocking) -> Ended:
    """What becomes of a run whose limit passes while its model blocks."""
    found = ended(start(model, timeout=_LIMIT))
    return Ended(found.raised, "all, but too late" if model.has_let_go else found.kept)


@fault(OTHERS, "a model object that calls `time.sleep(2)`; limit 0.5 s", "StreamTimeout", stops_others=True)
def _(at: Place) -> Ended:
    return blocked(Blocking())


@fault(OTHERS, "a model object with `time.sleep(2)` in its `finally`; limit 0.5 s", "StreamTimeout", stops_others=True)
def _(at: Place) -> Ended:
    return blocked(Blocking(closing=True))


class Configuring(Scripted):
    """A model of a provider that configures while it is made."""

    def __init__(self, name: str) -> None:
        configure(temperature=0.5)
        super().__init__(KEPT)


@fault(OTHERS, "a provider that calls `configure()` while it makes its model")
def _(at: Place) -> Run:
    entries = base._installed() | {"configuring": EntryPoint("configuring", "handmade.others:Configuring", base.GROUP)}
    base._installed = lambda: entries
    return start("configuring:x")
