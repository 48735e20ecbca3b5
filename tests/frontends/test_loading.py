"""What ``%load_ext`` does ahead, so that the first question opens its view at once."""

from __future__ import annotations

from kernels import running_kernel

MODULES = "{name for name in sys.modules if name.startswith(('anywidget', 'ipywidgets', 'desiru_notebook.frontends'))}"


def test_the_first_question_imports_nothing_big_and_sends_no_script(kernel_environment):
    with running_kernel(kernel_environment) as kernel:
        kernel.published.clear()
        loading = kernel.execute("%load_ext desiru_notebook")
        (opened,) = kernel.said(loading, "comm_open")
        assert len(opened["data"]["state"]["code"]) > 50_000
        kernel.wait_until_idle(kernel.execute("import sys; from models import Scripted; before = " + MODULES))
        kernel.wait_until_idle(kernel.execute("import desiru_notebook as d; d.configure(model=Scripted(['Answer: 42']))"))
        asking = kernel.execute("%%desiru question -> answer\n?")
        assert not [content for content in kernel.said(asking, "comm_open") if "code" in content["data"]["state"]]
        new = kernel.execute(f"print(sorted({MODULES} - before))")
        assert kernel.printed(new) == "[]\n"
        kernel.answer_everything()
