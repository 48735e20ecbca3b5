"""Which formulas a typesetter may see: the cases that the live view is tested with too, and the limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desiru_notebook.markdown.tex import is_allowed

CASES: list[dict[str, Any]] = json.loads(Path(__file__).parent.with_name("markdown_policy.json").read_text("utf-8"))["tex"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["tex"]))
def test_a_formula_is_common_mathematics_or_refused(case):
    assert is_allowed(case["tex"], case["display"]) == case["allowed"]


@pytest.mark.parametrize(("display", "longest"), [(False, 1000), (True, 4000)])
def test_a_formula_has_an_end(display, longest):
    assert is_allowed("\U0001d465" * longest, display)
    assert not is_allowed("\U0001d465" * longest + "x", display)
