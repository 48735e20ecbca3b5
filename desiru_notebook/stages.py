"""Stages: what a stream's items pass through. One item in, any number out; at the end, what is left."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any, Protocol, TypeAlias

from .chunks import Reasoning, Refusal, Text
from .events import FieldDelta

Clock: TypeAlias = Callable[[], float]

_TEXTS = (Text, Reasoning, Refusal)


class Stage(Protocol):
    """One step of a :class:`~desiru_notebook.transformer.StreamTransformer`."""

    def take(self, item: Any) -> Sequence[Any]:
        """Take an item; returns what comes out for it."""
        ...

    def rest(self) -> Sequence[Any]:
        """Give out what is held back."""
        ...

    def left(self) -> float | None:
        """Seconds until :meth:`rest` has to be asked for, though nothing comes; ``None`` while nothing is held back."""
        ...


class Filter:
    """Lets pass what the function says yes to."""

    def __init__(self, function: Callable[[Any], object]) -> None:
        self._function = plain(function)

    def take(self, item: Any) -> Sequence[Any]:
        return (item,) if at_once(self._function(item)) else ()

    def rest(self) -> Sequence[Any]:
        return ()

    def left(self) -> float | None:
        return None


class Map:
    """Gives what the function makes of each item."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = plain(function)

    def take(self, item: Any) -> Sequence[Any]:
        return (at_once(self._function(item)),)

    def rest(self) -> Sequence[Any]:
        return ()

    def left(self) -> float | None:
        return None


class Batch:
    """Joins text: ``size`` items of one field, or what has come within ``seconds``, whichever is there first.

    Deltas become one delta, strings one string, a model's chunks of text one chunk. Anything else stands alone, behind what
    came before it.
    """

    def __init__(self, size: int | None, seconds: float | None, clock: Clock = time.monotonic) -> None:
        _check(size, seconds)
        self._size, self._seconds, self._clock = size, seconds, clock
        self._texts: list[str] = []
        self._kind: Any = None  # what is joined: a field's name, or a class
        self._due = 0.0

    def take(self, item: Any) -> Sequence[Any]:
        if isinstance(item, FieldDelta):
            return self._add(item.field, item.text)
        if isinstance(item, str):
            return self._add(str, item)
        if isinstance(item, _TEXTS) and isinstance(item.text, str):
            return self._add(type(item), item.text)
        return (*self.rest(), item)

    def rest(self) -> Sequence[Any]:
        texts, self._texts = self._texts, []
        if not texts:
            return ()
        text = "".join(texts)
        return (FieldDelta(self._kind, text) if isinstance(self._kind, str) else self._kind(text),)

    def left(self) -> float | None:
        if not self._texts or self._seconds is None:
            return None
        return self._due - self._clock()

    def _add(self, kind: str | type, text: str) -> Sequence[Any]:
        late = (left := self.left()) is not None and left <= 0
        before = self.rest() if late or kind != self._kind else ()
        if not self._texts:
            self._kind = kind
            self._due = self._clock() + (self._seconds or 0.0)
        self._texts.append(text)
        return (*before, *self.rest()) if len(self._texts) == self._size else before


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, if it is a plain one; ``TypeError`` for anything else."""
    if not callable(function):
        raise TypeError(f"This takes a function, not {type(function).__name__}.")
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise TypeError(f"This takes a plain function, and {getattr(function, '__name__', function)} is `async def`.")
    return function


def at_once(answer: Any) -> Any:
    """What a function has answered. A coroutine would count as a yes, or stand for an item, and never run."""
    if type(answer) is CoroutineType:
        answer.close()
        raise TypeError("This takes a plain function, and it has returned a coroutine, which nobody awaits.")
    return answer


def failing(error: Any) -> BaseException:
    """What a writer's error is raised as to its readers: one that ends loops would be taken for the end (as in PEP 479)."""
    if not isinstance(error, BaseException):
        raise TypeError(f"A stream fails with an error, not with {error!r}.")
    return wrapped("A stream failed with", error)


def wrapped(words: str, error: BaseException) -> BaseException:
    """The error; one that ends loops, as the cause of another."""
    if not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    outer = RuntimeError(f"{words} {type(error).__name__}")
    outer.__cause__ = error
    return outer


def _check(size: Any, seconds: Any) -> None:
    if size is None and seconds is None:
        raise ValueError("How much is a batch? Give batch() a size in items, or seconds, or both.")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        raise ValueError(f"A batch's size is a number of items, at least 1, not {size!r}.")
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is not None and not (number and 0 < seconds < math.inf):
        raise ValueError(f"A batch's seconds are a number above zero, not {seconds!r}.")
