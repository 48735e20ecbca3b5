"""Faults made by hand: what one is, and what it is made with."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile_service import KEPT
from jupyter_client.manager import start_new_kernel

from desiru_notebook import DesiruError, Run, StreamingModule, Text, model

LONGEST = 90  # seconds after which a fault is one that hangs
TESTS = Path(__file__).resolve().parent.parent
WHOLE, ALL = "the whole answer", "all"
ENDS, KEEPS, OTHERS, FORKS = "a run's end", "what was received", "other runs", "forks"
CONNECTIONS, MEMORY, RECORDINGS, SHOWN = "connections", "memory", "recordings", "what is shown"


@dataclass(frozen=True)
class Ended:
    """What became of it: the error's class, what is kept of the text; if another process was watched, its longest pause."""

    raised: str
    kept: str
    pause: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a fault happens: the service's address, and a folder of its own."""

    url: str
    folder: Path

    def ask(self, scenario: str, **settings: Any) -> Run:
        """A run that the service answers so; its one output is ``answer``."""
        return start(model(f"openai:{scenario}-{os.getpid()}", base_url=self.url, api_key="sk-none"), **settings)


@dataclass(frozen=True)
class Fault:
    """A fault: what it is about, in words, how it is made, and what has to become of it.

    ``stops_others`` is whether other runs have to wait for it.
    """

    about: str
    words: str
    happens: Callable[[Place], Ended]
    raised: str = WHOLE
    kept: str = ALL
    stops_others: bool = False


FAULTS: list[Fault] = []


def fault(about: str, words: str, raised: str = WHOLE, kept: str = ALL, **more: Any) -> Callable[[Callable[[Place], Any]], Any]:
    """Put a function that makes a fault on the list; what it returns may be the run that it is made of."""

    def listed(happens: Callable[[Place], Any]) -> Any:
        def ends(at: Place) -> Ended:
            found = happens(at)
            return ended(found) if isinstance(found, Run) else found

        FAULTS.append(Fault(about, words, ends, raised, kept, **more))
        return happens

    return listed


def start(model: Any, **settings: Any) -> Run:
    return StreamingModule("question -> answer", model=model, **settings).stream(question="Why?")


def ended(run: Run, said: str = KEPT) -> Ended:
    """What became of the run that had said this."""
    with suppress(DesiruError):
        run.result()
    raised = type(run.error).__name__ if run.error is not None else WHOLE
    return Ended(raised, ALL if str(run.partial.get("answer", "")).startswith(said) else "nothing")


class Scripted:
    """A model that says so, with pauses of so many seconds."""

    name = "scripted"

    def __init__(self, *chunks: Any) -> None:
        self.chunks = chunks

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        for chunk in self.chunks:
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
                continue
            yield Text(chunk) if isinstance(chunk, str) else chunk
            await asyncio.sleep(0)


def in_kernel(code: str) -> list[str]:
    """What a cell prints between bars after ``ended``, in a kernel with the extension and with the names of this module."""
    names = f"import sys; sys.path[:0] = {[str(TESTS), str(TESTS.parent)]!r}\n%load_ext desiru_notebook\n"
    told: list[str] = []
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        cell = f"{names}from handmade.made import *\n{code}"
        client.execute_interactive(cell, output_hook=lambda message: told.append(str(message["content"])), timeout=LONGEST)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    found = re.search(r"ended\|(.*)\|", "".join(told))
    return found[1].split("|") if found else ["".join(told)[-500:]] * 3
