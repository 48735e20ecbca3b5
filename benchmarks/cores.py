"""Who runs where: the service on one core and whoever is measured on another, where the machine has two."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

CLIENT, SERVICE = 0, 1


def take_core(which: int, *, undisturbed: bool) -> None:
    """Stay on this core; ``undisturbed``: before all other work of the machine, where that is allowed (to root).

    It holds for all threads, those that are started afterwards too.
    """
    if not hasattr(os, "sched_setaffinity"):  # not Linux
        return
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[which]})
    if undisturbed:
        for thread in threading.enumerate():
            with suppress(PermissionError, ProcessLookupError):
                os.sched_setscheduler(thread.native_id or 0, os.SCHED_RR, os.sched_param(10))
