"""Notebooks of the tests' own, executed without a page by nbclient, as papermill and nbconvert do it, in a real kernel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends.html import as_html

SETUP = """
%load_ext desiru_notebook
import desiru_notebook as desiru
from IPython.display import display
from desiru_notebook.providers import Finish, Reasoning, Text
from models import Gate, Scripted, start
"""
ASK = "%%desiru question -> reasoning, answer\nWhy is the sky blue?"
LIGHT = "'Reasoning: Light scatters.\\n', 'Answer: ', 'Ray', 'leigh'"
SKY = {"reasoning": "Light scatters.", "answer": "Rayleigh"}
SKY_TEXT = "Reasoning: Light scatters.\n\nAnswer: Rayleigh"
VIEW = "application/vnd.jupyter.widget-view+json"
EMPTY_VIEW = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": ""}}


class NotebookKernel:
    """One kernel for several notebooks: each begins by loading the extension anew."""

    def __init__(self, environment: dict[str, str], stderr: Path) -> None:
        self.stderr = stderr
        self.manager = AsyncKernelManager(kernel_name="python3", transport="ipc")
        with stderr.open("wb") as file:
            run_sync(self.manager.start_kernel)(env=environment, stderr=file)

    def execute(self, *cells: str) -> list[Any]:
        """Run a notebook of these cells to its end, or to the first cell that fails; its cells."""
        notebook = notebook_of(cells)
        self.client = NotebookClient(notebook, km=self.manager, timeout=30)
        try:
            self.client.execute()
        except CellExecutionError as error:
            self.error = error
        else:
            self.error = None
        finally:
            self.client.kc.stop_channels()
        nbformat.validate(notebook)
        return notebook.cells[1:]

    def stop(self) -> None:
        run_sync(self.manager.shutdown_kernel)(now=True)
        self.manager.context.destroy(linger=0)


def notebook_of(cells: Iterable[str]) -> Any:
    """A notebook of the setup and these cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in [SETUP, *cells]])


def use(*chunks: str) -> str:
    """The code that makes a model the configured one, which says these chunks: each is code too."""
    return f"desiru.configure(model=Scripted([{', '.join(chunks)}]))"


def html(fields: dict[str, Any], state: str = "done", error: str = "", **more: Any) -> str:
    """What a file keeps of such an answer."""
    outputs = more.pop("outputs", ["reasoning", "answer"])
    return as_html(Prediction(fields, outputs=outputs, stats=Stats("scripted", state=state), **more), error)


def said(cell: Any) -> list[tuple[Any, ...]]:
    """The outputs without their metadata and counts, and without the line of figures, as nbval compares them."""
    return [
        (o.output_type, *([dict(o.data)] if "data" in o else [o.name, o.text] if "name" in o else [o.ename]))
        for o in cell.outputs
        if o.get("name") != "metadata"
    ]
