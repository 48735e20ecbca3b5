"""HTML in a normal form, in which what we show can be compared with what other renderers make of the same text.

``js/tests/markdown/mapping.ts`` does the same for the live view.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import takewhile

from desiru_notebook.markdown import policy

VOID = frozenset(["br", "hr", "img", "input"])
BOXES = {True: "\u2611", False: "\u2610"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(made)
        if tag not in VOID:
            self.path.append(made)

    def handle_endtag(self, tag: str) -> None:
        if tag in [element.tag for element in self.path]:
            while self.path.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.path[-1].children.append(data)


def ours(html: str) -> str:
    """What we show, without what only we show."""
    return _written(_Ours().reduced(_read(html)))


def theirs(html: str) -> str:
    """What another renderer shows, without what our policy does not let through: images are their names."""
    return _written(_Theirs().reduced(_read(html)))


def _read(html: str) -> Element:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.path[0]


class _Reduction(ABC):
    def reduced(self, element: Element) -> Element:
        children: list[Element | str] = []
        for child in element.children:
            if isinstance(child, Element) and child.has("desiru-host"):
                children[-1] = str(children[-1]).removesuffix(" ")
            else:
                children += [child] if isinstance(child, str) else self.of(self.reduced(child))
        return Element(element.tag, element.attributes, children)

    @abstractmethod
    def of(self, element: Element) -> list[Element | str]:
        """What the element is in the normal form."""


class _Ours(_Reduction):
    def of(self, element: Element) -> list[Element | str]:
        if element.has("desiru-lang"):
            return []
        if element.has("desiru-code") or element.has("desiru-table") or element.has("desiru-lines"):
            return element.children
        if element.tag == "pre":
            return [Element("pre", {}, [Element("code", {}, [element.text])])]
        if element.has("desiru-heading"):
            return [Element(f"h{element.attributes['class'][-1]}", {}, _children(element.children[0]))]
        if element.has("desiru-image"):
            return [_name(element)]
        if element.has("desiru-box"):
            return element.children
        if element.tag in ("ul", "ol") and not element.has("desiru-loose"):
            element.children = [_tight(item) for item in element.children]
        side = re.search("desiru-(left|center|right)", element.attributes.get("class", ""))
        return [Element(element.tag, _kept(element, side[1] if side else ""), element.children)]


class _Theirs(_Reduction):
    def of(self, element: Element) -> list[Element | str]:
        if element.tag == "img":
            return [element.attributes.get("alt", "").strip() or "image"]
        if element.tag == "input":
            return [BOXES["checked" in element.attributes]]
        if element.tag == "a":
            address = policy.address(element.attributes.get("href", ""))
            return [Element("a", {"href": address.href}, element.children)] if address else element.children
        side = re.search("left|center|right", element.attributes.get("style", "") + element.attributes.get("align", ""))
        tag = {"del": "s"}.get(element.tag, element.tag)
        return [Element(tag, _kept(element, side[0] if side else ""), element.children)]


def _children(element: Element | str) -> list[Element | str]:
    return [] if isinstance(element, str) else element.children


def _kept(element: Element, side: str) -> dict[str, str]:
    kept = {name: value for name, value in element.attributes.items() if name in ("href", "start")}
    return kept | ({"align": side} if side else {})


def _tight(item: Element | str) -> Element | str:
    if isinstance(item, str):
        return item
    parts = [_children(child) if isinstance(child, Element) and child.tag == "p" else [child] for child in item.children]
    return Element(item.tag, {}, [one for part in parts for one in part])


def _name(image: Element) -> str:
    """The chip's text without its sign, and without where the image is."""
    texts = takewhile(lambda child: isinstance(child, str), image.children)
    return re.sub(r" (?:\([^()]*(?:\([^()]*\))?[^()]*\))?$", "", "".join(map(str, texts)).removeprefix("\u25a6 "))


def _written(root: Element) -> str:
    html = "".join(_pieces(root))
    html = re.sub(r"\s*(</?(?:p|h[1-6r]|[uo]l|li|blockquote|table|thead|tbody|t[rhd]|div)\b[^>]*>)\s*", r"\1", html)
    return re.sub(r"\s*(<pre>)|(</pre>)\s*", r"\1\2", html).replace("<br>\n", "<br>").strip()


def _pieces(element: Element) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield escape(child, quote=False)
        else:
            names = [f' {name}="{escape(value)}"' for name, value in sorted(child.attributes.items())]
            yield f"<{child.tag}{''.join(names)}>"
            yield from _pieces(child)
            if child.tag not in VOID:
                yield f"</{child.tag}>"
