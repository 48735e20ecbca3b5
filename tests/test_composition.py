"""Modules that think first, and modules made of modules."""

from __future__ import annotations

import pytest
from models import PATIENCE, Gate, Scripted

import desiru_notebook
from desiru_notebook import (
    RunCancelled,
    StreamingChainOfThought,
    StreamingModule,
)
from desiru_notebook.providers import Text

SAID = ["Answer: 4", "2"]


def module(model: object = None, signature: str = "question -> answer", **settings) -> StreamingModule:
    return StreamingModule(signature, model=model or Scripted(SAID), **settings)


class TestChainOfThought:
    def test_it_asks_for_reasoning_first(self):
        thinker = StreamingChainOfThought("question -> answer", model=Scripted(["Reasoning: hm\nAnswer: 42"]))
        assert str(thinker.signature) == "question -> reasoning, answer"
        assert thinker(question="Why?") == {"reasoning": "hm", "answer": "42"}

    def test_it_leaves_a_signature_alone_that_asks_for_it_already(self):
        assert str(StreamingChainOfThought("q -> answer, reasoning: list").signature) == "q -> answer, reasoning: list[str]"

    def test_dspys_names_are_the_same_classes(self):
        assert desiru_notebook.Predict is StreamingModule
        assert desiru_notebook.ChainOfThought is StreamingChainOfThought


class TestComposed:
    def test_two_modules_one_after_the_other(self):
        class Twice(StreamingModule):
            def forward(self, **inputs):
                first = super().forward(**inputs)
                return super().forward(question=first.answer)

        model = Scripted(SAID)
        assert Twice("question -> answer", model=model)(question="Why?").answer == "42"
        assert model.requests[1].messages[-1].content.endswith("42")

    def test_a_module_may_be_the_model_of_another_on_the_same_loop(self):
        inner_model = Scripted(["Answer: inner"])

        class Inner:
            name = "inner"

            async def stream(self, request):
                yield Text(f"Answer: {(await module(inner_model).aforward(question='Why?')).answer}")

        assert module(Inner())(question="Why?").answer == "inner"

    def test_cancelling_the_outer_run_cancels_the_inner_one(self):
        inner_model = Scripted(["Answer: 4", Gate()])

        class Outer:
            async def complete(self, request):
                await module(inner_model).aforward(question="Why?")

        run = module(Outer()).stream(question="Why?")
        assert inner_model.started.wait(PATIENCE)
        run.cancel()
        with pytest.raises(RunCancelled):
            run.result(PATIENCE)
        assert inner_model.was_closed()
