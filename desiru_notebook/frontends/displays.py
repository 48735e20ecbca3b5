"""What a cell displays by itself: a view or a run, alone or in a widget of others, is an output of a run like any other.

ipykernel lets a thread see each message before it is sent. IPython's hook for values is replaced by one that looks at each
value before the other displays it.
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Iterator
from typing import Any

VIEW_MIME = "application/vnd.jupyter.widget-view+json"

_seen = threading.local()  # whom we hear in a thread, and the value that a cell displays there


def install(shell: Any) -> None:
    """Hear of what the cells of this shell display, in the thread that calls this."""
    publisher: Any = getattr(shell, "display_pub", None)
    if hasattr(publisher, "register_hook") and getattr(_seen, "publisher", None) is not publisher:
        _seen.publisher = publisher
        publisher.register_hook(lambda message: _look(shell, message))
    trap = getattr(shell, "display_trap", None)
    if trap is not None and not isinstance(trap.hook, _Values):
        trap.hook = _Values(shell)
        shell.events.register("pre_run_cell", trap.hook.begin)
        if sys.displayhook is shell.displayhook:  # in the midst of a cell,
            sys.displayhook = trap.hook
            _seen.is_late = getattr(shell.displayhook, "is_active", False)  # or even of displaying its value


def uninstall(shell: Any) -> None:
    """Display values as before."""
    trap = getattr(shell, "display_trap", None)
    if trap is not None and isinstance(trap.hook, _Values):
        shell.events.unregister("pre_run_cell", trap.hook.begin)
        trap.hook = shell.displayhook


class _Values:
    """Displays values of cells, after a look at each."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, value: Any = None) -> None:
        if "ipywidgets" in sys.modules:
            self._look(value)
        _seen.value, _seen.is_late = value, False
        try:
            self._shell.displayhook(value)
        finally:
            _seen.value = None

    def begin(self, *_: object) -> None:
        """A cell begins."""
        if "ipywidgets" in sys.modules:
            from . import spots

            spots.begin(self._shell)

    def _look(self, value: Any) -> None:
        from . import outputs

        outputs.before_value(self._shell, value)
        for view in views_in(value):
            outputs.place(self._shell, view)


def is_value(value: Any) -> bool:
    """Whether this is being displayed as the value of a cell, in an output that cannot become another one."""
    return getattr(_seen, "value", None) is value or getattr(_seen, "is_late", False)


def _look(shell: Any, message: dict[str, Any]) -> dict[str, Any]:
    content = message["content"]
    if message["header"]["msg_type"] == "clear_output" and "ipywidgets" in sys.modules:
        from . import spots

        spots.clear(shell)
    model_id = content.get("data", {}).get(VIEW_MIME, {}).get("model_id")
    if model_id:
        from . import outputs
        from .widget import RunView

        if outputs.is_opening():
            return message
        widget = _widgets().get(model_id)
        if isinstance(widget, RunView):
            content["data"] = {VIEW_MIME: content["data"][VIEW_MIME]}  # its plain text has the state in it
            display_id = content.setdefault("transient", {}).setdefault("display_id", uuid.uuid4().hex)
            outputs.displayed(shell, widget, display_id)
        else:
            for view in views_in(widget):
                outputs.place(shell, view)
    return message


def views_in(value: Any) -> Iterator[Any]:
    """The live views within a widget, at any depth."""
    from ipywidgets import Widget

    from .widget import RunView

    waiting, known = [value], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, RunView) and each is not value:
            yield each
        elif isinstance(each, Widget) and id(each) not in known:
            known.add(id(each))
            waiting += [part for name in each.keys for part in _parts(getattr(each, name, None))]


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _widgets() -> dict[str, Any]:
    from ipywidgets.widgets import widget

    return dict(getattr(widget, "_instances", {}))
