"""What cells leave in a notebook's file, executed as papermill, nbconvert and nbval do it: by nbclient, in a real kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from notebooks import ASK, EMPTY_VIEW, LIGHT, SKY, SKY_TEXT, NotebookKernel, html, said, use


@pytest.fixture(scope="module")
def kernel(kernel_environment, tmp_path_factory) -> Iterator[NotebookKernel]:
    kernel = NotebookKernel(kernel_environment, tmp_path_factory.mktemp("stderr") / "stderr")
    yield kernel
    kernel.stop()


class TestMagic:
    def test_a_cell_leaves_an_empty_view_and_the_value_as_html_and_text(self, kernel):
        _, cell = kernel.execute(use(LIGHT), ASK)
        assert said(cell) == [
            ("display_data", EMPTY_VIEW),
            ("execute_result", {"text/html": html(SKY), "text/plain": SKY_TEXT}),
        ]

    def test_two_executions_leave_the_same_metadata_apart(self, kernel):
        notebook = [use(LIGHT), ASK, "print(_.answer)", ASK]
        first, second = kernel.execute(*notebook), kernel.execute(*notebook)
        assert [said(cell) for cell in first] == [said(cell) for cell in second]
        figures = [cell.outputs[1].metadata["desiru"]["duration"] for cell in (first[1], second[1])]
        assert figures[0] != figures[1]

    def test_no_time_stands_in_what_nbval_compares(self, kernel):
        _, cell = kernel.execute(use(LIGHT), ASK)
        data = cell.outputs[1].data
        view = data["text/html"].partition("</style>")[2].replace("tex2jax", "").replace('tabindex="0"', "")
        assert re.findall(r"\d", view + data["text/plain"]) == []

    def test_the_figures_stand_in_the_metadata(self, kernel):
        _, cell = kernel.execute(use(LIGHT), ASK)
        figures = cell.outputs[1].metadata["desiru"]
        assert {"model": "scripted", "provider": "tests", "tokens": 4, "state": "done"}.items() <= figures.items()

    def test_no_id_of_a_widget_is_left_in_the_outputs(self, kernel):
        _, cell = kernel.execute(use(LIGHT), ASK)
        assert not re.search(r"[0-9a-f]{32}", str(said(cell)).partition("<style>")[0])
        assert [output.get("transient") for output in cell.outputs] == [None, None, None]

    def test_the_value_is_there_in_the_next_cells(self, kernel):
        *_, value, bound, run = kernel.execute(
            use(LIGHT), ASK.replace("%%desiru", "%%desiru -o sky"), "_", "sky.answer", "_run.state, _run.result() is sky"
        )
        assert said(value) == [("execute_result", {"text/html": html(SKY), "text/plain": SKY_TEXT})]
        assert said(bound) == [("execute_result", {"text/plain": "'Rayleigh'"})]
        assert said(run) == [("execute_result", {"text/plain": "('done', True)"})]

    def test_thinking_and_a_cut_answer_are_kept_too(self, kernel):
        _, cell = kernel.execute(
            use("Reasoning('Hm.')", "'Answer: 4'", "Finish('length')"), "%%desiru question -> answer\nWhy?"
        )
        fields = html({"answer": "4"}, outputs=["answer"], thinking="Hm.", complete=False)
        assert said(cell)[1:] == [
            ("execute_result", {"text/html": fields, "text/plain": "Thinking: Hm.\n\nAnswer: 4\n\n[incomplete]"})
        ]

    def test_a_character_in_two_halves_is_a_character(self, kernel):
        r"""Some services cut between the two UTF-16 halves, each an escape of its own in JSON: ``\ud83d``, ``\ude00``."""
        _, cell = kernel.execute(use(r"'Answer: a\ud83d'", r"'\ude00b'"), "%%desiru question -> answer\nWhy?")
        assert said(cell)[1:] == [
            ("execute_result", {"text/html": html({"answer": "a😀b"}, outputs=["answer"]), "text/plain": "Answer: a😀b"})
        ]

    @pytest.mark.parametrize("body", ["{braces} {1/0}", "$HOME ${x}", "!ls", "%pwd"])
    def test_a_body_arrives_as_it_stands(self, kernel, body):
        *_, cell = kernel.execute(
            "model = Scripted(['Answer: 42']); desiru.configure(model=model); HOME = x = 'expanded'",
            f"%%desiru question -> answer\n{body}",
            "print(model.requests[0].messages[-1].content)",
        )
        assert said(cell) == [("stream", "stdout", f"[[ ## question ## ]]\n{body}\n")]


FAILING = use("'Reasoning: Light'", "ZeroDivisionError('of light')")


class TestFailure:
    def test_a_failing_cell_leaves_the_partial_text_and_a_short_error(self, kernel):
        _, cell = kernel.execute(FAILING, ASK)
        assert said(cell) == [
            ("display_data", EMPTY_VIEW),
            (
                "display_data",
                {
                    "text/html": html({"reasoning": "Light"}, "failed"),
                    "text/plain": "Reasoning: Light\n\n[failed]",
                },
            ),
            ("error", "ProviderError"),
        ]
        error = cell.outputs[-1]
        assert error.evalue == "scripted failed with ZeroDivisionError: of light"
        assert error.traceback == ["\x1b[31mProviderError\x1b[0m: scripted failed with ZeroDivisionError: of light"]

    def test_run_all_stops_there(self, kernel):
        _, failing, after = kernel.execute(FAILING, ASK, "print('not reached')")
        assert kernel.error.ename == "ProviderError"
        assert failing.execution_count is not None
        assert (after.outputs, after.execution_count) == ([], None)

    def test_what_was_said_is_kept_for_the_next_cell(self, kernel):
        kernel.execute(FAILING, ASK)
        (cell,) = kernel.execute("_run.state, _run.partial")
        assert said(cell) == [("execute_result", {"text/plain": "('failed', Prediction(reasoning='Light'))"})]

    def test_a_bad_cell_sends_nothing_and_shows_no_view(self, kernel):
        _, cell = kernel.execute("model = Scripted([]); desiru.configure(model=model)", "%%desiru question answer\nWhy?")
        assert said(cell) == [("error", "SignatureError")]
        assert cell.outputs[0].traceback == [
            "\x1b[31mSignatureError\x1b[0m: A signature needs an arrow: 'inputs -> outputs'.",
            "    question answer",
            "                   ^",
        ]
        (requests,) = kernel.execute("model.requests")
        assert said(requests) == [("execute_result", {"text/plain": "[]"})]


CANCELLING = """
import asyncio

class Cancelling(Scripted):
    async def stream(self, request):
        yield Text("Reasoning: Light")
        while "_run" not in globals():
            await asyncio.sleep(0)
        _run.cancel()
        await Gate().passed()

globals().pop("_run", None)
desiru.configure(model=Cancelling([]))
"""


class TestCancel:
    def test_a_cancelled_cell_leaves_the_partial_value_and_run_all_goes_on(self, kernel):
        _, cell, after = kernel.execute(CANCELLING, ASK, "_.complete, _run.state")
        assert said(cell) == [
            ("display_data", EMPTY_VIEW),
            (
                "execute_result",
                {"text/html": html({"reasoning": "Light"}, "cancelled"), "text/plain": "Reasoning: Light\n\n[cancelled]"},
            ),
        ]
        assert said(after) == [("execute_result", {"text/plain": "(False, 'cancelled')"})]


class TestDisplay:
    """``display(run)``, in any cell."""

    @pytest.mark.parametrize("reading", ["run.result()", "list(run)", "run.join()"])
    def test_a_run_that_ends_in_its_cell_leaves_what_a_saved_file_keeps(self, kernel, reading):
        for _ in range(5):
            (cell,) = kernel.execute(f"run = start(Scripted([{LIGHT}]))\ndisplay(run)\n{reading};")
            assert said(cell)[0] == ("display_data", {"text/html": html(SKY), "text/plain": SKY_TEXT})

    def test_a_run_that_is_over_is_shown_as_it_ended(self, kernel):
        (cell,) = kernel.execute(f"run = start(Scripted([{LIGHT}]))\nrun.join()\ndisplay(run)")
        assert said(cell) == [("display_data", {"text/html": html(SKY), "text/plain": SKY_TEXT})]

    def test_a_run_that_failed_shows_why(self, kernel):
        (cell,) = kernel.execute("run = start(Scripted([ZeroDivisionError('x')]))\nrun.join()\ndisplay(run)")
        error = "scripted failed with ZeroDivisionError: x"
        assert said(cell) == [("display_data", {"text/html": html({}, "failed", error), "text/plain": f"[failed] {error}"})]

    def test_a_run_is_a_cells_value_too(self, kernel):
        (cell,) = kernel.execute(f"run = start(Scripted([{LIGHT}]))\nrun.join()\nrun")
        assert said(cell) == [("display_data", {"text/html": html(SKY), "text/plain": SKY_TEXT})]

    def test_a_prediction_looks_the_same_wherever_it_is_displayed(self, kernel):
        _, cell = kernel.execute(f"prediction = start(Scripted([{LIGHT}])).result()", "display(prediction)")
        assert said(cell) == [("display_data", {"text/html": html(SKY), "text/plain": SKY_TEXT})]

    def test_two_views_of_a_run_are_two_outputs(self, kernel):
        (cell,) = kernel.execute(f"run = start(Scripted([{LIGHT}]))\nrun.join()\ndisplay(run)\ndisplay(run)")
        assert said(cell) == [("display_data", {"text/html": html(SKY), "text/plain": SKY_TEXT})] * 2


def test_nothing_is_written_to_stderr(kernel):
    cells = kernel.execute(use(LIGHT), ASK, "display(_run)", "%desiru", "%reload_ext desiru_notebook", ASK)
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []
    assert "Traceback" not in kernel.stderr.read_text()


def test_a_run_displayed_in_a_cell_that_does_not_wait_is_kept_by_a_later_cell(kernel):
    first, _ = kernel.execute(
        use("'Answer: ', '42'") + "\nrun = desiru.Predict('question -> answer').stream(question='Why?')\nrun",
        "run.result().answer",
    )
    assert [output.data["text/plain"] for output in first.outputs if "data" in output] == ["Answer: 42"]


def test_a_cell_without_a_body_reads_its_inputs_from_variables(kernel):
    *_, cell = kernel.execute(use("'Answer: 42'") + "\na, b = 'one', 'two'", "%%desiru a, b -> answer", "_.answer")
    assert [output.data["text/plain"] for output in cell.outputs] == ["'42'"]


@pytest.mark.parametrize("cell", ["%%desiru text -> answer", "%%desiru text -> answer\n", "%%desiru text -> answer\n\n"])
def test_a_cell_of_one_input_without_a_body_reads_the_variable(kernel, cell):
    *_, shown = kernel.execute(use("'Answer: 42'") + "\ntext = 'one'", cell, "_.answer")
    assert [output.data["text/plain"] for output in shown.outputs] == ["'42'"]


def test_a_cell_without_a_signature_asks_a_question_and_braces_get_a_hint(kernel):
    *_, cell, shown = kernel.execute(use("'Answer: 42'") + "\nname = 'one'", "%%desiru\nWho is {name}?", "_.answer")
    assert ["Hint: {name}" in output.text for output in cell.outputs if output.get("name") == "stderr"] == [True]
    assert [output.data["text/plain"] for output in shown.outputs] == ["'42'"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("desiru.Predict('question -> answer: strng')", "SignatureError"),
        ("desiru.Predict('question -> answer').stream(nonsense=1)", "InputError"),
        (
            "desiru.Predict('question -> answer', model='openai:x').stream(question='Why?').result()",
            "AuthenticationError",
        ),
    ],
)
def test_an_error_in_code_shows_the_readers_lines_and_none_of_ours(kernel, code, kind):
    (cell,) = kernel.execute(f"def ask():\n    return {code}\n\nask()")
    *_, error = cell.outputs
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    assert (error.ename, "desiru_notebook/" in shown) == (kind, False)
    assert ["----> 4 ask()" in shown, f"----> 2     return {code}" in shown] == [True, True]


def test_errors_of_others_are_shown_as_ever(kernel):
    (cell,) = kernel.execute("1 / 0")
    assert "ZeroDivisionError" in cell.outputs[0].traceback[-1]
