"""The built bundle: it belongs to the sources beside it, and neither of them can make markup of text."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

import desiru_notebook

STATIC = Path(desiru_notebook.__file__).parent / "static"
JS = Path(__file__).resolve().parents[2] / "js"
TABLES = [f"../desiru_notebook/markdown/{name}.json" for name in ("languages", "tex")]
BESIDE_SOURCES = [*TABLES, "package.json", "package-lock.json", "tsconfig.json", "build.mjs"]
SINKS = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write")
SOURCES = sorted(path.relative_to(JS).as_posix() for path in JS.glob("src/**/*") if path.suffix in (".ts", ".css"))


def hash_of_sources() -> str:
    """What ``js/build.mjs`` writes into ``widget.hash``."""
    digest = hashlib.sha256()
    for name in sorted([*SOURCES, *BESIDE_SOURCES]):
        digest.update(name.encode() + b"\0" + (JS / name).read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def test_the_bundle_was_built_from_these_sources():
    said = (STATIC / "widget.hash").read_text("ascii")
    assert said == hash_of_sources(), "js/ has changed since the bundle was built: run `npm run build` in js/"


@pytest.mark.parametrize("name", ["widget.js", "widget.css", "page.js", "page.css"])
def test_the_bundle_is_there_and_says_where_it_comes_from(name):
    text = (STATIC / name).read_text("utf-8")
    assert text.startswith("/* Built from js/src by `npm run build` in js/: edit there. */\n")
    assert len(text) > 1000


def test_the_bundle_is_within_its_budget():
    bundle = (STATIC / "widget.js").read_bytes()
    assert len(bundle) <= 110_000
    assert len(gzip.compress(bundle, 9)) < 36_864


@pytest.mark.parametrize(
    "path", [*(JS / name for name in SOURCES), STATIC / "widget.js", STATIC / "page.js"], ids=lambda path: path.name
)
def test_nothing_makes_markup_of_text(path):
    assert SINKS.findall(path.read_text("utf-8")) == []


def test_the_sources_are_all_looked_at():
    assert {"src/widget.ts", "src/pane.ts", "src/page/main.ts", "src/widget.css", "src/page/page.css"} <= set(SOURCES)


def test_the_bundle_fetches_nothing():
    text = "".join((STATIC / name).read_text("utf-8") for name in ("widget.js", "widget.css", "page.js", "page.css"))
    text = text.replace("http://www.w3.org/2000/svg", "")  # the name of a kind of element, which nobody fetches
    text = text.replace("'http://'+", "")  # the beginning of a link whose text begins with www
    assert re.findall(r"https?://|@import|\burl\(|\bimport\s*\(|\bfetch\(|\beval\(|new Function", text) == []


def test_an_exported_page_can_hold_its_script_and_its_stylesheet():
    script, style = ((STATIC / name).read_text("utf-8") for name in ("page.js", "page.css"))
    assert re.findall(r"</script|<!--", script, re.IGNORECASE) == []
    assert "</" not in style
