"""Recordings are written beside the runs: what holds up a file holds up nothing else, and nothing that ended is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from models import PATIENCE, Scripted, start

from desiru_notebook import (
    RateLimitError,
    RecordingWarning,
    Text,
    record,
    recorder,
    recording,
    takes,
    tapefile,
    waiting,
    writer,
)

fcntl = pytest.importorskip("fcntl")

HOLD = (
    "import fcntl, sys\n"
    "with open(sys.argv[1], 'ab') as file:\n"
    "    fcntl.flock(file, fcntl.LOCK_EX)\n"
    "    print('locked', flush=True)\n"
    "    sys.stdin.read()"
)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[Callable[[], None]]:
    """Another process that holds the lock of the file until the function is called."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        try:
            yield process.stdin.close
        finally:
            process.stdin.close()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "sky.jsonl"


def answers(path: Path) -> list[str]:
    """What was answered in the runs that are in the file now; nobody waits for more."""
    reader = takes.TakesReader(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(takes, "WRITER", writer.Writer())
        return ["".join(chunk.text for _, chunks in take.moments() for chunk in chunks) for take in reader.read()]


def test_a_file_that_another_process_has_locked_holds_up_no_other_run(path, tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "_WRITING", PATIENCE)
    with record(path), locked(path) as unlock:
        held = start(Scripted(["Answer: held"]))
        for _ in held:
            pass
        with record(tmp_path / "other.jsonl"):
            assert start(Scripted(["Answer: other"])).result().answer == "other"
        assert answers(tmp_path / "other.jsonl") == ["Answer: other"]
        with recording.suspended():
            assert start(Scripted(["Answer: free"])).result().answer == "free"
        assert answers(path) == []
        unlock()
        assert held.result().answer == "held"
        assert answers(path) == ["Answer: held"]


def test_the_result_comes_though_the_file_stays_locked_and_all_is_written_in_its_order_later(path, monkeypatch):
    for module, name in ((waiting, "_WRITING"), (recording, "AT_LAST")):
        monkeypatch.setattr(module, name, 0.01)
    words = [f"Answer: {number}" for number in range(5)]
    with locked(path) as unlock:
        rolling = record(path)
        for word in words:
            start(Scripted([word])).result()
        with pytest.warns(RecordingWarning, match="some runs are not in it yet"):
            rolling.stop()
        assert answers(path) == []
        unlock()
    assert writer.WRITER.flush(path, PATIENCE)
    assert answers(path) == words


def test_a_file_that_stays_locked_is_warned_of_once(path, monkeypatch):
    monkeypatch.setattr(writer, "SOON", 0.01)
    monkeypatch.setattr(recording, "AT_LAST", 1.0)
    with locked(path) as unlock, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with record(path):
            start(Scripted(["Answer: Air"])).result()
        unlock()
        assert writer.WRITER.flush(path, PATIENCE)
    first, second = (str(warning.message) for warning in told)
    assert "sky.jsonl yet: another process has locked the file" in first
    assert "some runs are not in it yet" in second


def test_the_shared_loop_never_waits_for_a_locked_file(path, monkeypatch):
    class Records(Scripted):
        """A model that records another, on the loop that all runs share."""

        async def stream(self, request):
            recording.started(path, "once").stop()
            yield Text("Answer: Air")

    with record(path), locked(path) as unlock:
        list(start(Scripted(["Answer: held"])))
        monkeypatch.setattr(recording, "AT_LAST", 3600)
        with recording.suspended(), pytest.warns(RecordingWarning, match="some runs are not in it yet"):
            assert start(Records([])).result(PATIENCE).answer == "Air"
        unlock()


def test_what_waits_for_a_locked_file_has_a_limit(path, monkeypatch):
    monkeypatch.setattr(writer, "_MOST_WAITING", 2_000)
    with record(path), locked(path) as unlock:
        list(first := start(Scripted(["Answer: one"])))
        with pytest.warns(RecordingWarning, match=r"was not recorded: .* has locked .*sky\.jsonl for too long"):
            start(Scripted(["Answer: ", "two" * 1_000])).result()
        unlock()
        first.result()
    assert answers(path) == ["Answer: one"]


@pytest.mark.parametrize("end", [[], [RateLimitError("Too many.")]], ids=["done", "failed"])
def test_a_reader_of_the_file_sees_every_run_that_has_ended(path, end):
    with record(path):
        for number in range(20):
            start(Scripted([f"Answer: {number}", *end]), retries=0).join()
            assert len(takes.read(path)) == number + 1


def test_mode_once_replays_a_run_that_has_just_failed(path):
    model = Scripted(["Answer: Air", RateLimitError("Too many.")])
    with recording.started(path, "once"):
        for _ in range(20):
            start(model, retries=0).join()
    assert len(model.requests) == 1


def test_the_shared_loop_only_keeps_what_came(path, monkeypatch):
    threads: set[str] = set()

    def noting(function):
        def noted(*arguments, **named):
            threads.add(threading.current_thread().name)
            return function(*arguments, **named)

        return noted

    monkeypatch.setattr(tapefile.Packing, "finish", noting(tapefile.Packing.finish))
    monkeypatch.setattr(tapefile, "append", noting(tapefile.append))
    monkeypatch.setattr(recorder, "redacted", noting(recorder.redacted))
    monkeypatch.setattr(recorder.tape, "line_of", noting(recorder.tape.line_of))
    for redact in (False, True):
        with record(path, redact=redact):
            threads.clear()  # record() itself sees to the file
            start(Scripted(["Answer: ", *"0123456789" * 100])).result()
        assert threads == {"desiru-writer"}


@pytest.mark.parametrize("fault", [MemoryError, SystemExit])
def test_a_run_that_cannot_be_packed_is_warned_of_and_the_next_one_is_recorded(path, monkeypatch, fault):
    def failing(*_):
        raise fault("no memory is left")

    with record(path):
        with monkeypatch.context() as patch:
            patch.setattr(recorder.tape, "last_line", failing)
            with pytest.warns(RecordingWarning, match="was not recorded: no memory is left"):
                start(Scripted(["Answer: one"])).result()
        start(Scripted(["Answer: two"])).result()
    assert answers(path) == ["Answer: two"]


@pytest.mark.parametrize("last", ["run.join()", "list(run)"])
@pytest.mark.parametrize("said", ["'Answer: Air'", "'Answer: Air', d.RateLimitError('Too many.')"])
def test_a_script_that_ends_loses_no_run(path, last, said):
    code = (
        "import sys, desiru_notebook as d; from models import Scripted, start\n"
        f"d.record(sys.argv[1], redact=True); run = start(Scripted([{said}]), retries=0)\n"
        f"{last}"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd="tests", check=True)
    assert answers(path) == ["Answer: Air"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
class TestFork:
    def test_parent_and_child_record_each_their_own_runs(self, path):
        code = (
            "import os, sys, desiru_notebook as d; from models import Scripted, start\n"
            "with d.record(sys.argv[1]):\n"
            "    start(Scripted(['Answer: before'])).result()\n"
            "    child = os.fork()\n"
            "    start(Scripted(['Answer: child' if not child else 'Answer: parent'])).result()\n"
            "    if not child: os._exit(0)\n"
            "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], cwd="tests", check=True, timeout=60)
        assert sorted(answers(path)) == ["Answer: before", "Answer: child", "Answer: parent"]

    def test_what_waits_is_written_once_by_the_process_whose_run_it_is(self, path):
        code = (
            "import os, sys, warnings, desiru_notebook as d; from models import Scripted, start\n"
            "warnings.simplefilter('ignore')\n"
            "with d.record(sys.argv[1]):\n"
            "    start(Scripted(['Answer: before'])).result()\n"
            "    child = os.fork()\n"
            "    start(Scripted(['Answer: child' if not child else 'Answer: parent'])).result()\n"
            "    if child: print('waiting', flush=True)\n"
            "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else 0)"
        )
        with locked(path) as unlock:
            command = [sys.executable, "-c", code, str(path)]
            with subprocess.Popen(command, cwd="tests", stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "waiting\n"
                unlock()
                assert process.wait(60) == 0
        assert sorted(answers(path)) == ["Answer: before", "Answer: child", "Answer: parent"]

    def test_a_child_that_was_forked_in_the_midst_of_writing_keeps_no_lock(self, path):
        code = (
            "import os, sys, pathlib; from desiru_notebook import tapefile\n"
            "path = pathlib.Path(sys.argv[1])\n"
            "reads, writes = os.pipe()\n"
            "with tapefile.opened(path, 'a+b') as file, tapefile._locked(file.fileno()):\n"
            "    if not (child := os.fork()):\n"
            "        os.close(writes); os.read(reads, 1); os._exit(0)\n"
            "print(tapefile.append(path, b'', packed=False))\n"
            "os.close(writes); os.waitpid(child, 0)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
        assert done.stdout == "True\n"
