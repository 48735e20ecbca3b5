"""``python -m desiru_notebook export lesson.ipynb``: a notebook as one page, in which every answer can be replayed.

A notebook is somebody's file: whatever stands in it becomes text, Markdown of ours or a picture. No markup is taken from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DesiruError, InputError
from .cellpage import cell_page, has_heading, language_of
from .page import page, page_path, text, write

BAD_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 for bad use."""
    options = _parser().parse_args(arguments)
    try:
        print(export(Path(options.notebook), options.out))
    except (DesiruError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return BAD_USE
    return 0


def export(notebook: Path, out: str | None = None) -> Path:
    """Write a notebook's page beside it, or to ``out``; returns the page's path.

    Raises:
        InputError: the notebook is not there, is not one, or has no answer; or ``out`` is not named as a page.
        OSError: a file cannot be read or written.
    """
    target = page_path(notebook.with_suffix(".html") if out is None else out)
    content = read_notebook(notebook)
    cells = [cell_page(cell, language_of(content)) for cell in content["cells"]]
    if not any(cell.answers for cell in cells):
        raise InputError(f"{notebook} has no answers of desiru_notebook in it: run its cells, save it, and export it again.")
    heading = "" if has_heading(content["cells"]) else f"<header><h1>{text(notebook.stem)}</h1></header>\n"
    body = heading + "\n".join(cell.html for cell in cells)
    return write(target, page(notebook.stem, body, pictures=any(cell.has_pictures for cell in cells)))


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook's content: a mapping whose ``cells`` are a list of mappings. Nothing else of it is checked.

    Raises:
        InputError: the file is missing or not a notebook.
        OSError: the file cannot be read.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist: check the name and the folder.")
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or a number with too many digits
        raise InputError(f"{path} is not a notebook: it is not JSON.") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise InputError(f"{path} is not a notebook of format 4: it has no cells. Open it in Jupyter and save it again.")
    return dict(content)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m desiru_notebook export",
        description="Write a notebook as one page in which every answer can be replayed, without kernel and network.",
    )
    parser.add_argument("notebook", metavar="NOTEBOOK", help="a notebook that was run and saved, such as lesson.ipynb")
    parser.add_argument("-o", "--out", metavar="FILE", help="the page; lesson.html beside the notebook where nothing is said")
    return parser
