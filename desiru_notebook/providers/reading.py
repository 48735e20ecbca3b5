"""Reading: one answer, from the body's bytes to chunks. It knows when the answer has ended, and what was wrong. No I/O."""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import jiter

from ..chunks import LONGEST, AtOnce, Chunk, Finish, Notice, Reasoning, Refusal, Text, ToolCall, Usage, is_content
from ..errors import ProtocolError, ProviderError, StreamInterrupted
from .faults import MARKS, Asked, failure
from .framing import Body, WebPage
from .unanswered import is_familiar, not_understood

# From one event, as the object that its JSON is, to the chunks in it.
Decode: TypeAlias = Callable[[dict[str, Any]], list[Chunk]]

_DONE, _STOPPED = "[DONE]", "message_stop"  # the last word of Chat Completions, the last event of Anthropic's
_UNREADABLE = "One event of {model} could not be read and is left out."
_BROKEN_CHARACTERS = "Some characters of {model} were broken on their way and are shown as \ufffd."
_LARGEST_EVENT = 16_000_000  # bytes; an event that is larger, or never ends, is nobody's answer
_LARGEST_ANSWER = 1_000_000_000  # bytes; millions of tokens, each in an event of its own
_MOST_DIGITS = 4000  # of an integer: Python reads no longer ones
_FAULT = re.compile(r'\s*\{\s*"(?:error"|type"\s*:\s*"error")')  # the beginning of an event that tells of one
_REPEATED = 4  # so many events that are sent once more after the end are known again: some servers stammer
# What decoding raises on another shape.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Reading:
    """What has been read of one answer.

    Attributes:
        ended: whether the answer has come to its end: the model said why it stopped, or the server said that it is done.
        is_long: whether one of the latest events is longer than a piece of text should be.
        words: pieces of text and of reasoning so far.
    """

    def __init__(self, decode: Decode, asked: Asked, status: int | None = None) -> None:
        self._decode, self._asked, self._status = decode, asked, status
        self._body = Body()
        self._events = self._said = self._pending = self._size = self.words = 0
        self._latest: deque[str] = deque(maxlen=_REPEATED)
        self._closing = self._unfinished = self._done = self._goes_on = False
        self._first: dict[str, Any] = {}  # the first event, until something is understood
        self._reported: set[str] = set()
        self._failure: ProviderError | None = None
        self.ended = self.is_long = False

    @property
    def over(self) -> bool:
        """Whether the end is one. Some servers give a reason to stop with every piece, and go on."""
        return self.ended and not self._goes_on and (self._done or self._unfinished)

    def feed(self, data: bytes) -> list[Chunk]:
        """The chunks of these bytes; :meth:`check` tells what is wrong with what comes after them."""
        try:
            texts = self._body.feed(data)
        except Exception as error:
            self._failure = self._unreadable(error)
            return []
        self._size += len(data)
        self._pending = 0 if texts else self._pending + len(data)
        chunks = self._taken(texts)
        if self._pending > _LARGEST_EVENT:
            self._failure = self._no_answer(f"{_LARGEST_EVENT // 1_000_000} MB without one whole event")
        elif self._size > _LARGEST_ANSWER and self._failure is None:
            self._failure = self._cut_off(f"is longer than {_LARGEST_ANSWER // 1_000_000} MB")
        return chunks

    def finish(self) -> list[Chunk]:
        """The chunks that the end of the bytes completes; :meth:`check` tells whether the answer has come to its end."""
        self._closing = True
        try:
            chunks = self._taken(self._body.finish())
        except Exception as error:
            self._failure = self._unreadable(error)
            return []
        if not self._body.streams and self._events == 1 and self._said and self._failure is None:
            chunks.append(AtOnce())
        if not (self.ended and self._said) and self._failure is None:
            self._failure = self._unanswered()
        return chunks

    def check(self) -> None:
        """Whether all is well so far.

        Raises:
            ProviderError: the service reports an error where the answer should be.
            ProtocolError: this is no answer of a model.
            StreamInterrupted: the answer has not come to its end.
        """
        if self._failure is not None:
            raise self._failure

    def _taken(self, texts: list[str]) -> list[Chunk]:
        """The chunks of these events, until one of them tells of a failure, or is one that nobody expects."""
        chunks: list[Chunk] = []
        self.is_long = max(map(len, texts), default=0) > LONGEST
        try:
            suspect = _is_suspect("\n".join(texts))  # asked once for all of them: they rarely are
            for text in texts:
                chunks += self._take(text, suspect)
                if self._failure is not None:
                    break
        except Exception as error:  # which would lose what came before it
            self._failure = self._unreadable(error)
        return chunks

    def _take(self, text: str, suspect: bool) -> list[Chunk]:
        """The chunks of one event; a failure that it tells comes after them."""
        if text[:1] != "{" and self._is_sign(text.strip()):
            return []
        try:
            event = jiter.from_json(text.encode())
        except (ValueError, RecursionError):
            event = _parsed_leniently(text)
        if not isinstance(event, dict):
            return self._unread(text)
        self._events += 1
        try:
            chunks = self._decode(event)
        except _MALFORMED:
            return self._examined(event, None, text, suspect)
        if len(chunks) == 1 and type(chunk := chunks[0]) is Text and type(chunk.text) is str and not suspect and not self.ended:
            self._latest.append(text)  # nearly every event is one sound piece of text before the end
            self._said += 1
            self.words += 1
            self._unfinished = True
            return chunks
        return self._examined(event, chunks, text, suspect)

    def _unread(self, text: str) -> list[Chunk]:
        """Leave the event out. One that tells of a fault ends the answer, unless a broken connection cut it off."""
        if _FAULT.match(text) and not self._closing and not self.over:
            self._failure = self._cut_off("ends with an error that cannot be read")
            return []
        return self._report(_UNREADABLE)

    def _examined(self, event: dict[str, Any], said: list[Chunk] | None, text: str, suspect: bool) -> list[Chunk]:
        """What is sound of an event's chunks, and new; with what there is to report."""
        if not self._said:
            self._first = self._first or event
        chunks = self._report(_BROKEN_CHARACTERS) if suspect and "\ufffd" in text else []
        chunks += self._report(_UNREADABLE) if said is None else self._sound(said, text)
        if event.get("type") == _STOPPED:
            self._conclude()
        if suspect and _is_suspect(text):
            self._failure = failure(self._asked, event)
        return chunks

    def _sound(self, chunks: list[Chunk], text: str) -> list[Chunk]:
        sound = [whole for chunk in chunks if (whole := _sound(chunk)) is not None]
        if self._is_repeated(text, sound):
            return []
        self._judge(sound)
        return sound if len(sound) == len(chunks) else self._report(_UNREADABLE) + sound

    def _is_sign(self, text: str) -> bool:
        """Whether it is no event: that the server is done, or that it lives."""
        if text.startswith(_DONE):
            self._conclude()
        return self._done or not text

    def _conclude(self) -> None:
        self.ended = self._done = True
        self._goes_on = False

    def _is_repeated(self, text: str, chunks: list[Chunk]) -> bool:
        """Whether the event is one of the last ones, sent once more after the end. A running count cannot stand still.

        After new words the end was only a turn's, and equal events are the model's own.
        """
        repeated = self.ended and not self._goes_on and text in self._latest
        self._latest.append(text)
        return repeated and (self.over or any(isinstance(chunk, Usage) for chunk in chunks))

    def _judge(self, chunks: list[Chunk]) -> None:
        """Whether these chunks of one event are words, and whether they end the answer."""
        words, counts, ends = 0, 0, False
        for chunk in chunks:
            if isinstance(chunk, (Text, Reasoning)):
                words += 1
            elif isinstance(chunk, Usage):
                counts += 1
            elif isinstance(chunk, Finish):
                ends = True
        self._said += len(chunks) - counts  # a count alone is nothing that was said
        self.words += words
        if self.ended:
            self._goes_on = not ends and (self._goes_on or any(map(is_content, chunks)))
        self.ended = self.ended or ends
        self._unfinished = self._unfinished or (words > 0) != ends

    def _report(self, words: str) -> list[Chunk]:
        """Say it once, and not of what a broken connection left of an event, nor of anything after the end."""
        if words in self._reported or self._closing or self.over:
            return []
        self._reported.add(words)
        return [Notice(words.format(model=self._asked.model), lasting=True)]

    def _unanswered(self) -> ProviderError:
        """The error for an answer without its end, or with nothing but its end."""
        unreadable = _UNREADABLE in self._reported
        strange = self._body.foreign or (not is_familiar(self._first, self._asked.provider) if self._first else unreadable)
        if self._said or not (self.ended or strange):
            return StreamInterrupted(
                f"The stream of {self._asked.model} broke off before its end. What came is kept in `partial`; "
                "`run.retry()` asks again from the start.",
                provider=self._asked.provider,
            )
        if self._body.foreign and not self._first:
            return self._no_answer("something else")
        return not_understood(self._asked, self._status, self._first, unreadable=unreadable)

    def _unreadable(self, error: Exception) -> ProtocolError:
        if isinstance(error, WebPage):
            return self._no_answer("a web page")
        return self._cut_off(f"cannot be read ({type(error).__name__})")

    def _cut_off(self, why: str) -> ProtocolError:
        return ProtocolError(
            f"The answer of {self._asked.model} {why}. What came is kept in `partial`.",
            provider=self._asked.provider,
            status=self._status,
        )

    def _no_answer(self, what: str) -> ProtocolError:
        return ProtocolError(
            f"What came back from {self._asked.where} is no answer of a model but {what}: is the base_url right?",
            provider=self._asked.provider,
            status=self._status,
        )


def _is_suspect(text: str) -> bool:
    """Whether these events may tell of a fault, or have lost characters on their way."""
    return "\ufffd" in text or any(mark in text for mark in MARKS)


def _sound(chunk: Chunk) -> Chunk | None:
    """The chunk, if its fields are what they should be (they stood in somebody's JSON)."""
    if isinstance(chunk, (Text, Reasoning, Refusal)):
        fields: tuple[object, ...] = (chunk.text,)
    elif isinstance(chunk, Finish):
        fields = (chunk.reason,)
    elif isinstance(chunk, ToolCall):
        fields = (chunk.name, chunk.arguments, chunk.id)
    else:
        return chunk
    return chunk if all(isinstance(value, str) for value in fields) else None


def _parsed_leniently(text: str) -> Any:
    """What jiter refuses: half a surrogate pair at the end of a token, which the parser of fields joins with its other half,
    and an integer without end, which becomes a number that no field takes."""
    try:
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= _MOST_DIGITS else math.inf)
    except (ValueError, RecursionError):
        return None
