"""``%%desiru -b`` in a real kernel: the cell is over at once, and the answer comes meanwhile. Its views: test_many_views."""

from __future__ import annotations

import pytest
from kernels import EMPTY, LIVE, saved, value

pytestmark = pytest.mark.every_ipykernel

PREPARE = """
import asyncio, threading
from desiru_notebook.consumer import Consumer
gate = Gate()
model = Scripted(["Reasoning: Light", gate, " scatters.\\nAnswer: Rayleigh"])
desiru.configure(model=model)
for name in ("sky", "_run"):
    globals().pop(name, None)
"""
ASK = "%%desiru -b question -> reasoning, answer\nWhy is the sky blue?"
ASK_SKY = ASK.replace("-b", "-b -o sky")
SKY = "Reasoning: Light scatters.\n\nAnswer: Rayleigh"
PARTIAL = "Reasoning: Light\n\n[cancelled]"
OTHER = "application/x-begun"
BUSY = f"""
other = start(Scripted(["Answer: 4", (there := Gate()), "2"]), "question -> answer")
assert there.reached.wait(10)
publish_display_data({{"{OTHER}": True}})
"""


@pytest.fixture
def kernel(kernel):
    kernel.run(PREPARE)
    kernel.published.clear()
    yield kernel
    kernel.run("gate.open()")  # a run that is shown goes on until its end


def ask(kernel, code: str = ASK) -> str:
    """Begin a run in the background; the cell, which is over."""
    cell = kernel.execute(code)
    kernel.ends(cell)
    kernel.wait_for_words("Light")
    return cell


class TestValue:
    def test_the_cell_is_over_at_once_and_its_value_is_the_run(self, kernel):
        cell = kernel.execute(ASK)
        number = kernel.ends(cell)["execution_count"]
        assert kernel.outputs(cell) == [LIVE]
        assert kernel.run(f"print(_ is Out[{number}] is _{number} is _run, isinstance(_run, desiru.Run))") == "True True\n"
        kernel.wait_for_words("Light")
        assert kernel.run("print(_run.state, _run.partial)") == "streaming Prediction(reasoning='Light')\n"

    def test_other_cells_are_executed_meanwhile(self, kernel):
        ask(kernel)
        assert kernel.run("print(6 * 7)") == "42\n"
        assert kernel.run("await asyncio.sleep(0)\nprint(6 * 7)") == "42\n"
        kernel.run("desiru.configure(model=Scripted(['Answer: 42']))")
        cell = kernel.execute("%%desiru question -> answer\nWhy?")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [EMPTY, value("Answer: 42")]

    def test_at_its_end_the_view_becomes_what_a_file_keeps(self, kernel):
        cell = ask(kernel)
        kernel.open_gate()
        kernel.wait_for(lambda m: m["msg_type"] == "update_display_data")  # no other cell has to end for that
        assert kernel.outputs(cell) == [saved(SKY)]
        assert kernel.run("print(_run.state, _run.result().answer)") == "done Rayleigh\n"

    def test_so_it_does_however_fast_it_is(self, kernel):
        kernel.run("desiru.configure(model=Scripted(['Answer: 42']))")
        for _ in range(10):
            cell = kernel.execute("%%desiru -b question -> answer\nWhy?")
            kernel.ends(cell)
            kernel.run("_run.join()")
            assert kernel.outputs(cell) == [saved("Answer: 42")]

    def test_a_later_cell_may_await_it_and_shows_it_no_second_time(self, kernel):
        first = ask(kernel)
        cell = kernel.wait_in("display('begun')\n(await _run).answer")
        kernel.open_gate()
        kernel.ends(cell)
        assert kernel.outputs(cell) == [("display_data", "plain", "'begun'"), ("execute_result", "plain", "'Rayleigh'")]
        assert kernel.outputs(first) == [saved(SKY)]


class TestPageThatNeverComesBack:
    """It has opened the view, and was closed before the end."""

    @pytest.fixture
    def asked(self, kernel):
        kernel.run("from desiru_notebook.frontends import cells; rest, cells.AfterRest._REST = cells.AfterRest._REST, 0")
        cell = ask(kernel)
        kernel.wait_until_idle(kernel.click(kernel.view(cell), {"type": "sync"}))
        kernel.open_gate()
        kernel.wait_for(lambda m: m["msg_type"] == "update_display_data")
        kernel.wait_for(lambda m: is_update(m, kernel.view(cell), "texts"))
        yield cell
        kernel.run("cells.AfterRest._REST = rest")

    def test_the_next_cell_shows_the_answer_once(self, kernel, asked):
        following = [kernel.execute(f"print({number})") for number in range(2)]
        for cell in following:
            kernel.ends(cell)
        assert [kernel.outputs(cell) for cell in following] == [[("stream", "0\n"), saved(SKY)], [("stream", "1\n")]]

    def test_so_it_does_not_where_a_page_has_heard_of_the_end(self, kernel, asked):
        kernel.wait_until_idle(kernel.click(kernel.view(asked), {"type": "ended", "missed": False}))
        cell = kernel.execute("print(0)")
        kernel.ends(cell)
        assert kernel.outputs(cell) == [("stream", "0\n")]


class TestSubshell:
    """Cells there are cells too, and their ends are not those of the others."""

    @pytest.mark.parametrize(
        ("cell", "left"),
        [
            (ASK.replace("-b ", ""), [EMPTY, value(SKY)]),
            ("run = start(model)\ndisplay(run)\nrun.join()", [saved(SKY)]),
            (f"{ASK}", [saved(SKY)]),
            ("await start(model)", [value(SKY)]),
        ],
    )
    def test_a_cell_there_leaves_what_any_cell_leaves(self, kernel, cell, left):
        subshell = kernel.create_subshell()
        kernel.run("model.chunks.remove(gate)")
        there = kernel.execute(cell, subshell=subshell)
        kernel.ends(there)
        kernel.ends(kernel.execute("joined = '_run' in globals() and _run.join()", subshell=subshell))
        if left == [saved(SKY)]:  # which is sent by the loop's thread, in its own time
            kernel.wait_for(lambda m: "text/html" in m["content"].get("data", {}))
        assert kernel.outputs(there) == left

    def test_each_of_two_is_over_at_its_own_end(self, kernel):
        subshell = kernel.create_subshell()
        kernel.run("other = Gate()")
        here = kernel.wait_in(ASK.replace("-b ", ""))
        kernel.wait_for_words("Light")
        there = kernel.execute(
            "display(start(Scripted([other, 'Answer: 42'])))\nwaited = other.reached.wait(10)", subshell=subshell
        )
        kernel.ends(there)
        assert [kernel.view(here) in kernel.opened_views(), kernel.outputs(there)] == [True, [LIVE]]
        assert [m for m in kernel.published if m["msg_type"] == "update_display_data"] == []
        kernel.open_gate()
        kernel.ends(here)
        kernel.open_gate("other")
        assert kernel.outputs(here) == [EMPTY, value(SKY)]


class TestName:
    def test_it_is_bound_at_the_end_to_what_the_run_gives(self, kernel):
        ask(kernel, ASK_SKY)
        assert kernel.run("print('sky' in globals())") == "False\n"
        kernel.open_gate()
        assert kernel.run("print(_run.result() is sky, sky.answer)") == "True Rayleigh\n"

    @pytest.mark.parametrize(
        "waiting",
        [
            "_run.result()",
            "_run.join()",
            "await _run",
            "_run.widget and _run.result()",
            "list(_run)",
            "[_ async for _ in _run]",
        ],
    )
    def test_whoever_has_waited_finds_it(self, kernel, waiting):
        """Also if the binding takes its time: whoever does not wait for it comes too early here, and nobody else ever."""
        kernel.run(
            "import time\nadd = desiru.Run.add_done_callback\n"
            "desiru.Run.add_done_callback = lambda run, function: add(run, lambda: (time.sleep(0.2), function()))"
        )
        kernel.run(ASK_SKY)
        kernel.run("desiru.Run.add_done_callback = add")
        kernel.open_gate()
        assert kernel.run(f"{waiting}\nprint(_run.partial is sky)") == "True\n"

    def test_so_does_everybody_who_waits_in_a_thread_of_their_own(self, kernel):
        kernel.run("desiru.configure(model=Scripted(['Answer: 42']))")
        code = (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "def look(run): return run.result() is globals().get('sky')\n"
            "found = []\n"
            "with ThreadPoolExecutor(4) as pool:\n"
            "    for _ in range(50):\n"
            "        globals().pop('sky', None)\n"
            "        get_ipython().run_cell_magic('desiru', '-b -o sky question -> answer', 'Why?')\n"
            "        looking = [pool.submit(look, _run) for _ in range(4)]\n"
            "        found += [look(_run), *(each.result() for each in looking)]\n"
            "print(len(found), set(found))"
        )
        assert kernel.run(code) == "250 {True}\n"

    def test_after_a_cancel_it_is_bound_to_what_there_is(self, kernel):
        cell = ask(kernel, ASK_SKY)
        kernel.click(kernel.view(cell), {"type": "cancel"})
        assert kernel.run("_run.join()\nprint(sky is _run.partial, sky, sky.complete)") == (
            "True Prediction(reasoning='Light') False\n"
        )

    def test_after_a_failure_it_is_not_bound_and_no_cell_is_told(self, kernel):
        kernel.run("model.chunks[2:] = [ZeroDivisionError('of light')]")
        cell = ask(kernel, ASK_SKY)
        kernel.open_gate()
        assert kernel.run("_run.join()\nprint('sky' in globals(), _run.state)") == "False failed\n"
        error = "scripted failed with ZeroDivisionError: of light"
        assert kernel.outputs(cell) == [saved(f"Reasoning: Light\n\n[failed] {error}")]
        last = kernel.wait_for(lambda m: is_update(m, kernel.view(cell), "error"))["content"]["data"]["state"]
        assert (last["state"], last["error"]) == ("failed", error)


def is_update(message, comm_id: str, trait: str) -> bool:
    content = message["content"]
    return content.get("comm_id") == comm_id and trait in content["data"].get("state", {}) and message["msg_type"] == "comm_msg"


class TestCancel:
    def test_while_the_kernel_is_idle(self, kernel):
        cell = ask(kernel)
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.wait_for(lambda m: m["msg_type"] == "update_display_data")
        assert kernel.outputs(cell) == [saved(PARTIAL)]
        assert kernel.run("print(model.was_closed(), _run.state)") == "True cancelled\n"

    @pytest.mark.parametrize("waiting", ["other.result()", "await other", "%%desiru"])
    def test_while_another_cell_waits(self, kernel, waiting):
        cell = ask(kernel)
        if waiting == "%%desiru":
            kernel.run("there = Gate(); run = _run; desiru.configure(model=Scripted(['Answer: 4', there, '2']))")
            busy = kernel.wait_in("%%desiru question -> answer\nWhy?")
        else:
            kernel.run("run = _run")
            busy = kernel.wait_in(f"{BUSY}{waiting};")
        kernel.click(kernel.view(cell), {"type": "cancel"})
        kernel.wait_for(
            lambda m: is_update(m, kernel.view(cell), "state") and m["content"]["data"]["state"]["state"] == "cancelled"
        )
        kernel.open_gate("there")
        kernel.ends(busy)
        assert kernel.run("print(model.was_closed(), run.state)") == "True cancelled\n"
        assert kernel.outputs(cell) == [saved(PARTIAL)]

    def test_while_another_cell_is_busy_with_other_things(self, kernel):
        subshell = kernel.create_subshell()
        cell = ask(kernel)
        busy = kernel.execute("print('begun', flush=True)\nprint(model.was_closed())")
        kernel.wait_for_print("begun")
        kernel.click(kernel.view(cell), {"type": "cancel"}, subshell=subshell)
        kernel.ends(busy)
        assert kernel.printed(busy) == "begun\nTrue\n"

    def test_stop_in_another_cell_is_not_meant_for_it(self, kernel):
        ask(kernel)
        kernel.run("run = _run")
        busy = kernel.wait_in(f"{BUSY}other.result()")
        kernel.manager.interrupt_kernel()
        assert kernel.fails(busy) == "KeyboardInterrupt"
        assert kernel.run("print(other.state, run.state)") == "cancelled streaming\n"
        kernel.open_gate()
        kernel.run("run.join()")


class TestLeavesNothing:
    TASKS = """
import gc, time, weakref
from concurrent.futures import Future
from desiru_notebook import portal

def tasks():
    "How many tasks the background loop has."
    found = Future()
    portal.call(lambda: found.set_result(len(asyncio.all_tasks(portal.loop()))))
    return found.result(10)

def becomes_true(condition):
    "Whether it does in the time that the last steps of what ends may take."
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        gc.collect()
    return condition()

def threads():
    return sorted(thread.name for thread in threading.enumerate())
"""

    def test_a_run_that_nobody_shows_or_holds_is_cancelled(self, kernel):
        kernel.run(f"{self.TASKS}start(Scripted(['Answer: 42'])).join()\nbefore = threads()")
        kernel.run(
            "run = get_ipython().run_cell_magic('desiru', '-b question -> reasoning, answer', 'Why?')\n"
            "assert gate.reached.wait(10) and tasks() == 1"
        )
        kernel.run("del run\nOut.clear()\n_run = None")
        said = "print(model.was_closed(), becomes_true(lambda: tasks() == 0), threads() == before, before.count('desiru'))"
        assert kernel.run(said) == "True True True 1\n"

    def test_one_that_is_shown_goes_on_and_is_forgotten_after_its_end(self, kernel):
        kernel.run(f"{self.TASKS}run = start(model)\ndisplay(run)\ngone = weakref.ref(run)\ndel run\ngc.collect()")
        assert kernel.run("print(gone() is None)") == "False\n"
        kernel.open_gate()
        assert kernel.run("print(becomes_true(lambda: tasks() == 0), model.was_closed())") == "True True\n"
        assert kernel.run("print(becomes_true(lambda: gone() is None))") == "True\n"

    def test_after_many_there_is_no_task_and_no_other_thread(self, kernel):
        kernel.run(f"{self.TASKS}start(Scripted(['Answer: 42'])).join()\nbefore = threads()")
        ends = ["['Answer: 42']", "['Answer: 4', ZeroDivisionError()]", "['Answer: 4', gate]"]
        for at in range(9):
            kernel.run(f"desiru.configure(model=Scripted({ends[at % 3]}))")
            kernel.run("%%desiru -b question -> answer\nWhy?")
            kernel.run("run = _run\nawaited = asyncio.ensure_future(run)\nrun.cancel()\nrun.join()\nrun = awaited = None")
        assert (
            kernel.run("print(becomes_true(lambda: tasks() == 0), threads() == before, before.count('desiru'))")
            == "True True 1\n"
        )
