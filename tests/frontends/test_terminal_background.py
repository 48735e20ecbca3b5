"""``%%desiru -b`` in a terminal: the run is named and not drawn, and the prompt is back at once."""

from __future__ import annotations

import pytest
from models import PATIENCE, Gate, Scripted, start

import desiru_notebook
from desiru_notebook import Prediction, ProviderError, Run
from desiru_notebook.frontends import terminal
from desiru_notebook.frontends.terminal import status

ASK = "%%desiru -b question -> answer\nWhy?"
NAME = "<Run 'question -> answer' on scripted: pending>"


@pytest.fixture
def gate():
    """The configured model waits here, before it says a word."""
    gate = Gate()
    desiru_notebook.configure(model=Scripted([gate, "Answer: 42"]))
    yield gate
    gate.open()


def run(shell, cell):
    """Run a cell that has to go well; its value."""
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
    return result.result


class TestCell:
    def test_its_value_is_the_run_and_its_output_the_runs_name(self, shell, gate, capsys):
        number = shell.execution_count
        value = run(shell, ASK)
        assert isinstance(value, Run)
        assert value is shell.user_ns["_run"] is shell.user_ns["_"] is shell.user_ns["Out"][number]
        assert (value.state, capsys.readouterr()) == ("pending", (f"Out[{number}]: {NAME}\n", ""))

    def test_other_cells_are_executed_meanwhile_and_one_of_them_may_wait(self, shell, gate):
        run(shell, ASK)
        assert run(shell, "6 * 7") == 42
        gate.open()
        assert run(shell, "_run.result()") == Prediction({"answer": "42"})

    def test_the_name_after_out_is_bound_at_the_end(self, shell, gate):
        value = run(shell, ASK.replace("-b", "-b -o sky"))
        assert "sky" not in shell.user_ns
        gate.open()
        assert value.result() is shell.user_ns["sky"]

    def test_after_a_cancel_it_is_what_there_is_and_after_a_failure_it_is_not_bound(self, shell, gate):
        cancelled = run(shell, ASK.replace("-b", "-b -o sky"))
        cancelled.cancel()
        cancelled.join()
        assert shell.user_ns["sky"] is cancelled.partial
        desiru_notebook.configure(model=Scripted([ZeroDivisionError()]))
        failed = run(shell, ASK.replace("-b", "-b -o sea"))
        failed.join()
        assert (failed.state, "sea" in shell.user_ns) == ("failed", False)

    def test_nothing_is_drawn_into_what_others_print(self, shell, gate, capsys):
        value = run(shell, f"{ASK}\n")
        capsys.readouterr()
        gate.open()
        value.join()
        assert capsys.readouterr() == ("", "")


class TestShow:
    def test_one_that_was_left_is_named_while_it_lives_and_drawn_afterwards(self, gate, capsys, monkeypatch):
        monkeypatch.setattr(status, "figures", lambda stats: "(figures)")
        left = start(Scripted([gate, "Answer: 42"]), "question -> answer")
        terminal.leave(left)
        terminal.show(left)
        assert capsys.readouterr() == (f"{NAME}\n", "")
        gate.open()
        left.join()
        terminal.show(left)
        assert capsys.readouterr() == ("Answer: 42\n", "✓ done  (figures)  scripted\n")

    def test_any_other_is_drawn_until_it_is_over(self, capsys):
        terminal.show(start(Scripted(["Answer: 42"]), "question -> answer"))
        assert capsys.readouterr().out == "Answer: 42\n"

    def test_one_that_failed_says_why(self, capsys, monkeypatch):
        monkeypatch.setattr(status, "figures", lambda stats: "(figures)")
        terminal.show(start(Scripted(["Answer: 4", ProviderError("It broke\u202e off.")]), "question -> answer"))
        assert capsys.readouterr() == ("Answer: 4\n", "\u2715 failed  (figures)  scripted\n! It broke\u27e8U+202E\u27e9 off.\n")

    def test_to_leave_a_run_is_not_to_hold_it(self):
        model = Scripted(["Answer: 4", gate := Gate()])
        left = start(model, "question -> answer")
        terminal.leave(left)
        assert gate.reached.wait(PATIENCE)
        del left
        assert model.was_closed()
