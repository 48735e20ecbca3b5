"""Other projects' examples: we show the same text in the same elements, or something else for a reason that is written down.

``js/tests/markdown/fixtures.test.ts`` holds the live view to the same files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desiru_notebook.markdown import to_html
from markdown.normal import ours, theirs
from markdown.vocabulary import text_of

FIXTURES = Path(__file__).with_name("fixtures")


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return content


OTHERWISE: dict[str, dict[str, dict[str, str]]] = read("otherwise")
CASES: dict[str, dict[str, dict[str, str]]] = {
    project: {case["name"]: case for case in read(project)["cases"]} for project in OTHERWISE
}


ALIKE = [
    pytest.param(case, id=f"{project}, {name}")
    for project, cases in CASES.items()
    for name, case in cases.items()
    if name not in OTHERWISE[project]
]
EXCEPTIONS = [
    pytest.param(CASES[project][name], shown, id=f"{project}, {name}: {shown['why']}")
    for project, cases in OTHERWISE.items()
    for name, shown in cases.items()
]


def test_every_example_has_its_own_name_and_every_file_its_source():
    for project, cases in CASES.items():
        content = read(project)
        assert content["source"]
        assert content["licence"]
        assert len(cases) == len(content["cases"])


@pytest.mark.parametrize("case", ALIKE)
def test_an_example_is_shown_as_there(case):
    assert ours(to_html(case["markdown"])) == theirs(case["html"])
    text_of(to_html(case["markdown"]))


@pytest.mark.parametrize(("case", "shown"), EXCEPTIONS)
def test_an_exception_is_shown_as_we_say_and_is_still_one(case, shown):
    assert to_html(case["markdown"]) == shown["html"]
    assert ours(shown["html"]) != theirs(case["html"])
    text_of(shown["html"])
