"""Whatever the model says is text, in the live page and in the saved one."""

from __future__ import annotations

import json

import pytest
from replaying import SHARED

from .conftest import OpenNotebook

pytestmark = pytest.mark.browser

OWN = [
    "<script>window.__pwn = 1</script>",
    '<img src=x onerror="window.__pwn = 1">',
    "</div></section><iframe srcdoc='<script>parent.__pwn = 1</script>'></iframe>",
    "<style>* { display: none }</style>",
    '<button class="jp-ToolbarButton" onclick="window.__pwn = 1">Run</button>',
    "&lt;b&gt;entities&lt;/b&gt; &amp; such",
]
SAY = """
from desiru_notebook.providers import Text
import desiru_notebook as desiru
class Says:
    name = "hostile"
    async def stream(self, request):
        for at in range(0, len(SAID), 7):
            yield Text(SAID[at:at + 7])
desiru.configure(model=Says())
"""


def attacks() -> list[str]:
    given = SHARED / "attacks" / "given.json"
    return OWN + ([item["payload"] for item in json.loads(given.read_text())] if given.exists() else [])


def test_attacks_stay_text_live_and_saved(open_notebook: OpenNotebook) -> None:
    said = "\n".join(attacks()).strip()
    notebook = open_notebook(
        [f"SAID = {said!r}{SAY}", "%%desiru question -> answer\n?", "desiru.Predict('q -> answer').stream(q='?').widget"]
    )
    notebook.run_all()
    notebook.wait_until_run(3)
    for cell in (2, 3):
        pane = notebook.pane(cell, "answer")
        pane.wait_for()
        notebook.page.wait_for_function("([pane, said]) => pane.textContent === said", arg=[pane.element_handle(), said])
        assert pane.evaluate("pane => pane.childElementCount") == 0
    assert notebook.page.evaluate("() => window.__pwn") is None
