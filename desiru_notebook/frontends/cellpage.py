"""A notebook's cell on an exported page: words, code and what came of it, each as text of ours, and its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import markdown
from ..markdown import code
from .answers import of_metadata
from .page import answer_html, printed, text
from .words import FIGURES_STREAM

_VIEW = "application/vnd.jupyter.widget-view+json"
_PICTURES = ("image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")  # colours and titles
_PROMPT = re.compile(r"\s*%%desiru\b")


@dataclass(slots=True)
class CellPage:
    """What a page shows of a cell."""

    html: str = ""
    answers: int = 0
    has_pictures: bool = False


def language_of(notebook: Mapping[str, Any]) -> str:
    """The language in which the notebook's code is written."""
    info = _mapping(_mapping(notebook.get("metadata")).get("language_info"))
    return _joined(info.get("name")) or "python"


def has_heading(cells: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first of the cells is a title."""
    return bool(cells) and cells[0].get("cell_type") == "markdown" and _joined(cells[0].get("source")).lstrip().startswith("# ")


def cell_page(cell: Mapping[str, Any], language: str) -> CellPage:
    """The cell as it stands in the page."""
    made, source = CellPage(), _joined(cell.get("source"))
    parts = [_source(source, str(cell.get("cell_type")), language)] if source.strip() else []
    outputs = cell.get("outputs")
    if isinstance(outputs, list):
        parts += [_output(_mapping(output), made) for output in outputs]
    made.html = f'<div class="desiru-cell">{"".join(parts)}</div>' if any(parts) else ""
    return made


def _source(source: str, kind: str, language: str) -> str:
    if kind == "markdown":
        return _sheet(markdown.to_html(source))
    # A prompt is words: its body would be coloured as code.
    word = "" if kind != "code" or _PROMPT.match(source) else language
    return _sheet(code.lines_to_html(source, word, named=False))


def _sheet(html: str) -> str:
    return f'<div class="desiru desiru-sheet"><div class="desiru-prose">{html}</div></div>'


def _output(output: Mapping[str, Any], made: CellPage) -> str:
    match output.get("output_type"):
        case "stream" if output.get("name") == FIGURES_STREAM:
            return ""  # which the view shows
        case "stream":
            return printed(_plain(output.get("text")).rstrip("\n"))
        case "error":
            lines = output.get("traceback")
            told = "\n".join(map(_plain, lines)) if isinstance(lines, list) and lines else _named_error(output)
            return printed(told, " desiru-fault")
    data = _mapping(output.get("data"))
    if answer := of_metadata(_mapping(output.get("metadata")).get("desiru")):
        made.answers += 1
        return answer_html(answer, answer.prediction())
    return _picture(data, made) or _words(data)


def _named_error(output: Mapping[str, Any]) -> str:
    return f"{_plain(output.get('ename'))}: {_plain(output.get('evalue'))}"


def _picture(data: Mapping[str, Any], made: CellPage) -> str:
    for kind in _PICTURES:
        content = re.sub(r"\s+", "", _joined(data.get(kind)))
        if _BASE64.fullmatch(content):
            made.has_pictures = True
            return f'<img alt="{text(_joined(data.get("text/plain")))}" src="data:{kind};base64,{content}">'
    return ""


def _words(data: Mapping[str, Any]) -> str:
    """What there is to read of an output; what only a program could show is told of."""
    if isinstance(words := data.get("text/markdown"), (str, list)):
        return _sheet(markdown.to_html(_joined(words)))
    plain = _plain(data.get("text/plain"))
    if plain and not plain.startswith("<IPython.core.display."):  # which says only that there is more
        return printed(plain)
    view = _mapping(data.get(_VIEW))
    if not data or (view and not view.get("model_id")):
        return ""  # what a live view leaves where its answer stands below it
    kinds = "a widget" if view else ", ".join(sorted({str(kind) for kind in data} - {"text/plain"}))
    return f'<p class="desiru-missing">Not shown here: {text(kinds)}.</p>'


def _plain(words: Any) -> str:
    """What a program has printed, without its commands to a terminal."""
    return _TERMINAL.sub("", _joined(words))


def _joined(words: Any) -> str:
    """A text as notebooks keep it: as one, or as a list of lines."""
    if isinstance(words, list):
        return "".join(word for word in words if isinstance(word, str))
    return words if isinstance(words, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
