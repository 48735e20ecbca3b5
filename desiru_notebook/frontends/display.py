"""Showing a run under a cell: the live view while it lives, and after that what a saved file keeps."""

from __future__ import annotations

from typing import Any

from ..locks import lock
from ..run import Run
from . import saving
from .cells import AfterRest, after_run
from .displays import VIEW_MIME, install, is_value
from .html import Bundle, saved_bundle
from .views import note_figures, open_view, recognise, view_of
from .widget import RunView
from .words import FIGURES_STREAM, figures_line


def display_run(run: Run) -> None:
    """Show the run where it is displayed, if it is in a terminal or the value of a cell.

    Raises:
        NotImplementedError: elsewhere :func:`run_bundle` says what to display, and the caller where.
    """
    from IPython.core.getipython import get_ipython

    from .terminal import show

    if getattr(get_ipython(), "kernel", None) is None:
        show(run)
    else:
        install(get_ipython())
        if not is_value(run):
            raise NotImplementedError
        try:
            show_bundle((run_bundle(run), {}))
        except KeyboardInterrupt:  # Stop, while the view was opened
            run.unwind()
            raise


def run_bundle(run: Run) -> dict[str, Any]:
    """The live view of a run while it lives, and after that what a saved file keeps."""
    return _rendered(run, fault(run))[0] if run.log.is_complete else live_bundle(view_of(run))


def keep_at_end(shell: Any, handle: Any, run: Run, *, kept: bool = False) -> None:
    """Put what a saved file keeps in the place of an output, as soon as the run is over."""
    saved = _Saved(handle, run, kept)
    run.add_done_callback(lambda: saving.later(saved.show))  # at once on a page,
    after_run(shell, run, saved.show)  # and surely in a file

    if view := open_view(run):
        AfterRest(shell, run, lambda: _show_missed(view))  # and where no page has heard of the end, in a later cell


def _show_missed(view: RunView) -> None:
    if view.is_on_page and not view.is_seen_to_end:
        show_bundle(view.kept())


class _Saved:
    """What a saved file keeps of a run, rendered once, when it is first shown."""

    def __init__(self, handle: Any, run: Run, kept: bool) -> None:
        self._handle, self._run, self._kept = handle, run, kept
        self._lock = lock()
        self._bundle: Bundle | None = None

    def show(self) -> None:
        """Put it in the place of the output."""
        with self._lock:
            self._bundle = self._bundle or _rendered(self._run, fault(self._run), kept=self._kept)
            if self._kept:  # a page that does not know yet whose answer it is would show it beside its container
                recognise(self._run)
            _update(self._handle, self._bundle)


def keep(handle: Any, run: Run, error: str = "") -> None:
    """Put what a saved file keeps in the place of an output; ``error`` is empty where it is shown below it."""
    recognise(run)
    _update(handle, _rendered(run, error))


def _update(handle: Any, bundle: Bundle) -> None:
    data, metadata = bundle
    handle.update(data, metadata=metadata, raw=True)


def _rendered(run: Run, error: str, *, kept: bool = False) -> Bundle:
    """What a saved file keeps of the run."""
    return saved_bundle(run.partial, run.texts(), error, kept=kept)


def show_output(bundle: dict[str, Any]) -> Any:
    """Show an output that can become another one; returns its handle."""
    from IPython.display import display

    return display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's


def show_saved(run: Run, error: str = "", *, kept: bool = False) -> None:
    """Show what a saved file keeps of the run; ``error`` is left out where it is shown beside it.

    ``kept`` is whether a container of widgets shows the run itself.
    """
    recognise(run)
    show_bundle(_rendered(run, error, kept=kept))


def show_bundle(bundle: Bundle) -> None:
    """Show an output that stays what it is."""
    from IPython.display import display

    data, metadata = bundle
    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]  # IPython's own


def show_figures(shell: Any, run: Run) -> None:
    """Show the figures of a run that is over, in a line that nbval does not compare: they are others each time.

    It is a stream whose name nbval leaves out, as it does with that key of an output. Front ends show it like any other stream;
    one that shows the run itself hides the line.
    """
    publisher = shell.display_pub
    if not hasattr(publisher, "pub_socket"):
        return  # somebody captures what the cell displays
    text = figures_line(run.stats)
    note_figures(run, text)
    content = {"name": FIGURES_STREAM, "text": f"{text}\n"}
    publisher.session.send(publisher.pub_socket, "stream", content, parent=publisher.parent_header, ident=b"stream.metadata")


def live_bundle(view: RunView) -> dict[str, Any]:
    """The output of a live view. Nothing else is in it: nbval compares all that is displayed, and not what it becomes."""
    return {VIEW_MIME: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}


def empty_bundle() -> dict[str, Any]:
    """What a live view's output becomes when the answer stands below it: a view of nothing, which pages hide."""
    return {VIEW_MIME: {"version_major": 2, "version_minor": 0, "model_id": ""}}


def fault(run: Run) -> str:
    """Why the run failed; nothing for one that did not."""
    return str(run.error) if run.state == "failed" else ""
