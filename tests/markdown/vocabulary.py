"""What HTML of model text may consist of: a check for the inner HTML of any pane, saved or live."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from desiru_notebook.markdown.policy import visible

ADDRESS = r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?|mailto:[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+"
AUTO = {"dir": "auto"}
SIDE = {"class": "desiru-(left|center|right)"}
LISTS: list[dict[str, str]] = [{}, {"class": "desiru-loose|desiru-more( desiru-loose)?"}]
BY_MATHJAX = "mathjax_process tex2jax_process"

# By name: the sets of attributes it may have, each complete, with patterns of their values.
ELEMENTS: dict[str, list[dict[str, str]]] = {
    "p": [AUTO],
    "div": [
        {"class": "desiru-part"},  # of the live view, whose text a browser need not lay out as a whole
        AUTO | {"class": "desiru-heading desiru-h[1-6]", "role": "heading", "aria-level": "[3-8]"},
        {"class": f"desiru-code|desiru-lang|desiru-tex desiru-display|desiru-math desiru-display {BY_MATHJAX}"},
        {"class": "desiru-table( desiru-more)?", "tabindex": "0"},
    ],
    "span": [
        {"class": "desiru-(lines|more|kw|str|com|num|lit|host|image|tex|tex desiru-display)"},
        {"class": f"desiru-math( desiru-display)? {BY_MATHJAX}"},
        {"class": "desiru-box", "role": "img", "aria-label": "to do|done"},
    ],
    # JupyterLab shortens the `rel` of every link in an output; the policy about referrers stays.
    "a": [
        {"href": ADDRESS, "referrerpolicy": "no-referrer", "target": "_blank", "title": ADDRESS}
        | {"rel": "noopener( noreferrer nofollow)?"}
    ],
    "pre": [{"dir": "ltr", "tabindex": "0"}],
    "ul": LISTS,
    "ol": [*LISTS, *(names | {"start": "[0-9]{1,10}"} for names in LISTS)],
    "li": [{}, {"class": "desiru-task"}],
    "th": [AUTO, AUTO | SIDE],
    "td": [AUTO, AUTO | SIDE],
}
ELEMENTS |= {name: [{}] for name in ("b", "em", "strong", "s", "sub", "sup", "kbd", "code", "blockquote", "br", "hr")}
ELEMENTS |= {name: [{}] for name in ("table", "thead", "tbody", "tr")}
VOID = {"br", "hr"}


def text_of(html: str) -> str:
    """The text of the HTML, which is checked on the way: nothing but the vocabulary, every element closed, no hidden sign."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.path == []
    return "".join(reader.texts)


class _Reader(HTMLParser):
    """Fails at the first thing that is not in the vocabulary."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), attrs
        assert any(_fits(found, allowed) for allowed in ELEMENTS.get(tag, [])), (tag, attrs)
        assert tag != "a" or (found["href"] == found["title"] and "a" not in self.path), attrs
        if tag not in VOID:
            self.path.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.path.pop() == tag

    def handle_data(self, data: str) -> None:
        assert visible(data) == data
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def _fits(found: dict[str, str | None], allowed: dict[str, str]) -> bool:
    return found.keys() == allowed.keys() and all(re.fullmatch(allowed[name], found[name] or "") for name in allowed)
