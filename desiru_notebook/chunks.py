"""What a provider yields: small frozen values, one kind for each thing a model can send."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

# What came at once makes so many pieces at most: reading and publishing cost by the piece, and nobody reads that fast.
_AT_ONCE = 16
LONGEST = 32_768  # characters of a piece of text: no other run goes on while one is read


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer. ``str(chunk)`` is the text."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the model's native reasoning, in whatever way its provider spells that. ``str(chunk)`` is the text."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A piece of the model's own words in which it declines to answer, where its provider tells them from an answer."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A piece of a call to a tool: the name comes with the first piece. Runs have no tools: they report the call and go on.

    ``hosted`` calls are another matter: the provider runs the tool itself (a web search, say) and the model goes on.
    """

    name: str
    arguments: str = ""
    id: str = ""
    hosted: bool = False


MOST_TOKENS = 2**53  # counts beyond are an attack or a fault: as floats, which rates are, they are not exact or not finite


def token_count(value: Any) -> int | None:
    """The count of tokens, if it is one; ``None`` for a count that nobody can have meant."""
    return value if isinstance(value, int) and 0 <= value <= MOST_TOKENS else None


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
    """Something the reader should know. Not model text.

    One that is ``lasting`` is about the answer and stays beside it; any other is about the waiting, such as the progress of a
    download, and goes with the first word.
    """

    text: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """The request failed before the model's first word and is made again, as number ``attempt``, after ``delay`` seconds."""

    attempt: int
    reason: str
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class AtOnce:
    """This answer did not come as a stream: the model or its server cannot stream, or was asked not to."""


Chunk: TypeAlias = Text | Reasoning | Refusal | ToolCall | Usage | Finish | Notice | Retry | AtOnce


def is_content(chunk: Any) -> bool:
    """Whether the chunk is something the model itself said; an empty piece is nothing."""
    if isinstance(chunk, (Text, Reasoning, Refusal)):
        return chunk.text != ""
    return isinstance(chunk, ToolCall) and (chunk.name != "" or chunk.arguments != "")


def portions(chunks: list[Chunk]) -> Sequence[list[Chunk]]:
    """What came at once, in as many lists as give other runs their turn: a text longer than :data:`LONGEST` is cut."""
    parts = [part for chunk in chunks for part in _cut(chunk)]
    return (chunks,) if len(parts) == len(chunks) else [[part] for part in parts]


def is_long(chunks: list[Chunk]) -> bool:
    """Whether this is one piece of text of which no longer one is read at a time."""
    return len(chunks) == 1 and _is_text(chunk := chunks[0]) and len(chunk.text) >= LONGEST


def _cut(chunk: Chunk) -> list[Chunk]:
    if not _is_text(chunk) or len(chunk.text) <= LONGEST:
        return [chunk]
    return [type(chunk)(chunk.text[at : at + LONGEST]) for at in range(0, len(chunk.text), LONGEST)]


def _is_text(chunk: Any) -> TypeGuard[Text | Reasoning]:
    return type(chunk) in (Text, Reasoning) and type(chunk.text) is str


def joined(chunks: list[Chunk]) -> Iterator[tuple[Chunk, int]]:
    """What came at once, with several pieces of text in one where they are many, and how many each is."""
    for kind, group in itertools.groupby(chunks, type):
        if kind is Text or kind is Reasoning:
            pieces = [chunk.text for chunk in group if chunk.text]  # type: ignore[union-attr]  # they are of that kind
            step = -(-len(pieces) // _AT_ONCE) or 1
            for several in (pieces[at : at + step] for at in range(0, len(pieces), step)):
                yield kind("".join(several)), len(several)
        else:
            yield from ((chunk, 1) for chunk in group)
