"""Where views were displayed, and those whose output was cleared since, or belongs to a cell that is executed again.

A page that takes a view away with its output tells the kernel of a run that nobody sees. One that had not drawn the view by
then has nothing to take away: the kernel tells it to look.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from . import cells
from .widget import RunView


class _Spot(NamedTuple):
    request: str
    cell_id: str
    containers: frozenset[str]


_spots: weakref.WeakKeyDictionary[RunView, list[_Spot]] = weakref.WeakKeyDictionary()


def note(shell: Any, view: RunView) -> None:
    """The view is displayed here."""
    view.clear(False)
    _spots.setdefault(view, []).append(_here(shell))


def begin(shell: Any) -> None:
    """A cell is executed: what it has shown before gives way."""
    cell_id = cells.cell_id(shell)
    _leave(lambda spot: bool(cell_id) and spot.cell_id == cell_id)


def clear(shell: Any) -> None:
    """Whatever was displayed here is cleared."""
    here = _here(shell)
    _leave(lambda spot: spot.containers == here.containers and (bool(here.containers) or spot.request == here.request))


def _leave(gone: Callable[[_Spot], bool]) -> None:
    for view, spots in list(_spots.items()):
        left = [spot for spot in spots if not gone(spot)]
        if spots and not left:
            view.clear()
        spots[:] = left


def _here(shell: Any) -> _Spot:
    return _Spot(cells.request(shell), cells.cell_id(shell), containers(shell))


def containers(shell: Any) -> frozenset[str]:
    """The ``Output`` widgets to which goes what is displayed now; none where that stands under a cell."""
    import ipywidgets
    from ipywidgets.widgets import widget

    request, known = cells.request(shell), list(widget._instances.values())
    return frozenset(each.model_id for each in known if isinstance(each, ipywidgets.Output) and each.msg_id == request)
