"""A notebook as one page: what stands in it becomes text, pictures and answers, and none of its markup is taken over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from models import Scripted, start

from desiru_notebook import InputError
from desiru_notebook.frontends.export import export
from desiru_notebook.frontends.html import prediction_bundle

from .test_page import ATTACKS, Page

PNG = "iVBORw0KGgo=\n"


def answer_of(*chunks: Any, signature: str = "question -> answer") -> dict[str, Any]:
    """The output of an answer."""
    run = start(Scripted(chunks), signature)
    run.join()
    data, metadata = prediction_bundle(run.partial)
    return {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": 1}


def shown(**data: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {name.replace("_", "/", 1): value for name, value in data.items()},
        "metadata": {},
    }


def code(source: Any, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs), "execution_count": 1}


def words(source: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def write(folder: Path, *cells: Any) -> Path:
    path = folder / "lesson.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, sort_keys=True), "utf-8")
    return path


def exported(folder: Path, *cells: Any) -> Page:
    """The page of these cells, and of one with an answer below them."""
    return Page(export(write(folder, *cells, code("%%desiru question -> answer\nIsn't it?", answer_of("Answer: *blue*")))))


def test_every_answer_is_there_as_data_and_as_text(tmp_path):
    made = exported(tmp_path, code("ask()", answer_of("Reasoning: a\nAnswer: red", signature="question -> reasoning, answer")))
    assert [list(answer["texts"].values()) for answer in made.answers] == [["a", "red"], ["*blue*"]]
    assert all(answer["timeline"]["times"] for answer in made.answers)
    assert "blue" in made.text
    assert "*blue*" not in made.text
    assert "%%desiru question -> answer\nIsn't it?" in made.text


def test_words_code_and_what_was_printed_are_shown(tmp_path):
    made = exported(
        tmp_path,
        words(["# The *sky*\n", "and `why`"]),
        code(
            "print('a')\nplot()",
            {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m <b>\n", "two\n"]},
            {
                "output_type": "error",
                "ename": "ValueError",
                "evalue": "no",
                "traceback": ["\x1b[0;31mValueError\x1b[0m: <i>no</i>"],
            },
            {"output_type": "error", "ename": "Bare", "evalue": "error", "traceback": []},
            shown(text_plain="[1, 2]", text_html="<b>bold</b>"),
            shown(text_markdown="*emphasis*", text_plain="x"),
            shown(text_html="<script>1</script>", text_plain="<IPython.core.display.HTML object>"),
            shown(application_pdf="JVBERi0="),
        ),
        {"cell_type": "raw", "source": "raw <u>text</u>", "metadata": {}},
    )
    text = made.text
    assert "The sky" in text
    assert "print('a')" in text
    for line in ["red <b>\ntwo", "ValueError: <i>no</i>", "Bare: error", "[1, 2]", "emphasis", "raw <u>text</u>"]:
        assert line in text
    assert "Not shown here: text/html." in text
    assert "Not shown here: application/pdf." in text
    assert "bold" not in text
    assert "\x1b" not in text
    assert text.count("lesson") == 1  # its first cell is a title: the file's name stands in the window's only


def test_pictures_are_part_of_the_page_and_only_then_allowed(tmp_path):
    made = exported(tmp_path, code("plot()", shown(image_png=PNG, text_plain="<Figure>"), shown(image_jpeg=[PNG, PNG[:0]])))
    assert [value for name, value in made.attributes if name == "src"] == [
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/jpeg;base64,iVBORw0KGgo=",
    ]
    assert "img-src data:;" in made.policy
    assert "img-src" not in exported(tmp_path, code("1", shown(image_png='"><script>1</script>', text_plain="x"))).policy


def test_a_line_of_figures_that_the_view_shows_is_not_printed_again(tmp_path):
    line = {"output_type": "stream", "name": "metadata", "text": ["1.2 s \u00b7 12 tokens\n"]}
    assert "12 tokens" not in exported(tmp_path, code("ask()", line)).text


def test_what_a_live_view_leaves_takes_no_room(tmp_path):
    view = "application/vnd.jupyter.widget-view+json"
    empty = {"output_type": "display_data", "data": {view: {"model_id": ""}}, "metadata": {}}
    live = {"output_type": "display_data", "data": {view: {"model_id": "a1"}}, "metadata": {}}
    assert "Not shown" not in exported(tmp_path, code("a", empty)).text
    assert "Not shown here: a widget." in exported(tmp_path, code("a", live)).text


@pytest.mark.parametrize("payload", ATTACKS)
def test_nothing_of_a_notebook_becomes_markup(tmp_path, payload):
    answer = answer_of(f"Answer: {payload}")
    hostile = json.loads(json.dumps(answer))
    fields = [{"name": payload, "type": payload}]
    hostile["metadata"]["desiru"] |= {"model": payload, "error": payload, "notices": [payload], "fields": fields}
    hostile["data"]["text/html"] = payload
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": payload},
        {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]},
        {"output_type": payload},
        *(shown(**{kind: payload}) for kind in ("text_plain", "text_html", "text_markdown", "image_png", "image_svg+xml")),
        {"output_type": "display_data", "data": {payload: payload}, "metadata": {}},
    ]
    made = exported(
        tmp_path, words(payload), code(payload, answer, hostile, *outputs), {"cell_type": payload, "source": payload}
    )
    assert len(made.answers) == 3
    assert set(made.tags) <= {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "script",
            "body",
            "main",
            "header",
            "h1",
            "p",
            "div",
            "span",
            "b",
            "a",
            "em",
        ),
        *("strong", "code", "pre", "details", "summary", "blockquote", "small", "ul", "ol", "li"),
    }
    assert made.tags.count("script") == 1 + len(made.answers)
    assert {name for name, _ in made.attributes if name in ("src", "style", "srcdoc") or name.startswith("on")} == set()
    assert {value.split(":")[0] for name, value in made.attributes if name == "href" and value} <= {"https", "http", "mailto"}


def test_an_answer_of_an_earlier_version_stands_there_as_text(tmp_path):
    old = answer_of("Answer: red")
    old["metadata"]["desiru"] = {"model": "m", "duration": 1.0, "state": "done"}
    made = exported(tmp_path, code("a", old))
    assert len(made.answers) == 1
    assert "Answer: red" in made.text


@pytest.mark.parametrize("cell", [{}, {"cell_type": 1, "source": {}, "outputs": {}}, {"outputs": [1, None, {"data": []}]}])
def test_odd_cells_are_nothing(tmp_path, cell):
    assert len(exported(tmp_path, cell).answers) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is not a notebook: it is not JSON"),
        ("print(1)", "is not a notebook: it is not JSON"),
        ("[" * 100_000, "is not a notebook: it is not JSON"),
        ("[]", "is not a notebook of format 4: it has no cells"),
        ('{"worksheets": []}', "is not a notebook of format 4"),
        ('{"cells": [1]}', "is not a notebook of format 4"),
        ('{"cells": []}', "has no answers of desiru_notebook in it: run its cells, save it"),
    ],
)
def test_what_cannot_be_exported_is_told(tmp_path, content, told):
    path = tmp_path / "lesson.ipynb"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=told):
        export(path)
    assert [path.name for path in tmp_path.iterdir()] == ["lesson.ipynb"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="does not exist: check the name"):
        export(tmp_path / "lesson.ipynb")


def test_the_page_stands_beside_the_notebook_or_where_it_is_wanted(tmp_path):
    path = write(tmp_path, code("a", answer_of("Answer: red")))
    assert export(path) == tmp_path / "lesson.html"
    assert export(path, str(tmp_path / "other.html")).exists()
    with pytest.raises(InputError, match=r"name it 'lesson\.html'"):
        export(path, str(tmp_path / "lesson.pdf"))
