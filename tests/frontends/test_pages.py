"""Every piece of code on the pages of docs/ and in the README runs as the cells of a notebook do, page by page, in their order.

A block of ``python`` is one cell, and prints what stands in the block of ``text`` below it, or nothing. In one of ``ipython`` a
blank line begins the next cell; what stands below it is what its last cell prints. Of ``sh`` those commands are run that are
ours. What cannot be run here has a comment before it, ``<!-- not run here: why -->``.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from traitlets.config import Config

from desiru_notebook import Text, configure
from desiru_notebook.frontends.options import OPTIONS, SHORT
from desiru_notebook.prompt import header

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN, SHOWN = {"python", "ipython"}, {"sh", "text", "js", "{toctree}", "{eval-rst}"}
FENCE = re.compile(
    r"(?:^<!-- not run here: (?P<why>[^\n]+) -->\n\n?)?^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
SAID = {
    "reasoning": "Air scatters short waves more than long ones.",
    "answer": "Blue light is scattered most.",
    "stars": "5",
    "price": "$1,200",
    "tags": "- warm\n- light",
    "mood": "good",
    "person": '{"name": "Ada Lovelace", "age": 36}',
}


def answer(request):
    return "".join(f"{header(name)}\n{SAID[name]}\n\n" for name in request.signature.outputs)


class Model:
    """Says what it always says, word by word, as the outputs of the request's signature."""

    name = "scripted"

    async def stream(self, request):
        for word in re.findall(r"\s*\S+|\s+$", answer(request)):
            await asyncio.sleep(0.002)  # so that each comes alone
            yield Text(word)

    async def complete(self, request):
        return [Text(answer(request))]


@dataclass
class Block:
    page: str
    line: int
    language: str
    code: str
    why: str | None
    printed: str | None = None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        if match["language"] == "text" and found and not text[end : match.start()].strip():
            found[-1].printed = match["code"]
        found.append(Block(page.name, line, match["language"], match["code"], match["why"]))
        end = match.end()
    return found


def cells(block: Block) -> list[str]:
    return block.code.strip("\n").split("\n\n") if block.language == "ipython" else [block.code]


def run(shell, block, capsys):
    """Run the block's cells; what the last one prints, without the numbers of values."""
    for cell in cells(block):
        configure(model=Model())  # whatever the block before has configured
        capsys.readouterr()
        shell.run_cell(cell, store_history=True).raise_error()
    return re.sub(r"^Out\[\d+\]: ?\n?", "", capsys.readouterr().out, flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pieces_of_a_page_run_and_print_what_stands_below_them(page, bare_shell, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "of-nobody")
    bare_shell.user_ns["c"] = Config()  # what a configuration file of Jupyter has
    for block in blocks(page):
        if block.language in RUN and block.why is None:
            printed = run(bare_shell, block, capsys)
            if block.printed is not None or block.language == "python":
                assert printed.rstrip() == (block.printed or "").rstrip(), f"{page.name}, line {block.line}"


def rows(page: Path) -> list[str]:
    """What stands in the last column of the page's tables, in code: a cell each, a line for each piece."""
    last = re.findall(r"^\|.*\| ([^|]+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [code for here in last if (code := "\n".join(re.findall(r"`([^`]+)`", here)))]


def test_what_is_typed_here_runs_row_after_row(bare_shell, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "of-nobody")
    page = ROOT / "docs" / "coming-from.md"
    setting = next(block for block in blocks(page) if block.language == "python")
    for code in [setting.code, *rows(page)]:
        run(bare_shell, Block(page.name, 0, "python", code, None), capsys)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_says_what_it_is(page):
    text = page.read_text(encoding="utf-8")
    assert {block.language for block in blocks(page)} <= RUN | SHOWN
    assert 2 * len(blocks(page)) == len(re.findall(r"^ *```(?!`)", text, re.MULTILINE))  # none is overlooked
    assert re.findall(r"\n\n {4}\S.*", FENCE.sub("", text)) == []  # code without a language


SHELL = [block for page in PAGES for block in blocks(page) if block.language == "sh" and block.why is None]
LINES = [line for block in SHELL for line in block.code.splitlines()]
COMMANDS = {shlex.join(shlex.split(line, comments=True)) for line in LINES if line.startswith("python -m desiru_notebook ")}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_of_a_page_goes_well(command, service):
    words = shlex.split(command.replace("gpt-5-mini", "words"))  # the service's name for a model
    names = {"DESIRU_MODEL": "openai:words", "OPENAI_BASE_URL": service.base_url, "OPENAI_API_KEY": "of-nobody"}
    ran = subprocess.run([sys.executable, *words[1:]], env=os.environ | names, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, "word" in ran.stdout) == (0, True), ran.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/cell.md"])
def test_every_option_of_the_cell_has_its_row(page):
    rows = re.findall(r"^\| ((?:`-\w`, )?`--[a-z-]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    shorts = {long: short for short, long in SHORT.items()}
    assert rows == [f"`{shorts[name]}`, `{name}" if name in shorts else f"`{name}" for name in OPTIONS]
