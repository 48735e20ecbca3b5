"""The pages in docs/ say what is so."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from faulty import CHOSEN, FAULTS
from handmade import FAULTS as HANDMADE
from PIL import Image

from desiru_notebook.providers.base import provider_names
from desiru_notebook.providers.compatible import SERVERS

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("name", provider_names())
def test_every_provider_has_its_row(name):
    page = (DOCS / "providers.md").read_text(encoding="utf-8")
    assert page.count(f"\n| `{name}` | ") == 1


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_row_of_a_server_has_its_keys_its_address_and_its_reasoning(server):
    page = (DOCS / "providers.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{server.name}` "))
    for word in (*server.keys, server.base_url or server.url_variable, server.reasoning):
        assert word in row


def test_the_table_of_faults_has_a_row_for_each_fault_and_api():
    rows = [row.split(" | ") for row in (DOCS / "faults.md").read_text(encoding="utf-8").splitlines()]
    told = [(row[0].removeprefix("| "), row[1]) for row in rows if len(row) == 7 and row[1] in CHOSEN]
    assert told == [(fault.words, api) for fault in FAULTS for api in CHOSEN]


def test_no_fault_loses_a_word_or_doubles_one():
    rows = [row.split(" | ") for row in (DOCS / "faults.md").read_text(encoding="utf-8").splitlines()]
    kept = {(row[4], row[5]) for row in rows if len(row) == 7 and row[1] in CHOSEN}
    assert kept <= {("100%", "0"), ("nothing was sent", "0"), ("all that was read", "-")}


def test_the_table_of_faults_made_by_hand_says_of_each_what_has_to_become_of_it():
    rows = [row.split(" | ") for row in (DOCS / "faults.md").read_text(encoding="utf-8").splitlines()]
    told = [(row[0].removeprefix("| "), row[1], row[2].strip("`"), row[4]) for row in rows if len(row) == 7]
    expected = [(fault.about, fault.words, fault.raised, fault.kept) for fault in HANDMADE]
    assert [row for row in told if row[1] not in CHOSEN][-len(expected) :] == expected


def test_the_page_of_providers_is_what_its_script_makes(shared_folder, tmp_path, monkeypatch):
    found = importlib.util.spec_from_file_location("docs_providers", DOCS / "providers.py")
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, "docs_providers", module)
    found.loader.exec_module(module)
    monkeypatch.setattr(module, "PAGE", tmp_path / "providers.md")
    module.main()
    assert (tmp_path / "providers.md").read_text() == (DOCS / "providers.md").read_text()


@pytest.mark.parametrize("page", [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.name)
def test_what_a_page_shows_and_links_to_is_there(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_first_picture_moves_and_is_small():
    picture = DOCS / "streaming.gif"
    assert picture.stat().st_size <= 1_000_000
    with Image.open(picture) as film:
        assert film.n_frames > 20
        assert film.info["loop"] == 0  # for ever
