"""What cells show that await a run, and what they leave, in a real kernel. How they are stopped: test_awaiting."""

from __future__ import annotations

import pytest
from kernels import EMPTY, LIVE, VIEW, saved, value

PREPARE = """
import asyncio
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
cot = desiru.StreamingChainOfThought("question -> answer", model=model)
"""
BEGIN = "run = cot.stream(question='Why?')\n"
SKY = "Reasoning: Light scatters.\n\nAnswer: Rayleigh"
FAST = """
def fast(answer):
    return start(Scripted([f"Answer: {answer}"]), "question -> answer")
"""


@pytest.fixture
def kernel(kernel):
    """The kernel with a model that waits at a gate."""
    kernel.run(PREPARE + FAST)
    kernel.published.clear()
    return kernel


class TestShows:
    @pytest.mark.parametrize(
        ("cell", "left"),
        [
            ("await cot.aforward(question='Why?')", [EMPTY, value(SKY)]),
            ("await cot.stream(question='Why?')", [EMPTY, value(SKY)]),
            ("cot(question='Why?')", [EMPTY, value(SKY)]),
            ("answer = cot.forward(question='Why?')", [EMPTY, saved(SKY)]),
            (f"{BEGIN}run.result().answer", [EMPTY, saved(SKY), ("execute_result", "plain", "'Rayleigh'")]),
            (f"{BEGIN}run.field('answer').result()\nrun.result()", [EMPTY, value(SKY)]),
            (f"{BEGIN}await run", [EMPTY, value(SKY)]),
            (f"{BEGIN}answer = await run", [EMPTY, saved(SKY)]),
            (f"{BEGIN}(await run).answer", [EMPTY, saved(SKY), ("execute_result", "plain", "'Rayleigh'")]),
            (f"{BEGIN}await run;", [EMPTY, saved(SKY)]),
            (f"{BEGIN}async for event in run:\n    pass", [EMPTY, saved(SKY)]),
            (f"{BEGIN}[event async for event in run][-1].prediction", [EMPTY, value(SKY)]),
            (f"{BEGIN}async for event in run:\n    pass\nrun.result()", [EMPTY, value(SKY)]),
        ],
    )
    def test_a_run_that_a_cell_awaits_is_shown_and_then_its_value_or_what_a_file_keeps(self, kernel, cell, left):
        parent = kernel.wait_in(cell)
        assert kernel.view(parent) in kernel.opened_views()
        kernel.open_gate()
        kernel.ends(parent)
        assert kernel.outputs(parent) == left
        assert len(kernel.opened_views()) == 1

    def test_a_field_that_is_awaited_shows_its_run_and_what_is_left_comes_at_the_runs_end(self, kernel):
        kernel.run("model.chunks = ['Reasoning: Light.\\nAnswer: ', gate, 'Rayleigh']")
        cell = kernel.execute(f"{BEGIN}print(await run.field('reasoning'))")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [LIVE, ("stream", "Light.\n")]
        kernel.open_gate()
        kernel.run("run.result()")
        assert kernel.outputs(cell) == [saved("Reasoning: Light.\n\nAnswer: Rayleigh"), ("stream", "Light.\n")]

    @pytest.mark.parametrize(
        ("way", "left"),
        [
            ("await run", [EMPTY, value("Answer: 42")]),
            ("await run.field('answer');", [EMPTY, saved("Answer: 42")]),
            ("run.result()", [EMPTY, value("Answer: 42")]),
            ("async for event in run:\n    pass", [EMPTY, saved("Answer: 42")]),
            ("[event async for event in run][-1].prediction", [EMPTY, value("Answer: 42")]),
        ],
    )
    def test_a_run_that_is_faster_than_its_cell_leaves_the_same(self, kernel, way, left):
        cell = kernel.execute(f"run = fast(42)\nrun.join()\n{way}")
        kernel.ends(cell)
        assert kernel.outputs(cell) == left

    def test_a_run_of_an_earlier_cell_that_is_over_is_not_shown(self, kernel):
        kernel.run("run = fast(42); run.join()")
        cell = kernel.execute("await run")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [value("Answer: 42")]

    def test_one_that_still_goes_on_is(self, kernel):
        kernel.run(BEGIN)
        cell = kernel.wait_in("await run")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value(SKY)]

    def test_a_run_that_was_displayed_is_not_shown_again(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}display(run)\nawait run")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.outputs(cell) == [saved(SKY), value(SKY)]

    def test_nor_is_one_that_another_cell_has_displayed(self, kernel):
        kernel.run(f"{BEGIN}display(run)")
        cell = kernel.wait_in("display('begun')\nawait run")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.outputs(cell) == [("display_data", "plain", "'begun'"), value(SKY)]

    def test_two_cells_after_each_other_show_one_view_each(self, kernel):
        for _ in range(2):
            kernel.run("gate = Gate(); model.chunks[1] = gate")
            cell = kernel.wait_in("await cot.aforward(question='Why?')")
            kernel.open_gate()
            kernel.ends(cell)
            assert kernel.outputs(cell) == [EMPTY, value(SKY)]
        assert len(kernel.opened_views()) == 2

    @pytest.mark.parametrize("loop", ["for event in run:\n    pass", "run.join()", "print(*run.deltas(), sep='')"])
    def test_a_plain_loop_shows_nothing_for_its_reader_does(self, kernel, loop):
        kernel.run("model.chunks.remove(gate)")
        cell = kernel.execute(f"{BEGIN}{loop}")
        kernel.ends(cell)
        assert [output for output in kernel.outputs(cell) if output[0] != "stream"] == []

    def test_nor_does_a_module_whose_words_go_to_a_function(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        cell = kernel.execute("cot.forward_stream(lambda token: print(token, end=''), question='Why?')")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [("stream", "Light scatters.Rayleigh"), value(SKY)]

    def test_a_page_knows_whose_answer_it_is_before_that_comes_for_the_file(self, kernel):
        cell = kernel.execute(f"import ipywidgets\n{BEGIN}ipywidgets.Box([run.widget])")
        kernel.ends(cell)
        kernel.open_gate()
        kernel.wait_for(lambda m: m["msg_type"] == "update_display_data" and "text/html" in m["content"]["data"])
        assert any(m["content"].get("data", {}).get("state", {}).get("answer") for m in kernel.published)

    def test_a_silent_cell_shows_nothing(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        cell = kernel.execute("await cot.aforward(question='Why?')", silent=True)
        kernel.ends(cell)
        assert kernel.outputs(cell) == []

    def test_after_unloading_nothing_is_shown_unasked(self, kernel):
        kernel.run("%unload_ext desiru_notebook\nmodel.chunks.remove(gate)")
        cell = kernel.execute("await cot.aforward(question='Why?')")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [value(SKY)]
        kernel.run("%load_ext desiru_notebook")
        cell = kernel.execute("await cot.aforward(question='Why?')")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value(SKY)]


class TestEndsBadly:
    def test_a_cancelled_run_leaves_what_there_is_in_the_place_of_the_view(self, kernel):
        cell = kernel.wait_in("await cot.aforward(question='Why?')")
        kernel.wait_for_words("Light")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.fails(cell)
        assert kernel.outputs(cell) == [saved("Reasoning: Light\n\n[cancelled]"), ("error", "RunCancelled")]

    def test_so_does_a_failed_one_with_its_error(self, kernel):
        kernel.run("model.chunks[2:] = [ZeroDivisionError('of light')]")
        cell = kernel.wait_in(f"{BEGIN}async for event in run:\n    pass")
        kernel.open_gate()
        kernel.ends(cell)
        error = "scripted failed with ZeroDivisionError: of light"
        assert kernel.outputs(cell) == [EMPTY, saved(f"Reasoning: Light\n\n[failed] {error}")]

    @pytest.mark.parametrize("way", ["await cot.aforward(question='Why?')", "cot(question='Why?')", f"{BEGIN}await run"])
    def test_an_error_that_the_cell_ends_with_is_told_once(self, kernel, way):
        kernel.run("model.chunks[2:] = [ZeroDivisionError('of light')]")
        cell = kernel.wait_in(way)
        kernel.open_gate()
        kernel.fails(cell)
        assert kernel.outputs(cell) == [saved("Reasoning: Light\n\n[failed]"), ("error", "ProviderError")]

    def test_one_that_the_cell_has_caught_stays_in_the_place_of_the_view(self, kernel):
        kernel.run("model.chunks[2:] = [ZeroDivisionError('of light')]")
        cell = kernel.wait_in("try:\n    cot(question='Why?')\nexcept desiru.ProviderError:\n    pass")
        kernel.open_gate()
        kernel.ends(cell)
        error = "scripted failed with ZeroDivisionError: of light"
        assert kernel.outputs(cell) == [EMPTY, saved(f"Reasoning: Light\n\n[failed] {error}")]

    def test_and_a_stopped_one(self, kernel):
        cell = kernel.wait_in("await cot.aforward(question='Why?')")
        kernel.wait_for_words("Light")
        kernel.manager.interrupt_kernel()
        kernel.fails(cell)
        assert kernel.outputs(cell) == [saved("Reasoning: Light\n\n[cancelled]"), ("error", "KeyboardInterrupt")]

    def test_a_run_that_its_cell_leaves_goes_on_and_is_kept_at_its_end(self, kernel):
        kernel.run("first = Gate(); model.chunks.insert(0, first)")
        cell = kernel.wait_in(f"{BEGIN}async for event in run:\n    if isinstance(event, desiru.FieldDelta):\n        1 / 0")
        kernel.open_gate("first")
        assert kernel.fails(cell) == "ZeroDivisionError"
        assert kernel.outputs(cell) == [LIVE, ("error", "ZeroDivisionError")]
        kernel.open_gate()
        kernel.run("run.join()")
        assert kernel.outputs(cell) == [saved(SKY), ("error", "ZeroDivisionError")]


class TestSeveral:
    def test_runs_awaited_in_tasks_of_the_cell_have_a_view_each(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        asked = "*(cot.aforward(question='Why?') for _ in range(5))"
        cell = kernel.execute(f"[each.answer for each in await asyncio.gather({asked})]")
        kernel.ends(cell)
        shown = [EMPTY] * 5 + [saved(SKY)] * 5 + [("execute_result", "plain", str(["Rayleigh"] * 5))]
        assert sorted(kernel.outputs(cell)) == sorted(shown)
        assert len(kernel.opened_views()) == 5

    @pytest.mark.parametrize("way", ["await run", "run.result()"])
    def test_so_have_runs_that_were_started_before_the_first_one_was_waited_for(self, kernel, way):
        cell = kernel.execute(f"runs = [fast(number) for number in range(3)]\nfor run in runs:\n    {way}\nlen(runs)")
        kernel.ends(cell)
        shown = [EMPTY] * 3 + [saved(f"Answer: {number}") for number in range(3)] + [("execute_result", "plain", "3")]
        assert sorted(kernel.outputs(cell)) == sorted(shown)

    def test_so_have_those_in_output_widgets_of_their_own(self, kernel):
        cell = kernel.execute(
            "from ipywidgets import Output\nfor number in range(2):\n    with Output():\n        fast(number).result()"
        )
        kernel.ends(cell)
        assert kernel.outputs(cell)[2:] == [saved("Answer: 0"), saved("Answer: 1")]
        assert len(kernel.opened_views()) == 2

    def test_a_loop_of_short_runs_has_one_place_and_few_views(self, kernel):
        cell = kernel.execute(
            "import time\nbegan = time.monotonic()\n"
            "for number in range(200):\n    await fast(number)\n"
            "print(time.monotonic() - began)"
        )
        kernel.ends(cell)
        seconds = float(kernel.printed(cell))
        shown = [m for m in kernel.said(cell, "display_data") if VIEW in m["data"]]
        assert len(shown) == 1
        assert len(kernel.opened_views()) <= 2 + seconds / 0.5  # one view follows a run for half a second at least

    @pytest.mark.parametrize("count", [2, 3, 10])
    @pytest.mark.parametrize("way", ["await fast(number)", "fast(number).result()"])
    def test_of_several_short_runs_the_last_is_left(self, kernel, way, count):
        cell = kernel.execute(f"for number in range({count}):\n    {way}")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, saved(f"Answer: {count - 1}")]

    def test_the_last_ones_value_stands_there_once(self, kernel):
        cell = kernel.execute("await fast(1)\nawait fast(2)")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value("Answer: 2")]

    @pytest.mark.parametrize("short", [1, 2, 5])
    def test_a_long_run_after_short_ones_takes_over_the_view(self, kernel, short):
        waiting = "await fast(number)\nawait cot.aforward(question='Why?')"
        self.takes_over(kernel, f"for number in range({short}):\n    {waiting}")

    @pytest.mark.parametrize("short", [1, 2, 5])
    def test_so_it_does_in_a_plain_function_that_composes_modules(self, kernel, short):
        composed = (
            f"def ask():\n    for number in range({short}):\n        fast(number).result()\n    return cot(question='Why?')"
        )
        self.takes_over(kernel, f"{composed}\nask()")

    def takes_over(self, kernel, code):
        cell = kernel.execute(code)
        first = kernel.view(cell)
        followed = kernel.wait_for(lambda m: m["msg_type"] == "update_display_data" and VIEW in m["content"]["data"])
        second = followed["content"]["data"][VIEW]["model_id"]
        assert second not in (first, "")
        kernel.wait_for_words("Light")
        kernel.click(second, {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.outputs(cell) == [saved("Reasoning: Light\n\n[cancelled]"), ("error", "RunCancelled")]
