"""Recordings that were forged, or are not files."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path

from hostile_service import KEPT

from desiru_notebook import DesiruError, Run, Text, record, replay

from .made import MEMORY, RECORDINGS, Ended, Place, Scripted, ended, fault, start


@fault(RECORDINGS, "a token count of `10**400`")
def _(at: Place) -> Ended:
    return replayed(at, '"finish": "stop"', f'"usage": {{"output_tokens": {10**400}}}')


@fault(RECORDINGS, "a recording in which another run's request is `null`")
def _(at: Place) -> Ended:
    path = recorded(at)
    end = {"at": 1, "end": "done", "of": "74234e98afe7498f", "lines": 0, "crc32": ""}
    run = {"run": "74234e98afe7498f", "session": "s", "name": "n", "provider": "p", "style": "header", "asked": None}
    path.write_text(path.read_text() + f"{json.dumps(run)}\n{json.dumps(end)}\n")
    return asked_again(path)


@fault(RECORDINGS, "a recording in which a word comes after `1e9` seconds", "NotRecordedError", "nothing")
def _(at: Place) -> Ended:
    return replayed(at, r'\n\{"at": [\d.]+', '\n{"at": 1e9')


def recorded(at: Place) -> Path:
    with record(at.folder / "sky.jsonl") as recording:
        ended(start(Scripted(KEPT, Text(" all"))))
    return Path(recording.path)


def replayed(at: Place, pattern: str, line: str) -> Ended:
    """What becomes of a recorded run of which something was forged."""
    path = at.folder / "sky.jsonl"
    with record(path):
        ended(at.ask("good"))
    path.write_text(re.sub(pattern, line, path.read_text(), count=1))
    return asked_again(path, lambda: at.ask("good"), f"{os.getpid()}.0")


def asked_again(path: Path, ask: Callable[[], Run] = lambda: start(Scripted(KEPT)), said: str = KEPT) -> Ended:
    """What becomes of the question where it is answered from this recording."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with replay(path, speed=math.inf):
                return ended(ask(), said)
        except DesiruError as error:
            return Ended(type(error).__name__, "nothing")


@fault(MEMORY, "a recording of 2 MB that unpacks to 2 GB")
def _(at: Place) -> Ended:
    path = recorded(at)
    with gzip.open(at.folder / "sky.jsonl.gz", "wb", 1) as file:
        file.write(path.read_bytes())
        for _ in range(2000):
            file.write(b" " * 1_000_000)
    return asked_again(at.folder / "sky.jsonl.gz")


@fault(MEMORY, "a FIFO as a recording", "ConfigError", "nothing")
def _(at: Place) -> Ended:
    os.mkfifo(at.folder / "fifo")
    return asked_again(at.folder / "fifo")


@fault(MEMORY, "a path with a NUL", "ConfigError", "nothing")
def _(at: Place) -> Ended:
    return asked_again(at.folder / "a\0b")
