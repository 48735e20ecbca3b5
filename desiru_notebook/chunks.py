"""What a provider yields: small frozen values, one kind for each thing a model can send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the model's native reasoning, in whatever way its provider spells that."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A piece of a call to a tool. Runs have no tools: they report the call and go on."""

    name: str
    arguments: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """The provider's own count of tokens; ``None`` where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the model stopped, in the provider's word: ``"stop"``, ``"length"``, ``"content_filter"`` ..."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader should know while waiting, such as the progress of a download. Not model text."""

    text: str


Chunk: TypeAlias = Text | Reasoning | ToolCall | Usage | Finish | Notice


def is_content(chunk: Any) -> bool:
    """Whether the chunk is something the model itself said."""
    return isinstance(chunk, (Text, Reasoning, ToolCall))
