"""The live views' script, which a kernel sends to a page once: every view refers to the one model that has it."""

from __future__ import annotations

import uuid
from pathlib import Path

import traitlets
from anywidget import AnyWidget

from ..locks import lock
from . import comms

STATIC = Path(__file__).parent.parent / "static"

_lock = lock()
_script: Script | None = None


class Script(AnyWidget):
    """A model without a view; ``js/src/loader.ts``, which is all that a view is sent, finds it in the page.

    The page runs the script for this model too, before there is a view: see ``js/src/prompts.ts``.
    """

    _esm = STATIC / "loader.js"

    code = traitlets.Unicode().tag(sync=True)
    script = traitlets.Unicode().tag(sync=True)  # a reference to itself, as views have one

    def __init__(self, code: str) -> None:
        name = uuid.uuid4().hex
        super().__init__(model_id=name, code=code, script=f"IPY_MODEL_{name}")


def script() -> Script:
    """The kernel's one; a new one if somebody has closed it, as ``Widget.close_all()`` does."""
    global _script
    with _lock:
        if _script is None or comms.is_closed(_script.comm):
            _script = Script((STATIC / "widget.js").read_text("utf-8"))
        return _script
