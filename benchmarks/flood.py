"""An answer that rushes in, in a real JupyterLab: what the page does meanwhile, and what goes through the websocket.

Tokens have four characters and come at 2,000 a second. Times of the page and of the mock provider are of one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import WebSocket

from .lab import Lab, Notebook

RATE = 2000  # tokens a second
COUNTS = (10_000, 100_000)  # tokens
# Frames and long tasks while the view streams, the frame in which the last word can be seen, and the tasks after that.
_WATCH = """() => {
    const seen = window.flood = {gaps: [], tasks: [], swapTasks: [], endedAt: null};
    let over = Infinity;
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) (task.startTime > over ? seen.swapTasks : seen.tasks).push(task.duration);
    }).observe({type: 'longtask'});
    new MutationObserver(() => {
        if (document.querySelector('.desiru[data-state=done]')) over = Math.min(over, performance.now());
    }).observe(document.body, {subtree: true, attributeFilter: ['data-state']});
    const now = () => performance.timeOrigin + performance.now();
    let before;
    const frame = () => {
        const view = document.querySelector('.desiru[data-state]');
        const text = view?.querySelector('[data-field=answer] .desiru-text');
        if (text?.lastElementChild?.textContent.endsWith('end.') || text?.lastChild?.textContent.endsWith('end.')) {
            seen.endedAt ??= now();
        }
        if (over < Infinity) return;
        if (view?.dataset.state === 'streaming') {
            if (before) seen.gaps.push(performance.now() - before);
            before = performance.now();
        }
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""
# Every character of the answer in the page, whatever elements it stands in.
_SHOWN = "() => document.querySelector('[data-field=answer] .desiru-text').textContent.replace(/\\s/g, '').length"


@dataclass
class Traffic:
    """What came through the websockets, in bytes: with deltas of ours, and whatever came from the run's end on."""

    deltas: int = 0
    end: int = 0
    _over: bool = field(default=False, repr=False)

    def watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, payload: str | bytes) -> None:
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload
        self._over = self._over or ('"state"' in text and '"done"' in text)
        if self._over:
            self.end += len(payload)
        elif '"deltas"' in text:
            self.deltas += len(payload)


def table(lab: Lab) -> str:
    """A row for each length of the answer."""
    rows = "\n".join(_row(lab, count) for count in COUNTS)
    return (
        "\n| tokens at 2,000/s | characters missing | bytes a token | at the end, x text | frame gap p95, max | longest task"
        " | longest of Lab's own, as it shows the saved answer | last token seen after | the page's memory grew by |"
        "\n|---|---|---|---|---|---|---|---|---|\n" + rows
    )


def _row(lab: Lab, count: int) -> str:
    traffic = Traffic()
    notebook = lab.open(f"quads-{count}-{RATE}", watch=traffic.watch)
    notebook.page.evaluate(_WATCH)
    before = _memory(notebook)
    lab.ask(notebook)
    call = lab.wait_for_end()
    notebook.page.wait_for_function("() => window.flood.endedAt")
    notebook.view(2, "done").first.wait_for()
    seen = notebook.page.evaluate("() => window.flood")
    gaps = sorted(seen["gaps"])
    return (
        f"| {count:,} | {_missing(notebook, count)} | {traffic.deltas / count:.1f} | {traffic.end / (4 * count):.1f} "
        f"| {gaps[int(len(gaps) * 0.95)]:.0f} ms, {gaps[-1]:.0f} ms | {_longest(seen['tasks'])} "
        f"| {_longest(seen['swapTasks'])} | {seen['endedAt'] - call['last_token_at'] * 1000:.0f} ms "
        f"| {(_memory(notebook) - before) / 1e6:.1f} MB |"
    )


def _memory(notebook: Notebook) -> float:
    """What the page's scripts and its document hold, in bytes, when nothing is left that could be thrown away."""
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    return next(m["value"] for m in session.send("Performance.getMetrics")["metrics"] if m["name"] == "JSHeapUsedSize")


def _missing(notebook: Notebook, count: int) -> int:
    """How many characters, white space aside, the page lacks."""
    sent = notebook.value("len(''.join(_.answer.split()))")
    return int(sent) - int(notebook.page.evaluate(_SHOWN))


def _longest(tasks: list[float]) -> str:
    return f"{max(tasks):.0f} ms" if tasks else "under 50 ms"
