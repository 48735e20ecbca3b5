"""Recorded streams served with faults by the replay server beside this checkout, and what a run makes of each."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desiru_notebook import DesiruError, Reasoning, Run, StreamingModule, Text, Timeouts, model
from desiru_notebook.providers import anthropic, bedrock, cohere, gemini, openai, responses
from desiru_notebook.providers.faults import Asked
from desiru_notebook.providers.reading import Decode, Reading

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

# By a recording's API: the provider that asks for it, and how its events are read.
PROVIDERS = {
    "chat": "openai", "responses": "openai-responses", "anthropic": "anthropic", "gemini": "gemini", "cohere": "cohere",
    "bedrock-eventstream": "bedrock", "ollama-ndjson": "ollama",
}  # fmt: skip
DECODERS = {
    "chat": lambda: openai.decode, "ollama-ndjson": lambda: openai.decode, "responses": responses.Decoder,
    "anthropic": lambda: anthropic.decode, "gemini": lambda: gemini.decode, "cohere": lambda: cohere.decode,
    "bedrock-eventstream": lambda: bedrock.decode,
}  # fmt: skip


@dataclass(frozen=True)
class Recording:
    """One recorded stream: its bytes, and what is known of it."""

    id: str
    api: str
    body: bytes
    said: dict[str, Any]

    def decoder(self) -> Decode:
        return DECODERS[self.api]()


def recordings(folder: Path = SHARED) -> list[Recording]:
    """All recorded streams, in order."""
    found = []
    for path in sorted((folder / "wire").glob("*/*.sse")):
        said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        found.append(Recording(said["id"], said["api"], path.read_bytes(), said))
    return found


def reading(decode: Decode) -> Reading:
    """The reading of an answer that no service is asked for."""
    return Reading(decode, Asked("tests", "m", "TESTS_API_KEY", "http://localhost"))


Words = tuple[str, str]  # the text and the reasoning, without the white space around them


def words_of(recording: Recording, count: int) -> Words:
    """What the recording's first ``count`` bytes say."""
    chunks = list(reading(recording.decoder()).feed(recording.body[:count]))
    text = "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))
    return text.strip(), "".join(chunk.text for chunk in chunks if isinstance(chunk, Reasoning)).strip()


@dataclass(frozen=True)
class Outcome:
    """What became of a run."""

    run: Run
    error: DesiruError | None
    seconds: float
    requests: list[dict[str, Any]]

    @property
    def words(self) -> Words:
        """What the run has kept, without the marks of broken characters."""
        partial = self.run.partial
        return str(partial.get("answer", "")).replace("\ufffd", "").strip(), partial.thinking

    def words_sent(self, recording: Recording) -> Words:
        """What the server had said when the last request ended."""
        return words_of(recording, self.requests[-1]["bytes_sent"] if self.requests else 0)


class Replay:
    """The server as its clients see it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._names = (f"r{number}" for number in itertools.count(1))

    def module(self, recording: Recording, options: str = "", **settings: Any) -> tuple[StreamingModule, str]:
        """A module that is answered with the recording, and the name of its requests in the log."""
        name = next(self._names)
        path = "~".join(filter(None, (recording.id, options, f"run={name}")))
        made = model(f"{PROVIDERS[recording.api]}:m", base_url=f"{self._url}/{path}/v1", api_key="sk-replayed-secret")
        return StreamingModule("question -> answer", model=made, **settings), name

    def run(self, recording: Recording, options: str = "", **settings: Any) -> Outcome:
        """Ask, and wait for the end."""
        settings = {"timeout": Timeouts(first=20, idle=20, total=30)} | settings
        module, name = self.module(recording, options, **settings)
        begun = time.perf_counter()
        run = module.stream(question="Why?")
        run.join()
        seconds = time.perf_counter() - begun
        error = run.log.since(len(run.log) - 1)[0].error  # type: ignore[union-attr]  # the last event is the end
        return Outcome(run, error, seconds, self.log(name))

    def log(self, name: str) -> list[dict[str, Any]]:
        """What the server knows about the requests of that name, in order."""
        with urllib.request.urlopen(f"{self._url}/__log__?run={name}", timeout=10) as answer:
            return json.loads(answer.read())

    def until_gone(self, name: str, seconds: float = 10) -> dict[str, Any]:
        """The last request of that name, as soon as its client has gone."""
        deadline = time.monotonic() + seconds
        while not (entry := self.log(name)[-1])["client_gone_at"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the client is still there: {entry}")
            time.sleep(0.005)
        return entry


@contextlib.contextmanager
def replay(folder: Path = SHARED) -> Iterator[Replay]:
    """The replay server in a process of its own, for as long as the context lasts."""
    command = [sys.executable, str(folder / "tools/replay_server.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Replay(process.stdout.readline().split()[0])
        finally:
            process.kill()
