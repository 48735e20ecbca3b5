"""Bare links in real documents: each leads where a reader would say it leads, by a rule that is written down here once more."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from email import message_from_string
from itertools import pairwise
from pathlib import Path
from unicodedata import category

import pytest

from desiru_notebook.markdown import policy
from desiru_notebook.markdown.limits import divided
from desiru_notebook.markdown.paragraphs import segments
from desiru_notebook.markdown.parser import Parser

PACKAGES = Path(sysconfig.get_path("purelib"))
OPENING = {")": "(", "]": "[", "}": "{"}
TRAILING = "?!.,:;*_~'\"|([{\u2010\u2011\u2013\xb7"

# What GitHub's specification of its autolinks shows, but for mail, and for one that follows below.
GITHUB = [
    ("www.commonmark.org", ["http://www.commonmark.org"]),
    ("Visit www.commonmark.org/help for more information.", ["http://www.commonmark.org/help"]),
    ("Visit www.commonmark.org.", ["http://www.commonmark.org"]),
    ("Visit www.commonmark.org/a.b.", ["http://www.commonmark.org/a.b"]),
    ("www.google.com/search?q=Markup+(business)", ["http://www.google.com/search?q=Markup+(business)"]),
    ("www.google.com/search?q=Markup+(business)))", ["http://www.google.com/search?q=Markup+(business)"]),
    ("(www.google.com/search?q=Markup+(business))", ["http://www.google.com/search?q=Markup+(business)"]),
    ("(www.google.com/search?q=Markup+(business)", ["http://www.google.com/search?q=Markup+(business)"]),
    ("www.google.com/search?q=commonmark&hl=en", ["http://www.google.com/search?q=commonmark&hl=en"]),
    ("www.google.com/search?q=commonmark&hl;", ["http://www.google.com/search?q=commonmark"]),
    ("www.commonmark.org/he<lp", ["http://www.commonmark.org/he"]),
    ("http://commonmark.org", ["http://commonmark.org"]),
    (
        "(Visit https://encrypted.google.com/search?q=Markup+(business))",
        ["https://encrypted.google.com/search?q=Markup+(business)"],
    ),
    ("Anonymous FTP is available at ftp://foo.bar.baz.", []),  # GitHub has a link: ours lead to the web
    # A bracket that nothing has opened ends an address: GitHub goes on to `+ok`.
    ("www.google.com/search?q=(business))+ok", ["http://www.google.com/search?q=(business)"]),
]


def documents() -> Iterator[str]:
    """The Markdown files of the packages that are installed, and their READMEs."""
    for path in sorted(PACKAGES.rglob("*.md")):
        yield path.read_text("utf-8", "replace")
    for path in sorted(PACKAGES.glob("*.dist-info/METADATA")):
        message = message_from_string(path.read_text("utf-8", "replace"))
        if "markdown" in str(message.get("Description-Content-Type", "")):
            yield str(message.get_payload())


def leaves(parser: Parser, text: str) -> Iterator[str]:
    for token in parser.parse(divided(text)[0]):
        if token.type == "inline":
            yield from segments(token.content)


def bare_links(parser: Parser, leaf: str) -> Iterator[tuple[str, str]]:
    """What a bare link says, and where it leads."""
    tokens = parser.parse_inline(leaf)
    for token, text in pairwise(tokens):
        if token.type == "link_open" and token.markup == "autolink" and token.info != "auto":
            yield text.content, str(token.attrs["href"])


def places(leaf: str, shown: str) -> Iterator[int]:
    """Where the text of a link may stand in its leaf."""
    beginning = re.match(r"[^&]*", shown)
    assert beginning
    return (found.start() for found in re.finditer(re.escape(beginning[0]), leaf))


def address_at(leaf: str, start: int) -> str:
    """Where the bare address leads that begins there."""
    place = leaf.find("://" if leaf[start] in "hH" else ".", start)
    opened: list[str] = []
    while place < len(leaf) and not ends(leaf, start, place, opened):
        place += 1
    source = leaf[start:place]
    while source.endswith(tuple(TRAILING)):
        source = source.removesuffix("&amp;") if source.endswith("&amp;") else source[:-1]
    bare = source.replace("&amp;", "&")
    return bare if bare[0] in "hH" else f"http://{bare}"


def ends(leaf: str, start: int, place: int, opened: list[str]) -> bool:
    sign, after = leaf[place], leaf[place + 1 : place + 2]
    if sign.isspace() or sign in '<>"`':
        return True
    if sign in "([{":
        opened.append(sign)
        return leaf.startswith("[^", place)
    if sign in OPENING:
        return not opened or opened.pop() != OPENING[sign]
    if sign in "'\u2019":
        return not after.isalnum() or "/" not in leaf[start:place].partition("://")[2]
    if sign == "\\":
        return not after or after.isspace() or after in "\"'`"
    if sign == "&":
        entity = re.compile(r"&#?\w+;").match(leaf, place)
        return bool(entity) and entity[0] != "&amp;"
    if leaf.startswith(("->", "=>"), place) or re.compile("[,;|]http").match(leaf, place):
        return True
    return sign > "\x7f" and sign not in TRAILING and (category(sign)[0] == "P" or category(sign) == "Sm")


@pytest.mark.parametrize(("text", "addresses"), GITHUB)
def test_addresses_are_links_as_on_github(text, addresses):
    assert [address for _, address in bare_links(Parser(), text)] == addresses


def test_no_bare_link_in_the_documents_of_the_installed_packages_leads_astray():
    wrong, count = [], 0
    for text in documents():
        parser = Parser()
        for leaf in leaves(parser, text):
            for shown, address in bare_links(parser, leaf):
                count += 1
                if address not in [address_at(leaf, place) for place in places(leaf, shown)]:
                    wrong.append((shown, address))
    assert count > 100
    assert wrong == []


def test_every_bare_address_in_those_documents_is_a_link_unless_it_must_not_lead_anywhere():
    missed = []
    for text in documents():
        parser = Parser()
        for leaf in leaves(parser, text):
            if any(sign in leaf for sign in "[`$\\<"):
                continue  # code, formulas and other links
            linked = {address for _, address in bare_links(parser, leaf)}
            found = (address_at(leaf, one.start()) for one in re.finditer(r"(?<![0-9A-Za-z])https?://\w", leaf))
            missed += [address for address in found if policy.address(address) and address not in linked]
    assert missed == []
