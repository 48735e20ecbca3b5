"""A run as plain text, for a pipe, a file, or a terminal that can do nothing but write."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ...events import FieldDelta, FieldStart, Retry
from ...prompt import label
from ...run import Run
from ..words import again
from .status import notices, remark, status_text


def write_fields(run: Run, shown: Callable[[str], str]) -> None:
    """Each field after its label as it comes, through ``shown``."""
    begun = ""
    try:
        for event in run:
            if isinstance(event, FieldStart):
                sys.stdout.write(f"{begun}{label(event.field)} ")
                begun = "\n\n"
            elif isinstance(event, FieldDelta):
                sys.stdout.write(shown(event.text))
                sys.stdout.flush()
            elif isinstance(event, Retry):
                print(remark(again(event.attempt, event.reason)), file=sys.stderr)
    finally:
        sys.stdout.write("\n" if begun else "")
        sys.stdout.flush()


def write_ending(run: Run) -> None:
    """The notices that last come at the end: where both outputs are one screen, an earlier one would cut the text in two."""
    print(*notices(run), status_text(run), sep="\n", file=sys.stderr)
