"""Kernels in which a loop may be run inside a loop: by ``desiru_notebook.nest()``, or because somebody has patched asyncio.

Each has a kernel of its own, for a patch cannot be undone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernels import EMPTY, SETUP, Kernel, running_kernel, saved, value

PATCHES = {
    "nest": "import desiru_notebook; desiru_notebook.nest()",
    "nest_asyncio": "import nest_asyncio; nest_asyncio.apply()",
    "nest_asyncio2": "import nest_asyncio2; nest_asyncio2.apply()",
}
PREPARE = """
import asyncio
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
desiru.configure(model=model)
cot = desiru.StreamingChainOfThought("question -> answer")
"""
ASK = "%%desiru question -> reasoning, answer\nWhy is the sky blue?"
AFORWARD = "cot.aforward(question='Why?')"
SKY = "Reasoning: Light scatters.\n\nAnswer: Rayleigh"
PARTIAL = "Reasoning: Light\n\n[cancelled]"


@pytest.fixture(
    scope="module", params=[(name, first) for name in PATCHES for first in ("patched first", "loaded first")], ids=" ".join
)
def _patched(request: pytest.FixtureRequest, ipykernel: dict[str, str]) -> Iterator[Kernel]:
    name, first = request.param
    with running_kernel(ipykernel) as kernel:
        if first == "loaded first":
            kernel.run(SETUP + PREPARE)
            awaits_and_hears_stop(kernel)
            kernel.run(PREPARE)
            streams_and_hears_cancel(kernel)
        kernel.run(PATCHES[name])
        yield kernel


@pytest.fixture
def kernel(_patched: Kernel) -> Iterator[Kernel]:
    _patched.published.clear()
    _patched.run(SETUP + PREPARE)
    _patched.published.clear()
    yield _patched
    _patched.run("gate.open()")
    assert _patched.is_at_rest()


def wait_in(kernel: Kernel, code: str) -> str:
    cell = kernel.wait_in(code)
    kernel.wait_for_words("Light")
    return cell


def streams_and_hears_cancel(kernel: Kernel) -> None:
    cell = wait_in(kernel, ASK)
    kernel.click(kernel.view(cell), {"type": "cancel"})
    kernel.ends(cell)
    assert kernel.outputs(cell) == [EMPTY, value(PARTIAL)]
    assert kernel.run("print(model.was_closed(), _run.state)") == "True cancelled\n"


def awaits_and_hears_stop(kernel: Kernel) -> None:
    cell = wait_in(kernel, f"await {AFORWARD}")
    kernel.manager.interrupt_kernel()
    assert kernel.fails(cell) == "KeyboardInterrupt"
    assert kernel.outputs(cell) == [saved(PARTIAL), ("error", "KeyboardInterrupt")]
    assert kernel.run("print(model.was_closed())") == "True\n"


class TestNested:
    def test_a_loop_can_be_run_in_a_cell(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        for _ in range(2):
            cell = kernel.execute(f"asyncio.run({AFORWARD})")
            kernel.ends(cell)
            assert kernel.outputs(cell) == [EMPTY, value(SKY)]
        assert kernel.run(f"await asyncio.sleep(0)\nprint(asyncio.run({AFORWARD}).answer)") == "Rayleigh\n"

    def test_cancel_is_heard_in_it(self, kernel):
        kernel.run("async def waits(run):\n    return [str(event) async for event in run][-1]")
        cell = wait_in(kernel, "run = cot.stream(question='Why?')\ndisplay(run)\nasyncio.run(waits(run))\nprint(run.state)")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "cancelled\n"

    def test_stop_ends_it_and_its_run(self, kernel):
        cell = wait_in(kernel, f"display(other := start(model))\nasyncio.run({AFORWARD})")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("print(model.was_closed(), other.state)") == "True streaming\n"
        assert kernel.run("await asyncio.sleep(0)\nprint(asyncio.run(asyncio.sleep(0, 42)))") == "42\n"


class TestAsEver:
    def test_a_magic_cell_streams_and_hears_cancel(self, kernel):
        streams_and_hears_cancel(kernel)

    def test_a_magic_cell_hears_stop(self, kernel):
        cell = wait_in(kernel, ASK)
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.outputs(cell) == [EMPTY, saved(PARTIAL), ("error", "KeyboardInterrupt")]

    def test_one_in_the_background_does_too(self, kernel):
        cell = kernel.execute(ASK.replace("%%desiru", "%%desiru -b"))
        kernel.ends(cell)
        kernel.wait_for_words("Light")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.run("_run.join()\nprint(_run.state)") == "cancelled\n"
        assert kernel.outputs(cell) == [saved(PARTIAL)]

    def test_a_cell_that_awaits_shows_its_run(self, kernel):
        cell = wait_in(kernel, f"await {AFORWARD}")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value(SKY)]

    def test_it_hears_cancel(self, kernel):
        cell = wait_in(kernel, f"await {AFORWARD}")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.outputs(cell) == [saved(PARTIAL), ("error", "RunCancelled")]

    def test_it_hears_stop_as_often_as_one_likes(self, kernel):
        for _ in range(2):
            awaits_and_hears_stop(kernel)
            kernel.run(PREPARE)
            kernel.published.clear()

    def test_it_waits_in_other_ways_too(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        code = f"await start(model)\nfound = cot(question='Why?'), asyncio.run({AFORWARD}), await {AFORWARD}"
        assert kernel.run(f"{code}\nprint(*(each.answer for each in found))") == "Rayleigh Rayleigh Rayleigh\n"


def test_before_there_is_no_loop_in_a_loop(ipykernel):
    """Nobody has patched anything unasked: neither we nor this ipykernel."""
    with running_kernel(ipykernel) as kernel:
        kernel.run(SETUP + PREPARE)
        kernel.run("model.chunks.remove(gate)\nstart(model).result(), await start(model);")
        cell = kernel.execute("coroutine = asyncio.sleep(0)\ntry:\n    asyncio.run(coroutine)\nfinally:\n    coroutine.close()")
        assert kernel.fails(cell) == "RuntimeError"
