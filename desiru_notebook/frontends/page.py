"""Pages of their own, which replay answers: one file, no kernel, no network.

What models and notebooks say stands in them as escaped text, as Markdown of ours, and as JSON that no browser executes. Beside
that the page's policy allows our script and our stylesheet, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from pathlib import Path
from uuid import uuid4

from ..errors import DesiruError, InputError
from ..markdown.policy import visible
from ..prediction import Prediction
from ..run import Run
from .answers import Answer, of_run
from .html import view_html
from .words import figures

_STATIC = Path(__file__).parent.parent / "static"
_SUFFIXES = (".html", ".htm")
# Characters that could close the element around the data or open another, and two line separators that JSON leaves as they are.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def save(run: Run, file: str | os.PathLike[str]) -> Path:
    """Write the page of a run; returns its path.

    Raises:
        DesiruError: the run is still going on.
        InputError: the file is not named as a page.
        OSError: the file cannot be written.
    """
    path = page_path(file)
    if run.state in ("pending", "streaming"):
        raise DesiruError(f"The run on {run.model} is still going on: wait for its end, or cancel() it, then save it.")
    answer = of_run(run)
    heading = f"<header><h1>{text(path.stem)}</h1><p>{text(str(run.signature))}</p></header>"
    return write(path, page(path.stem, heading + answer_html(answer, run.partial)))


def page_path(file: str | os.PathLike[str]) -> Path:
    """The path of a page.

    Raises:
        InputError: its name ends in something else than ``.html``.
    """
    path = Path(file)
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"A page is saved as .html, not as {path.name!r}: name it {path.with_suffix('.html').name!r}.")
    return path


def page(title: str, body: str, *, pictures: bool = False) -> str:
    """The whole page, whose body holds nothing but what is made here and in :mod:`.html`."""
    style, script = _static("page.css"), _static("page.js")
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'{'; img-src data:' if pictures else ''}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="desiru_notebook">
<title>{text(title)}</title>
<style>{style}</style>
</head>
<body>
<main class="desiru-page">
{body}
</main>
<script type="module">{script}</script>
</body>
</html>
"""


def answer_html(answer: Answer, prediction: Prediction) -> str:
    """What is read where scripts are off, and the data from which the script makes the view in its place."""
    data = json.dumps(answer.page_data(), ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)
    return f'{_readable(answer, prediction)}<script type="application/json" class="desiru-answer">{data}</script>'


def text(words: str) -> str:
    """The words as the text of an element, or the value of an attribute."""
    return escape(visible(words))


def printed(words: str, kind: str = "") -> str:
    """Words as a program prints them."""
    return f'<pre class="desiru-printed{kind}">{text(words)}</pre>'


def write(path: Path, content: str) -> Path:
    """Write the file as a whole or not at all; returns the path.

    Raises:
        InputError: its folder does not exist.
        OSError: the file cannot be written.
    """
    target = Path(os.path.realpath(path))  # not in the place of a link
    if not target.parent.is_dir():
        raise InputError(f"The folder {target.parent} does not exist: make it first, then save {path.name}.")
    temporary = target.with_name(f".{target.name[:100]}.{uuid4().hex}.tmp")
    try:
        temporary.write_text(content, "utf-8", newline="\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _readable(answer: Answer, prediction: Prediction) -> str:
    try:
        return view_html(prediction, answer.error, measured=figures(answer.stats))
    except Exception:  # a type from code has a form of its own, which may raise anything
        return printed(_joined(answer.texts.items()))


def _joined(texts: Iterable[tuple[str, str]]) -> str:
    return "\n\n".join(f"{name}: {words}" for name, words in texts)


@lru_cache
def _static(name: str) -> str:
    return (_STATIC / name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
