"""The page of a run: all of it in one file, and nothing of what a model said is markup or runs in it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from models import Gate, Scripted, start
from pydantic import BaseModel
from replaying import SHARED

from desiru_notebook import DesiruError, InputError, Predict, Signature
from desiru_notebook.frontends import page
from desiru_notebook.frontends.words import figures
from desiru_notebook.providers import Reasoning, Refusal

from .test_html import OWN_ATTACKS

GIVEN = SHARED / "attacks" / "given.json"
ATTACKS = [*OWN_ATTACKS.values(), *([each["payload"] for each in json.loads(GIVEN.read_text())] if GIVEN.exists() else [])]
SLOW = ["Reasoning: Air ", "scatters. \U0001f499", "\nAnswer: ", "It is ", "**blue**."]


class Page(HTMLParser):
    """A page's elements, and what its scripts and styles hold."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.policy, self.text = "", ""
        self.scripts: dict[str | None, list[str]] = {}
        self.styles: list[str] = []
        self._open: list[str] | None = None
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs
        self._open = (
            self.scripts.setdefault(given.get("type"), []) if tag == "script" else self.styles if tag == "style" else None
        )
        if self._open is not None:
            self._open.append("")
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open is None:
            self.text += data
        else:
            self._open[-1] += data

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(data) for data in self.scripts.get("application/json", [])]


def saved(run, folder: Path) -> Page:
    run.join()
    return Page(run.save(folder / "sky.html"))


def sha256(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_a_page_has_the_answer_its_times_and_its_figures(tmp_path):
    run = start(Scripted(SLOW, delay=0.002))
    made = saved(run, tmp_path)
    (answer,) = made.answers
    assert answer["texts"] == {"reasoning": "Air scatters. \U0001f499", "answer": "It is **blue**."}
    assert answer["fields"] == [{"name": "reasoning", "type": "str"}, {"name": "answer", "type": "str"}]
    assert (answer["state"], answer["model_name"], answer["error"], answer["notices"]) == ("done", "scripted", "", [])
    assert (answer["stats"]["duration"], answer["stats"]["tokens"]) == (run.stats.duration, 5)
    timeline = answer["timeline"]
    assert timeline["lengths"]["reasoning"][-1] == len("Air scatters. ") + 2  # the page's own units: the heart is two of them
    assert timeline["lengths"]["answer"][-1] == len("It is **blue**.")
    assert timeline["times"] == sorted(timeline["times"])
    assert len(set(timeline["times"])) >= 5
    assert "It is blue." in made.text  # where scripts are off
    assert figures(run.stats) in made.text
    assert "question -> reasoning, answer" in made.text


def test_the_policy_allows_our_script_and_our_stylesheet_and_nothing_else(tmp_path):
    made = saved(start(Scripted(SLOW)), tmp_path)
    (script,), (style,) = made.scripts["module"], made.styles
    assert made.policy == (
        f"default-src 'none'; script-src {sha256(script)}; style-src {sha256(style)}; base-uri 'none'; form-action 'none'"
    )
    assert set(made.scripts) == {"module", "application/json"}
    assert {name for name, _ in made.attributes if name in ("src", "href", "style") or name.startswith("on")} == set()
    assert re.findall(r"\bfetch\(|\beval\(|new Function|\bimport\s*\(|XMLHttpRequest|WebSocket|url\(", script + style) == []


@pytest.mark.parametrize("payload", ATTACKS)
def test_an_attack_is_text_or_data_wherever_it_stands(tmp_path, payload):
    chunks = [Reasoning(payload), f"Answer: {payload}", Refusal(payload), ValueError(payload)]
    run = start(Scripted(chunks), "question -> answer")
    made = saved(run, tmp_path)
    raw = (tmp_path / "sky.html").read_text("utf-8")
    (data,) = made.scripts["application/json"]
    assert not set(data) & set("<>&\u2028\u2029")
    assert made.answers[0]["state"] == "failed"
    assert page.visible(payload)[:3] in made.answers[0]["error"]
    assert set(made.tags) <= {
        *("html", "head", "meta", "title", "style", "script", "body", "main", "header"),
        *("h1", "p", "div", "span", "b", "a", "em", "strong", "code", "pre", "details", "summary", "blockquote", "small"),
        *("ul", "li"),
    }
    assert raw.count("<script") == raw.count("</script>") == 2


def test_a_cancelled_run_and_one_that_failed_have_what_came(tmp_path):
    gate = Gate()
    run = start(Scripted(["Reasoning: Air.\nAnswer: It is", gate]))
    assert gate.reached.wait(10)
    run.cancel()
    (answer,) = saved(run, tmp_path).answers
    assert (answer["state"], answer["texts"], answer["error"]) == ("cancelled", {"reasoning": "Air.", "answer": "It is"}, "")
    made = saved(start(Scripted(["Answer: 4", ValueError("broken")]), "question -> answer: int"), tmp_path)
    (answer,) = made.answers
    assert (answer["state"], answer["texts"], answer["fields"]) == (
        "failed",
        {"answer": "4"},
        [{"name": "answer", "type": "int"}],
    )
    assert "broken" in answer["error"]
    assert "broken" in made.text


def test_a_run_that_goes_on_is_not_saved(tmp_path):
    gate = Gate()
    run = start(Scripted(["Answer: It is", gate]))
    assert gate.reached.wait(10)
    with pytest.raises(DesiruError, match=r"still going on: wait for its end, or cancel\(\) it"):
        run.save(tmp_path / "sky.html")
    assert list(tmp_path.iterdir()) == []
    run.cancel()


@pytest.mark.parametrize("name", ["sky.txt", "sky", "sky.html.gz", ".html"])
def test_a_page_is_named_as_one(tmp_path, name):
    run = start(Scripted(SLOW))
    run.join()
    with pytest.raises(InputError, match=r"saved as \.html, not as '"):
        run.save(tmp_path / name)


def test_the_path_is_returned_and_a_text_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = start(Scripted(SLOW))
    run.join()
    assert run.save("sky.htm") == Path("sky.htm")
    assert [path.name for path in tmp_path.iterdir()] == ["sky.htm"]


def test_a_page_is_written_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    (tmp_path / "sky.html").write_text("before")
    run = start(Scripted(SLOW))
    run.join()

    def no_room(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match="no room"):
        run.save(tmp_path / "sky.html")
    assert [path.name for path in tmp_path.iterdir()] == ["sky.html"]
    assert (tmp_path / "sky.html").read_text() == "before"
    with pytest.raises(InputError, match=r"nowhere does not exist: make it first, then save sky\.html"):
        run.save(tmp_path / "nowhere" / "sky.html")


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real" / "sky.html", tmp_path / "sky.html")
    run = start(Scripted(SLOW))
    run.join()
    run.save(tmp_path / "sky.html")
    assert (tmp_path / "sky.html").is_symlink()
    assert (tmp_path / "real" / "sky.html").stat().st_size > 1000


class Person(BaseModel):
    name: str

    def model_dump(self, **_: Any) -> Any:
        raise ZeroDivisionError


def test_a_type_that_cannot_be_shown_is_saved_as_its_text(tmp_path):
    signature = Signature("question -> person: Person", types={"Person": Person})
    made = saved(start(Scripted(['{"name": "Ada <b>"}']), signature), tmp_path)
    assert made.answers[0]["texts"] == {"person": '{"name": "Ada <b>"}'}
    assert 'person: {"name": "Ada <b>"}' in made.text


class TestFinish:
    """What a module makes of an answer is on the page, too."""

    class Rated(Predict):
        def finish(self, prediction):
            return prediction | {"score": 5}

    def test_the_page_of_a_run_has_what_the_model_said(self, tmp_path):
        run = self.Rated("question -> answer", model=Scripted(["Answer: blue"])).stream(question="?")
        assert saved(run, tmp_path).answers[0]["texts"] == {"answer": "blue"}


def test_a_long_answer_takes_a_time_that_grows_with_it(tmp_path):
    """A megabyte in 100,000 pieces: had each piece cost as much as what came before it, this would take many minutes."""
    run = start(Scripted(["Reasoning: a\nAnswer: "] + ["a *word*\n\n"] * 100_000))
    run.join()
    began = time.perf_counter()
    made = run.save(tmp_path / "long.html")
    assert time.perf_counter() - began < 60
    assert made.stat().st_size > 2_000_000
