"""Processes that are forked from one with runs in it."""

from __future__ import annotations

import subprocess
import sys

from hostile_service import KEPT

from .made import ALL, FORKS, LONGEST, TESTS, WHOLE, Ended, Place, fault

_FORKS = """
import os, sys; sys.path[:0] = {path!r}
from IPython.core.interactiveshell import InteractiveShell
from desiru_notebook import DesiruError
from handmade.made import Scripted, ended, start
from handmade.others import Closing
InteractiveShell.instance().run_line_magic("load_ext", "desiru_notebook")
run = start({model})
child = os.fork()
if not child:
    try:
        told = {asked}
    except DesiruError as error:
        told = type(error).__name__
    os._exit(0 if told == {expected!r} else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os._exit(0)
"""


def forked(model: str, asked: str, expected: str, kept: str) -> Ended:
    """What happens in a child that is forked after ``%load_ext``, while the parent has a run of that model."""
    code = _FORKS.format(path=[str(TESTS), str(TESTS.parent)], model=model, asked=asked, expected=expected)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=LONGEST / 2)
    return Ended(expected, kept) if done.stdout.strip().endswith("0") else Ended("something else", done.stderr[-500:])


@fault(FORKS, "a child that was forked after `%load_ext` asks a model")
def _(at: Place) -> Ended:
    return forked("Closing()", f"ended(start(Scripted({KEPT!r}))).raised", WHOLE, ALL)


@fault(FORKS, "it waits for a run of its parent's", "DesiruError", "nothing")
def _(at: Place) -> Ended:
    return forked("Closing()", "run.result()", "DesiruError", "nothing")
