"""From Shift+Enter to the first view that can be seen, in a real JupyterLab, in a fresh kernel and in a warm one.

``python -m benchmarks.opening`` prints this table alone. A fresh kernel has run ``%load_ext`` and chosen a model, and
neither it nor its page has shown a view yet.
"""

from __future__ import annotations

import statistics

from .lab import Lab, Notebook, running_lab

FRESH, WARM = 7, 15  # rounds
# Notes when the key went down, and when the first view after it was in a frame.
_WATCH = """() => {
    window.opening = {};
    document.addEventListener('keydown', ({key, shiftKey}) => {
        if (key === 'Enter' && shiftKey) window.opening = {key: performance.now()};
    }, true);
    new MutationObserver(() => {
        const {key, shown} = window.opening;
        const views = [...document.querySelectorAll('.desiru[data-state=pending], .desiru[data-state=streaming]')];
        if (key && !shown && views.some(view => view.checkVisibility())) {
            window.opening.shown = -1;
            requestAnimationFrame(() => setTimeout(() => { window.opening.shown = performance.now() }));
        }
    }).observe(document.body, {subtree: true, childList: true});
}"""


def table(lab: Lab) -> str:
    """A row for each kind of kernel."""
    fresh = []
    for _ in range(FRESH):
        notebook = lab.open("wait-1-100-100")
        notebook.page.evaluate(_WATCH)
        fresh.append(_opened(lab, notebook))
    warm = [_opened(lab, notebook) for _ in range(WARM)]
    return (
        "\n| Shift+Enter to the first visible view | median | max |\n|---|---|---|\n"
        f"| in a fresh kernel | {statistics.median(fresh):.0f} ms | {max(fresh):.0f} ms |\n"
        f"| in a warm one | {statistics.median(warm):.0f} ms | {max(warm):.0f} ms |"
    )


def _opened(lab: Lab, notebook: Notebook) -> float:
    """Milliseconds; when it returns, the answer is there too."""
    lab.provider.clear()
    notebook.cell(2).locator(".jp-InputArea-editor").click()
    notebook.page.keyboard.press("Shift+Enter")
    notebook.page.wait_for_function("() => window.opening.shown > 0")
    lab.wait_for_end()
    found: float = notebook.page.evaluate("() => window.opening.shown - window.opening.key")
    return found


def main() -> None:
    with running_lab() as lab:
        print(table(lab), flush=True)


if __name__ == "__main__":
    main()
