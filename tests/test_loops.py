"""Beside the event loops of others: patched ones, forked ones, and a user's own HTTP client."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run(script: str) -> subprocess.CompletedProcess[str]:
    head = f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
    return subprocess.run([sys.executable, "-c", head + script], timeout=60, capture_output=True, text=True)


PATCHED = """
import asyncio
import {patcher} as patcher
patcher.apply()
from models import Scripted
from desiru_notebook import FieldDelta, StreamingModule

def module():
    return StreamingModule("question -> answer", model=Scripted(["Answer: 4", "2"], delay=0.01))

async def main():
    inside = module()(question="Why?")  # a sync call while the patched loop runs
    nested = asyncio.run(module().aforward(question="Why?"))
    streamed = [event.text async for event in module().stream(question="Why?") if isinstance(event, FieldDelta)]
    return inside.answer, nested.answer, streamed

print(asyncio.run(main()))
print([event.text for event in module().stream(question="Why?") if isinstance(event, FieldDelta)])
"""


@pytest.mark.parametrize("patcher", ["nest_asyncio", "nest_asyncio2"])
def test_modules_run_and_stream_where_asyncio_has_been_patched(patcher):
    ended = run(PATCHED.format(patcher=patcher))
    assert (ended.stdout, ended.returncode) == ("('42', '42', ['4', '2'])\n['4', '2']\n", 0), ended.stderr


NESTED = """
import asyncio
import desiru_notebook as desiru
from models import Scripted

desiru.nest()

async def main():
    return asyncio.run(desiru.Predict("question -> answer", model=Scripted(["Answer: 42"])).aforward(question="Why?"))

print(asyncio.run(main()))
"""


def test_after_nest_a_loop_can_be_run_inside_a_loop():
    ended = run(NESTED)
    assert (ended.stdout, ended.returncode) == ("Prediction(answer='42')\n", 0), ended.stderr


FORKED = """
import os
from models import Scripted
from desiru_notebook import StreamingModule
module = StreamingModule("question -> answer", model=Scripted(["Answer: 42"]))
kept = module.stream(question="Why?")
assert kept.result(10).answer == "42"
child = os.fork()
if child == 0:
    os._exit(0 if module(question="Why?").answer == "42" == kept.result(10).answer else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert module(question="Why?").answer == "42"
print("end")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_runs_modules_of_its_own():
    ended = run(FORKED)
    assert (ended.stdout, ended.returncode) == ("end\n", 0), ended.stderr


FORKED_IN_THE_MIDST = """
import asyncio, os
from models import Gate, Scripted
from desiru_notebook import DesiruError, StreamingModule
gate = Gate()
run = StreamingModule("question -> answer", model=Scripted(["Answer: 4", gate, "2"])).stream(question="Why?")
reader, deltas = iter(run), run.deltas()
next(event for event in reader if str(event) == "4")

async def awaited():
    return await run

async def looped():
    return [event async for event in run]

def refused(way):
    try:
        way()
    except DesiruError as error:
        return "process" in str(error)

ways = [run.result, run.field("answer").result, lambda: next(reader), lambda: list(deltas.batch(seconds=60)), run.join]
ways += [lambda: asyncio.run(awaited()), lambda: asyncio.run(looped())]
child = os.fork()
if child == 0:
    os._exit(0 if all(map(refused, ways)) and run.partial == {"answer": "4"} else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
gate.open()
print(run.result().answer)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_does_not_wait_for_a_run_of_its_parents():
    ended = run(FORKED_IN_THE_MIDST)
    assert (ended.stdout, ended.returncode) == ("42\n", 0), ended.stderr


def test_a_script_may_end_in_the_middle_of_a_run():
    script = """
from models import Gate, Scripted
from desiru_notebook import StreamingModule
run = StreamingModule("question -> answer", model=Scripted(["Answer: 4", Gate()])).stream(question="Why?")
print(next(event for event in run if str(event) == "4"))
"""
    ended = run(script)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("4\n", "", 0)
