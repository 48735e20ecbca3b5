"""The first token in a real JupyterLab, from the provider to the reader's eye, and the pauses of the kernel's main thread."""

from __future__ import annotations

import statistics

from .lab import Lab

ROUNDS = 20
# Notes when the first text stood in a pane and could be painted.
_WATCH = """() => {
    window.seen = [];
    let empty = true;
    new MutationObserver(() => {
        const panes = [...document.querySelectorAll('.desiru[data-state=streaming] .desiru-text')];
        const text = panes.some(pane => pane.textContent);
        if (text && empty) requestAnimationFrame(() => window.seen.push(performance.timeOrigin + performance.now()));
        empty = !text;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
_PAUSES = """import time
def pauses(seconds, alive):
    last, found, end = time.perf_counter(), [], time.perf_counter() + seconds
    while last < end and alive():
        now = time.perf_counter(); found.append(now - last); last = now
    return max(found), sum(found)
alone = pauses(2, lambda: True)[0]
run = desiru.Predict('question -> reasoning, answer').stream(question='?')
display(run)
busy = pauses(2, lambda: True)[0]
run.result()
print(f'{alone * 1000:.1f} {busy * 1000:.1f}')"""


def first_token_table(lab: Lab) -> str:
    """From the provider's first token to the page's next frame."""
    delays = []
    notebook = lab.open("wait-1-100-100")
    notebook.page.evaluate(_WATCH)
    for _ in range(ROUNDS):
        notebook.page.evaluate("() => { window.seen = [] }")
        lab.ask(notebook)
        notebook.page.wait_for_function("() => window.seen.length > 0")
        call = lab.wait_for_end()
        delays.append(notebook.page.evaluate("() => window.seen[0]") - call["first_token_at"] * 1000)
    return (
        "\n| first token | median | max |\n|---|---|---|\n"
        "| from the provider's first token to the page's next frame "
        f"| {statistics.median(delays):.0f} ms | {max(delays):.0f} ms |"
    )


def pauses_table(lab: Lab) -> str:
    """How long the kernel's main thread stands still while 2,000 tokens a second arrive in the background."""
    notebook = lab.open("words-4000-2000", _PAUSES)
    notebook.run_all()
    notebook.wait_until_run(2)
    alone, busy = notebook.cell(2).locator(".jp-OutputArea-output", has_text=".").last.inner_text().split()
    return (
        "\n| longest pause of a busy main thread in 2 s | |\n|---|---|\n"
        f"| nothing else running | {alone} ms |\n| 2,000 tokens a second streaming into a view | {busy} ms |"
    )
