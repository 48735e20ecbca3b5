"""Engines: one for each file, context and number of threads, for as long as somebody needs it."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from models import PATIENCE

from desiru_notebook import ProviderError, StreamingModule, model
from desiru_notebook.providers import Notice, engines
from desiru_notebook.providers.local import Local


class Server:
    """In place of llama.cpp's; it tells where it was freed."""

    def __init__(self, freed) -> None:
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append(threading.current_thread())

    def handle_chat_completions(self, payload, hear) -> None:
        hear({"choices": [{"delta": {"content": "Answer: 4"}, "finish_reason": "stop"}]})


@pytest.fixture
def loaded(monkeypatch):
    """What was loaded, in place of loading it, and the threads in which it was freed."""
    asked, freed = [], []
    monkeypatch.setattr(engines, "load", lambda *key: asked.append(key) or Server(freed))
    return asked, freed


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def until(condition) -> None:
    gc.collect()
    done = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        done.wait(0.01)
    raise TimeoutError


def ask(made) -> str:
    return StreamingModule("question -> answer", model=made)(question="2 + 2?").answer


def test_models_of_the_same_file_context_and_threads_share_one(loaded, file):
    (file.parent / "link.gguf").symlink_to(file)
    models = [Local(str(file), threads=2), Local(str(file), threads=2), Local(str(file.parent / "link.gguf"), threads=2)]
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(ask, models)) == {"4"}
    assert loaded[0] == [(file.resolve(), 4096, 2)]


def test_those_with_another_context_or_other_threads_have_their_own(loaded, file):
    models = [Local(str(file), context=context, threads=threads) for context, threads in [(64, 1), (128, 1), (64, 2)]]
    assert [ask(made) for made in models] == ["4"] * 3
    assert [key[1:] for key in loaded[0]] == [(64, 1), (128, 1), (64, 2)]


def test_one_is_freed_in_a_thread_of_its_own_when_its_last_model_is_gone(loaded, file):
    one, other = Local(str(file)), Local(str(file))
    assert ask(one) == ask(other) == "4"
    del one
    gc.collect()
    assert loaded[1] == []
    del other
    until(lambda: loaded[1])
    assert loaded[1][0] not in (threading.main_thread(), *[t for t in threading.enumerate() if t.name == "desiru"])
    until(lambda: not engines._freeing)


def test_a_run_holds_its_engine_though_its_model_is_gone(loaded, file):
    async def main() -> None:
        made = Local(str(file))
        held = weakref.ref(made)
        stream = made.stream(StreamingModule("question -> answer", model=made)._request([], {}))
        while isinstance(said := await anext(stream), Notice):
            pass  # loading
        assert str(said) == "Answer: 4"
        made._engine = None
        gc.collect()
        assert loaded[1] == []
        await stream.aclose()
        del made, stream
        gc.collect()
        assert held() is None

    asyncio.run(main())
    until(lambda: loaded[1])


def test_one_that_was_freed_is_loaded_again(loaded, file):
    assert ask(Local(str(file))) == "4"
    until(lambda: loaded[1])
    assert ask(Local(str(file))) == "4"
    assert len(loaded[0]) == 2


@pytest.mark.local_model
class TestRealWeights:
    def test_each_context_holds_what_it_says(self, demo):
        small, large = model(f"local:{demo}", context=256), model(f"local:{demo}", context=4096)
        question = "word " * 300
        assert StreamingModule("question -> answer", model=large, max_tokens=2)(question=question).stats.tokens
        with pytest.raises(ProviderError, match="context"):
            StreamingModule("question -> answer", model=small, max_tokens=2)(question=question)

    @pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="only Linux tells a process's threads")
    def test_the_threads_of_one_end_when_nobody_needs_it(self, demo):
        def threads() -> int:
            return len(os.listdir("/proc/self/task"))

        def ask_once() -> None:
            StreamingModule("question -> answer", model=model(f"local:{demo}", context=320), max_tokens=2)(question="Hi")

        ask_once()  # what llama.cpp and the loop start once
        until(lambda: not engines._freeing)
        before = threads()
        made = model(f"local:{demo}", context=384)
        StreamingModule("question -> answer", model=made, max_tokens=2)(question="Hi")
        assert threads() > before
        del made
        until(lambda: threads() <= before)

    def test_a_script_may_end_as_soon_as_its_model_is_gone(self, demo):
        script = (
            "from desiru_notebook import StreamingModule, model\n"
            f"made = model({f'local:{demo}'!r})\n"
            "StreamingModule('question -> answer', model=made, max_tokens=2)(question='Hi')\ndel made\nprint('end')\n"
        )
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert (ended.stdout, ended.returncode) == ("end\n", 0), ended.stderr

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_forked_child_loads_its_own_while_its_parent_answers_on(self, demo):
        script = """
import os, sys
from desiru_notebook import FieldDelta, StreamingModule

def module(tokens):
    return StreamingModule("question -> answer", model="local", max_tokens=tokens)

assert module(4)(question="Hi").stats.tokens
run = module(200).stream(question="Count to a hundred.")
next(event for event in run if isinstance(event, FieldDelta))
child = os.fork()
if child == 0:
    del run
    assert module(4)(question="Hi").stats.tokens
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), run.result().stats.tokens > 4)
"""
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert (ended.stdout, ended.returncode) == ("0 True\n", 0), ended.stderr
