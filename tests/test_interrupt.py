"""Ctrl-C, with a real SIGINT in a real process: the run is cancelled and its model closed before it is raised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

INTERRUPTED = """
import faulthandler, signal, sys
faulthandler.dump_traceback_later(30, exit=True)  # a test that fails should not hang
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell inherits that it is ignored
sys.path.insert(0, {tests!r})
from models import Gate, Scripted
from desiru_notebook import StreamingModule, portal
def wait(outcome, timeout, whom):
    portal.set_waiter(None)
    print("waiting", flush=True)
    portal.wait_plainly(outcome, timeout)
model = Scripted(["Answer: 4", Gate()])
run = StreamingModule("question -> answer", model=model).stream(question="Why?")
try:
    next(event for event in run if str(event) == "4")
    portal.set_waiter(wait)
    {wait}
except KeyboardInterrupt:
    print(run.state, model.closed.is_set(), run.partial, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no SIGINT for one process")
@pytest.mark.parametrize("wait", ["list(run)", "run.result()", "run.field('answer').result()", "run.join()"])
def test_ctrl_c_cancels_and_closes_before_it_is_raised(wait):
    script = INTERRUPTED.format(tests=str(HERE), wait=wait)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "waiting\n"
            os.kill(process.pid, signal.SIGINT)
            assert process.stdout.readline() == "cancelled True Prediction(answer='4')\n"
            assert process.wait(60) == 0
        finally:
            process.kill()
