"""DSPy as the judge of how an answer is divided: what its ChatAdapter 3.4.1 reads, and where and why ours differs.

Where DSPy is installed, it is asked itself.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desiru_notebook.parser import FieldParser
from desiru_notebook.signature import Signature

CASES = json.loads(Path(__file__).with_name("dspy.json").read_text(encoding="utf-8"))
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


@cases
def test_the_fields_are_those_of_dspy(case):
    parser = FieldParser(Signature("question -> reasoning, answer"))
    parser.feed(case["text"])
    parser.finish()
    assert (parser.texts != case["dspy"]) == ("differs" in case)


@cases
def test_the_file_says_what_dspy_reads(case):
    dspy = pytest.importorskip("dspy")
    try:
        fields = dspy.ChatAdapter().parse(dspy.Signature("question -> reasoning, answer"), case["text"])
    except dspy.utils.exceptions.AdapterParseError:
        fields = None
    assert fields == case["dspy"]
