"""A run as plain text, for a pipe, a file, or a terminal that can do nothing but write."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ...events import FieldDelta, FieldStart, Retry
from ...markdown.policy import visible
from ...prompt import label
from ...run import Run
from ..words import again
from .spelling import write
from .status import notices, remark, status_text


def write_fields(run: Run, shown: Callable[[str], str]) -> None:
    """Each field after its label as it comes, through ``shown``."""
    begun = ""
    try:
        for event in run:
            if isinstance(event, FieldStart):
                write(f"{begun}{visible(label(event.field))} ")
                begun = "\n\n"
            elif isinstance(event, FieldDelta):
                write(shown(event.text))
            elif isinstance(event, Retry):
                write(f"{remark(again(event.attempt, event.reason))}\n", sys.stderr)
    finally:
        write("\n" if begun else "")


def write_ending(run: Run) -> None:
    """The notices that last come at the end: where both outputs are one screen, an earlier one would cut the text in two."""
    write("\n".join([*notices(run), status_text(run), ""]), sys.stderr)
