"""Processes that are forked from a kernel with a run in it."""

from __future__ import annotations

from .made import ALL, FORKS, WHOLE, Ended, Place, fault, in_kernel

_FORKS = """
import os, select
from desiru_notebook import DesiruError
run = start(Scripted("kept", 60.0))
reading, writing = os.pipe()
child = os.fork()
if not child:
    try:
        told = {asked}
    except DesiruError as error:
        told = type(error).__name__
    os.write(writing, told.encode())
    os._exit(0)
is_told, _, _ = select.select([reading], [], [], 10)
told = os.read(reading, 100).decode() if is_told else "hung"
os.kill(child, 9)
os.waitpid(child, 0)
run.cancel()
print("ended", told, "", sep="|")
"""


def forked(asked: str) -> str:
    """What a child tells of this, which is forked from a cell after ``%load_ext``."""
    (told,) = in_kernel(_FORKS.format(asked=asked))
    return told


@fault(FORKS, "a child that was forked in a cell asks a model")
def _(at: Place) -> Ended:
    told = forked("ended(start(Scripted('kept'))).raised")
    return Ended(told, ALL if told == WHOLE else "nothing")


@fault(FORKS, "a child that was forked in a cell waits for a run of its parent's", "DesiruError", "nothing")
def _(at: Place) -> Ended:
    return Ended(forked("run.result() and 'an answer'"), "nothing")
