"""Cancel and the first token in a real JupyterLab, from the reader's hand and to the reader's eye.

Times of the page and of the mock provider are of one clock: both run on this machine.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from browser.conftest import CHROMIUM_OPTIONS  # noqa: E402 - the tests' harness, found by the line above
from browser.notebook import Notebook, write_notebook  # noqa: E402 - as above
from browser.server import JupyterServer, running  # noqa: E402 - as above
from mock_provider import MockProvider, mock_provider  # noqa: E402 - as above

ROUNDS = 20
ASK = "%%desiru question -> reasoning, answer\n?"
# Notes when the reader acted, and when the first text stood in a pane and could be painted.
_WATCH = """() => {
    window.acted = []; window.seen = [];
    const now = () => performance.timeOrigin + performance.now();
    document.addEventListener('click', event => event.target.closest('.desiru-cancel') && window.acted.push(now()), true);
    document.addEventListener('keydown', event => event.key === 'Escape' && window.acted.push(now()), true);
    let empty = true;
    new MutationObserver(() => {
        const panes = [...document.querySelectorAll('.desiru[data-state=streaming] .desiru-text')];
        const text = panes.some(pane => pane.textContent);
        if (text && empty) requestAnimationFrame(() => window.seen.push(now()));
        empty = !text;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def tables() -> Iterator[str]:
    """A table of Cancel by click, Esc and Stop, and one of the first token and of the main thread's pauses."""
    with (
        tempfile.TemporaryDirectory() as home,
        mock_provider() as provider,
        running(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        bench = _Bench(chromium.new_page(), lab, provider)
        yield bench.cancel_table()
        yield bench.first_token_table()
        yield bench.pauses_table()
        chromium.close()


class _Bench:
    def __init__(self, page: Page, lab: JupyterServer, provider: MockProvider) -> None:
        self._page, self._lab, self._provider = page, lab, provider

    def cancel_table(self) -> str:
        rows = [
            self._cancel_row("click on Cancel", lambda notebook: notebook.page.locator(".desiru-cancel:visible").click()),
            self._cancel_row("Esc in the view", lambda notebook: notebook.pane(2, "reasoning").press("Escape")),
        ]
        head = "\n| from the page's event to the provider's socket closed, busy cell | cancelled | median | max |\n"
        return head + "|---|---|---|---|\n" + "\n".join(rows)

    def first_token_table(self) -> str:
        delays = []
        notebook = self._open("wait-1-100-100")
        for _ in range(ROUNDS):
            self._provider.clear()
            notebook.page.evaluate("() => { window.seen = [] }")
            self._run_cell(notebook)
            notebook.page.wait_for_function("() => window.seen.length > 0")
            self._wait_for_end()
            (call,) = self._provider.log()
            delays.append(notebook.page.evaluate("() => window.seen[0]") - call["first_token_at"] * 1000)
        return (
            "\n| first token | median | max |\n|---|---|---|\n"
            f"| from the provider's first token to the page's next frame | {_ms(delays)} |"
        )

    def pauses_table(self) -> str:
        """How long the kernel's main thread stands still while 2,000 tokens a second arrive in the background."""
        loop = (
            "import time\n"
            "def pauses(seconds, alive):\n"
            "    last, found, end = time.perf_counter(), [], time.perf_counter() + seconds\n"
            "    while last < end and alive():\n"
            "        now = time.perf_counter(); found.append(now - last); last = now\n"
            "    return max(found), sum(found)\n"
            "alone = pauses(2, lambda: True)[0]\n"
            "run = desiru.Predict('question -> reasoning, answer').stream(question='?')\n"
            "display(run)\n"
            "busy = pauses(2, lambda: True)[0]\n"
            "run.result()\n"
            "print(f'{alone * 1000:.1f} {busy * 1000:.1f}')"
        )
        notebook = self._open("words-4000-2000", loop)
        notebook.run_all()
        notebook.wait_until_run(2)
        alone, busy = notebook.cell(2).locator(".jp-OutputArea-output", has_text=".").last.inner_text().split()
        return (
            "\n| longest pause of a busy main thread in 2 s | |\n|---|---|\n"
            f"| nothing else running | {alone} ms |\n| 2,000 tokens a second streaming into a view | {busy} ms |"
        )

    def _cancel_row(self, way: str, act: Callable[[Notebook], object]) -> str:
        delays = []
        notebook = self._open("words-5000-50")
        for _ in range(ROUNDS):
            self._provider.clear()
            notebook.page.evaluate("() => { window.acted = [] }")
            self._run_cell(notebook)
            notebook.page.wait_for_function("() => window.seen.length > 0")
            act(notebook)
            (call,) = self._wait_for_end()
            if call["client_gone_at"] is not None:
                delays.append(call["client_gone_at"] * 1000 - notebook.page.evaluate("() => window.acted[0]"))
        return f"| {way} | {len(delays)}/{ROUNDS} | {_ms(delays)} |"

    def _open(self, scenario: str, cell: str = ASK) -> Notebook:
        configure = (
            "import desiru_notebook as desiru\n"
            f"model = desiru.model('openai:{scenario}', base_url='{self._provider.base_url}', api_key='sk-none')\n"
            "desiru.configure(model=model)"
        )
        name = f"bench-{scenario}-{len(list(self._lab.root.iterdir()))}"
        path = write_notebook(self._lab.root, name, ["%load_ext desiru_notebook", configure, cell])
        notebook = Notebook(self._page, self._lab, path).wait_for_kernel()
        notebook.page.evaluate(_WATCH)
        if cell == ASK:
            notebook.cell(0).click()
            notebook.command("notebook:run-cell-and-select-next")
            notebook.command("notebook:run-cell-and-select-next")
            notebook.wait_until_run(1)
        return notebook

    def _run_cell(self, notebook: Notebook) -> None:
        notebook.page.evaluate("() => { window.seen = [] }")
        notebook.cell(2).locator(".jp-InputArea-editor").click()
        notebook.command("notebook:run-cell")

    def _wait_for_end(self) -> list[dict[str, Any]]:
        """Until the provider's call is over, either way, and the cell too."""
        while True:
            calls = self._provider.log()
            if calls and all(call["finished"] or call["client_gone_at"] for call in calls):
                break
            time.sleep(0.02)
        self._page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )
        return calls


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ms | {max(values):.0f} ms"
