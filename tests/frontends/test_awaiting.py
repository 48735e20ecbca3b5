"""Cancel, Stop and the messages of others, while a cell of a real kernel awaits. What such cells show: test_awaited."""

from __future__ import annotations

import pytest

PREPARE = """
import asyncio, signal, ipykernel
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
cot = desiru.StreamingChainOfThought("question -> answer", model=model)

class Theirs:
    "A widget of somebody else."
    def __init__(self):
        self.comm = create_comm(target_name="jupyter.widget", comm_id="theirs")
        self.comm.on_msg(self.hear)
    def hear(self, message):
        order.append(message["content"]["data"])
        display(message["content"]["data"])

theirs = Theirs()

def again():
    "The model waits at a new gate."
    global gate
    gate = model.chunks[1] = Gate()
    model.closed.clear()
"""
BEGIN = "run = cot.stream(question='Why?')\n"
SPOKEN = f"{BEGIN}assert gate.reached.wait(10)\n"
WAYS = {
    "aforward": "await cot.aforward(question='Why?')",
    "await": "await run",
    "async for": "async for event in run: last = event",
    "field": "await run.field('answer')",
}
BEYOND = "kernel_info_request"  # an answer to it tells that everything before it was read


@pytest.fixture
def kernel(kernel):
    kernel.run(PREPARE)
    kernel.published.clear()
    return kernel


def wait_in(kernel, code: str) -> str:
    """Execute a cell and return when it waits and the model has spoken."""
    cell = kernel.wait_in(code)
    kernel.wait_for_words("Light")
    return cell


def is_heard(kernel, data: int) -> None:
    """Wait until the other widget has heard this. Since 7.4, ipykernel publishes no states for it while a cell awaits."""
    kernel.wait_for(lambda m: m["content"].get("data", {}).get("text/plain") == str(data))


def is_closed(kernel) -> str:
    return kernel.run("print(model.was_closed())")


class TestCancel:
    @pytest.mark.parametrize("way", ["aforward", "await", "field"])
    def test_it_ends_the_cell_with_an_error_and_closes_the_model(self, kernel, way):
        cell = wait_in(kernel, BEGIN * (way != "aforward") + WAYS[way])
        click = kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.statuses(click) == ["busy", "idle"]
        assert is_closed(kernel) == "True\n"

    def test_async_for_ends_as_ever_and_its_last_event_says_so(self, kernel):
        cell = wait_in(kernel, f"{BEGIN}{WAYS['async for']}\nprint(last.state, last.prediction, model.closed.is_set())")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "cancelled Prediction(reasoning='Light') True\n"

    def test_it_is_heard_after_other_messages_to_the_view(self, kernel):
        """A page that finds the view asks for what it has missed, several pages several times."""
        cell = wait_in(kernel, WAYS["aforward"])
        for _ in range(3):
            kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "sync"}))
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"

    def test_it_is_heard_on_a_subshell_and_nothing_else_happens(self, kernel):
        subshell = kernel.create_subshell()
        cell = wait_in(kernel, WAYS["aforward"])
        kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "sync"}, subshell=subshell))
        kernel.click(kernel.view(cell), {"type": "cancel"}, subshell=subshell)
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.printed(cell) == ""

    def test_it_is_heard_too_while_the_cell_awaits_something_else(self, kernel):
        code = (
            "other = start(Scripted(['Answer: 1']), 'question -> answer')\nawait other\n"
            f"{BEGIN}ended, loop = asyncio.Event(), asyncio.get_running_loop()\n"
            "run.add_done_callback(lambda: loop.call_soon_threadsafe(ended.set))\n"
            "display(run)\nprint('begun')\nawait ended.wait()\nprint(run.state)"
        )
        cell = kernel.execute(code)
        kernel.wait_for_print("begun")
        kernel.click(kernel.opened_views()[1], {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "begun\ncancelled\n"

    def test_it_is_heard_in_a_cell_that_blocks_after_it_has_awaited(self, kernel):
        code = f"await start(Scripted(['Answer: 1']), 'question -> answer')\n{BEGIN}display(run)\nrun.join()\nprint(run.state)"
        cell = kernel.execute(code)
        kernel.wait_for(lambda m: len(kernel.opened_views()) == 2)
        kernel.click(kernel.opened_views()[1], {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "cancelled\n"

    def test_it_is_heard_in_a_cell_that_awaits_after_it_has_blocked(self, kernel):
        cell = wait_in(kernel, f"start(Scripted(['Answer: 1']), 'question -> answer').join()\n{WAYS['aforward']}")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"

    def test_cancel_all_reaches_runs_that_a_task_awaits_after_others(self, kernel):
        def is_later(message):
            return message["content"]["comm_id"] in kernel.opened_views()[2:]

        cell = kernel.execute(
            "runs = []\nasync def ask():\n    await start(Scripted(['Answer: 1']), 'question -> answer')\n"
            "    runs.append(cot.stream(question='Why?'))\n    await runs[-1]\nawait asyncio.gather(ask(), ask())"
        )
        offer = kernel.wait_for(lambda m: m["content"].get("data", {}).get("state", {}).get("others") and is_later(m))
        for kind in ("cancel", "cancel_all"):
            kernel.click(offer["content"]["comm_id"], {"type": kind})
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.run("for run in runs: run.join()\nprint([run.state for run in runs])") == "['cancelled', 'cancelled']\n"


class TestStop:
    @pytest.mark.parametrize("way", ["await", "async for", "field"])
    def test_it_is_raised_after_the_run_is_cancelled_and_what_came_is_kept(self, kernel, way):
        said = "print(run.state, model.closed.is_set(), run.partial)"
        cell = wait_in(kernel, f"{BEGIN}try:\n    {WAYS[way]}\nexcept KeyboardInterrupt:\n    {said}\n    raise")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.printed(cell) == "cancelled True Prediction(reasoning='Light')\n"

    def test_it_works_after_messages_to_the_view_and_to_other_widgets(self, kernel):
        cell = wait_in(kernel, f"{BEGIN}{WAYS['await']}")
        kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "sync"}))
        kernel.send("comm_msg", {"comm_id": "theirs", "data": 1})
        kernel.send(BEYOND)
        assert kernel.reply()["msg_type"] == "kernel_info_reply"
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        is_heard(kernel, 1)
        assert kernel.run("print(run.state, order)") == "cancelled [1]\n"

    def test_so_it_is_by_aforward_and_the_kernel_goes_on(self, kernel):
        for _ in range(2):
            cell = wait_in(kernel, WAYS["aforward"])
            kernel.manager.interrupt_kernel()
            assert kernel.fails(cell) == "KeyboardInterrupt"
            assert is_closed(kernel) == "True\n"
            kernel.run("again()")
            kernel.published.clear()
        cell = wait_in(kernel, BEGIN + WAYS["await"])
        kernel.open_gate()
        kernel.ends(cell)

    def test_in_other_cells_that_await_it_works_as_it_did_before(self, kernel):
        def stopped() -> str:
            kernel.published.clear()
            cell = kernel.execute("say_when_asleep('begun')\nawait asyncio.sleep(1000)")
            kernel.wait_for_print("begun")
            kernel.manager.interrupt_kernel()
            kernel.send("is_complete_request", {"code": ""})  # ipykernel acts on a Stop when its loop wakes
            ename = kernel.ends(cell, "error")["ename"]
            assert kernel.reply()["msg_type"] == "is_complete_reply"
            kernel.wait_until_idle(cell)
            kernel.send(BEYOND)
            assert kernel.reply()["msg_type"] == "kernel_info_reply"
            return ename

        before = stopped()
        cell = wait_in(kernel, BEGIN + WAYS["await"])
        kernel.manager.interrupt_kernel()
        kernel.fails(cell)
        assert stopped() == before == "CancelledError"

    def test_it_wakes_a_cell_that_awaits_something_else_after_a_run(self, kernel):
        cell = kernel.execute("await start(Scripted(['Answer: 1']))\nsay_when_asleep('begun')\nawait asyncio.sleep(1000)")
        kernel.wait_for_print("begun")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "CancelledError"

    def test_runs_in_tasks_of_the_cell_are_cancelled_with_it(self, kernel):
        kernel.run(
            "async def begun():\n    while len(model.requests) < 3:\n        await asyncio.sleep(0.001)\n    display('begun')"
        )
        cell = kernel.wait_in("await asyncio.gather(begun(), *(cot.aforward(question='Why?') for _ in range(3)))")
        kernel.wait_for(lambda m: m["content"].get("data", {}).get("text/plain") == "'begun'")  # a view is shown before that
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "CancelledError"
        wait = "import time\ndeadline = time.monotonic() + 10\nwhile model.closings < 3 and time.monotonic() < deadline: pass"
        assert kernel.run(f"{wait}\nprint(model.closings)") == "3\n"

    @pytest.mark.parametrize("silent", [False, True])
    def test_the_handlers_of_before_are_back_after_the_cell(self, kernel, silent):
        kernel.run(
            "def handlers():\n    woken = signal.set_wakeup_fd(-1)\n    signal.set_wakeup_fd(woken)\n"
            "    return getattr(signal.getsignal(signal.SIGINT), '__module__', None), woken\n"
        )
        plain = [kernel.run("print(handlers())"), kernel.run("await asyncio.sleep(0)\nprint(handlers())")]
        kernel.run("model.chunks.remove(gate)")
        cell = kernel.execute("await cot.aforward(question='Why?')\nawaiting = handlers()", silent=silent)
        kernel.ends(cell)
        after = [kernel.run("await asyncio.sleep(0)\nprint(handlers())"), kernel.run("print(handlers())")]
        assert after == plain[::-1]
        assert kernel.run("print(awaiting)") not in plain

    def test_it_works_after_a_silent_cell_that_has_awaited(self, kernel):
        kernel.run("quick = start(Scripted(['Answer: 42']))")
        kernel.ends(kernel.execute("await quick", silent=True))
        cell = wait_in(kernel, f"{BEGIN}{WAYS['async for']}")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("print(run.state)") == "cancelled\n"

    def test_a_cell_that_goes_on_after_it_is_a_cell_like_any_other(self, kernel):
        """A limit that passes later in the same cell is a limit, and no second Stop."""
        code = (
            f"{BEGIN}try:\n    await run\nexcept KeyboardInterrupt:\n    pass\n"
            f"again()\n{SPOKEN}try:\n    async with asyncio.timeout(0.01):\n        async for event in run: pass\n"
            "except TimeoutError:\n    print(run.state)"
        )
        cell = wait_in(kernel, code)
        kernel.manager.interrupt_kernel()
        kernel.ends(cell)
        assert kernel.printed(cell) == "streaming\n"
        kernel.run("run.cancel()")


class TestTimeout:
    def test_around_async_for_it_is_raised_and_the_run_goes_on(self, kernel):
        code = (
            f"{SPOKEN}try:\n    async with asyncio.timeout(0.01):\n        {WAYS['async for']}\n"
            "except TimeoutError:\n    print(run.state, flush=True)\nprint((await run).answer)"
        )
        cell = kernel.execute(code)
        kernel.wait_for_print("streaming")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.printed(cell) == "streaming\nRayleigh\n"

    @pytest.mark.parametrize("way", ["await run", "await asyncio.wait_for(run, 0.01)"])
    def test_around_await_it_is_raised_and_cancels_the_run(self, kernel, way):
        code = f"{SPOKEN}try:\n    async with asyncio.timeout(0.01):\n        {way}\nexcept TimeoutError:\n    run.join()"
        kernel.run(f"{code}\nprint(run.state, run.partial)")
        assert kernel.run("print(run.state, run.partial)") == "cancelled Prediction(reasoning='Light')\n"


class TestOthers:
    def test_cells_sent_meanwhile_are_executed_afterwards_in_order(self, kernel):
        cell = wait_in(kernel, f"{WAYS['aforward']}\norder.append('cell')\nawait asyncio.sleep(0)\norder.append('end')")
        queued = [kernel.execute(f"await asyncio.sleep(0)\norder.append({number})") for number in range(5)]
        kernel.open_gate()
        for each in [cell, *queued]:
            kernel.ends(each)
        assert kernel.run("print(order)") == "['cell', 'end', 0, 1, 2, 3, 4]\n"

    def test_cells_queued_behind_one_that_fails_are_not_executed(self, kernel):
        cell = wait_in(kernel, WAYS["aforward"])
        queued = [kernel.execute("order.append(0)"), kernel.execute("await asyncio.sleep(0)\norder.append(1)")]
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.ends(cell, "error")["ename"] == "RunCancelled"
        for each in queued:
            kernel.ends(each, "aborted")
        for each in queued:
            kernel.wait_until_idle(each)
        kernel.send(BEYOND)
        assert kernel.reply()["msg_type"] == "kernel_info_reply"
        assert kernel.run("print(order)") == "[]\n"

    def test_a_message_of_another_widget_is_heard_when_ipykernel_hears_it(self, kernel):
        at_once = kernel.run("print(ipykernel.version_info[:2] >= (7, 4))") == "True\n"
        cell = wait_in(kernel, f"{WAYS['aforward']}\norder.append('cell')")
        for number in range(3):
            kernel.send("comm_msg", {"comm_id": "theirs", "data": number})
        if at_once:  # since 7.4, which hears such messages between the steps of a cell that awaits
            is_heard(kernel, 2)
        kernel.send(BEYOND)
        assert kernel.reply()["msg_type"] == "kernel_info_reply"  # so the three were read
        kernel.open_gate()
        kernel.ends(cell)
        is_heard(kernel, 2)
        assert kernel.run("print(order)") == ("[0, 1, 2, 'cell']\n" if at_once else "['cell', 0, 1, 2]\n")

    def test_a_cell_on_a_subshell_disturbs_nothing(self, kernel):
        subshell = kernel.create_subshell()
        cell = wait_in(kernel, f"{BEGIN}await run.field('reasoning')\n{WAYS['await']}")
        on_subshell = kernel.execute("print('theirs')\norder.append('subshell')", subshell=subshell)
        kernel.ends(on_subshell)
        assert kernel.outputs(on_subshell) == [("stream", "theirs\n")]
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.outputs(cell) == [("display_data", "html", "Reasoning: Light\n\n[cancelled]"), ("error", "RunCancelled")]

    def test_nor_does_it_take_the_stop_away(self, kernel):
        subshell = kernel.create_subshell()
        cell = wait_in(kernel, f"{BEGIN}async for event in run: pass")
        on_subshell = kernel.execute("await asyncio.sleep(0)\norder.append('subshell')", subshell=subshell)
        kernel.ends(on_subshell)
        assert kernel.outputs(on_subshell) == []
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("print(run.state)") == "cancelled\n"
