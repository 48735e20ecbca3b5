"""Where views are displayed, in a real kernel: a page is told of one whose last output is cleared."""

from __future__ import annotations

import pytest

PREPARE = """
import ipywidgets as W
from IPython.display import clear_output
from desiru_notebook import portal
from desiru_notebook.frontends import views
gate = Gate()
run = start(Scripted(["Reasoning: Light", gate]))
out, other = W.Output(), W.Output()
def cleared():
    view, told = views.view_of(run), threading.Event()
    portal.call(lambda: view._request(lambda: told.set() or 0))  # after all that was to be told before
    print(told.wait(10) and view.cleared)
"""
IN_BOTH = "with out: display(run)\nwith other: display(run)\n"


@pytest.fixture
def kernel(kernel):
    kernel.run(PREPARE)
    yield kernel
    kernel.run("gate.open()\nrun.join()")


@pytest.mark.parametrize(
    ("code", "cleared"),
    [
        ("display(run)", False),
        ("display(run)\nclear_output()", True),
        ("display(run)\nclear_output(wait=True)\nprint()", True),
        ("clear_output()\ndisplay(run)", False),
        ("display(run)\nclear_output()\ndisplay(run)", False),
        ("display(run)\nclear_output()\ncleared()\ndisplay(run)", False),
        ("display(run)\nwith out: clear_output()", False),
        ("with out: display(run)\nclear_output()", False),
        ("with out: display(run)\nother.clear_output()", False),
        ("with out: display(run)\nout.clear_output()", True),
        ("with out: display(W.HBox([run.widget]))\nout.clear_output()", True),
        (IN_BOTH + "out.clear_output()", False),
        (IN_BOTH + "out.clear_output()\nother.clear_output()", True),
    ],
)
def test_a_view_is_cleared_with_the_last_output_that_shows_it(kernel, code, cleared):
    assert kernel.run(f"{code}\ncleared()").split()[-1] == str(cleared)


def test_an_output_widget_may_be_cleared_by_a_later_cell(kernel):
    kernel.run("with out: display(run)")
    kernel.run("clear_output()")
    assert kernel.run("cleared()") == "False\n"
    assert kernel.run("out.clear_output()\ncleared()") == "True\n"


def test_a_cell_that_is_executed_again_clears_what_it_has_shown(kernel):
    kernel.ends(kernel.execute("display(run)", cell_id="first"))
    kernel.ends(kernel.execute("print()", cell_id="second"))
    assert kernel.run("cleared()") == "False\n"
    kernel.ends(kernel.execute("print()", cell_id="first"))
    assert kernel.run("cleared()") == "True\n"
