"""What the page says about an answer beside the answer itself, while it waits, at the end and in the saved file."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .conftest import OpenNotebook

pytestmark = pytest.mark.browser

# One that fails once and then keeps silent, and one that cannot stream; there is something to say of both.
MODELS = """
import asyncio
from desiru_notebook.providers import Notice, Retry, Text, ToolCall
class Silent:
    name = "silent"
    async def stream(self, request):
        yield Notice("An event could not be read.", lasting=True)
        yield Retry(2, "the service was <b>busy</b>.")
        await asyncio.Event().wait()
class Whole:
    name = "whole"
    async def complete(self, request):
        return [ToolCall("<b>"), Text("Answer: 42")]
silent = desiru.Predict("question -> answer", model=Silent()).stream(question="?")
"""
UNREAD = "An event could not be read."
REFUSED = "desiru.Predict('question -> answer').stream(question='?').widget"  # by the service, each time


def remarks(view: Locator) -> Locator:
    return view.locator(".desiru-remarks > *")


def figures(view: Locator) -> Locator:
    return view.locator(".desiru-figures")


def test_retries_notices_and_answers_in_one_piece(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    ask_whole = "desiru.configure(model=Whole())", "%%desiru question -> answer\n?"
    notebook = open_notebook([use("status-503") + MODELS, "silent.widget", REFUSED, *ask_whole])
    notebook.run_all()

    expect(remarks(notebook.view(2, "pending"))).to_have_text([UNREAD, "Attempt 2: the service was <b>busy</b>."])
    expect(figures(notebook.view(2))).to_contain_text("waiting for the first token · attempt 2")
    notebook.view(2).get_by_role("button", name="Cancel").click()
    expect(remarks(notebook.view(2, "cancelled"))).to_have_text([UNREAD])
    expect(figures(notebook.view(2))).to_contain_text("2 attempts")

    expect(remarks(notebook.view(3, "failed"))).to_have_text([re.compile("^openai refused status-503 with HTTP 503")])
    expect(figures(notebook.view(3))).to_contain_text("3 attempts")

    notebook.wait_until_run(5)
    kept = notebook.view(5, "done").locator("visible=true")
    expect(remarks(kept)).to_have_text(["whole asked for the tool '<b>'; a run has no tools."])
    expect(figures(kept)).to_contain_text("came at once")
    saved = notebook.save().cells[5].outputs[1].data["text/plain"]
    assert saved == "Answer: 42\n\n[notice] whole asked for the tool '<b>'; a run has no tools.\n\n[came at once]"
