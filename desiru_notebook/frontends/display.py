"""Showing a run under a cell: the live view while it lives, and after that what a saved file keeps."""

from __future__ import annotations

import threading
from typing import Any

from ..run import Run
from . import saving
from .cells import after_run
from .html import Bundle, prediction_bundle, text_bundle
from .widget import RunView, view_of

_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
# What a page shows that knows no widgets, and what a saved file keeps of the live view: nothing, and always the same.
_PLACEHOLDER = {"text/plain": ""}


def display_run(run: Run) -> None:
    """Show the run under the current cell: live while it lives, and after that as what a saved file keeps."""
    from IPython.core.getipython import get_ipython

    from .terminal import show

    if getattr(get_ipython(), "kernel", None) is None:
        show(run)
    elif run.state in ("done", "cancelled", "failed"):
        show_saved(run, _fault(run))
    else:
        try:
            keep_at_end(get_ipython(), show_output(live_bundle(view_of(run))), run)
        except KeyboardInterrupt:  # Stop, while the view was opened
            run.unwind()
            raise


def keep_at_end(shell: Any, handle: Any, run: Run) -> None:
    """Put what a saved file keeps in the place of the live view, as soon as the run is over."""
    saved = _Saved(handle, run)
    run.add_done_callback(lambda: saving.later(saved.show))  # at once on a page,
    after_run(shell, run, saved.show)  # and surely in a file


class _Saved:
    """What a saved file keeps of a run, rendered once, by whoever shows it first."""

    def __init__(self, handle: Any, run: Run) -> None:
        self._handle, self._run = handle, run
        self._lock = threading.Lock()
        self._bundle: Bundle | None = None

    def show(self) -> None:
        """Put it in the place of the live view."""
        with self._lock:
            self._bundle = self._bundle or _rendered(self._run, _fault(self._run))
            _update(self._handle, self._bundle)


def keep(handle: Any, run: Run, *, told: bool = False) -> None:
    """Put what a saved file keeps in the place of the live view; ``told`` is whether its error is shown below it."""
    _update(handle, _rendered(run, "" if told else _fault(run)))


def _update(handle: Any, bundle: Bundle) -> None:
    data, metadata = bundle
    handle.update(data, metadata=metadata, raw=True)


def _rendered(run: Run, error: str, *, follows: bool = False) -> Bundle:
    """What a saved file keeps of the run. A type from code has a form of its own, which may raise anything."""
    try:
        return prediction_bundle(run.partial, error, follows=follows)
    except Exception:
        return text_bundle(run.texts(), run.state, error)


def show_output(bundle: dict[str, Any]) -> Any:
    """Show an output that can become another one; returns its handle."""
    from IPython.display import display

    return display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's


def show_saved(run: Run, error: str = "", *, follows: bool = False) -> None:
    """Show what a saved file keeps of the run; ``error`` is left out where it is shown beside it.

    ``follows`` is whether it takes the place of a live view above it.
    """
    from IPython.display import display

    data, metadata = _rendered(run, error, follows=follows)
    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]  # IPython's own


def live_bundle(view: RunView) -> dict[str, Any]:
    """The output of a live view."""
    return _PLACEHOLDER | {_WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}


def empty_bundle() -> dict[str, Any]:
    """What a live view's output becomes when the value stands below it: a view of nothing, which pages hide."""
    return _PLACEHOLDER | {_WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": ""}}


def _fault(run: Run) -> str:
    """Why the run failed; nothing for one that did not."""
    return str(run.error) if run.state == "failed" else ""
