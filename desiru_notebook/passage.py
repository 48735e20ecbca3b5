"""Passage: items on their way through the stages of a stream, whoever reads them and however they are waited for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from .stages import Stage, wrapped


class Passage:
    """Takes what the source gives, passes it through the stages, and has ready what came out of the last one."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages
        self._at = 0  # the stage that is at work
        self._ready: deque[Any] = deque()
        self._error: BaseException | None = None
        self._over = False

    @property
    def over(self) -> bool:
        """Whether nothing more is taken."""
        return self._over

    @property
    def waits(self) -> bool:
        """Whether nothing can be given out before the source gives something."""
        return not self._ready and not self._over

    @property
    def left(self) -> float | None:
        """Seconds until something has to be given out though nothing comes."""
        return min((left for stage in self._stages if (left := stage.left()) is not None), default=None)

    def take(self, item: Any) -> None:
        self._safely(self._pass, item, 0)

    def give_out(self) -> None:
        """Time is up for what is held back longest."""
        for at, stage in enumerate(self._stages):
            if (left := stage.left()) is not None and left <= 0:
                self._safely(self._release, at)

    def end(self, error: BaseException | None = None, first: int = 0) -> None:
        """There is no more. What the stages hold back comes first, then the error."""
        self._over, self._error = True, error
        for at in range(first, len(self._stages)):
            self._safely(self._release, at)

    def next(self, stop: type[Exception]) -> Any:
        """The next item; at the end the error, once, and then ``stop``."""
        if self._ready:
            return self._ready.popleft()
        error, self._error = self._error, None
        raise error or stop

    def _safely(self, step: Callable[..., None], *arguments: Any) -> None:
        """An error of a user's function is the end; what stands before the function is not passed to it any more."""
        try:
            step(*arguments)
        except Exception as error:
            self.end(self._error or wrapped("A function of a stream raised", error), self._at + 1)

    def _release(self, at: int) -> None:
        for item in self._stages[at].rest():
            self._pass(item, at + 1)

    def _pass(self, item: Any, first: int) -> None:
        for at in range(first, len(self._stages)):
            self._at = at
            out = self._stages[at].take(item)
            if len(out) != 1:
                for one in out:
                    self._pass(one, at + 1)
                return
            item = out[0]  # a loop and no call: a chain may be longer than Python's stack
        self._ready.append(item)
