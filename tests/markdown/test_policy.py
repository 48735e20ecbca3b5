"""The policy for text and addresses: the cases that the live view is tested with too, and its laws."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desiru_notebook.markdown.policy import Address, address, visible

CASES: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).parent.with_name("markdown_policy.json").read_text("utf-8"))
ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?")

signs = "\ud800\udfff\u202e\U000e0067\U0001f3f4\x00\u200c\u200d\ufe0e\ufe0f\u180b\u061c\u2764\U0001f469\u0647\u18201#\u20e3"
anything = st.text(st.characters() | st.sampled_from(signs))


@pytest.mark.parametrize("case", CASES["visible"], ids=lambda case: ascii(case["text"]))
def test_what_shows_nothing_is_shown_by_a_sign(case):
    assert visible(case["text"]) == case["shown"]


@given(anything)
def test_text_that_is_visible_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize("case", CASES["address"], ids=lambda case: ascii(case["source"]))
def test_a_link_leads_to_a_page_or_a_mailbox_or_nowhere(case):
    expected = Address(case["href"], case["host"]) if case["href"] else None
    assert address(case["source"]) == expected


@given(st.builds("https://{}{}{}".format, st.sampled_from(["a.b", "A-1.b", "x@a.b", "1.2"]), st.sampled_from("/?#:"), anything))
def test_an_address_that_is_let_through_is_all_grammar(source):
    found = address(source)
    assert found is None or ADDRESS.fullmatch(found.href)
    assert found is None or found == address(found.href)


def test_an_address_has_at_most_2000_characters():
    longest = "https://a.b/" + "x" * 1988
    assert address(longest) == Address(longest, "a.b")
    assert address(longest + "x") is None
    assert address("https://a.b/" + "é" * 400) is None  # six characters each
