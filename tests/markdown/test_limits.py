"""What a very long text is shown as; ``js/tests/markdown/limits.test.ts`` has the same of the live view."""

from __future__ import annotations

import re

import pytest

from desiru_notebook.markdown import to_html

ITEMS = "- a\n" * 9_999
LONG = "*a* " * 2048


def code(text: str) -> str:
    lines = f'<span class="desiru-lines">{text}</span>'
    return f'<div class="desiru-code"><pre dir="ltr" tabindex="0"><code>{lines}</code></pre></div>'


@pytest.fixture(scope="module")
def whole() -> str:
    """What is shown of as many lines as can be."""
    shown = to_html(f"{ITEMS}- *b*\n")
    assert shown.endswith('<li><p dir="auto">a</p></li><li><p dir="auto"><em>b</em></p></li></ul>')
    return shown


@pytest.mark.parametrize("rest", ["- *c*\n", "- *c*\n\n~~~\n\t- [d](e", "\n", "===", "*c*\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_behind_10_000_lines_the_rest_of_a_text_stands_as_it_came(rest, end, whole):
    text = f"{ITEMS}- *b*\n{rest}".replace("\n", end)
    assert to_html(text) == whole + code(rest if rest.endswith("\n") else f"{rest}\n")


def test_behind_10_000_lines_white_space_is_nothing(whole):
    assert to_html(f"{ITEMS}- *b*\n \t") == whole


def test_a_heading_or_a_cell_of_more_than_8_192_characters_shows_its_markup():
    assert re.fullmatch(r"<div [^>]*><b>(?:<em>a</em> ?){2048}</b></div>", to_html(f"# {LONG}"))
    assert re.fullmatch(r"<div [^>]*><b>(?:\*a\* ){2048}bc</b></div>", to_html(f"# {LONG}bc"))
    assert re.search(r'<td dir="auto">(?:\*a\* ){2048}bc</td>', to_html(f"|a|\n|-|\n|{LONG}bc|"))
    assert to_html("# " + "\U0001f600" * 4096 + "*") == to_html("# " + "\U0001f600" * 4096 + r"\*").replace("\\", "")
