"""What waits behind a busy cell: cells that Run All has sent, and clicks on two buttons of ipywidgets."""

from __future__ import annotations

from typing import Any

import nbformat

from .notebook import Notebook

CELLS = list(range(20))
CLICKS = ["left", "right", "right", "left", "right"]
SOURCES = [f"order.append({number}); print({number})" for number in CELLS]
BUTTONS = """
import ipywidgets
order = []
for name in ("left", "right"):
    button = ipywidgets.Button(description=name)
    button.on_click(lambda button: order.append(button.description))
    display(button)
"""


def click_buttons(notebook: Notebook, cell: int) -> None:
    """Click the buttons that stand under this cell."""
    for name in CLICKS:
        notebook.cell(cell).get_by_role("button", name=name, exact=True).click()


def cells_of(order: list[Any]) -> list[int]:
    """The cells that ran, of what the kernel's ``order`` has."""
    return [happened for happened in order if happened in CELLS]


def clicks_of(order: list[Any]) -> list[str]:
    """The clicks that the kernel has heard, of what its ``order`` has."""
    return [happened for happened in order if happened in CLICKS]


def printed(cell: nbformat.NotebookNode) -> str:
    """What a saved cell has printed."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream").strip()
