"""Cancel and Stop where nobody expects them, in a real kernel: twice, too late, too early, while something hangs."""

from __future__ import annotations

import pytest
from kernels import EMPTY, LIVE, saved, value

pytestmark = pytest.mark.every_ipykernel

PREPARE = """
import asyncio, threading
from desiru_notebook import waiting as waiting_module
from desiru_notebook.frontends import channel
gate, closing = Gate(), Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
desiru.configure(model=model)
cot = desiru.StreamingChainOfThought("question -> answer")
for name in ("sky", "_run"):
    globals().pop(name, None)
"""
ASK = "%%desiru question -> reasoning, answer\nWhy is the sky blue?"
PARTIAL = "Reasoning: Light\n\n[cancelled]"
STATE = "print(model.was_closed() and _run.join(), _run.state, _run.partial)"
STOPPED = "None cancelled Prediction(reasoning='Light')\n"


@pytest.fixture
def kernel(kernel):
    kernel.run(PREPARE)
    kernel.published.clear()
    yield kernel
    kernel.run("gate.open(); closing.open()")


def wait_in(kernel, code: str = ASK) -> str:
    """Execute a cell and return when it waits and the model has spoken."""
    cell = kernel.wait_in(code)
    kernel.wait_for_words("Light")
    return cell


def acks(kernel) -> int:
    return sum(m["content"].get("data", {}).get("content") == {"type": "ack"} for m in kernel.published)


class TestCancel:
    def test_twice_is_once_and_both_are_acknowledged(self, kernel):
        kernel.run("model.closing = closing")
        cell = wait_in(kernel)
        for _ in range(2):
            kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "cancel"}))
        kernel.open_gate("closing")
        kernel.ends(cell)
        assert acks(kernel) == 2
        assert kernel.outputs(cell) == [EMPTY, value(PARTIAL)]
        assert kernel.run(f"{STATE}\nprint(model.closings)") == f"{STOPPED}1\n"

    def test_after_the_end_it_is_acknowledged_and_changes_nothing(self, kernel):
        cell = wait_in(kernel)
        kernel.open_gate()
        kernel.ends(cell)
        left = kernel.outputs(cell)
        for _ in range(2):
            kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "cancel"}))
        assert acks(kernel) == 2
        assert kernel.run("print(_run.state, _.complete)") == "done True\n"
        assert kernel.outputs(cell) == left == [EMPTY, value("Reasoning: Light scatters.\n\nAnswer: Rayleigh")]

    def test_before_the_first_token(self, kernel):
        kernel.run("model.chunks.insert(0, gate)")
        cell = kernel.wait_in(ASK)
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value("[cancelled]")]
        assert kernel.run("print(_, _.missing, _run.state)") == "Prediction() ['reasoning', 'answer'] cancelled\n"

    def test_of_a_run_displayed_before_a_busy_cell_it_is_heard_after_that_cell(self, kernel):
        first = kernel.execute("_run = start(model)\ndisplay(_run)")
        kernel.ends(first)
        kernel.wait_for_words("Light")
        kernel.run("busy = threading.Event()")
        cell = kernel.execute("print('begun', flush=True)\nprint(busy.wait(0.1), _run.state)")
        kernel.wait_for_print("begun")
        click = kernel.click(kernel.view(first), {"type": "cancel"})
        kernel.ends(cell)
        assert kernel.printed(cell) == "begun\nFalse streaming\n"
        kernel.wait_until_idle(click)
        assert kernel.run(STATE) == STOPPED
        assert kernel.outputs(first) == [saved(PARTIAL)]


class TestStop:
    @pytest.mark.parametrize(
        "cell", [ASK, "_run = start(model)\ndisplay(_run)\n_run.result()", "_run = start(model)\nawait _run"]
    )
    def test_a_second_one_gives_up_a_connection_that_hangs_while_it_is_closed(self, kernel, cell):
        """Without it the first one would, after a while, which is a very long one here."""
        kernel.run(
            "before, waiting_module._UNWIND = waiting_module._UNWIND, 1000\nmodel.closing = closing\n"
            "threading.Thread(target=lambda: closing.reached.wait(10) and print('closing', flush=True)).start()"
        )
        stopped = wait_in(kernel, cell)
        kernel.manager.interrupt_kernel()
        kernel.wait_for_print("closing")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(stopped) == "KeyboardInterrupt"
        kernel.run("waiting_module._UNWIND = before\nclosing.open()\n_run.join()")
        assert kernel.run(STATE) == STOPPED

    def test_a_second_one_is_heard_before_anybody_waits_for_the_connection(self, kernel):
        kernel.run("before, waiting_module._UNWIND = waiting_module._UNWIND, 1000\nmodel.closing = closing\nimport os, signal")
        stopped = wait_in(
            kernel,
            "_run = start(model)\n"
            "def cancel_and_stop(cancel=_run._consumer.cancel):\n"
            "    cancel()\n    os.kill(os.getpid(), signal.SIGINT)\n"
            "_run._consumer.cancel = cancel_and_stop\nawait _run",
        )
        kernel.manager.interrupt_kernel()
        assert kernel.fails(stopped) == "KeyboardInterrupt"
        kernel.run("waiting_module._UNWIND = before\ndel _run._consumer.cancel\nclosing.open()\n_run.join()")
        assert kernel.run(STATE) == STOPPED

    def test_a_connection_that_hangs_is_given_up_after_a_while(self, kernel):
        kernel.run("before, waiting_module._UNWIND = waiting_module._UNWIND, 0.01\nmodel.closing = closing")
        cell = wait_in(kernel)
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("waiting_module._UNWIND = before\nprint(_run.state, model.closed.is_set())") == "streaming False\n"
        kernel.open_gate("closing")
        assert kernel.run(f"_run.join()\n{STATE}") == STOPPED

    def test_the_name_after_out_is_bound_to_what_there_is(self, kernel):
        cell = wait_in(kernel, ASK.replace("%%desiru", "%%desiru -o sky"))
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.outputs(cell) == [EMPTY, saved(PARTIAL), ("error", "KeyboardInterrupt")]
        (error,) = kernel.said(cell, "error")
        assert error["traceback"] == ["\x1b[31mKeyboardInterrupt\x1b[0m: What there was by then is in `_run.partial`."]
        assert kernel.run("print(sky is _run.partial, sky)") == "True Prediction(reasoning='Light')\n"

    def test_of_a_cell_that_only_displays_it_leaves_the_run_alone(self, kernel):
        first = kernel.execute("_run = start(model)\ndisplay(_run)")
        kernel.ends(first)
        cell = kernel.execute("print('begun', flush=True)\nthreading.Event().wait()")
        kernel.wait_for_print("begun")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        kernel.wait_for_words("Light")
        assert kernel.run("print(_run.state)") == "streaming\n"
        assert kernel.outputs(first) == [LIVE]

    def test_while_an_input_is_written_nothing_is_asked(self, kernel):
        kernel.run(
            "class Slow:\n"
            "    def model_dump(self, mode=''):\n"
            "        print('begun', flush=True)\n        threading.Event().wait()\n"
            "document = Slow()"
        )
        cell = kernel.execute("%%desiru -o sky document, question -> answer\nquestion: Why?")
        kernel.wait_for_print("begun")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("print(model.requests, '_run' in globals(), 'sky' in globals())") == "[] False False\n"
        assert [output for output in kernel.outputs(cell) if output[0] != "stream"] == [("error", "KeyboardInterrupt")]
        assert [error["traceback"] for error in kernel.said(cell, "error")] == [["\x1b[31mKeyboardInterrupt\x1b[0m"]]

    @pytest.mark.parametrize("options", ["-o sky", "-b -o sky"])
    def test_while_the_view_is_opened_the_run_is_cancelled(self, kernel, options):
        kernel.run(
            "import IPython.display as shown\nbefore = shown.display\n"
            "def stopped(*_, **__):\n"
            "    shown.display = before\n"
            "    assert any(hasattr(event, 'text') for event in _run.log)\n"
            "    raise KeyboardInterrupt\n"
            "shown.display = stopped"
        )
        cell = kernel.execute(ASK.replace("%%desiru", f"%%desiru {options}"))
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.outputs(cell) == [*[saved(PARTIAL)] * ("-b" not in options), ("error", "KeyboardInterrupt")]
        kernel.run("assert _run.state == 'cancelled', _run.state")
        assert kernel.run(f"{STATE}\nprint(sky is _run.partial)") == f"{STOPPED}True\n"

    def test_while_the_model_thinks_of_nothing_yet(self, kernel):
        kernel.run("model.chunks.insert(0, gate)")
        cell = kernel.wait_in(ASK)
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.outputs(cell) == [EMPTY, saved("[cancelled]"), ("error", "KeyboardInterrupt")]


class TestOnToken:
    def test_what_it_raises_is_raised_as_it_is_and_the_run_is_cancelled(self, kernel):
        cell = kernel.execute(
            "def show(token):\n    raise LookupError(str(token))\n\ncot.forward_stream(show, question='Why?')"
        )
        assert kernel.fails(cell) == "LookupError"
        (error,) = kernel.said(cell, "error")
        assert error["evalue"] == "Light"
        assert kernel.run("print(model.was_closed())") == "True\n"

    def test_stop_in_it_is_stop(self, kernel):
        slow = "def show(token):\n    print('begun', flush=True)\n    threading.Event().wait()\n"
        cell = kernel.execute(f"{slow}\ncot.forward_stream(show, question='Why?')")
        kernel.wait_for_print("begun")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.run("print(model.was_closed())") == "True\n"


# Nothing answers in the midst of this cell, so another thread has to say that it waits. The cell itself could not: an interrupt
# while it prints can make Python 3.11 believe that ipykernel's own thread is over (in Thread.is_alive()).
WATCH = """
import sys, time
from desiru_notebook.frontends.kernel import KernelWaiter
def waits():
    frame = sys._current_frames()[threading.main_thread().ident]
    while frame is not None and frame.f_code is not KernelWaiter._poll.__code__:
        frame = frame.f_back
    return frame is not None
def watch():
    while not waits():
        time.sleep(0.005)
    print('waiting', flush=True)
threading.Thread(target=watch, daemon=True).start()
"""


class TestAnotherKernel:
    """One whose inner parts are not those that we know: its shell channel is left alone."""

    @pytest.fixture
    def kernel(self, kernel):
        kernel.run(
            "%unload_ext desiru_notebook\nparts, channel._KERNEL = channel._KERNEL, ('none',)\n%load_ext desiru_notebook"
        )
        yield kernel
        kernel.run("%unload_ext desiru_notebook\nchannel._KERNEL = parts\n%load_ext desiru_notebook")

    def test_a_cell_streams_and_hears_stop(self, kernel):
        kernel.run(WATCH)
        cell = kernel.execute(ASK)
        kernel.wait_for_words("Light")
        kernel.wait_for_print("waiting")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        shown = [output for output in kernel.outputs(cell) if output[0] != "stream"]
        assert shown == [EMPTY, saved(PARTIAL), ("error", "KeyboardInterrupt")]
        assert kernel.run(STATE) == STOPPED

    def test_so_does_one_that_awaits(self, kernel):
        cell = kernel.execute("_run = start(model)\nawait _run")
        kernel.wait_for_words("Light")
        kernel.view(cell)
        kernel.manager.interrupt_kernel()
        assert kernel.fails(cell) == "KeyboardInterrupt"
        assert kernel.outputs(cell) == [saved(PARTIAL), ("error", "KeyboardInterrupt")]
        assert kernel.run(STATE) == STOPPED

    def test_a_cell_streams_to_its_end(self, kernel):
        kernel.run("model.chunks.remove(gate)")
        cell = kernel.execute(ASK)
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value("Reasoning: Light scatters.\n\nAnswer: Rayleigh")]

    def test_cancel_is_heard_on_a_subshell(self, kernel):
        subshell = kernel.create_subshell()
        cell = kernel.execute(ASK)
        kernel.wait_for_words("Light")
        kernel.click(kernel.view(cell), {"type": "cancel"}, subshell=subshell)
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value(PARTIAL)]

    def test_so_it_is_by_a_cell_that_awaits(self, kernel):
        subshell = kernel.create_subshell()
        cell = kernel.execute("_run = start(model)\nawait _run")
        kernel.wait_for_words("Light")
        kernel.click(kernel.view(cell), {"type": "cancel"}, subshell=subshell)
        assert kernel.fails(cell) == "RunCancelled"
        assert kernel.outputs(cell) == [saved(PARTIAL), ("error", "RunCancelled")]
