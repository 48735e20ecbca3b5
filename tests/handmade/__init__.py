"""Faults made by hand: what random bytes do not find. The list is :data:`FAULTS`."""

from __future__ import annotations

from . import runs, others, forks, recordings, shown  # isort: skip - in the order of the list
from .made import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "forks", "others", "recordings", "runs", "shown"]
