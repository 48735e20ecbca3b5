"""The variables of a notebook."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..run import Run


def holds(run: Run) -> bool:
    """Whether a variable of the notebook has the run, or a list or dict in one: but for ``_run``, ``_`` and ``Out``."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    own = [] if shell is None else [v for n, v in shell.user_ns.copy().items() if not (n.startswith("_") or n in ("In", "Out"))]
    return any(value is run or any(each is run for each in _items(value)) for value in own)


def _items(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()
