"""The pump, in a real kernel: what reaches a cell that waits, and what has to wait for its end.

Nothing here sleeps: the model waits at a gate that only a message can open, so whatever is answered before the cell ends was
answered by the pump.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session
from models import PATIENCE

from desiru_notebook import portal
from desiru_notebook.frontends import kernel as pump

SETUP = """
%load_ext desiru_notebook
import desiru_notebook as desiru
from IPython.display import display, publish_display_data
from comm import get_comm_manager
from models import Gate, Scripted, start

def opened(comm, message):
    globals()[message["content"]["data"]["gate"]].open()

get_comm_manager().register_target("open-gate", opened)
order = []
"""
VIEW = "application/vnd.jupyter.widget-view+json"
BEGUN = "application/x-begun"
BEGIN = f"""
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
run = start(model)
assert gate.reached.wait(10)
publish_display_data({{"{BEGUN}": True}})
"""
PREPARE = BEGIN.replace("run = start", "# ").replace("assert", "# ").replace("publish", "# ")


class Kernel:
    """A kernel and its client; keeps everything that the kernel publishes."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self._client = manager, client
        self.published: list[dict[str, Any]] = []

    def send(self, kind: str, content: dict[str, Any] | None = None, *, subshell: str | None = None) -> str:
        """Send a message on the shell channel."""
        message = self._client.session.msg(kind, content or {})
        message["header"]["subshell_id"] = subshell
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def send_frames(self, frames: list[bytes]) -> None:
        self._client.shell_channel.socket.send_multipart(frames)

    def execute(self, code: str, **more: Any) -> str:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        return self.send("execute_request", content | {"stop_on_error": True}, **more)

    def open_gate(self, name: str = "gate") -> str:
        return self.send("comm_open", {"comm_id": f"opens-{name}", "target_name": "open-gate", "data": {"gate": name}})

    def reply(self) -> dict[str, Any]:
        """The next answer on the shell channel."""
        return self._client.get_shell_msg(timeout=PATIENCE)

    def create_subshell(self) -> str:
        message = self._client.session.msg("create_subshell_request", {})
        self._client.control_channel.send(message)
        return self._client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]

    def wait_for(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first message, past or coming, that fulfils the condition."""
        for message in self.published:
            if condition(message):
                return message
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            self.published.append(message)
            if condition(message):
                return message

    def wait_until_idle(self, parent: str) -> None:
        self.wait_for(lambda m: m["parent_header"].get("msg_id") == parent and m["content"].get("execution_state") == "idle")

    def printed(self, parent: str) -> str:
        """What a cell printed, at its end."""
        self.wait_until_idle(parent)
        ours = [m for m in self.published if m["parent_header"].get("msg_id") == parent and m["msg_type"] == "stream"]
        return "".join(m["content"]["text"] for m in ours)

    def run(self, code: str) -> str:
        """Run a cell that has to go well; what it printed."""
        parent = self.execute(code)
        reply = self.reply()
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (parent, "ok"), reply["content"]
        return self.printed(parent)

    def wait_in(self, code: str) -> str:
        """Execute a cell and return as soon as it waits: it has shown something, and then the pump has answered a question.

        A message that the kernel's loop reads before the cell begins is out of everybody's reach until the cell's end.
        """
        parent = self.execute(code)
        self.wait_for(lambda m: m["msg_type"] == "display_data" and m["parent_header"].get("msg_id") == parent)
        question = self.send("kernel_info_request")
        reply = self.reply()
        assert (reply["msg_type"], reply["parent_header"]["msg_id"]) == ("kernel_info_reply", question)
        self.wait_until_idle(question)
        return parent

    def ends(self, parent: str, status: str = "ok") -> dict[str, Any]:
        """The next answer is that of this cell."""
        reply = self.reply()
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (parent, status), reply["content"]
        return reply["content"]

    def view(self, parent: str) -> str:
        """The comm of the live view that the cell displays."""
        shown = self.wait_for(lambda m: VIEW in m["content"].get("data", {}) and m["parent_header"].get("msg_id") == parent)
        return shown["content"]["data"][VIEW]["model_id"]

    def click(self, comm_id: str, content: Any, **more: Any) -> str:
        return self.send("comm_msg", {"comm_id": comm_id, "data": {"method": "custom", "content": content}}, **more)


@pytest.fixture(scope="module")
def _one_kernel(kernel_environment) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=kernel_environment)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.context.destroy(linger=0)


@pytest.fixture
def kernel(_one_kernel: Kernel) -> Iterator[Kernel]:
    """The kernel, the extension loaded; at the end there is no answer that a test has not looked at."""
    _one_kernel.published.clear()
    _one_kernel.run(SETUP)
    yield _one_kernel
    with pytest.raises(queue.Empty):
        _one_kernel._client.get_shell_msg(timeout=0)


def statuses(kernel: Kernel, parent: str) -> list[str]:
    """The states that were published for a message."""
    kernel.wait_until_idle(parent)
    ours = [m for m in kernel.published if m["parent_header"].get("msg_id") == parent and m["msg_type"] == "status"]
    return [m["content"]["execution_state"] for m in ours]


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
        assert statuses(kernel, message) == ["busy", "idle"]

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
        assert statuses(kernel, click) == ["busy", "idle"]
        acks = [m for m in kernel.published if m["content"].get("data", {}).get("content") == {"type": "ack"}]
        assert len(acks) == 1

    def test_cancel_ends_a_magic_cell_with_the_partial_prediction(self, kernel):
        kernel.run(f"{PREPARE}desiru.configure(model=model)")
        cell = kernel.wait_in("%%desiru question -> reasoning, answer\nWhy?")
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
        assert [statuses(kernel, question) for question in questions] == [["busy", "idle"]] * 2
        kernel.open_gate()
        kernel.ends(cell)

    def test_a_message_for_nobody_does_no_harm(self, kernel):
        cell = kernel.wait_in(f"{BEGIN}run.result()")
        kernel.click("no-such-comm", {"type": "cancel"})
        kernel.send("comm_open", {"comm_id": "new", "target_name": "no-such-target", "data": {}})
        kernel.send("comm_open", {"comm_id": "bad", "target_name": "open-gate", "data": {"gate": "no_such_gate"}})
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


NEEDED = ("_recv_callback", "_recv_copy", "_run_callback", "on_recv", "flush", "socket")


def fake_stream(*without: str) -> SimpleNamespace:
    return SimpleNamespace(**{name: None for name in NEEDED if name not in without})


class TestOtherKernels:
    """Whose inner parts have another shape."""

    @pytest.mark.parametrize(
        "kernel",
        [
            SimpleNamespace(),
            SimpleNamespace(shell_stream=None),
            *(SimpleNamespace(shell_stream=fake_stream(name)) for name in NEEDED),
            SimpleNamespace(shell_stream=fake_stream(), shell_channel_thread=SimpleNamespace(manager=SimpleNamespace())),
            SimpleNamespace(
                shell_channel_thread=SimpleNamespace(manager=SimpleNamespace(_shell_channel_to_main=SimpleNamespace()))
            ),
        ],
    )
    def test_the_wait_is_plain(self, kernel):
        assert pump.main_stream(kernel) is None
        future: Future[int] = Future()
        threading.Thread(target=future.set_result, args=[42]).start()
        pump.wait(kernel, future)
        assert future.result(0) == 42
        pump.wait(kernel, Future(), 0.001)

    def test_what_is_needed_is_found_in_both_generations(self):
        stream = fake_stream()
        assert pump.main_stream(SimpleNamespace(shell_stream=stream)) is stream
        pair = SimpleNamespace(to_stream=stream)
        thread = SimpleNamespace(manager=SimpleNamespace(_shell_channel_to_main=pair))
        assert pump.main_stream(SimpleNamespace(shell_channel_thread=thread, shell_stream=None)) is stream

    def test_another_thread_waits_plainly(self):
        future: Future[int] = Future()
        waiting = threading.Thread(target=pump.wait, args=[SimpleNamespace(shell_stream=fake_stream()), future])
        waiting.start()
        future.set_result(42)
        waiting.join(PATIENCE)
        assert not waiting.is_alive()

    def test_a_terminal_keeps_its_way_of_waiting(self):
        pump.install(SimpleNamespace())
        pump.install(SimpleNamespace(kernel=None))
        assert portal._waiter is None

    def test_a_kernel_gets_the_pump_until_it_is_uninstalled(self, monkeypatch):
        waited = []
        monkeypatch.setattr(pump, "wait", lambda *arguments: waited.append(arguments))
        kernel, future = SimpleNamespace(), Future()
        pump.install(SimpleNamespace(kernel=kernel))
        try:
            portal.wait(future, 1.5)
        finally:
            pump.uninstall()
        assert waited == [(kernel, future, 1.5)]
        assert portal._waiter is None


class Frame:
    """A part of a message, as zmq gives it out uncopied."""

    def __init__(self, data: bytes) -> None:
        self.bytes = self.buffer = data


def test_a_kernel_that_has_read_messages_into_a_queue_has_those_of_the_page_handled_first():
    """ipykernel 6 does that: the rest stays in the queue, in order."""
    session = Session(key=b"")
    kinds = ["comm_msg", "execute_request", "comm_info_request", "complete_request"]
    items = []
    for at, kind in enumerate(kinds):
        frames = [Frame(b"id"), *map(Frame, session.serialize(session.msg(kind, {"at": at})))]
        items.append((at, None, (frames,)))
    queued: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in items:
        queued.put_nowait(item)
    log: list[Any] = []
    kernel = SimpleNamespace(
        msg_queue=queued,
        session=session,
        shell_handlers={kind: lambda stream, idents, m: log.append((idents, m["msg_type"], m["content"])) for kind in kinds},
        _publish_status=lambda status, channel, parent: log.append((status, parent["msg_type"])),
    )
    stream = SimpleNamespace(_recv_callback=None, _recv_copy=False, on_recv=lambda callback, copy: None)
    with pump.Pump(kernel, stream):
        left = [queued.get_nowait() for _ in range(queued.qsize())]
    assert left == [items[1], items[3]]
    assert log == [
        ("busy", "comm_msg"),
        ([b"id"], "comm_msg", {"at": 0}),
        ("idle", "comm_msg"),
        ("busy", "comm_info_request"),
        ([b"id"], "comm_info_request", {"at": 2}),
        ("idle", "comm_info_request"),
    ]


def test_the_environment_of_these_kernels_is_nobodys(kernel):
    code = "import os, json; print(json.dumps([n for n in os.environ if n.startswith(('OPENAI_', 'DESIRU_'))]))"
    assert json.loads(kernel.run(code)) == []
