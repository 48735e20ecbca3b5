"""Lines behind a lead, such as a bullet or the bar of a quotation."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

_ROOM = 12  # cells that are left to the text, however deep it stands


@dataclass(frozen=True)
class Led:
    """A renderable whose first line stands behind ``first`` and whose other lines stand behind ``rest``."""

    first: str
    rest: str
    body: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        length, most = max(len(self.first), len(self.rest)), max(0, options.max_width - _ROOM)
        lead, rest = (text[max(0, length - most) :] for text in (self.first, self.rest))
        inside = options.update(width=max(1, options.max_width - min(length, most)), height=None)
        for line in console.render_lines(self.body, inside, pad=False) or [[]]:
            yield Segment(lead, console.get_style("dim"))
            yield from line
            yield Segment.line()
            lead = rest
