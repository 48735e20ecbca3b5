"""Exports to Markdown: nbconvert copies HTML outputs into the page as they are, the stylesheet of each answer included.

``jupyter nbconvert --to markdown --template desiru`` leaves it out, and so does *Save and Export Notebook As* of a server that
has this package.
"""

from __future__ import annotations

import re
from typing import Any

from nbconvert.preprocessors import Preprocessor

_OURS = "<style>.desiru"
# How to trust a notebook, and what stands for a folded text while it is open.
_NOT_HERE = re.compile(r'<p class="desiru-apart">.*?</p>|<span class="desiru-gist" hidden="hidden">.*?</span>')
_TAG = re.compile(r"<(/?\w+)([^<>]*)>")
_ATTRIBUTE = re.compile(r' (?:(href|start|open)|[\w-]+)(?:="([^"]*)")?')
_LINE = re.compile(r"(</(?:blockquote|dd|details|div|li|p|pre|summary|tr)>)(?=<)")


class PlainAnswers(Preprocessor):
    """Leaves of saved answers what a page of Markdown can show, and other outputs as they are."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """The cell, its answers as plain elements."""
        for output in cell.get("outputs", []):
            if html := output.get("data", {}).get("text/html"):
                output["data"]["text/html"] = plain(html)
        return cell, resources


def plain(html: str) -> str:
    """A saved answer without its stylesheet, with those attributes alone that mean something without one.

    No line of it is empty: that would end the HTML on a page of Markdown.
    """
    if not html.startswith(_OURS):
        return html
    view = _NOT_HERE.sub("", html.partition("</style>")[2])
    return _LINE.sub("\\1\n", _TAG.sub(_bare, view))


def _bare(tag: re.Match[str]) -> str:
    if tag[1] in ("span", "/span"):
        return ""
    kept = [f' {found[1]}="{found[2]}"' if found[2] else f" {found[1]}" for found in _ATTRIBUTE.finditer(tag[2]) if found[1]]
    return f"<{tag[1]}{''.join(kept)}>"
