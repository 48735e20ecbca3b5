"""Forked from a kernel: a child asks models by itself, and leaves the kernel's channels and runs alone."""

from __future__ import annotations

import os

import pytest

pytestmark = [
    pytest.mark.every_ipykernel,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]

ASK = """
import multiprocessing, os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of each fork of a process with threads, from Python 3.12 on
forks = multiprocessing.get_context("fork")

def ask(word):
    run = start(Scripted(["Answer: " + word]), "question -> answer")
    return [run.result().answer, len(list(run)), desiru.Predict("q -> answer", model=Scripted(["Answer: x"]))(q="?").answer]

def wait_for(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def test_children_of_a_pool_ask_models(kernel):
    kernel.run(ASK)
    assert kernel.run("with forks.Pool(2) as pool: print(pool.map(ask, 'ab'))") == "[['a', 5, 'x'], ['b', 5, 'x']]\n"


def test_a_child_shows_a_run_and_waits_for_it(kernel):
    kernel.run(ASK)
    code = """
def show(answers):
    run = start(Scripted(["Answer: 42"]), "question -> answer")
    display(run)
    answers.put(run.result().answer)

answers = forks.SimpleQueue()
child = forks.Process(target=show, args=[answers])
child.start()
print(answers.get())
child.join()
print(child.exitcode)
"""
    assert kernel.run(code) == "42\n0\n"


@pytest.mark.parametrize("begin", ["child = os.fork()", "await asyncio.sleep(0); list(zip(run, range(2))); child = os.fork()"])
def test_the_cells_own_run_goes_on_and_hears_cancel(kernel, begin):
    kernel.run(ASK + "import asyncio")
    cell = kernel.wait_in(f"""
gate = Gate()
run = start(Scripted(["Answer: 4", gate, "2"]), "question -> answer")
assert gate.reached.wait(10)
{begin}
if child == 0:
    try:
        run.result()
    except desiru.DesiruError:
        os._exit(0 if ask("a")[0] == "a" else 1)
    os._exit(2)
assert wait_for(child) == 0
display(run)
seen = list(run)
print(run.state)
""")
    kernel.click(kernel.view(cell), {"type": "cancel"})
    kernel.ends(cell)
    assert kernel.printed(cell) == "cancelled\n"
