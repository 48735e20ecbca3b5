"""Faults made by hand, on a real service, in real processes: what becomes of each, and of a run beside it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from handmade import FAULTS
from handmade.made import OTHERS
from hostile_service import hostile_service

measured = pytest.importorskip("handmade.measured", reason="memory is measured as Unix does", exc_type=ImportError)
_LONGEST_PAUSE, _MOST_MEMORY = 2, 1000  # seconds and MB: what was hostile took many times as much


@pytest.fixture(scope="module")
def outcomes() -> Iterator[list[Future]]:
    """What becomes of each fault, in their order; two happen at the same time."""
    with hostile_service() as url, ThreadPoolExecutor(2) as pool:
        yield [pool.submit(measured.happen, fault, url) for fault in FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.about}: {fault.words}")
def test_what_was_received_is_kept_and_no_other_run_waits_for_long(fault, outcomes):
    outcome = outcomes[FAULTS.index(fault)].result()
    assert (outcome.raised, outcome.kept) == (fault.raised, fault.kept)
    assert fault.about != OTHERS or fault.stops_others or outcome.pause < _LONGEST_PAUSE
    assert outcome.memory < _MOST_MEMORY
