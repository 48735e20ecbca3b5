"""The writer's thread: a file that is locked or slow holds up nobody, and nothing that was recorded is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from models import PATIENCE, Scripted, start

from desiru_notebook import record, takes, writer

HOLDS_THE_LOCK = """
import fcntl, sys
with open(sys.argv[1], "a+b") as file:
    fcntl.flock(file.fileno(), fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""
ENDS = """
import sys
from desiru_notebook import StreamingModule, Text, record
class Model:
    name = "model"
    async def stream(self, request):
        yield Text("Answer: 42")
record(sys.argv[1])
StreamingModule("question -> answer", model=Model())(question="Why?")
"""


@pytest.fixture
def locked(tmp_path):
    """A recording on which another process holds the lock until its standard input closes."""
    pytest.importorskip("fcntl", reason="locks of files are Unix's")
    path = tmp_path / "sky.jsonl"
    recording = record(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        yield path, recording, process
        process.stdin.close()


def test_a_lock_that_another_process_holds_stops_no_run(locked):
    path, recording, process = locked
    for _ in range(3):
        assert start(Scripted(["Answer: 42"]), "question -> answer").result(PATIENCE) == {"answer": "42"}
    assert path.read_bytes().count(b"\n") == 1
    process.stdin.close()
    recording.stop()
    assert len(takes.read(path)) == 3


def test_what_was_recorded_is_in_the_file_when_the_process_has_ended(tmp_path):
    path = tmp_path / "sky.jsonl"
    subprocess.run([sys.executable, "-c", ENDS, str(path)], check=True, timeout=60)
    assert len(takes.read(path)) == 1


def test_jobs_are_done_in_order_and_one_that_fails_keeps_nothing_from_the_others(caplog):
    done: list[object] = []

    def fail() -> None:
        raise SystemExit("mine")

    writer.submit(lambda: done.append(threading.current_thread().name))
    writer.submit(fail)
    writer.submit(lambda: done.append(2))
    writer.flush()
    assert done == ["desiru-writer", 2]
    assert "SystemExit" in caplog.text


def test_flushing_without_a_job_or_on_the_writers_thread_waits_for_nothing():
    writer.Writer().flush()
    done = threading.Event()
    writer.submit(lambda: (writer.flush(), done.set()))
    assert done.wait(PATIENCE)


def test_each_run_is_read_once_while_a_recording_grows(tmp_path, monkeypatch):
    """Mode ``once`` looks into its file before each run: what it knows already is not parsed again."""
    from desiru_notebook import recording

    path, read = tmp_path / "sky.jsonl", []
    take = takes.TakesReader.take
    monkeypatch.setattr(takes.TakesReader, "take", lambda self, number, line: (read.append(number), take(self, number, line)))
    once = recording.started(path, "once")
    for number in range(60):
        module = start(Scripted(["Answer: 42"]), f"question -> answer, field_{number}")
        module.join()
    assert len(once.takes()) == 60
    assert len(read) == len(set(read)) == Path(path).read_bytes().count(b"\n") - 1
