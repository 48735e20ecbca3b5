"""The live view: an anywidget that follows a run.

State and notices go by traits, the flow of text by messages. Deltas are coalesced, carry their offset in UTF-16 units (the
page's own), and are sent from the background loop, so they arrive while the cell is busy. A page that misses some (it was
loaded too late, it was reloaded) asks for a snapshot. A page sends messages of these types: ``cancel``; ``cancel_all``, for the
other runs of the cell; ``sync``, for a snapshot; ``timeline``, when its reader goes back in the time of a run that is over;
``ended``, when it knows of the end; ``keep``, for what a saved file keeps; ``unseen``, when the output was cleared or deleted.
All that is sent unasked goes through one :class:`Pacer`.
"""

from __future__ import annotations

import sys
import uuid
import weakref
from collections.abc import Callable
from itertools import chain
from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from .. import portal
from ..events import FieldDelta, Notice, Retry, RunEnd
from ..fieldtypes import type_text
from ..prediction import Prediction
from ..run import Run
from . import comms, displays, saving
from .html import Bundle, answer_key, saved_bundle
from .pacing import Pacer
from .script import STATIC, Script, script
from .variables import holds
from .words import again
from .words import page_figures as _figures

_SHOWN = (FieldDelta, Notice, Retry, RunEnd)

_pacers: weakref.WeakKeyDictionary[Any, Pacer] = weakref.WeakKeyDictionary()


class RunView(anywidget.AnyWidget):
    """A run's panes, status line and Cancel button. It holds the run until the run is over, or the view closed."""

    _esm = STATIC / "loader.js"

    script = traitlets.Instance(Script, allow_none=True).tag(sync=True, **widget_serialization)
    fields: traitlets.List[Any] = traitlets.List().tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("pending").tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    stats = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)  # about the waiting: gone with the first word
    notices: traitlets.List[Any] = traitlets.List().tag(sync=True)  # about the answer: they stay
    # Whether the cell that shows the view is still going on. An interrupt would stop that one, and later on somebody else's.
    in_cell = traitlets.Bool(False).tag(sync=True)
    # By this a page finds saved views of the same answer; empty until one was made.
    answer = traitlets.Unicode().tag(sync=True)
    figures = traitlets.Unicode().tag(sync=True)  # the line in which the file keeps them
    cell_id = traitlets.Unicode().tag(sync=True)
    view_id = traitlets.Unicode().tag(sync=True)  # by this a page finds the outputs of its notebook that are this view
    number = traitlets.Int(1).tag(sync=True)  # which one it is of the runs that its place shows, one after the other
    cleared = traitlets.Bool(False).tag(sync=True)  # whether the kernel knows of no output any more that shows it
    others = traitlets.Int(0).tag(sync=True)  # how many more go on in its cell, if they can be cancelled here together

    def __init__(self, run: Run, in_cell: bool, cell_id: str = "") -> None:
        self._run: Run | None = run
        self._known = weakref.ref(run)
        self._log, self._timeline = run.log, run.timeline
        self._seen = 0
        self.is_on_page = self.is_seen_to_end = False  # whether a page has opened it, and has heard of its end
        self._is_cleared = False
        self._beside: list[Run] = []  # what can be cancelled here together with the run
        self._key = ""
        self._prediction = Prediction({})  # what the run left, once it is over
        self._sent: dict[str, int] = {}
        fields = [{"name": f.name, "type": type_text(f.type)} for f in run.signature.outputs.values()]
        view_id = uuid.uuid4().hex
        super().__init__(
            model_id=view_id,
            view_id=view_id,
            cell_id=cell_id,
            fields=fields,
            model_name=run.model,
            stats=_figures(run.stats),
            in_cell=in_cell,
            script=self._shared_script(),
        )
        comms.own(self.comm)
        comms.when_closed(self.comm, self._closed)
        self.on_msg(self._hear)
        portal.call(self._follow)

    def _shared_script(self) -> Script | None:
        return script()

    @property
    def run(self) -> Run | None:
        """The run, as long as somebody has it."""
        return self._known()

    def _ipython_display_(self) -> None:
        # The value of a cell stands in an output that cannot become another one: this displays it in one that can.
        if self.comm is None or not displays.is_value(self):
            raise NotImplementedError
        from .display import live_bundle, show_bundle

        show_bundle((live_bundle(self), {}))

    # On the background loop.

    def _follow(self) -> None:
        """Wait for news; no news, no work."""
        self._log.grown(self._seen).add_done_callback(lambda _: portal.call(self._ask))

    def _ask(self) -> None:
        """Ask to be served, if there is anything to show: an opened field alone must not use up the first delta's turn."""
        events = self._log.since(self._seen)
        if events and isinstance(events[-1], RunEnd):
            self._pacer().hurry(self._serve)  # a cell's value is about to keep the page busy
        elif any(isinstance(event, _SHOWN) for event in events):
            self._request(self._serve)
        else:
            self._seen += len(events)
            self._follow()

    def _request(self, serve: Callable[[], int]) -> None:
        self._pacer().request(serve)

    def _pacer(self) -> Pacer:
        return _pacers.setdefault(portal.loop(), Pacer(portal.loop()))

    def _serve(self) -> int:
        """Send what is new; returns the number of messages."""
        events = self._log.since(self._seen)
        self._seen += len(events)
        if events and isinstance(events[-1], RunEnd):
            return self._finish(events, events[-1])
        self._follow()
        return 0 if self._run is None else self._show_news(events, self._run) + self._send_deltas(events, self._run)

    def _send_deltas(self, events: list[Any], run: Run) -> int:
        news: dict[str, list[str]] = {}
        for event in events:
            if isinstance(event, FieldDelta):
                news.setdefault(event.field, []).append(event.text)
        if not news:
            return 0
        deltas = [self._delta(field, "".join(pieces)) for field, pieces in news.items()]
        self.send({"type": "delta", "deltas": deltas, "stats": _figures(run.stats)})
        return 1

    def _delta(self, field: str, text: str) -> list[Any]:
        offset = self._sent.get(field, 0)
        self._sent[field] = offset + _utf16_units(text)
        return [field, offset, text]

    def _show_news(self, events: list[Any], run: Run) -> int:
        """Whatever is no text: one message at most, however much there is."""
        before = self._news()
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
        return int(self._news() != before)

    def _news(self) -> tuple[object, ...]:
        return self.state, self.notice, self.notices, self.stats

    def _finish(self, events: list[Any], end: RunEnd) -> int:
        """The last words first: the whole text, which comes with the end, takes a page longer."""
        if self._run is None:
            return 0
        sent = self._send_deltas(events, self._run)
        with self.hold_sync():
            self.texts = self._run.texts()
            self._prediction = self._run.partial
            self.stats = _figures(self._run.stats) | {"complete": self._prediction.complete}
            self.error = str(end.error) if end.state == "failed" else ""
            self.notice = ""
            self.notices = list(self._run.stats.notices)
            self.state = end.state
        self._run = None
        saving.later(self._know_answer)
        return sent + 1

    def _send_snapshot(self) -> int:
        run = self._run
        texts, stats = (self.texts, self.stats) if run is None else (run.texts(), _figures(run.stats))
        notices = self.notices if run is None else list(run.stats.notices)
        self.send({"type": "snapshot", "texts": texts, "state": self.state, "stats": stats, "notices": notices})
        return 1

    def _send_timeline(self) -> int:
        times, lengths = self._timeline.lengths(chain.from_iterable(self._log.parts()), _utf16_units)
        self.send({"type": "timeline", "times": [round(time, 3) for time in times], "lengths": lengths})
        return 1

    def _let_go(self) -> None:
        self._run = None

    def _leave_cell(self) -> int:
        if not self.in_cell:
            return 0
        self.in_cell = False
        return 1

    # From the page, on whichever thread the kernel reads its messages.

    def _hear(self, _: Any, message: Any, __: Any) -> None:
        run = self._run
        self.is_on_page = True
        match message:
            case {"type": "cancel_all"}:
                for other in self._beside:
                    other.cancel()
            case {"type": "cancel"}:
                self.send({"type": "ack"})
                if run is not None:
                    run.cancel()
            case {"type": "sync"}:
                # On the loop, as all text: so a snapshot is never older than a delta.
                portal.call(lambda: self._request(self._send_snapshot))
            case {"type": "timeline"}:
                portal.call(lambda: self._request(self._send_timeline))
            case {"type": "ended", "missed": missed}:
                if missed and not self.is_seen_to_end:
                    saving.later(self._send_kept)
                self.is_seen_to_end = True
            case {"type": "keep"}:
                saving.later(self._send_kept)
            case {"type": "unseen"} if run is not None and not holds(run):
                run.cancel()

    def lead(self, runs: list[Run]) -> None:
        """Offer to cancel these together with the view's own run."""
        self._beside = runs
        portal.call(lambda: self._request(self._tell_others))

    def _tell_others(self) -> int:
        before, self.others = self.others, len(self._beside)
        return int(before != self.others)

    def clear(self, is_cleared: bool = True) -> None:
        """Whether no output shows the view any more: a page that has not drawn it tells of that too."""
        if is_cleared != self._is_cleared:
            self._is_cleared = is_cleared
            portal.call(lambda: self._request(self._tell_cleared))

    def _tell_cleared(self) -> int:
        before, self.cleared = self.cleared, self._is_cleared
        return int(before != self.cleared)

    def _know_answer(self) -> None:
        """Let a page find saved views of the answer, wherever it is displayed."""
        self._key = answer_key(self._prediction)
        portal.call(lambda: self._request(self._tell_answer))

    def _tell_answer(self) -> int:
        before, self.answer = self.answer, self._key
        return int(before != self.answer)

    def kept(self) -> Bundle:
        """What a saved file keeps of a run that is over."""
        return saved_bundle(self._prediction, self.texts, self.error)

    def _send_kept(self) -> None:
        """Tell the page of it: it was loaded after the view was shown, and cannot be told otherwise."""
        data, metadata = self.kept()
        self.send({"type": "kept", "data": data, "metadata": metadata})

    def _closed(self) -> None:
        """The kernel has closed the view: nobody sees the run any more, which goes on only if somebody else holds it."""
        if not sys.is_finalizing():
            portal.call(self._let_go)

    def leave_cell(self, *_: object) -> None:
        """The cell that shows the view is over."""
        portal.call(lambda: self._request(self._leave_cell))


class WholeView(RunView):
    """The same with the whole script in each view, for a page that does not know of the models beside it."""

    _esm = STATIC / "widget.js"

    def _shared_script(self) -> None:
        return None


def _utf16_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", errors="surrogatepass")) // 2
