"""Comms of the live views: which they are, and where their messages are heard."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

# A page that was reloaded opens this one, to ask for the state of all its widgets.
_CONTROL = "jupyter.widget.control"

_ours: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()  # by their names


def own(comm: Any) -> None:
    """Let the messages of this comm, which is ours, be heard while a cell is busy.

    ipykernel 7.4 hands a page's message to the shell that last sent on the same comm, which is the busy cell's; on a
    subshell, where the page wants it, it is heard at once. Nobody else's comm is changed.
    """
    _ours[comm.comm_id] = comm
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default


def when_closed(comm: Any, function: Callable[[], object]) -> None:
    """Call the function when the kernel closes the comm: with its widget, or, as marimo does, when it runs the cell anew."""
    close = comm.close

    def closing(*arguments: Any, **options: Any) -> None:
        close(*arguments, **options)
        function()

    comm.close = closing


def is_closed(comm: Any) -> bool:
    """Whether the kernel has closed it."""
    return comm is None or getattr(comm, "_closed", False)


def of_ours(comm_id: Any) -> Any:
    """The comm of ours with this name, if there is one."""
    return _ours.get(comm_id)


def for_us(kind: str, content: Mapping[str, Any]) -> bool:
    """Whether a message of this type and content may be handled in the midst of a cell.

    Those are the messages to a live view, and the questions of a page that finds its views again. The widgets of others are
    left alone: their handlers are other people's code, which expects to run between two cells.
    """
    match kind:
        case "kernel_info_request" | "comm_info_request":
            return True
        case "comm_open":
            return content.get("target_name") == _CONTROL
        case "comm_msg" | "comm_close":
            comm_id = content.get("comm_id")
            return comm_id in _ours or getattr(_known(comm_id), "target_name", None) == _CONTROL
        case _:
            return False


def _known(comm_id: Any) -> Any:
    from comm import get_comm_manager  # by now somebody has opened a comm, so the package is there

    return get_comm_manager().comms.get(comm_id)
