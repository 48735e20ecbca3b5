"""Flow: how far a model may run ahead of whoever reads its run. The measure is what has come over the network.

A run that nobody iterates over takes all it can get, for somebody may ask for its result. Where somebody does iterate, and
is behind, the model waits: at the latest after :data:`AHEAD` bytes, and the sockets' own buffers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

AHEAD = 262_144  # bytes

_meter: ContextVar[Callable[[int], None]] = ContextVar("desiru_flow")


def received(count: int) -> None:
    """Tell the run that is being made that so many bytes have come for it; without a run, nobody counts."""
    if meter := _meter.get(None):
        meter(count)


def measure(meter: Callable[[int], None]) -> None:
    """Be told what is received in this task from now on."""
    _meter.set(meter)
