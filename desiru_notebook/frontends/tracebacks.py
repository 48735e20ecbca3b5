"""Short errors in a notebook: the reader's own lines and what happened, without the stack of this package below them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import DesiruError
from ..markdown.policy import visible

_PACKAGE = str(Path(__file__).parent.parent)


def install(shell: Any) -> None:
    """Let the shell show errors of ours in short."""
    shell.set_custom_exc((DesiruError,), _show)


def uninstall(shell: Any) -> None:
    """Let the shell show them as all others again."""
    shell.set_custom_exc((), None)


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


def _above_ours(trace: TracebackType | None) -> TracebackType | None:
    """The traceback down to the last line before it enters this package."""
    if trace is None or trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        return None
    return TracebackType(_above_ours(trace.tb_next), trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
