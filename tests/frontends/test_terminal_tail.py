"""The end of a Markdown text that grows in a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.frontends.terminal.tail import tail

WIDTH = 20
LINES = "".join(f"line {at}\n" for at in range(100))
BLOCKS = "".join(f"block {at}\nits end\n\n" for at in range(100))
PIECES = ["word ", "\n", "\n\n", "  ", "```\n", "~~~~\n", "- item\n", "1. one\n", "> said\n", "# Title\n", "日本", "x" * 50]
markdown = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def test_a_short_text_is_its_own_tail():
    assert tail("# Title\n\nText\n", 4, WIDTH) == "# Title\n\nText\n"


def test_it_begins_where_a_block_begins():
    assert tail(BLOCKS, 4, WIDTH) == "".join(f"block {at}\nits end\n\n" for at in range(98, 100))
    assert tail(BLOCKS + "block", 4, WIDTH) == "".join(f"block {at}\nits end\n\n" for at in range(98, 100)) + "block"


def test_inside_a_longer_block_it_begins_with_a_line():
    assert tail(LINES, 3, WIDTH) == "line 97\nline 98\nline 99\n"


def test_what_is_set_in_belongs_to_the_block_before_it():
    text = "text\n\n" * 5 + "- item\n\n  of two paragraphs\n" * 2
    assert tail(text, 2, WIDTH) == "- item\n\n  of two paragraphs\n"


def test_a_line_that_is_longer_than_all_lines_together_is_cut():
    assert tail("x" * 1000, 3, WIDTH) == "x" * 60


@pytest.mark.parametrize("fence", ["```python\n", "~~~\n", "  ````\n"])
def test_code_keeps_its_fence(fence):
    assert tail(f"text\n\n{fence}{LINES}", 2, WIDTH) == f"{fence}line 98\nline 99\n"


def test_a_shorter_fence_or_another_does_not_close_it():
    text = f"````\n```\n~~~~\n```` not\n{LINES}"
    assert tail(text, 2, WIDTH) == "````\nline 98\nline 99\n"


def test_code_that_is_over_leaves_no_fence():
    assert tail(f"```\n\ncode\n```\n{LINES}", 2, WIDTH) == "line 98\nline 99\n"


@given(markdown, st.integers(1, 12))
def test_it_is_the_end_of_the_text_behind_a_fence_or_not(text, lines):
    end = tail(text, lines, WIDTH)
    fence, _, rest = end.partition("\n")
    assert text.endswith(end) or (fence.strip()[:3] in ("```", "~~~") and text.endswith(rest))


@given(markdown, st.integers(1, 12))
def test_it_has_all_the_lines_that_are_asked_for_and_not_many_more(text, lines):
    end = tail(text, lines, WIDTH)
    room = sum(-(-len(line) // WIDTH) for line in end.splitlines() if line.strip())
    assert end == text or lines <= room + 1
    assert room <= 2 * lines + 8
