"""Forked children: they wait plainly, have a loop of their own, and leave what their parent does alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from models import PATIENCE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
HERE = Path(__file__).parent

HEAD = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import gc, os, threading, time
from models import Gate, Scripted
from desiru_notebook import DesiruError, FieldDelta, StreamingModule, model

def module(chunks):
    return StreamingModule("question -> answer", model=Scripted(chunks))

def names():
    return sorted(thread.name for thread in threading.enumerate())

def refused(way):
    try:
        way()
    except DesiruError as error:
        return "process" in str(error)

def wait_for(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(script: str, *arguments: str) -> str:
    """What the script prints; it has to end well, and to complain of nothing."""
    # Python from 3.12 on warns of each fork of a process with threads, for reasons that are tested here.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", HEAD + script, *arguments]
    ended = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    return ended.stdout


def test_a_run_of_the_parent_is_refused_in_every_way_and_not_cancelled():
    script = """
gate = Gate()
run = module(["Answer: 4", gate, "2"]).stream(question="Why?")
next(event for event in run if str(event) == "4")
ways = [run.result, run.cancel, run.field("answer").result, lambda: list(run), lambda: list(run.deltas())]
ways += [lambda: run.add_done_callback(print), lambda: "%s" % run.concluded()]
child = os.fork()
if child == 0:
    os._exit(0 if all(map(refused, ways)) and run.partial == {"answer": "4"} and run.state == "streaming" else 1)
assert wait_for(child) == 0
gate.open()
print(run.result().answer, run.cancel())
"""
    assert run(script) == "42 False\n"


def test_a_run_that_is_over_can_be_read_there():
    script = """
run = module(["Answer: 42"]).stream(question="Why?")
run.result()
child = os.fork()
if child == 0:
    seen = []
    run.add_done_callback(lambda: seen.append(1))
    read = run.result().answer == run.field("answer").result() == "".join(map(str, run.deltas())) == "42"
    os._exit(0 if read and seen and not run.cancel() and len(list(run)) == 5 else 1)
print(wait_for(child))
"""
    assert run(script) == "0\n"


def test_dropping_a_run_of_the_parent_starts_no_thread_and_harms_nobody():
    script = """
gate = Gate()
run = module(["Answer: 4", gate, "2"]).stream(question="Why?")
reader = iter(run)
next(event for event in reader if str(event) == "4")
child = os.fork()
if child == 0:
    del reader, run
    gc.collect()
    os._exit(0 if names() == ["MainThread"] else 1)
assert wait_for(child) == 0
gate.open()
print(run.result().answer)
"""
    assert run(script) == "42\n"


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_a_child_runs_modules_of_its_own_while_the_parents_run_goes_on(end):
    script = f"""
gate = Gate()
run = module(["Answer: 4", gate, "2"]).stream(question="Why?")
next(event for event in run if str(event) == "4")
child = os.fork()
if child == 0:
    own = module(["Answer: 7"]).stream(question="Why?")
    assert ["".join(str(e) for e in own if isinstance(e, FieldDelta)), own.result().answer] == ["7", "7"]
    {end}
assert wait_for(child) == 0
gate.open()
print(run.result().answer)
"""
    assert run(script) == "42\n"


def test_a_child_that_just_ends_ends_at_once():
    script = """
gate = Gate()
run = module(["Answer: 4", gate, "2"]).stream(question="Why?")
next(event for event in run if str(event) == "4")
child = os.fork()
if child == 0:
    sys.exit(3)
print(wait_for(child))
gate.open()
print(run.result().answer)
"""
    assert run(script) == "3\n42\n"


def test_multiprocessing_forks_ask_models_too():
    script = """
import multiprocessing

def ask(word):
    return module(["Answer: " + word])(question="Why?").answer

gate = Gate()
run = module(["Answer: 4", gate, "2"]).stream(question="Why?")
next(event for event in run if str(event) == "4")
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(ask, ["a", "b", "c"]))
gate.open()
print(run.result().answer)
"""
    assert run(script) == "['a', 'b', 'c']\n42\n"


def test_no_lock_that_another_thread_holds_stays_locked():
    script = """
from desiru_notebook import TokenStream, config, portal, recording
stream = TokenStream()
held = threading.Event()

def hold():
    with config._lock, recording._lock, portal._lock, stream._lock:
        held.set()
        threading.Event().wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    stream.append("a")
    recording.off()
    config.configure(temperature=0)
    os._exit(0 if module(["Answer: 42"])(question="Why?").answer == "42" else 1)
print(wait_for(child))
"""
    assert run(script) == "0\n"


def test_a_lock_that_the_forking_thread_holds_is_still_its_own():
    script = """
from desiru_notebook import recording
with recording._lock:
    child = os.fork()
    if child == 0:
        recording.off()
if child == 0:
    os._exit(0)
print(wait_for(child))
"""
    assert run(script) == "0\n"


STREAMING = """
url = sys.argv[1]
module = StreamingModule("question -> reasoning, answer", model=model("openai:words-60-40", base_url=url, api_key="key"))
module.stream(question="Why?").cancel()  # a connection that was opened and left, and what is loaded once
run = module.stream(question="Why?")
next(event for event in run if isinstance(event, FieldDelta))
child = os.fork()
"""


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_a_run_over_http_goes_on_whatever_a_child_does(service, end):
    script = f"""{STREAMING}
if child == 0:
    del run
    gc.collect()
    assert module(question="Why?").complete
    {end}
assert wait_for(child) == 0
assert run.result().complete, run.partial
print(len(run.result().answer.split()))
"""
    assert run(script, service.base_url) == "30\n"
    assert [entry["finished"] for entry in service.log()[-2:]] == [True, True]


def test_the_server_hears_of_a_cancel_though_a_child_lives_on(service):
    script = f"""{STREAMING}
if child == 0:
    time.sleep(60)
    os._exit(0)
run.cancel()
try:
    run.result()
except DesiruError:
    print("cancelled", child, flush=True)
sys.stdin.read()
os.kill(child, 9)
wait_for(child)
"""
    command = [sys.executable, "-c", HEAD + script, service.base_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("cancelled")
        began = time.time()
        entry = service.wait_for(lambda entry: entry["client_gone_at"] and entry["sent"])
        assert entry["client_gone_at"] - began < PATIENCE
        assert not entry["finished"]
        process.stdin.close()
    assert process.returncode == 0


def test_an_answer_that_is_read_on_a_loop_of_its_users_is_not_cut_by_a_child(service):
    script = """
import asyncio
from desiru_notebook import Message, Request

async def main():
    made = model("openai:words-60-40", base_url=sys.argv[1], api_key="key")
    answer = made.stream(Request([Message("user", "Why?")]))
    said = [str(await anext(answer))]
    child = os.fork()
    if child == 0:
        del answer
        gc.collect()
        os._exit(0)
    assert wait_for(child) == 0
    said += [str(chunk) async for chunk in answer]
    print("completed" in "".join(said))

asyncio.run(main())
"""
    assert run(script, service.base_url) == "True\n"
