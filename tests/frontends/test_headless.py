"""No page at all: nothing waits for an answer of one, and whoever executes a notebook finds the same outputs in it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from notebooks import ASK, EMPTY_VIEW, LIGHT, SKY, SKY_TEXT, VIEW, NotebookKernel, html, notebook_of, said, use

BACKGROUND = ASK.replace("%%desiru", "%%desiru -b")
CALL = "get_ipython().run_cell_magic('desiru', 'question -> reasoning, answer', 'Why?')"
FAILING = use("'Reasoning: Light'", "ZeroDivisionError('of light')")
FAULT = "scripted failed with ZeroDivisionError: of light"

KEPT = {"text/html": html(SKY), "text/plain": SKY_TEXT}
SHOWN, VALUE, SAVED = ("display_data", EMPTY_VIEW), ("execute_result", KEPT), ("display_data", KEPT)
BELOW = ("display_data", KEPT)
FAILED = (
    "display_data",
    {
        "text/html": html({"reasoning": "Light"}, "failed", FAULT),
        "text/plain": f"Reasoning: Light\n\n[failed] {FAULT}",
    },
)


def plain(value: object) -> tuple[str, dict[str, str]]:
    return "execute_result", {"text/plain": repr(value)}


# Each cell, and what it leaves.
NOTEBOOK = [
    (use(LIGHT), []),
    (ASK, [SHOWN, VALUE]),
    ("_.answer", [plain("Rayleigh")]),
    (f"for number in range(2):\n    {CALL}", [SHOWN, SHOWN, BELOW, BELOW]),
    (f"{CALL}.answer", [SHOWN, BELOW, plain("Rayleigh")]),
    (BACKGROUND, [SAVED]),
    ("_run.result().answer", [plain("Rayleigh")]),
    (BACKGROUND.replace("-b", "-b -o sky"), [SAVED]),
    ("_run.join()\nsky.answer", [plain("Rayleigh")]),
    ("cot = desiru.StreamingChainOfThought('question -> answer')\nrun = cot.stream(question='Why?')", []),
    ("display(run)\nrun.join()", [SAVED]),
    ("display(run)\nrun.result().answer", [SAVED, plain("Rayleigh")]),
    ("await cot.aforward(question='Why?')", [SHOWN, VALUE]),
    ("answer = await cot.aforward(question='Why?')", [SHOWN, BELOW]),
    ("async for event in cot.stream(question='Why?'):\n    pass", [SHOWN, BELOW]),
    ("for number in range(5):\n    await cot.aforward(question='Why?')", [SHOWN, BELOW]),
    (
        "import asyncio\nfound = await asyncio.gather(*[cot.aforward(question='Why?') for number in range(3)])",
        [SHOWN] * 3 + [BELOW] * 3,
    ),
    ("[each.answer for each in found]", [plain(["Rayleigh"] * 3)]),
    (f"{FAILING}\nrun = cot.stream(question='Why?')\ndisplay(run)\nrun.join()", [FAILED]),
    (BACKGROUND, [FAILED]),
    ("_run.join()\n_run.state", [plain("failed")]),
]
CELLS, LEFT = [cell for cell, _ in NOTEBOOK], [left for _, left in NOTEBOOK]


@pytest.fixture(scope="module")
def kernel(ipykernel, tmp_path_factory) -> Iterator[NotebookKernel]:
    kernel = NotebookKernel(ipykernel, tmp_path_factory.mktemp("stderr") / "stderr")
    yield kernel
    kernel.stop()


class TestSameOutputs:
    def test_by_nbclient_as_often_as_one_likes(self, kernel):
        for _ in range(3):
            cells = kernel.execute(*CELLS)
            assert [said(cell) for cell in cells] == LEFT

    def test_by_nbconvert(self, kernel_environment, tmp_path):
        command = [
            sys.executable,
            "-m",
            "nbconvert",
            "--execute",
            "--to",
            "notebook",
            "--output",
            "after.ipynb",
            "before.ipynb",
        ]
        assert executed(command, CELLS, kernel_environment, tmp_path) == LEFT

    def test_by_papermill(self, kernel_environment, tmp_path, request):
        if not request.config.getoption("--all"):
            pytest.skip("runs with --all")
        from browser.environments import NEWEST

        command = [str(NEWEST.python()), "-m", "papermill", "-k", "python3", "before.ipynb", "after.ipynb"]
        assert executed(command, CELLS, kernel_environment, tmp_path) == LEFT

    def test_a_cell_that_fails_stops_nbconvert_too(self, kernel_environment, tmp_path):
        write(tmp_path / "before.ipynb", [FAILING, ASK, "print('not reached')"])
        command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--stdout", "before.ipynb"]
        ended = subprocess.run(command, cwd=tmp_path, env=kernel_environment, capture_output=True, text=True)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert re.sub(r"\x1b\[\d*m", "", ended.stderr).strip().endswith(f"ProviderError: {FAULT}")


def write(path: Path, cells: list[str]) -> None:
    nbformat.write(notebook_of(cells), path)


def executed(command: list[str], cells: list[str], environment: dict[str, str], folder: Path) -> list[list[tuple]]:
    """What the cells leave when the command executes them, without the setup."""
    write(folder / "before.ipynb", cells)
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    after = nbformat.read(folder / "after.ipynb", as_version=4)
    return [said(cell) for cell in after.cells[1:]]


GATED = """
gate = Gate()
desiru.configure(model=Scripted(["Reasoning: Light scatters.\\n", gate, "Answer: Rayleigh"]))
"""


class TestBackground:
    """What a run in the background leaves, whenever it ends."""

    @pytest.mark.parametrize(
        ("later", "left"),
        [
            (["gate.open()\n_run.join()"], SAVED),
            (["gate.open()", "_run.join()"], SAVED),
            (["6 * 7", "gate.open()\n_run.result().answer", "6 * 7"], SAVED),
            (["gate.open()\nawait _run;", "6 * 7"], SAVED),
            (["gate.open()\nlist(_run)\n1 / 0"], SAVED),
        ],
    )
    def test_it_is_kept_by_the_first_cell_that_ends_after_it(self, kernel, later, left):
        _, cell, *_ = kernel.execute(GATED, BACKGROUND, *later)
        assert said(cell) == [left]

    def test_it_is_kept_by_its_own_cell_if_it_ends_in_that(self, kernel):
        for _ in range(10):
            _, cell = kernel.execute(use(LIGHT), f"{BACKGROUND}\n")
            if said(cell) != [SAVED]:  # it has ended after it
                assert set(said(cell)[0][1]) == {VIEW}

    def test_one_that_ends_after_the_last_cell_leaves_its_view_and_no_text(self, kernel):
        _, cell = kernel.execute(GATED, BACKGROUND)
        (output,) = cell.outputs
        assert (output.output_type, set(output.data)) == ("display_data", {VIEW})
        kernel.execute("gate.open()")

    def test_several_at_once_are_each_kept_in_their_place(self, kernel):
        ask = [f"gates = [Gate() for _ in range(3)]\n{GATED}"]
        for at in range(3):
            ask += [f"desiru.configure(model=Scripted([gates[{at}], 'Answer: {at}']))", "%%desiru -b question -> answer\nWhy?"]
            ask += [f"run{at} = _run"]
        cells = kernel.execute(*ask, "for at in (2, 0, 1):\n    gates[at].open()", "run0.join(), run1.join(), run2.join();")
        assert [output[1]["text/plain"] for cell in cells for output in said(cell)] == [
            "Answer: 0",
            "Answer: 1",
            "Answer: 2",
        ]

    def test_a_failure_is_in_its_own_place_and_no_cell_fails(self, kernel):
        cells = kernel.execute(FAILING, BACKGROUND, "_run.join()", "print('reached')")
        assert kernel.error is None
        assert [said(cell) for cell in cells] == [[], [FAILED], [], [("stream", "stdout", "reached\n")]]

    def test_a_cancelled_one_too(self, kernel):
        _, cell, *_ = kernel.execute(GATED, BACKGROUND, "assert gate.reached.wait(10)\n_run.cancel()\n_run.join()")
        kept = html({"reasoning": "Light scatters."}, "cancelled")
        text = "Reasoning: Light scatters.\n\n[cancelled]"
        assert said(cell) == [("display_data", {"text/html": kept, "text/plain": text})]


def test_nothing_is_written_to_stderr(kernel):
    cells = kernel.execute(*CELLS)
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []
    assert "Traceback" not in kernel.stderr.read_text()
