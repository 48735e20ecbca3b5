"""What ``%load_ext`` does ahead, so that the first question opens its view at once."""

from __future__ import annotations

from typing import Any

from kernels import Kernel, running_kernel

MODULES = "{name for name in sys.modules if name.startswith(('anywidget', 'ipywidgets', 'desiru_notebook.frontends'))}"


def opened(kernel: Kernel, parent: str) -> list[dict[str, Any]]:
    """The states of the models that a cell has opened."""
    return [content["data"]["state"] for content in kernel.said(parent, "comm_open")]


def test_the_first_question_imports_nothing_big_and_sends_no_script(kernel_environment):
    with running_kernel(kernel_environment) as kernel:
        kernel.published.clear()
        loading = kernel.execute("%load_ext desiru_notebook")
        (code,) = [state["code"] for state in opened(kernel, loading) if "code" in state]
        assert len(code) > 50_000
        kernel.wait_until_idle(kernel.execute("import sys; from models import Scripted; before = " + MODULES))
        kernel.wait_until_idle(kernel.execute("import desiru_notebook as d; d.configure(model=Scripted(['Answer: 42']))"))
        asking = kernel.execute("%%desiru question -> answer\n?")
        assert not [state for state in opened(kernel, asking) if "code" in state]
        new = kernel.execute(f"print(sorted({MODULES} - before))")
        assert kernel.printed(new) == "[]\n"
        kernel.answer_everything()
