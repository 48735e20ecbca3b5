"""Takes the pictures of a terminal in docs/screens: while an answer comes, and when it is there, wide and narrow."""

from __future__ import annotations

import io
import re
import threading
from pathlib import Path

from models import PATIENCE, Gate, Scripted
from rich.console import Console

from desiru_notebook import StreamingModule
from desiru_notebook.frontends.terminal.panes import Panes

PICTURES = Path(__file__).parent / "screens"
SKY = "question -> reasoning, answer, sources: list[str], confidence: float"
REASONING = (
    "Reasoning: The question is about *Rayleigh scattering*: molecules are much smaller than the wavelength of light, so what "
    "they scatter goes with $1/\\lambda^4$. Blue light (450 nm) is scattered about **four times** as much as red light "
    "(640 nm).\n\nViolet even more, but the sun sends less of it, and eyes see it badly.\n"
)
ANSWER = """Answer: Because air scatters **blue** light more than red.

| Colour | Wavelength | Scattered |
|:-------|-----------:|----------:|
| blue   | 450 nm     | 4.1       |
| red    | 640 nm     | 1         |

```python
def scattered(wavelength):
    return (640 / wavelength) ** 4  # red is 1
```
"""
VALUES = """Sources: ["Rayleigh, 1871: On the light from the sky", "https://en.wikipedia.org/wiki/Rayleigh_scattering"]
Confidence: 0.97"""


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    _picture("terminal-1", 124, 22, streaming=True)
    _picture("terminal-2", 80, 50)
    _picture("terminal-3", 44, 60)


def _picture(name: str, width: int, height: int, streaming: bool = False) -> None:
    """The run on a screen of that size, in the midst of its answer or at its end."""
    gate = Gate()
    run = StreamingModule(SKY, model=_model(gate)).stream(question="Why is the sky blue?")
    console = Console(
        file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor", width=width, height=height
    )
    panes = Panes(run, console)
    following = threading.Thread(target=panes.follow)
    following.start()
    gate.reached.wait(PATIENCE)
    if streaming:
        console.print(panes.render())
    gate.open()
    following.join()
    if not streaming:
        console.print(panes.whole(), panes.status(), sep="\n")
    _save(PICTURES / f"{name}.svg", console)


def _save(path: Path, console: Console) -> None:
    """As SVG, without the fonts that a page would fetch: every screen has one of its own."""
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="desiru_notebook"), flags=re.DOTALL)
    path.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")


def _model(gate: Gate) -> Scripted:
    """Says it word by word, and waits before the last of the code."""
    words = re.findall(r"\S+\s*", REASONING + ANSWER)
    model = Scripted([*words[:-8], gate, *words[-8:], VALUES], delay=0.03)
    model.name = "demo"
    return model


if __name__ == "__main__":
    main()
