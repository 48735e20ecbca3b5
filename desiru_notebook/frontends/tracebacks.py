"""Short errors in a notebook: the reader's own lines and what happened, without the stack of this package below them."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import DesiruError
from ..markdown.policy import visible

_PACKAGE = str(Path(__file__).parent.parent)


def install(shell: Any) -> None:
    """Let the shell show errors of ours in short."""
    uninstall(shell)
    _handlers.add(_Handler(shell))


def uninstall(shell: Any) -> None:
    """Let the shell show them as all others again."""
    for handler in [handler for handler in _handlers if handler.shell is shell]:
        handler.remove()


class _Handler:
    """Our handler of exceptions. A shell has room for one, so it hands errors of others to the one that was there before."""

    def __init__(self, shell: Any) -> None:
        self.shell, self._removed = shell, False
        self._before = shell.custom_exceptions, shell.CustomTB
        shell.set_custom_exc((DesiruError, asyncio.CancelledError, *shell.custom_exceptions), self._handle)
        self._installed = shell.CustomTB

    def remove(self) -> None:
        """Restore the one before; a later one keeps its place, and may still call this one."""
        self._removed = True
        _handlers.discard(self)
        if self.shell.CustomTB is self._installed:
            self.shell.custom_exceptions, self.shell.CustomTB = self._before

    def _handle(self, shell: Any, kind: type, error: Any, trace: TracebackType | None, tb_offset: int | None = None) -> Any:
        exceptions, handler = self._before
        if isinstance(error, DesiruError) and not self._removed:
            return _show(shell, kind, error, trace, tb_offset)
        if isinstance(error, asyncio.CancelledError) and not self._removed and _passes_ours(trace):
            return _show_stop(shell)
        if isinstance(error, exceptions):
            return handler(kind, error, trace, tb_offset=tb_offset)
        return shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


_handlers: weakref.WeakSet[_Handler] = weakref.WeakSet()


class one_paragraph:  # noqa: N801 - reads as a statement: `with one_paragraph():`
    """An error of ours, or Stop, in this block is shown as a paragraph: the reader wrote a cell, not a stack of frames."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, (DesiruError, KeyboardInterrupt)):
            error.__cause__ = error.__context__ = None
            text = f"\x1b[31m{type(error).__name__}\x1b[0m" + (f": {visible(str(error))}" if str(error) else "")
            error._render_traceback_ = text.splitlines  # type: ignore[union-attr]  # IPython's own hook


def _show(shell: Any, kind: type, error: DesiruError, trace: TracebackType | None, tb_offset: int | None = None) -> Any:
    if render := getattr(error, "_render_traceback_", None):
        lines = render()
    else:
        lines = shell.InteractiveTB.structured_traceback(kind, error, _above_ours(trace), tb_offset=tb_offset)
    shell._showtraceback(kind, error, lines)
    return lines


def _show_stop(shell: Any) -> Any:
    """A cell that awaited several runs in tasks was stopped: ipykernel cancels it, and asyncio the tasks."""
    with suppress(KeyboardInterrupt), one_paragraph():
        raise (stop := KeyboardInterrupt("Stopped. Each run keeps what there was by then in `.partial`."))
    lines = stop._render_traceback_()  # type: ignore[attr-defined]  # IPython's own hook
    shell._showtraceback(KeyboardInterrupt, stop, lines)
    return lines


def _passes_ours(trace: TracebackType | None) -> bool:
    """Whether the error has come through this package."""
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        trace = trace.tb_next
    return trace is not None


def _above_ours(trace: TracebackType | None) -> TracebackType | None:
    """The traceback down to the last line before it enters this package."""
    if trace is None or trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        return None
    return TracebackType(_above_ours(trace.tb_next), trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
