"""The same view in a terminal: panes that grow in place, or plain text where the output is no terminal."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from ..events import FieldDelta, FieldStart, Notice, Retry
from ..prompt import label
from ..run import Run
from .words import SYMBOLS, again, figures, printable

_COLOURS = {"pending": "dim", "streaming": "cyan", "done": "green", "cancelled": "yellow", "failed": "red"}
_REFRESH = 12  # frames a second
_FRAME_LINES = 2  # a pane's own borders
_NOTICE_LINES = 4  # at most, while the panes grow


_left: weakref.WeakSet[Run] = weakref.WeakSet()


def leave(run: Run) -> None:
    """Leave the run to itself: while it lives, it is not drawn but only named."""
    _left.add(run)


def show(run: Run) -> None:
    """What ``display(run)`` does in a terminal."""
    if run in _left and not run.log.is_complete:
        print(run)
    else:
        draw(run)


def draw(run: Run, *, keep: bool = True) -> None:
    """Draw the run until it is over, however it ends.

    ``keep`` leaves the whole panes on the screen; without it only those of a run that leaves no value, for it failed or was
    interrupted, stay.
    """
    console = Console()
    if console.is_terminal:
        _draw_panes(run, console, keep)
    else:
        _write_plainly(run)


def _draw_panes(run: Run, console: Console, keep: bool) -> None:
    view = _Panes(run, console)
    try:
        live = Live(get_renderable=view.render, console=console, refresh_per_second=_REFRESH, transient=True)
        with live, _cancelled_by_interrupt(run):
            view.follow()
        keep = keep or run.state == "failed"
    except KeyboardInterrupt:
        keep = True
        raise
    finally:
        if keep:
            console.print(view.whole())
        console.print(view.status())


@contextmanager
def _cancelled_by_interrupt(run: Run) -> Iterator[None]:
    """Ctrl-C cancels the run, also between two waits, before the last is drawn of it."""
    try:
        yield
    except KeyboardInterrupt:
        run.unwind()
        raise


class _Panes:
    """What the terminal shows of a run at this moment."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run, self._console = run, console
        self._notice = ""

    def follow(self) -> None:
        for event in self._run:
            match event:
                case Notice(text, lasting=False):
                    self._notice = text
                case Retry(attempt, reason):
                    self._notice = again(attempt, reason)
                case FieldDelta():
                    self._notice = ""

    def render(self) -> RenderableType:
        """The panes, each cut to its last lines, so that what grows stays on the screen."""
        texts = self._texts()
        notices = self._lines("\n".join(_notices(self._run)))[-_NOTICE_LINES:]
        room = max(3, (self._console.height - 2 - len(notices)) // max(1, len(texts)) - _FRAME_LINES)
        panes = [self._pane(name, Text("\n").join(self._lines(text)[-room:])) for name, text in texts.items()]
        return Group(*panes, *notices, self.status())

    def whole(self) -> RenderableType:
        panes = [self._pane(name, Text(text)) for name, text in self._texts().items()]
        return Group(*panes, *map(Text, _notices(self._run)))

    def status(self) -> Text:
        state = self._run.state
        line = Text(f"{SYMBOLS[state]} {state}", style=_COLOURS[state])
        waiting = self._notice if state in ("pending", "streaming") else ""
        line.append(f"  {printable(waiting) or figures(self._run.stats)}  {printable(self._run.model)}", style="dim")
        return line

    def _texts(self) -> dict[str, str]:
        texts = {name: printable(text) for name, text in self._run.texts().items()}
        outputs = {name: texts.pop(name, "") for name in self._run.signature.outputs}
        return texts | outputs  # thinking stands first

    def _pane(self, name: str, text: Text) -> Panel:
        return Panel(text, title=name, title_align="left", border_style="dim", padding=(0, 1))

    def _lines(self, text: str) -> list[Text]:
        """The text in lines that fit into a pane; none of no text."""
        return list(Text(text).wrap(self._console, self._console.width - 4)) if text else []


def _write_plainly(run: Run) -> None:
    """Each field after its label as it comes, for a pipe or a file; what is said about the answer goes to stderr."""
    begun = ""
    try:
        with _cancelled_by_interrupt(run):
            for event in run:
                if isinstance(event, FieldStart):
                    sys.stdout.write(f"{begun}{label(event.field)} ")
                    begun = "\n\n"
                elif isinstance(event, FieldDelta):
                    sys.stdout.write(event.text)
                    sys.stdout.flush()
                elif isinstance(event, Retry):
                    print(_remark(again(event.attempt, event.reason)), file=sys.stderr)
    finally:
        sys.stdout.write("\n" if begun else "")
        sys.stdout.flush()
        _write_ending(run)


def _write_ending(run: Run) -> None:
    """The notices that last come at the end: where both outputs are one screen, an earlier one would cut the text in two."""
    state = f"{SYMBOLS[run.state]} {run.state}  {figures(run.stats)}  {printable(run.model)}"
    print(*_notices(run), state, sep="\n", file=sys.stderr)


def _notices(run: Run) -> list[str]:
    return [_remark(notice) for notice in run.stats.notices]


def _remark(text: str) -> str:
    """The text as one of ours, whoever wrote it: its further lines are set in, so that none of them looks like another."""
    return f"! {printable(text)}".replace("\n", "\n  ")
