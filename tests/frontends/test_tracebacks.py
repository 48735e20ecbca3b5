"""Errors of ours in short, beside another extension's handler of exceptions, in a real IPython shell."""

from __future__ import annotations

import pytest

from desiru_notebook import load_ipython_extension, unload_ipython_extension

OURS = "from desiru_notebook import Signature; Signature('-> ->')"


class Theirs:
    """The handler of another extension, for this kind of exception."""

    def __init__(self, shell, kind, before=None) -> None:
        self.seen: list[type] = []
        self._before = before
        shell.set_custom_exc((kind, *(shell.custom_exceptions if before else ())), self._show)

    def _show(self, shell, kind, error, trace, tb_offset=None):
        self.seen.append(kind)
        return [] if self._before is None else self._before(kind, error, trace, tb_offset=tb_offset)


@pytest.fixture(autouse=True)
def _no_handler_is_left(bare_shell):
    yield
    unload_ipython_extension(bare_shell)
    bare_shell.set_custom_exc((), None)


def fail(shell, code) -> str:
    """Run a cell that has to fail; the kind of its error."""
    return type(shell.run_cell(code).error_in_exec).__name__


def is_short(shell, capsys) -> bool:
    """Whether an error of ours is shown without our own lines."""
    capsys.readouterr()
    assert fail(shell, OURS) == "SignatureError"
    shown = capsys.readouterr().out
    assert "SignatureError" in shown
    return "signature.py" not in shown


def test_an_error_is_shown_without_our_own_lines_until_the_extension_is_unloaded(bare_shell, capsys):
    assert not is_short(bare_shell, capsys)
    load_ipython_extension(bare_shell)
    assert is_short(bare_shell, capsys)
    unload_ipython_extension(bare_shell)
    assert not is_short(bare_shell, capsys)


@pytest.mark.parametrize("kind", [ValueError, Exception])
def test_another_extensions_handler_goes_on_for_its_exceptions(bare_shell, capsys, kind):
    theirs = Theirs(bare_shell, kind)
    load_ipython_extension(bare_shell)
    assert fail(bare_shell, "int('x')") == "ValueError"
    assert is_short(bare_shell, capsys)
    assert theirs.seen == [ValueError]


def test_unload_restores_it(bare_shell):
    Theirs(bare_shell, ValueError)
    before = bare_shell.CustomTB, bare_shell.custom_exceptions
    load_ipython_extension(bare_shell)
    assert bare_shell.CustomTB is not before[0]
    unload_ipython_extension(bare_shell)
    assert (bare_shell.CustomTB, bare_shell.custom_exceptions) == before


def test_loading_twice_does_not_nest(bare_shell, capsys):
    before = bare_shell.CustomTB, bare_shell.custom_exceptions
    load_ipython_extension(bare_shell)
    load_ipython_extension(bare_shell)
    assert is_short(bare_shell, capsys)
    unload_ipython_extension(bare_shell)
    assert (bare_shell.CustomTB, bare_shell.custom_exceptions) == before


def test_unload_leaves_a_handler_that_came_after_ours(bare_shell, capsys):
    load_ipython_extension(bare_shell)
    theirs = Theirs(bare_shell, ZeroDivisionError)
    unload_ipython_extension(bare_shell)
    assert fail(bare_shell, "1 / 0") == "ZeroDivisionError"
    assert theirs.seen == [ZeroDivisionError]
    assert not is_short(bare_shell, capsys)


def test_a_handler_that_calls_ours_shows_our_errors_at_length_after_unload(bare_shell, capsys):
    load_ipython_extension(bare_shell)
    theirs = Theirs(bare_shell, ValueError, before=bare_shell.CustomTB)
    assert is_short(bare_shell, capsys)
    unload_ipython_extension(bare_shell)
    assert not is_short(bare_shell, capsys)
    assert [kind.__name__ for kind in theirs.seen] == ["SignatureError"] * 2
    load_ipython_extension(bare_shell)
    assert is_short(bare_shell, capsys)
