"""Views whose cell is over, and ten of them at once, in a real kernel: what they send to their page, and how much of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from kernels import LIVE, Kernel, saved

ASK = "%%desiru -b question -> answer\nWhy?"
WORDS = [f"word{number} " for number in range(150)]
# The last words come well after the first, so that all of the views have something to say for longer than a second.
TALKING = """
gate = Gate()
model = Scripted(["Answer: ", *(f"word{number} " for number in range(150)), "end", gate], delay=0.01)
desiru.configure(model=model)
"""
TEXT = "".join(WORDS) + "end"


@pytest.fixture
def kernel(kernel):
    kernel.run(TALKING)
    kernel.published.clear()
    yield kernel
    kernel.run("gate.open()")


def messages_of(kernel: Kernel, views: list[str]) -> list[dict]:
    """What these views have sent after they were opened."""
    return [m for m in kernel.published if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] in views]


def pieced(kernel: Kernel, view: str) -> str:
    """The answer as a page pieces it together; every delta has to begin where the last one ended."""
    text = ""
    for message in messages_of(kernel, [view]):
        for field, offset, piece in message["content"]["data"].get("content", {}).get("deltas", []):
            assert (field, offset) == ("answer", len(text))
            text += piece
    return text


def state(kernel: Kernel, view: str) -> dict:
    """The traits as the page knows them."""
    opened = next(m["content"]["data"]["state"] for m in kernel.published if m["content"].get("comm_id") == view)
    updates = [m["content"]["data"].get("state", {}) for m in messages_of(kernel, [view])]
    return {name: value for update in [opened, *updates] for name, value in update.items()}


def wait_until(kernel: Kernel, condition) -> None:
    """Wait for messages until the condition is fulfilled by all that came."""
    kernel.wait_for(lambda _: condition())


def in_one_second(kernel: Kernel, views: list[str]) -> int:
    """How many messages these views have sent in the busiest second, by the messages' own dates."""
    dates = sorted(message["header"]["date"] for message in messages_of(kernel, views))
    second = timedelta(seconds=1)
    return max(sum(begin <= date < begin + second for date in dates) for begin in dates)


class TestTen:
    def test_ten_cells_in_the_background_each_end_exact_and_share_one_budget_of_messages(self, kernel):
        cells = [kernel.execute(ASK) for _ in range(10)]
        for cell in cells:
            kernel.ends(cell)
        self.check(kernel, [kernel.view(cell) for cell in cells])
        kernel.run("del model")  # an update whose parent is the last cell that was executed is nobody's loss
        assert [kernel.outputs(cell) for cell in cells] == [[saved(f"Answer: {TEXT}")]] * 10

    def test_so_do_ten_runs_that_one_cell_displays(self, kernel):
        cell = kernel.execute("for _ in range(10):\n    display(start(model, 'question -> answer'))")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [LIVE] * 10
        self.check(kernel, kernel.opened_views())
        kernel.run("del model")
        assert kernel.outputs(cell) == [saved(f"Answer: {TEXT}")] * 10

    def check(self, kernel: Kernel, views: list[str]) -> None:
        assert len(set(views)) == 10
        wait_until(kernel, lambda: all(pieced(kernel, view) == TEXT for view in views))
        kernel.open_gate()
        wait_until(kernel, lambda: all(state(kernel, view)["state"] == "done" for view in views))
        assert [state(kernel, view)["texts"] for view in views] == [{"answer": TEXT}] * 10
        assert in_one_second(kernel, views) <= 30

    def test_pages_that_ask_for_everything_are_within_the_budget_too(self, kernel):
        cell = kernel.execute("for _ in range(10):\n    display(start(model, 'question -> answer'))")
        kernel.ends(cell)
        kernel.wait_until_idle(cell)
        views = kernel.opened_views()
        for _ in range(5):
            for view in views:
                kernel.click(view, {"type": "sync"})
        wait_until(kernel, lambda: all(pieced(kernel, view) == TEXT for view in views))
        snapshots = [m for m in messages_of(kernel, views) if m["content"]["data"].get("content", {}).get("type") == "snapshot"]
        assert {m["content"]["comm_id"] for m in snapshots} == set(views)
        assert in_one_second(kernel, views) <= 30


class TestInCell:
    """An interrupt from the page would stop the view's own cell, and later on somebody else's: the page has to know."""

    def test_a_view_is_in_its_cell_until_that_is_over(self, kernel):
        cell = kernel.execute(
            "display(start(model, 'question -> answer'))\nprint('begun', flush=True)\nmodel.chunks[-1].reached.wait(10)"
        )
        kernel.wait_for_print("begun")
        assert state(kernel, kernel.view(cell))["in_cell"] is True
        kernel.ends(cell)
        wait_until(kernel, lambda: state(kernel, kernel.view(cell))["in_cell"] is False)

    @pytest.mark.parametrize("code", [ASK, "run = start(model, 'question -> answer')\nrun"])
    def test_so_it_is_in_a_cell_that_is_over_at_once(self, kernel, code):
        cell = kernel.execute(code)
        kernel.ends(cell)
        wait_until(kernel, lambda: state(kernel, kernel.view(cell))["in_cell"] is False)
        assert kernel.run("print(model.closed.is_set())") == "False\n"

    def test_and_in_one_that_waits(self, kernel):
        cell = kernel.wait_in("%%desiru question -> answer\nWhy?")
        view = kernel.view(cell)
        assert state(kernel, view)["in_cell"] is True
        kernel.open_gate()
        kernel.ends(cell)
        wait_until(kernel, lambda: state(kernel, view)["in_cell"] is False)

    def test_a_message_between_two_cells_is_in_none(self, kernel):
        kernel.run(
            "later = create_comm(target_name='later', comm_id='later')\n"
            "run = start(model, 'question -> answer')\nlater.on_msg(lambda message: run.widget)"
        )
        kernel.send("comm_msg", {"comm_id": "later", "data": {}})
        wait_until(kernel, kernel.opened_views)
        assert state(kernel, kernel.opened_views()[0])["in_cell"] is False

    def test_a_later_cell_that_shows_it_again_is_its_cell_then(self, kernel):
        first = kernel.execute(ASK)
        kernel.ends(first)
        view = kernel.view(first)
        wait_until(kernel, lambda: state(kernel, view)["in_cell"] is False)
        second = kernel.wait_in("display(_run)\n_run.result()")
        wait_until(kernel, lambda: state(kernel, view)["in_cell"] is True)
        kernel.open_gate()
        kernel.ends(second)
        wait_until(kernel, lambda: state(kernel, view)["in_cell"] is False)

    def test_a_cell_on_a_subshell_is_not_its_end(self, kernel):
        subshell = kernel.create_subshell()
        cell = kernel.wait_in("%%desiru question -> answer\nWhy?")
        kernel.ends(kernel.execute("order.append('subshell')", subshell=subshell))
        kernel.click(kernel.view(cell), {"type": "sync"})
        kernel.wait_for(lambda m: m["content"].get("data", {}).get("content", {}).get("type") == "snapshot")
        assert state(kernel, kernel.view(cell))["in_cell"] is True
        assert [m for m in kernel.published if m["msg_type"] == "update_display_data"] == []
        kernel.open_gate()
        kernel.ends(cell)
