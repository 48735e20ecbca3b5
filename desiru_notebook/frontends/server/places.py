"""Places: how many runs a user may have at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from .refusals import Refusal


class Places:
    """Counts the runs of each user. Used on the server's loop only."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._all_free = asyncio.Event()
        self._all_free.set()

    def taken(self, user: str) -> int:
        """How many runs the user has now."""
        return self._taken[user]

    @contextmanager
    def taken_by(self, user: str, at_most: int) -> Iterator[None]:
        """A block that is one of the user's runs.

        Raises:
            Refusal: 429, where the user has ``at_most`` runs already.
        """
        if self._taken[user] >= at_most:
            raise Refusal(429, "TooManyRuns", f"{at_most} runs are going on already: wait for one to end, or leave one.")
        self._taken[user] += 1
        self._all_free.clear()
        try:
            yield
        finally:
            self._taken[user] -= 1
            self._taken += Counter()  # forgets the users who have none
            if not self._taken:
                self._all_free.set()

    async def all_free(self) -> None:
        """Wait until nobody has a run."""
        await self._all_free.wait()
