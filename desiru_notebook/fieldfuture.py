"""FieldFuture: one field of a run, as soon as it closes."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from .outcome import Outcome

if TYPE_CHECKING:
    from .run import Run


class FieldFuture:
    """The value of one field, which is there as soon as the field closes."""

    def __init__(self, run: Run, outcome: Outcome[Any]) -> None:
        self._run, self._outcome = run, outcome

    def done(self) -> bool:
        """Whether the field has closed, or the run has ended without it."""
        return self._outcome.done()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the value, at most ``timeout`` seconds (:class:`~desiru_notebook.StreamTimeout` after
        that); raises what the run raises."""
        return self._run.value_of(self._outcome, timeout)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._settled().__await__()

    async def _settled(self) -> Any:
        await self._run.settled(self._outcome)
        return self._outcome.result()
