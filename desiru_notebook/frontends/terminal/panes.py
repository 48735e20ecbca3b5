"""The panes of a run in a terminal: side by side where there is room, and never more than the screen holds while they grow."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from ...events import FieldDelta, Notice, Retry
from ...markdown.policy import visible
from ...run import Run
from ..sparkline import Pace, sparkline
from ..words import again
from .layout import FRAME_CELLS, Lines, Pane, columns, fitted, height, most
from .prose import Prose
from .status import notices, status_lines
from .tail import tail
from .values import as_value

_NOTICE_LINES = 4  # at most, while the panes grow
_FOLDING = ("reasoning", "thinking")
_PICTURE = 4  # bars that are one


class Panes:
    """What the terminal shows of a run at this moment."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run, self._console = run, console
        self._waiting = ""
        self._pace = Pace()
        self._was_over = run.log.is_complete
        self._drawn: dict[tuple[str, int], tuple[tuple[object, ...], Lines]] = {}

    def follow(self) -> None:
        """Take the run's events until it is over."""
        for event in self._run:
            match event:
                case Notice(text, lasting=False):
                    self._waiting = text
                case Retry(attempt, reason):
                    self._waiting = again(attempt, reason)
                case FieldDelta():
                    self._waiting = ""
                    self._pace.tick()

    def render(self) -> RenderableType:
        """The panes, each cut to its last lines, so that what grows stays on the screen."""
        status = self.status()
        remarks = self._remarks()[-_NOTICE_LINES:]
        room = self._console.height - 1 - len(remarks) - len(status.plain.splitlines())
        return Group(*self._fitted(self._texts(), room), *remarks, status)

    def whole(self) -> RenderableType:
        """All of them, one under the other: this is what stays, and may be copied."""
        width = self._console.width - FRAME_CELLS
        panes = [Pane(name, self._lines(self._body(name, text), width)) for name, text in self._texts().items()]
        return Group(*(pane.box() for pane in panes), *map(Text, notices(self._run)))

    def status(self) -> Text:
        """How the run goes."""
        counts = [] if self._was_over else self._pace.counts  # nobody knows when the text of one that was over came
        pace = sparkline(counts) if len(counts) >= _PICTURE else ""
        return status_lines(self._run, self._console.width, self._waiting, pace)

    def _texts(self) -> dict[str, str]:
        """Thinking first, then the fields, also those that have not begun."""
        texts = self._run.texts()
        outputs = {name: texts.pop(name, "") for name in self._run.signature.outputs}
        return texts | outputs

    def _remarks(self) -> list[Text]:
        return [line for text in notices(self._run) for line in Text(text).wrap(self._console, self._console.width)]

    def _fitted(self, texts: dict[str, str], room: int) -> Iterator[RenderableType]:
        """Where not all fits, reasoning that is over is one line."""
        folding = [name for name in self._closed() if name in _FOLDING]
        if folding and height(*self._panes(texts, room)) > room:
            for name in folding:
                yield Text(f"\u25b8 {visible(name)} \u00b7 {len(texts[name].split()):,} words", "dim")
            texts = {name: text for name, text in texts.items() if name not in folding}
            room -= len(folding)
        yield from fitted(*self._panes(texts, room), room)

    def _closed(self) -> list[str]:
        """The fields behind which another one has begun."""
        return list(self._run.texts())[:-1]

    def _panes(self, texts: dict[str, str], room: int) -> tuple[list[Pane], int]:
        """The panes that have room, and in how many columns they stand."""
        beside = columns(self._console.width, len(texts))
        width = self._console.width // beside - FRAME_CELLS
        shown = _last_begun(list(texts.items()), most(room, beside))
        return [Pane(name, self._tail(name, text, width)) for name, text in shown], beside

    def _tail(self, name: str, text: str, width: int) -> Lines:
        """As many of the last lines as a screen has, laid out anew only where something has changed."""
        screen = self._console.height
        state = text, screen, name in self._closed(), self._run.state
        if self._drawn.get((name, width), ((), []))[0] != state:
            body = self._body(name, tail(text, screen + screen // 4, width) if self._is_prose(name) else text)
            self._drawn[name, width] = state, self._lines(body, width)[-screen:]
        return self._drawn[name, width][1]

    def _body(self, name: str, text: str) -> RenderableType:
        """Text as Markdown, and a value as far as it can be read."""
        return Prose(text) if self._is_prose(name) else as_value(self._run.partial.get(name, text))

    def _is_prose(self, name: str) -> bool:
        field = self._run.signature.outputs.get(name)
        return field is None or field.type is str

    def _lines(self, body: RenderableType, width: int) -> Lines:
        return self._console.render_lines(body, self._console.options.update(width=width, height=None), pad=False)


def _last_begun(panes: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """So many of them, so that the last that has text is there."""
    begun = max((place for place, (_, text) in enumerate(panes, 1) if text), default=0)
    end = max(begun, most)
    return panes[max(0, end - most) : end]
