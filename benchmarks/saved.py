"""Saved views: how the time to render one grows with its text, and what it costs the other runs meanwhile.

``python -m benchmarks.saved`` prints these tables alone. A time that grows with the size has the exponent 1, with its square 2.
The shapes are what makes parsers of Markdown slow.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from desiru_notebook import StreamingModule, markdown, portal
from desiru_notebook.frontends import display
from desiru_notebook.providers import Chunk, Request, Text

SIZES = (10_000, 100_000, 1_000_000)  # characters
# By name: what is repeated, and what stands before it.
SHAPES = {
    "items": ("- a\n", ""),
    "items apart": ("- a\n\n", ""),
    "numbered items": ("1. a\n", ""),
    "tasks": ("- [ ] a\n", ""),
    "nested lists": ("- a\n  - b\n    - c\n", ""),
    "lists on one line": ("- - - - - - - - - a\n", ""),
    "other lists": ("- a\n+ b\n* c\n", ""),
    "items, lazy": ("- a\nb\n", ""),
    "empty items": ("-\n\n\n", ""),
    "quotes": ("> a\n", ""),
    "quotes, lazy": ("> a\nb\n", ""),
    "nested quotes": ("> " * 20 + "a\n", ""),
    "quotes on one line": (">", ""),
    "items in quotes": ("> - a\n", ""),
    "fences": ("```\na\n```\n", ""),
    "an open fence": ("a = 'b'  # c\n", "```python\n"),
    "fences in items": ("- ```\n  a\n  ```\n", ""),
    "indented code": ("    a\n", ""),
    "rows": ("| a | b |\n", "| a | b |\n|---|---|\n"),
    "tables": ("| a |\n|---|\n| b |\n\n", ""),
    "a row": ("| a ", ""),
    "prose": ("word *em* **strong** `code` [link](https://a.example) ", ""),
    "lines": ("word and word\n", ""),
    "paragraphs": ("a\n\n", ""),
    "open emphasis": ("*a **b _c ", ""),
    "stars in words": ("a**b", ""),
    "closed emphasis": ("*a* ", ""),
    "tildes": ("~~a ~b ", ""),
    "open brackets": ("[", ""),
    "open images": ("![", ""),
    "closing brackets": ("[a]", ""),
    "open links": ("[a](", ""),
    "links": ("[a](b)", ""),
    "backticks": ("`", ""),
    "code spans": ("` a", ""),
    "definitions": ("[a]: /b\n", ""),
    "open titles": ("[a]: /b 'c\n", ""),
    "dollars": ("$a ", ""),
    "open formulas": ("\\( ", ""),
    "displayed formulas": ("$$\na\n", ""),
    "angle brackets": ("<a ", ""),
    "comments": ("<!-- ", ""),
    "entities": ("&amp;", ""),
    "ampersands": ("&", ""),
    "addresses": ("http://a.example/) ", ""),
    "addresses of brackets": ("http://a.example/(", ""),
    "addresses of punctuation": ("www.a.example/" + "*" * 100 + "\u3002", ""),
    "addresses without a host": ("http://_", ""),
    "dots": (".", ""),
    "tags": ("a<sub>b</sub><br>", ""),
    "open tags": ("<sub>", ""),
    "end tags": ("</sub>", ""),
    "open tags of two kinds": ("<sub><sup></kbd>", ""),
    "subscripts": ("H~2~O", ""),
    "single tildes": (")~n", ""),
    "open formulas in lines": ("\\[ a\n", ""),
    "dollars that open lines": ("$$ a\n- b\n", ""),
    "brackets in a backslash": ("\\[1\\] ", ""),
    "shell variables": ("$HOME/$USER", ""),
    "character references in addresses": ("[a](/b&#xD800;)", ""),
    "headings": ("# a\n", ""),
    "underlined": ("a\n=\n", ""),
    "one heading": ("*a [b", "# "),
    "images in a heading": ("![a](b)[c](d)", "# " + "![" * 2000),
    "blank lines": ("\n", "- a\n"),
    "spaces": (" ", "a"),
    "joiners": ("\u200d", ""),
}
_ANSWER = "- a\n" * 75_000


def tables() -> tuple[str, str]:
    """A row for each shape; the longest pause of the shared loop while an answer is rendered."""
    rows = "\n".join(_row(name, *shape) for name, shape in SHAPES.items())
    head = "| Saved view of | 10 KB | 100 KB | 1 MB | exponent, 10 KB to 1 MB |\n|---|---|---|---|---|\n"
    rendered, pause = _longest_pause()
    return (
        f"\n{head}{rows}",
        "\n| 300 KB of `- a`, while another run goes on | saved after | longest pause of the loop |\n|---|---|---|\n"
        f"| | {rendered:.1f} s | {pause * 1000:.0f} ms |",
    )


def _row(name: str, piece: str, opening: str) -> str:
    seconds = [_seconds((opening + piece * (size // len(piece) + 1))[:size]) for size in SIZES]
    exponent = math.log(seconds[-1] / seconds[0], SIZES[-1] / SIZES[0])
    return f"| {name} | {' | '.join(f'{one * 1000:.0f} ms' for one in seconds)} | {exponent:.2f} |"


def _seconds(text: str) -> float:
    """The best of a few times for a short text."""
    return min(_once(text) for _ in range(3 if len(text) <= SIZES[0] else 1))


def _once(text: str) -> float:
    began = time.perf_counter()
    markdown.to_html(text)
    return time.perf_counter() - began


class _Paced:
    """A model that gives way to other runs, as one behind a socket does."""

    name = "paced"

    def __init__(self, text: str, step: int) -> None:
        self._pieces = [text[start : start + step] for start in range(0, len(text), step)]

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        yield Text("Answer: ")
        for piece in self._pieces:
            await asyncio.sleep(0.001)
            yield Text(piece)


def _longest_pause() -> tuple[float, float]:
    """Seconds from the answer's end until it is saved, and the longest time between two beats of the loop meanwhile."""
    saved, gaps = threading.Event(), list[float]()
    other, long = (
        StreamingModule("question -> answer", model=model) for model in (_Paced("b " * 20_000, 2), _Paced(_ANSWER, 2000))
    )
    beside, run = other.stream(question="Why?"), long.stream(question="Why?")
    shell = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))
    display.keep_at_end(shell, SimpleNamespace(update=lambda *_, **__: saved.set()), run)
    portal.start(_beat(saved, gaps), on_start=lambda _: None)
    run.result()
    began = time.perf_counter()
    saved.wait()
    beside.cancel()
    beside.join()
    return time.perf_counter() - began, max(gaps)


async def _beat(stop: Any, gaps: list[float]) -> None:
    before = time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        gaps.append(time.perf_counter() - before)
        before += gaps[-1]


if __name__ == "__main__":
    for table in tables():
        print(table, flush=True)
