"""What a client of the endpoint makes of its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from desiru_notebook.sse import SSEDecoder


@dataclass
class Answer:
    """The events of one answer: the text of each field, what ended it, and whether ``[DONE]`` came last."""

    texts: dict[str, str] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    done: bool = False
    events: int = 0

    def take(self, event: str, data: str) -> None:
        assert not self.done, f"{data!r} came after [DONE]"
        self.events += 1
        if data == "[DONE]":
            self.done = True
        elif event == "message":
            said = json.loads(data)
            self.texts[said["type"]] = self.texts.get(said["type"], "") + said["content"]
        else:
            setattr(self, event, json.loads(data))


def read(pieces: Iterable[bytes]) -> Answer:
    """The answer in these bytes, however they are cut."""
    decoder, answer = SSEDecoder(), Answer()
    for piece in pieces:
        for event in decoder.feed(piece):
            answer.take(event.event, event.data)
    return answer


def question(**changes: Any) -> dict[str, Any]:
    """The body of a question."""
    return {"signature": "question -> reasoning, answer", "inputs": {"question": "Why?"}} | changes


def expected(count: int) -> dict[str, str]:
    """The fields of the mock service's answer with so many words."""
    said = [f"word{at}" for at in range(count)]
    return {"reasoning": " ".join(said[: count // 2]), "answer": " ".join(said[count // 2 :])}
