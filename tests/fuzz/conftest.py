"""Laws held against generated examples for a limited time: a minute in ``scripts/test``, an hour in ``scripts/fuzz``.

All fuzz tests that run together share ``DESIRU_FUZZ_SECONDS``. Examples come in rounds, each from a seed of its own: a fast
machine only tries more of the same rounds. Where the variable is set, the rounds begin with a new seed each time.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy

# Strategies, services and readers of the tests next door.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "providers"))

SECONDS = float(os.environ.get("DESIRU_FUZZ_SECONDS") or 60)
FIRST = time.time_ns() // 1_000_000 if "DESIRU_FUZZ_SECONDS" in os.environ else 0
ROUND = settings(max_examples=50, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))

Fuzz = Callable[..., None]


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    """Holds a law against examples of the strategies for this test's share of the time."""
    tests = sum("fuzz" in getattr(item, "fixturenames", ()) for item in request.session.items)

    def hold(law: Callable[..., None], *strategies: SearchStrategy) -> None:
        until = time.monotonic() + SECONDS / tests
        for number in itertools.count(FIRST):
            seed(number)(ROUND(given(*strategies)(law)))()
            if time.monotonic() > until:
                return

    return hold
