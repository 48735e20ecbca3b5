"""The view alone, in an empty page of Chromium: an answer of 100 KB that comes 133 characters a frame, in nine shapes."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .lab import CHROMIUM_OPTIONS

SIZE = 100_000  # characters
STATIC = Path(__file__).resolve().parent.parent / "desiru_notebook" / "static"
_SENTENCE = (
    "The sky looks *blue* because air scatters `short` waves of **light** more than [long](https://example.org/a) ones, "
)
_MIXED = (
    "## Step\n\n{0}and so on.\n\n- one: {0}\n- two\n  1. three\n  2. four\n\n"
    "| wave | nm |\n|---|--:|\n| red | 700 |\n| blue | 450 |\n\n"
    "```python\ndef scatter(wave: float) -> float:\n    return 1 / wave**4  # Rayleigh\n```\n\n> {0}\n\n"
)
SHAPES = {
    "mixed": _MIXED.format(_SENTENCE),
    "one code block": "def scatter(wave: float) -> float:\n    return 1 / wave**4  # Rayleigh, 'blue'\n\n",
    "one paragraph": _SENTENCE,
    "one list": f"- {_SENTENCE}\n",
    "one table": f"| red | {_SENTENCE} | 700 |\n",
    "one quote": f"> {_SENTENCE}\n>\n",
    "one list in a quote": f"> - {_SENTENCE}\n",
    "one list in an item": f"  - {_SENTENCE}\n",
    "a formula without an end": _SENTENCE,
}
# What stands before the pieces, and makes one block of them.
OPENINGS = {
    "one code block": "```python\n",
    "one table": "| wave | why | nm |\n|---|---|--:|\n",
    "one list in an item": "- waves\n",
    "a formula without an end": "$$\n",
}
# A model with a kernel that sends a delta before each frame. A frame lasts from its first callback until it is painted.
_STREAM = """async ({code, text, step}) => {
    const {default: widget} = await import(URL.createObjectURL(new Blob([code], {type: 'text/javascript'})));
    const stats = {duration: 0, ttft: 0, tokens: 1, tokens_per_second: 1, streamed: true, attempts: 1};
    const traits = {fields: [{name: 'answer', type: 'str'}], model_name: 'm', state: 'streaming', texts: {}, stats,
                    error: '', notice: '', notices: [], in_cell: false};
    const heard = {};
    const model = {get: name => traits[name], set() {}, save_changes() {}, send() {}, off() {},
                   on: (event, handler) => (heard[event] ??= []).push(handler)};
    const say = (event, message) => (heard[event] ?? []).forEach(handler => handler(message));
    const {initialize, render} = widget();
    initialize({model});
    const el = document.body.appendChild(document.createElement('div'));
    render({model, el});
    const works = [], gaps = [], begun = performance.now();
    let sent = 0, before;
    const channel = new MessageChannel();
    let start;
    const finished = () => el.querySelector('.desiru-text').textContent.includes('THE END');
    await new Promise(done => {
        channel.port1.onmessage = () => {
            works.push(performance.now() - start);
            if (sent < text.length) {
                say('msg:custom', {type: 'delta', deltas: [['answer', sent, text.slice(sent, sent + step)]], stats});
                sent += step;
            } else if (traits.state === 'streaming') {
                traits.state = 'done';
                say('change:state');
            } else if (finished()) {
                return done();
            }
            requestAnimationFrame(frame);
        };
        const frame = () => {
            start = performance.now();
            if (before) gaps.push(start - before);
            before = start;
            channel.port2.postMessage(0);
        };
        requestAnimationFrame(frame);
    });
    const nth = (numbers, share) => numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) * share)];
    return {seconds: (performance.now() - begun) / 1000, work95: nth(works, 0.95), work: nth(works, 1), gap: nth(gaps, 1)};
}"""


def table() -> str:
    """A row for each shape, and what the bundle weighs."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        rows = [_row(chromium.new_page(), shape, piece) for shape, piece in SHAPES.items()]
        chromium.close()
    return (
        "\n| 100 KB, 133 characters a frame | finished after | work in a frame p95 | longest | longest gap of frames |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows)
    )


def _row(page: Page, shape: str, piece: str) -> str:
    text = OPENINGS.get(shape, "") + (piece * (SIZE // len(piece) + 1))[:SIZE] + "\n\nTHE END"
    found = page.evaluate(
        _STREAM,
        {
            "code": (STATIC / "widget.js").read_text("utf-8"),
            "text": text,
            "step": 133,
        },
    )
    return f"| {shape} | {found['seconds']:.1f} s | {found['work95']:.1f} ms | {found['work']:.1f} ms | {found['gap']:.1f} ms |"
