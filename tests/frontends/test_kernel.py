"""The pump, in a real kernel: what reaches a cell that waits, and what has to wait for its end.

Nothing here sleeps: the model waits at a gate that only a message can open, so whatever is answered before the cell ends was
answered by the pump.
"""

from __future__ import annotations

import json

import pytest
from kernels import VIEW

pytestmark = pytest.mark.every_ipykernel

BEGUN = "application/x-begun"
BEGIN = f"""
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
run = start(model)
assert gate.reached.wait(10)
publish_display_data({{"{BEGUN}": True}})
"""
PREPARE = BEGIN.replace("run = start", "# ").replace("assert", "# ").replace("publish", "# ")


class TestLetsThrough:
    @pytest.mark.parametrize(
        "waiting",
        [
            "run.result()",
            "list(run)",
            "[event for event in run]",
            "run.field('answer').result()",
            "run.join()",
            "desiru.StreamingModule('question -> answer', model=model).forward(question='?')",
        ],
    )
    def test_a_message_reaches_the_kernel_in_every_way_of_waiting(self, kernel, waiting):
        cell = kernel.wait_in(f"{BEGIN}{waiting}\nprint(run.result().answer)")
        message = kernel.open_gate()
        kernel.ends(cell)
        assert kernel.printed(cell) == "Rayleigh\n"
        assert kernel.statuses(message) == ["busy", "idle"]

    def test_a_message_reaches_a_magic_cell(self, kernel):
        kernel.run("gate = Gate(); desiru.configure(model=Scripted(['Answer: 4', gate, '2']))")
        cell = kernel.wait_in("%%desiru -o value question -> answer\nWhy?")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.run("print(value.answer)") == "42\n"

    def test_cancel_on_a_displayed_run_ends_the_cell(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}display(run)\nseen = list(run)\nprint(run.state, model.was_closed(), run.partial)")
        click = kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "cancelled True Prediction(reasoning='Light')\n"
        assert kernel.statuses(click) == ["busy", "idle"]
        acks = [m for m in kernel.published if m["content"].get("data", {}).get("content") == {"type": "ack"}]
        assert len(acks) == 1

    def test_cancel_ends_a_magic_cell_with_the_partial_prediction(self, kernel):
        kernel.run(f"{PREPARE}desiru.configure(model=model)")
        cell = kernel.wait_in("%%desiru question -> reasoning, answer\nWhy?")
        kernel.wait_for_words("Light")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.run("print(_, _.complete, _run.state)") == "Prediction(reasoning='Light') False cancelled\n"

    def test_what_came_while_the_cell_did_not_wait_yet_is_heard_as_soon_as_it_does(self, kernel):
        subshell = kernel.create_subshell()
        kernel.run("import threading; ready = threading.Event()")
        cell = kernel.execute(f"{BEGIN}display(run)\nassert ready.wait(10)\nrun.result()")
        kernel.view(cell)
        kernel.open_gate()
        on_subshell = kernel.execute("ready.set()", subshell=subshell)
        kernel.ends(on_subshell)
        kernel.ends(cell)

    def test_a_reloaded_pages_questions_are_answered_while_the_cell_is_busy(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}display(run)\nrun.result()")
        questions = [kernel.send("comm_info_request"), kernel.send("kernel_info_request")]
        replies = [kernel.reply(), kernel.reply()]
        assert [reply["parent_header"]["msg_id"] for reply in replies] == questions
        assert [reply["msg_type"] for reply in replies] == ["comm_info_reply", "kernel_info_reply"]
        assert kernel.view(cell) in replies[0]["content"]["comms"]
        assert [kernel.statuses(question) for question in questions] == [["busy", "idle"]] * 2
        kernel.open_gate()
        kernel.ends(cell)

    def test_a_message_for_nobody_does_no_harm(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()")
        kernel.click("no-such-comm", {"type": "cancel"})
        kernel.send("comm_open", {"comm_id": "new", "target_name": "no-such-target", "data": {}})
        kernel.open_gate("no_such_gate")
        kernel.send("comm_close", {"comm_id": "no-such-comm", "data": {}})
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.run("print(run.state)") == "done\n"

    def test_output_of_the_cell_stays_with_the_cell(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}print('before')\nrun.result()\nprint('after')")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.printed(cell) == "before\nafter\n"

    def test_a_click_on_a_subshell_reaches_a_cell_that_waits_in_other_code(self, kernel):
        subshell = kernel.create_subshell()
        code = "import threading\nended = threading.Event()\nrun.add_done_callback(ended.set)\nprint(ended.wait(10), run.state)"
        cell = kernel.execute(f"{BEGIN}display(run)\n{code}")
        click = kernel.click(kernel.view(cell), {"type": "cancel"}, subshell=subshell)
        kernel.ends(cell)
        assert kernel.printed(cell) == "True cancelled\n"
        kernel.wait_until_idle(click)


ASKS = """
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
def asks(_):
    try:
        order.append(desiru.Predict("question -> reasoning, answer", model=model)(question="Why?").answer)
    except desiru.RunCancelled:
        order.append("cancelled")
order.clear()
button = create_comm(target_name="button", comm_id="button")
button.on_msg(asks)
button._reply_subshell_for = lambda data, default: default  # up to ipykernel 7.3, the page alone says where a message is heard
"""


@pytest.mark.parametrize("place", ["main", "subshell"])
class TestCallback:
    """A page sends the messages of all widgets to one subshell, so a function that waits there hears its view's itself."""

    @pytest.fixture
    def subshell(self, kernel, place):
        subshell = kernel.create_subshell() if place == "subshell" else None
        kernel.run(ASKS)
        return subshell

    def test_its_run_is_shown_and_can_be_cancelled(self, kernel, subshell):
        for _ in range(2):
            clicked = kernel.send("comm_msg", {"comm_id": "button", "data": 1}, subshell=subshell)
            cancel = kernel.click(kernel.view(clicked), {"type": "cancel"}, subshell=subshell)
            kernel.wait_until_idle(clicked)
            kernel.wait_until_idle(cancel)
        assert kernel.run("print(order)") == "['cancelled', 'cancelled']\n"

    def test_one_that_is_called_meanwhile_has_its_turn_afterwards(self, kernel, subshell):
        first, second = (kernel.send("comm_msg", {"comm_id": "button", "data": 1}, subshell=subshell) for _ in range(2))
        kernel.wait_until_idle(kernel.click(kernel.view(first), {"type": "sync"}, subshell=subshell))
        kernel.send("comm_msg", {"comm_id": "gates", "data": {"gate": "gate"}}, subshell=subshell)
        kernel.wait_until_idle(first)
        kernel.wait_until_idle(second)
        assert kernel.run("print(order)") == "['Rayleigh', 'Rayleigh']\n"


class TestHoldsBack:
    def test_cells_sent_meanwhile_are_executed_afterwards_in_order(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()\norder.append('cell')")
        queued = [kernel.execute(f"order.append({number})") for number in range(5)]
        kernel.open_gate()
        for each in [cell, *queued]:
            kernel.ends(each)
        assert kernel.run("print(order)") == "['cell', 0, 1, 2, 3, 4]\n"

    def test_cells_between_two_waits_of_a_cell_keep_their_order(self, kernel):
        kernel.run("other = Gate(); second = Scripted(['Answer: 42', other])")
        cell = kernel.wait_in(
            f"{BEGIN}run.result()\nprint('between', flush=True)\nstart(second).result()\norder.append('cell')"
        )
        queued = [kernel.execute("order.append(0)")]
        kernel.open_gate()
        kernel.wait_for(lambda m: m["content"].get("text") == "between\n")
        queued.append(kernel.execute("order.append(1)"))
        kernel.open_gate("other")
        for each in [cell, *queued]:
            kernel.ends(each)
        assert kernel.run("print(order)") == "['cell', 0, 1]\n"

    def test_other_questions_are_answered_afterwards(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()")
        held = kernel.send("complete_request", {"code": "prin", "cursor_pos": 4})
        kernel.open_gate()
        kernel.ends(cell)
        reply = kernel.reply()
        assert (reply["parent_header"]["msg_id"], reply["msg_type"]) == (held, "complete_reply")
        assert reply["content"]["matches"] == ["print"]

    def test_cells_queued_behind_one_that_fails_are_not_executed(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}model.chunks[2:] = [ZeroDivisionError()]\nrun.result()")
        queued = [kernel.execute("order.append(0)"), kernel.execute("order.append(1)")]
        kernel.open_gate()
        assert kernel.ends(cell, "error")["ename"] == "ProviderError"
        for each in queued:
            kernel.ends(each, "aborted")
        for each in queued:
            kernel.wait_until_idle(each)
        kernel.send("kernel_info_request")  # whoever has this answer knows that the kernel listens again
        assert kernel.reply()["msg_type"] == "kernel_info_reply"
        assert kernel.run("print(order)") == "[]\n"

    def test_a_message_that_cannot_be_read_is_left_to_the_kernel(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()")
        kernel.send_frames([b"<IDS|MSG>", b"no signature", b"{}", b"{}", b"{}", b"{}"])
        kernel.send_frames([b"<IDS|MSG>"])
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.run("print(run.state)") == "done\n"


class TestInterrupt:
    @pytest.mark.parametrize("waiting", ["run.result()", "list(run)", "run.field('answer').result()"])
    def test_it_is_raised_after_the_run_is_cancelled(self, kernel, waiting):
        said = "print(run.state, model.closed.is_set(), run.partial)"
        cell = kernel.wait_in(f"{BEGIN}try:\n    {waiting}\nexcept KeyboardInterrupt:\n    {said}\n    raise")
        kernel.manager.interrupt_kernel()
        assert kernel.ends(cell, "error")["ename"] == "KeyboardInterrupt"
        assert kernel.printed(cell) == "cancelled True Prediction(reasoning='Light')\n"

    def test_a_magic_cell_shows_what_there_is_and_keeps_it(self, kernel):
        kernel.run(f"{PREPARE}desiru.configure(model=model)")
        cell = kernel.wait_in("%%desiru question -> reasoning, answer\nWhy?")
        kernel.wait_for_words("Light")
        kernel.manager.interrupt_kernel()
        assert kernel.ends(cell, "error")["ename"] == "KeyboardInterrupt"
        kernel.wait_until_idle(cell)
        ours = [m for m in kernel.published if m["parent_header"].get("msg_id") == cell]
        live, *saved = [m["content"]["data"] for m in ours if m["msg_type"] == "display_data"]
        assert VIEW in live
        assert [data["text/plain"] for data in saved] == ["Reasoning: Light\n\n[cancelled]"]
        assert kernel.run("print(_run.partial, _run.state)") == "Prediction(reasoning='Light') cancelled\n"

    def test_no_message_is_lost(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()")
        held = kernel.send("complete_request", {"code": "prin", "cursor_pos": 4})
        asked = kernel.send("comm_info_request")
        assert kernel.reply()["parent_header"]["msg_id"] == asked  # so the one before it is held by now
        kernel.manager.interrupt_kernel()
        assert kernel.ends(cell, "error")["ename"] == "KeyboardInterrupt"
        assert kernel.reply()["parent_header"]["msg_id"] == held

    def test_the_handler_of_before_is_back_after_the_wait(self, kernel):
        code = "import signal\nbefore = signal.getsignal(2)\nrun.result()\nprint(signal.getsignal(2) is before)"
        cell = kernel.wait_in(f"{BEGIN}{code}")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.printed(cell) == "True\n"


class TestTimeout:
    def test_a_wait_ends_when_its_time_is_up_and_the_run_goes_on(self, kernel):
        code = (
            "try:\n    run.result(0.01)\nexcept desiru.StreamTimeout:\n    print(run.state, flush=True)\n"
            "print(run.result().answer)"
        )
        cell = kernel.execute(f"{BEGIN}{code}")
        kernel.wait_for(lambda m: m["content"].get("text") == "streaming\n")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.printed(cell) == "streaming\nRayleigh\n"


def test_after_unloading_the_cell_waits_plainly(kernel):
    """And the message waits with it, as in any busy cell."""
    kernel.run("%unload_ext desiru_notebook")
    code = "import threading\nthreading.Timer(0, gate.open).start()\nprint(run.result().answer)"
    cell = kernel.execute(f"{BEGIN}{code}")
    kernel.wait_for(lambda m: BEGUN in m["content"].get("data", {}))
    question = kernel.send("kernel_info_request")
    kernel.ends(cell)
    assert kernel.reply()["parent_header"]["msg_id"] == question
    assert kernel.printed(cell) == "Rayleigh\n"


def test_the_environment_of_these_kernels_is_nobodys(kernel):
    code = "import os, json; print(json.dumps([n for n in os.environ if n.startswith(('OPENAI_', 'DESIRU_'))]))"
    assert json.loads(kernel.run(code)) == []
