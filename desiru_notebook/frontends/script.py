"""The live views' script, which a kernel sends to a page once: every view refers to the one model that has it."""

from __future__ import annotations

from pathlib import Path

import traitlets
from ipywidgets import Widget

from ..locks import lock
from . import comms

STATIC = Path(__file__).parent.parent / "static"

_lock = lock()
_script: Script | None = None


class Script(Widget):  # type: ignore[misc]  # ipywidgets has no type information
    """A model without a view; ``js/src/loader.ts``, which is all that a view is sent, finds it in the page."""

    code = traitlets.Unicode().tag(sync=True)


def script() -> Script:
    """The kernel's one; a new one if somebody has closed it, as ``Widget.close_all()`` does."""
    global _script
    with _lock:
        if _script is None or comms.is_closed(_script.comm):
            _script = Script(code=(STATIC / "widget.js").read_text("utf-8"))
        return _script
