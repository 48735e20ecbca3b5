"""The thread that renders saved views."""

from __future__ import annotations

import contextvars
import gc
import os
import subprocess
import sys
import threading
import time

import pytest
from models import PATIENCE

from desiru_notebook.frontends import saving

where = contextvars.ContextVar("where", default="nowhere")

FORKED = """
import os, threading
from desiru_notebook.frontends import saving

begun, never = threading.Event(), threading.Event()
saving.later(lambda: (begun.set(), never.wait()))
begun.wait()
saving.later(lambda: os._exit(2))
saving._lock.acquire()
child = os.fork()
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done = threading.Event()
saving.later(done.set)
os._exit(0 if done.wait(10) else 1)
"""


def test_a_job_is_done_in_the_context_of_its_caller_and_a_failing_one_harms_no_other():
    seen, done = list[str](), threading.Event()
    saving.later(lambda: 1 / 0)
    saving.later(sys.exit)
    where.set("here")
    saving.later(lambda: (seen.append(where.get()), done.set()))
    where.set("there")
    assert done.wait(PATIENCE)
    assert seen == ["here"]


def test_the_garbage_collector_looks_through_nothing_that_is_being_rendered():
    seen, done = list[bool](), threading.Event()
    saving.later(lambda: seen.append(gc.isenabled()))
    saving.later(sys.exit)
    saving.later(done.set)
    assert done.wait(PATIENCE)
    assert seen == [False]
    deadline = time.monotonic() + PATIENCE
    while not gc.isenabled():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_a_thread_of_its_own_and_none_of_the_jobs_that_were_left():
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=60).returncode == 0
