"""The end of a run: who is told of it, in which order, and what is left. Cancelling: test_cancel.py."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import DesiruError, FieldValueError, RunEnd, record, replay

SAID = ["Reasoning: Be", "cause.\nAns", "wer: 42"]


def test_a_callback_is_called_at_the_end_also_when_it_comes_late():
    run = start(Scripted(SAID))
    called = [threading.Event(), threading.Event()]
    run.add_done_callback(called[0].set)
    assert called[0].wait(PATIENCE)
    run.add_done_callback(called[1].set)
    assert called[1].is_set()


@pytest.mark.parametrize("end", ["done", "cancelled", "failed"])
def test_a_callback_is_called_before_whoever_waits_is_told(end):
    gate, called, go_on = Gate(), threading.Event(), threading.Event()
    run = start(Scripted(["Answer: 4", gate, *[ZeroDivisionError()] * (end == "failed")]), "question -> answer")
    run.add_done_callback(lambda: (called.set(), go_on.wait(PATIENCE)))
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(lambda: asyncio.run(awaited(run))), pool.submit(run.join)]
        run.cancel() if end == "cancelled" else gate.open()
        assert called.wait(PATIENCE)
        told = [run.state, run._consumer.ended.done()]
        go_on.set()
        for each in waiting:
            each.result(PATIENCE)
    assert told == [end, False]


def test_so_it_is_before_a_reader_has_come_to_the_end():
    gate, called, go_on = Gate(), threading.Event(), threading.Event()
    run = start(Scripted([*SAID, gate]))
    run.add_done_callback(lambda: (called.set(), go_on.wait(PATIENCE)))
    gate.open()
    assert called.wait(PATIENCE)
    ended = run.log.is_complete
    go_on.set()
    assert isinstance(list(run)[-1], RunEnd)
    assert not ended


async def awaited(run):
    await asyncio.gather(run, return_exceptions=True)


@pytest.mark.parametrize("chunks", [SAID, [*SAID[:2], Gate()], ["Reasoning: x", ZeroDivisionError()]])
def test_at_the_end_the_partial_prediction_is_the_final_one(chunks):
    begin = Gate()
    run = start(Scripted([begin, *chunks]))
    before = run.partial
    begin.open()
    if isinstance(chunks[-1], Gate):
        assert chunks[-1].reached.wait(PATIENCE)
        run.cancel()
    run.join()
    final = list(run)[-1].prediction
    assert run.partial is run.partial is final
    assert run.partial is not before
    if run.state == "done":
        assert run.result() is final
    else:
        with pytest.raises(DesiruError) as caught:
            run.result()
        assert caught.value.partial is final


def test_a_run_knows_when_it_began():
    before = time.perf_counter()
    runs = [start(Scripted(SAID)) for _ in range(2)]
    assert before <= runs[0].began <= runs[1].began <= time.perf_counter()
    began = runs[0].began
    runs[0].join()
    assert runs[0].began == began


TAGS = "question -> tags: list[str], note"
# Of each answer: the signature, its fields, what stands beside them, and whether it is complete.
BESIDE = {
    "[[ ## reasoning ## ]]\na\n[[ ## notes ## ]]\nn\n[[ ## answer ## ]]\nb\n[[ ## completion ## ]]": (
        "question -> reasoning, answer", {"reasoning": "a", "answer": "b"}, {"notes": "n"}, True,
    ),
    "[[ ## question ## ]]\nWhy?\n[[ ## answer ## ]]\nb\n[[ ## answer ## ]]\nc\n[[ ## end ## ]]\nBye": (
        "question -> answer", {"answer": "b"}, {"answer": "c", "completed": "Bye"}, True,
    ),
    "Sure! Here it is:\n\n[[ ## tags ## ]]\na, b\n[[ ## note ## ]]\nx": (
        TAGS, {"tags": ["a", "b"], "note": "x"}, {"": "Sure! Here it is:"}, True,
    ),
    "Sure!\r\n**[[ ## tags ## ]]**\r\n- a\r\n- b\r\n**[[ ## completed ## ]]**\r\n": (
        TAGS, {"tags": ["a", "b"]}, {"": "Sure!"}, False,
    ),
    "<think>hm</think>**Reasoning:** a\n\n**Answer: 5**": (
        "question -> reasoning, answer", {"reasoning": "hm\n\na", "answer": "**5**"}, {}, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", BESIDE)
def test_what_stands_beside_the_fields_is_in_the_prediction_and_in_its_replay(said, tmp_path):
    signature, fields, extra, complete = BESIDE[said]
    with record(tmp_path / "said.jsonl"):
        run = start(Scripted([said]), signature)
        predictions = [run.result(PATIENCE), run.partial]
    with replay(tmp_path / "said.jsonl"):
        predictions.append(start(Scripted([]), signature).result(PATIENCE))
    assert [(each, each.extra, each.complete) for each in predictions] == [(fields, extra, complete)] * 3


@settings(max_examples=60)
@given(st.sampled_from(sorted(BESIDE)), st.sets(st.integers(1, 100), max_size=6))
def test_every_chunking_leaves_the_same_prediction(said, places):
    signature, fields, extra, complete = BESIDE[said]
    borders = [0, *sorted(place for place in places if place < len(said)), len(said)]
    run = start(Scripted([said[begin:end] for begin, end in itertools.pairwise(borders)]), signature)
    prediction = run.result(PATIENCE)
    assert (prediction, prediction.extra, prediction.complete) == (fields, extra, complete)


def test_what_stands_beside_a_field_that_does_not_fit_its_type_is_kept():
    run = start(Scripted(["[[ ## n ## ]]\nmany\n[[ ## notes ## ]]\nx"]), "question -> n: int")
    with pytest.raises(FieldValueError) as caught:
        run.result(PATIENCE)
    assert (caught.value.partial, caught.value.partial.extra) == ({"n": "many"}, {"notes": "x"})
