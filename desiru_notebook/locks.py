"""Locks that a forked child finds open: the thread that held one in the parent does not exist there."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

_locks: weakref.WeakSet[Any] = weakref.WeakSet()


def lock() -> threading.Lock:
    """A lock such as :class:`threading.Lock`."""
    made = threading.Lock()
    _locks.add(made)
    return made


def rlock() -> Any:
    """A lock such as :class:`threading.RLock`; one that the forking thread itself holds stays its own."""
    made = threading.RLock()
    _locks.add(made)
    return made


def _open_all() -> None:
    for each in _locks:
        if not (hasattr(each, "_is_owned") and each._is_owned()):
            each._at_fork_reinit()  # as the standard library does with its own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_all)
