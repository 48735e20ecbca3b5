"""Sources of cells that several tests, and the pages in docs/, use."""

from __future__ import annotations

from mock_provider import MockProvider
from playwright.sync_api import Locator

LOAD = "%load_ext desiru_notebook"
ASK = "%%desiru question -> reasoning, answer\nWhy is the sky blue?"
BACKGROUND = "%%desiru -b -o sky question -> reasoning, answer\nWhy is the sky blue?"
LONG = "words-20000-500"  # 40 seconds, if nobody cancels
FULL = "word400"  # by now the pane has its full height, so that the button under it stands still for a click

# What a model may say, and what it is to a reader: text.
HOSTILE = "</div><img src=x onerror='window.__pwn = 1'><script>window.__pwn = 1</script>&lt;b&gt;"
HARMLESS = HOSTILE.replace("&lt;b&gt;", "<b>")


def words(panes: Locator) -> list[str]:
    """What the panes say, which is nothing but words."""
    return " ".join(panes.locator("p").all_text_contents()).split()


def use(service: MockProvider, scenario: str) -> str:
    """Choose a model of the mock service."""
    return (
        "import desiru_notebook as desiru\n"
        f"desiru.configure(model=desiru.model('openai:{scenario}', base_url='{service.base_url}', api_key='sk-test'))"
    )
