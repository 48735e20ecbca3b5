"""The live view: an anywidget that follows a run.

State and notices go by traits, the flow of text by messages. Deltas are coalesced, carry their offset in UTF-16 units (the
page's own), and are sent from the background loop, so they arrive while the cell is busy. A page that misses some (it was
loaded too late, it was reloaded) asks for a snapshot. What the page sends is ``{"type": "cancel"}`` or ``{"type": "sync"}``.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from .. import portal
from ..events import FieldDelta, Notice, Retry, RunEnd
from ..run import Run
from ..signature import type_text
from ..stats import Stats
from . import kernel
from .cells import after_run
from .html import prediction_bundle
from .pacing import Pacer
from .words import again, counted

_STATIC = Path(__file__).parent.parent / "static"
_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_SHOWN = (FieldDelta, Notice, Retry, RunEnd)
# What a page shows that knows no widgets, and what a saved file keeps of the live view: nothing, and always the same.
_PLACEHOLDER = {"text/plain": ""}

_pacers: weakref.WeakKeyDictionary[Any, Pacer] = weakref.WeakKeyDictionary()
_views: weakref.WeakKeyDictionary[Run, RunView] = weakref.WeakKeyDictionary()


class RunView(anywidget.AnyWidget):
    """A run's panes, status line and Cancel button. It holds the run until the run is over."""

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    fields: traitlets.List[Any] = traitlets.List().tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("pending").tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    stats = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)  # about the waiting: gone with the first word
    notices: traitlets.List[Any] = traitlets.List().tag(sync=True)  # about the answer: they stay

    def __init__(self, run: Run) -> None:
        self._run: Run | None = run
        self._log = run.log
        self._seen = 0
        self._sent: dict[str, int] = {}
        fields = [{"name": f.name, "type": type_text(f.type)} for f in run.signature.outputs.values()]
        super().__init__(fields=fields, model_name=run.model, stats=_figures(run.stats))
        _answer_on_any_shell(self)
        self.on_msg(self._hear)
        portal.call(self._follow)

    # On the background loop.

    def _follow(self) -> None:
        """Wait for news; no news, no work."""
        self._log.grown(self._seen).add_done_callback(lambda _: portal.call(self._ask))

    def _ask(self) -> None:
        """Ask to be served, if there is anything to show: an opened field alone must not use up the first delta's turn."""
        events = self._log.since(self._seen)
        if any(isinstance(event, _SHOWN) for event in events):
            _pacers.setdefault(portal.loop(), Pacer(portal.loop())).request(self._serve)
        else:
            self._seen += len(events)
            self._follow()

    def _serve(self) -> None:
        events = self._log.since(self._seen)
        self._seen += len(events)
        if events and isinstance(events[-1], RunEnd):
            self._finish(events[-1])
            return
        if self._run is not None:
            self._show_news(events, self._run)
            self._send_deltas(events, self._run)
        self._follow()

    def _send_deltas(self, events: list[Any], run: Run) -> None:
        news: dict[str, list[str]] = {}
        for event in events:
            if isinstance(event, FieldDelta):
                news.setdefault(event.field, []).append(event.text)
        if not news:
            return
        deltas = [self._delta(field, "".join(pieces)) for field, pieces in news.items()]
        self.send({"type": "delta", "deltas": deltas, "stats": _figures(run.stats)})

    def _delta(self, field: str, text: str) -> list[Any]:
        offset = self._sent.get(field, 0)
        self._sent[field] = offset + _utf16_units(text)
        return [field, offset, text]

    def _show_news(self, events: list[Any], run: Run) -> None:
        """Whatever is no text: one message at most, however much there is."""
        with self.hold_sync():
            self.state = run.state
            for event in events:
                match event:
                    case Notice(lasting=True):
                        self.notices = list(run.stats.notices)
                        self.stats = _figures(run.stats)
                    case Notice(text):
                        self.notice = text
                    case Retry(attempt, reason):
                        self.notice = again(attempt, reason)
                        self.stats = _figures(run.stats)
                    case FieldDelta():
                        self.notice = ""

    def _finish(self, end: RunEnd) -> None:
        if self._run is None:
            return
        with self.hold_sync():
            self.texts = self._run.texts()
            self.stats = _figures(self._run.stats)
            self.error = str(end.error) if end.state == "failed" else ""
            self.notice = ""
            self.notices = list(self._run.stats.notices)
            self.state = end.state
        self._run = None

    def _send_snapshot(self) -> None:
        run = self._run
        texts, stats = (self.texts, self.stats) if run is None else (run.texts(), _figures(run.stats))
        notices = self.notices if run is None else list(run.stats.notices)
        self.send({"type": "snapshot", "texts": texts, "state": self.state, "stats": stats, "notices": notices})

    # From the page, on whichever thread the kernel reads its messages.

    def _hear(self, _: Any, message: Any, __: Any) -> None:
        run = self._run
        match message:
            case {"type": "cancel"}:
                self.send({"type": "ack"})
                if run is not None:
                    run.cancel()
            case {"type": "sync"}:
                portal.call(self._send_snapshot)  # on the loop, as all text: so a snapshot is never older than a delta


def view_of(run: Run) -> RunView:
    """The run's live view, the same one each time."""
    if run not in _views:
        _views[run] = RunView(run)
    return _views[run]


def display_run(run: Run) -> None:
    """Show the run under the current cell: live while it lives, and after that as what a saved file keeps."""
    from IPython.core.getipython import get_ipython

    from .terminal import draw

    if getattr(get_ipython(), "kernel", None) is None:
        draw(run)
    elif run.state in ("done", "cancelled", "failed"):
        show_saved(run, _fault(run))
    else:
        handle = show_live(run)
        run.add_done_callback(lambda: _keep(handle, run))  # at once on a page,
        after_run(get_ipython(), run, lambda: _keep(handle, run))  # and surely in a file


def _keep(handle: Any, run: Run) -> None:
    """Put what a saved file keeps in the place of the live view."""
    data, metadata = prediction_bundle(run.partial, _fault(run))
    handle.update(data, metadata=metadata, raw=True)


def show_live(run: Run) -> Any:
    """Show the live view, and let Cancel reach the cell that waits; returns the handle of the view's output."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    kernel.install(get_ipython())

    return display(live_bundle(view_of(run)), raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's


def show_saved(run: Run, error: str = "") -> None:
    """Show what a saved file keeps of the run; ``error`` is left out where it is shown beside it."""
    from IPython.display import display

    data, metadata = prediction_bundle(run.partial, error)
    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]  # IPython's own


def live_bundle(view: RunView) -> dict[str, Any]:
    """The output of a live view."""
    return _PLACEHOLDER | {_WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}


def empty_bundle() -> dict[str, Any]:
    """What a live view's output becomes when the value stands below it: a view of nothing, which pages hide."""
    return _PLACEHOLDER | {_WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": ""}}


def _fault(run: Run) -> str:
    """Why the run failed; nothing for one that did not."""
    ends = [event.error for event in run.log.since(len(run.log) - 1) if isinstance(event, RunEnd)]
    return str(ends[0]) if run.state == "failed" and ends else ""


def _figures(stats: Stats) -> dict[str, Any]:
    return {
        "duration": stats.duration,
        "ttft": stats.ttft,
        "tokens": counted(stats),
        "tokens_per_second": stats.tokens_per_second,
        "streamed": stats.streamed,
        "attempts": stats.attempts,
    }


def _utf16_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _answer_on_any_shell(view: RunView) -> None:
    """Let clicks arrive where the page sends them.

    ipykernel 7.4 hands a page's message to the shell that last sent on the same comm, which is the busy cell's; on a
    subshell, where the page wants it, it is heard at once. Only our own comm is changed.
    """
    comm = view.comm
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default
