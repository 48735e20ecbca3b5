"""The saved view: what the model said is text in it or Markdown, whatever it said; and it says the same each time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal
from unittest.mock import ANY

import pytest
from markdown.vocabulary import text_of
from markdown_it import MarkdownIt
from models import Scripted, Whole, start
from pydantic import BaseModel

from desiru_notebook import Prediction, Stats
from desiru_notebook.frontends import values
from desiru_notebook.frontends.html import as_html, as_text, gist, prediction_bundle, saved_bundle
from desiru_notebook.markdown import to_html
from desiru_notebook.markdown.policy import visible
from desiru_notebook.providers import Finish, Reasoning, Refusal, ToolCall

TESTS = Path(__file__).resolve().parents[1]
PROSE = {"class": "desiru-text desiru-prose"}
AUTO = {"dir": "auto"}
NOTHING = ["span", {"aria-hidden": "true", "class": "desiru-nothing"}, ["\u2014"]]
DATA = {"class": "desiru-text", "dir": "auto"}
OWN_ATTACKS = {
    "script": "<script>window.__pwn=1</script>",
    "end-of-pane": '</div></div></div><div class="desiru" data-state="done"><button>Cancel</button>',
    "end-of-style": "</style><style>.desiru{position:fixed}</style>",
    "out-of-an-attribute": '" onmouseover="window.__pwn=1" x=\'',
    "entity": "&lt;script&gt; &amp;amp; &#60;b&#62; &nbsp &",
    "comment": "<!-- --><![CDATA[ ]]><!DOCTYPE html><?php ?>",
    "unfinished": "<img src=x onerror=window.__pwn=1",
    "markdown": "# h\n![x](https://evil.example/p.png) [y](javascript:1) `<b>`",
    "tex": "$\\href{javascript:1}{x}$ \\(\\html{x}\\)",
    "template": "{braces} ${dollars} %s {{x}} </",
}


class Elements(HTMLParser):
    """The page as a tree of ``[name, attributes, children]``, texts as strings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.children: list = []
        self._path = [self.children]
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs)
        element = [tag, dict(attrs), []]
        self._path[-1].append(element)
        if tag not in ("br", "hr"):
            self._path.append(element[2])
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        self._path.pop()

    def handle_data(self, data):
        self._path[-1].append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def shown(prediction, error=""):
    """The view without its stylesheet."""
    style, root = Elements(as_html(prediction, error)).children
    assert style[:2] == ["style", {}]
    return with_stylesheet(root)


def with_stylesheet(element):
    """The element without what the stylesheet hides."""
    name, attributes, children = element
    seen = [each for each in children if isinstance(each, str) or each[1].get("class") != "desiru-apart"]
    return [name, attributes, [each if isinstance(each, str) else with_stylesheet(each) for each in seen]]


def pane(name, text):
    """The pane of a text. What Markdown makes of it is a matter of its own: here, that nothing else stands in the pane."""
    return _pane(name, PROSE, prose(text))


def prose(text):
    """What stands in the pane; a dash where that is nothing."""
    html = to_html(text)
    text_of(html)
    return Elements(html).children or [NOTHING]


def data_pane(name, found):
    """The pane of a value that is no text."""
    return _pane(name, DATA, [found])


def folded_pane(name, text, *, opened=False):
    """The pane of thoughts."""
    hidden = {"hidden": "hidden"} if opened else {}
    head = [_name(name), " ", ["span", {"class": "desiru-gist"} | hidden, [gist(text)] if gist(text) else []]]
    attributes = {"class": "desiru-pane", "data-field": name} | ({"open": None} if opened else {})
    found = ["blockquote", _text(name, PROSE), prose(text)]
    return ["details", attributes, [["summary", {"class": "desiru-head"}, head], found]]


def _pane(name, attributes, children):
    head = ["div", {"class": "desiru-head"}, [_name(name)]]
    return ["div", {"class": "desiru-pane", "data-field": name}, [head, ["blockquote", _text(name, attributes), children]]]


def _name(name):
    return ["span", {"class": "desiru-name"}, [["b", {}, [name]]]]


def _text(name, attributes):
    return attributes | {"aria-label": name, "role": "group", "tabindex": "0"}


def view(state, *panes, error="", notices=(), model="", ending="", figures=""):
    """The whole view as it has to be: nothing more, nothing less."""
    remarks = [["div", {"class": "desiru-error"}, [error]]] if error else []
    remarks += [["div", {"class": "desiru-notice"}, [notice]] for notice in notices]
    facts = [
        ["span", {"class": "desiru-state"}, [["b", {}, [ending or state]]]],
        " ",
        ["span", {"class": "desiru-figures"}, [figures] if figures else []],
        " ",
        ["span", {"class": "desiru-model", "title": model}, [model] if model else []],
    ]
    complete = "false" if ending else "true"
    return [
        "div",
        {
            "class": "desiru mathjax_ignore tex2jax_ignore",
            "data-state": state,
            "data-complete": complete,
            "data-answer": ANY,
            "aria-label": "Model output",
            "role": "group",
        },
        [
            ["div", {"class": "desiru-panes"}, list(panes)],
            *([["div", {"class": "desiru-remarks", "role": "note"}, remarks]] if remarks else []),
            ["div", {"class": "desiru-status"}, [["div", {"class": "desiru-facts"}, facts]]],
        ],
    ]


def hostile(payload):
    """The view with the payload wherever a model, its service or its name can put it."""
    stats = Stats(payload, state="failed", notices=(payload, payload))
    prediction = Prediction({"answer": payload}, outputs=["answer", "tags"], thinking=payload, stats=stats)
    panes = folded_pane("thinking", payload, opened=True), pane("answer", payload), pane("tags", "")
    text = visible(payload)
    return shown(prediction, payload), view("failed", *panes, error=text, notices=[text, text], model=text)


@pytest.mark.parametrize("payload", OWN_ATTACKS.values(), ids=OWN_ATTACKS.keys())
def test_what_a_model_says_stays_text(payload):
    found, wanted = hostile(payload)
    assert found == wanted


def test_every_known_attack_stays_text(shared):
    attacks = json.loads((shared / "attacks" / "given.json").read_text("utf-8"))
    assert len(attacks) > 10
    for attack in attacks:
        found, wanted = hostile(attack["payload"])
        assert found == wanted, attack["id"]


def test_an_attack_inside_a_value_stays_text():
    payload = OWN_ATTACKS["script"]
    tree = ["dl", {"class": "desiru-tree"}, [["div", {}, [["dt", AUTO, [payload]], ["dd", AUTO, [payload]]]]]]
    items = ["ol", {"class": "desiru-items"}, [["li", AUTO, [payload]], ["li", AUTO, [tree]]]]
    assert shown(Prediction({"answer": [payload, {payload: payload}]})) == view("done", data_pane("answer", items))


def test_a_choice_is_known_by_the_type_of_its_field():
    prediction = Prediction({"answer": "sad"}, outputs={"answer": Literal["sad", "glad"]})
    assert shown(prediction) == view("done", data_pane("answer", ["span", {"class": "desiru-chip"}, ["sad"]]))


def test_on_a_page_of_markdown_nothing_of_the_view_is_read_as_markdown():
    picture = "![x](https://elsewhere.example/x.png)"
    said = f"```\ncode\n\n{picture}\n```\n\nline\n{picture}"
    stats = Stats(f"a\n\n{picture}", state="failed", notices=(f"a\n\n{picture}",))
    prediction = Prediction({"answer": said, "tags": [f"a\n\n{picture}"]}, thinking=said, stats=stats)
    made = as_html(prediction, f"a\n\n{picture}")
    assert MarkdownIt("commonmark").render(f"Before.\n\n{made}\n\nAfter.") == f"<p>Before.</p>\n{made}\n<p>After.</p>\n"


def test_what_the_stylesheet_hides_says_how_to_trust_the_file_and_what_icons_say():
    """A page that strips stylesheets shows it, whatever state the run is in."""
    for state in ("done", "failed", "cancelled"):
        stats = Stats("tests", state=state, notices=("Mind.",))
        made = as_html(Prediction({"reasoning": "a", "answer": "b"}, stats=stats), "No." if state == "failed" else "")
        hidden = re.findall(r'<(\w+) class="desiru-apart">([^<]*)', made.partition("</style>")[2])
        spaces, errors = [] if state != "done" else [("br", "")], [("b", "Error: ")] if state == "failed" else []
        assert [each for each in hidden if each[0] != "p"] == [*spaces, *errors, ("b", "Note: ")]
        assert made.endswith(
            '<p class="desiru-apart"><small>Plain view: this notebook is not trusted. <b>Trust Notebook</b> (command palette '
            "or File menu) or <code>jupyter trust FILE</code> shows the answer as it was.</small></p></div>"
        )


def test_the_stylesheet_hides_that():
    style, _ = Elements(as_html(Prediction({"answer": "42"}))).children
    assert ".desiru.desiru .desiru-apart{display:none}" in style[2][0]


def test_no_part_of_the_view_is_taken_for_a_slide_of_its_own():
    assert "<section" not in as_html(Prediction({"reasoning": "a", "answer": "# b"}), "c")


def test_the_stylesheet_cannot_end_early():
    style, _ = Elements(as_html(Prediction({"answer": "42"}))).children
    (sheet,) = style[2]
    assert sheet.startswith(".desiru.desiru{")
    assert "<" not in sheet
    assert "/*" not in sheet


@pytest.mark.parametrize("name", ["answer", "due_date", "\u00e9tat", "\u6771\u4eac"])
def test_a_pane_bears_its_fields_name(name):
    assert shown(Prediction({name: "x"})) == view("done", pane(name, "x"))


class Person(BaseModel):
    name: str


@dataclass
class Place:
    street: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (False, "false"),
        (None, "null"),
        (["a", "b"], '["a", "b"]'),
        ({"a": 1}, '{"a": 1}'),
        (Person(name="Ada"), '{\n  "name": "Ada"\n}'),
        ([Person(name="Ada")], '[{"name": "Ada"}]'),
        (Place("Long Lane"), '{"street": "Long Lane"}'),
    ],
)
def test_a_typed_value_is_shown_as_its_elements_and_kept_as_json(value, text):
    (found,) = Elements(values.to_html(value, Any)).children
    assert shown(Prediction({"answer": value})) == view("done", data_pane("answer", found))
    assert as_text(Prediction({"answer": value})) == f"Answer: {text}"


def test_what_a_failed_run_could_not_make_a_value_of_is_shown_as_far_as_it_can_be_read():
    text = '{"name": ["Ada"]}'
    prediction = Prediction({"answer": text}, outputs={"answer": Person}, stats=Stats("tests", state="failed"))
    (found,) = Elements(values.to_html({"name": ["Ada"]}, Any)).children
    assert shown(prediction) == view("failed", data_pane("answer", found), model="tests")
    assert as_text(prediction) == f"Answer: {text}\n\n[failed]"


def test_a_text_is_shown_as_markdown_and_kept_as_it_is():
    prediction = Prediction({"answer": "  *two*\n lines "})
    found = ["p", {"dir": "auto"}, [["em", {}, ["two"]], "\nlines"]]
    assert shown(prediction) == view("done", _pane("answer", PROSE, [found]))
    assert as_text(prediction) == "Answer:   *two*\n lines "


@pytest.mark.parametrize(("state", "last"), [("cancelled", "[cancelled]"), ("failed", "[failed]"), ("pending", "[pending]")])
def test_a_run_that_did_not_end_well_says_so(state, last):
    prediction = Prediction({"answer": "4"}, complete=False, stats=Stats("scripted", state=state))
    assert shown(prediction) == view(state, pane("answer", "4"), model="scripted")
    assert as_text(prediction) == f"Answer: 4\n\n{last}"


def test_an_answer_that_was_cut_short_says_so():
    run = start(Scripted(["Answer: 4", Finish("length")]))
    run.join()
    assert shown(run.partial) == view(
        "done", pane("answer", "4"), folded_pane("reasoning", ""), model="scripted", ending="done \u00b7 cut short"
    )
    assert as_text(run.partial) == "Answer: 4\n\n[incomplete]"


def test_an_error_is_told_once_in_each_form():
    prediction = Prediction({}, outputs=["answer"], stats=Stats("scripted", state="failed"))
    assert shown(prediction, "No <key>.") == view("failed", pane("answer", ""), error="No <key>.", model="scripted")
    assert as_text(prediction, "No <key>.") == "[failed] No <key>."


NO_TOOLS = "scripted asked for the tool 'search'; a run has no tools."


def test_notices_stand_beside_the_answer():
    run = start(Scripted([ToolCall("search"), "Answer: 42", Refusal("No <more>.")]), "question -> answer")
    run.join()
    declined = "scripted declined: No <more>."
    assert shown(run.partial) == view(
        "done", pane("answer", "42"), notices=[NO_TOOLS, declined], model="scripted", ending="done \u00b7 cut short"
    )
    assert as_text(run.partial) == f"Answer: 42\n\n[notice] {NO_TOOLS}\n\n[notice] {declined}\n\n[incomplete]"


def test_they_stand_beside_an_error_too():
    run = start(Scripted([ToolCall("search"), ZeroDivisionError()]), "question -> answer")
    run.join()
    assert shown(run.partial, "No key.") == view(
        "failed", pane("answer", ""), error="No key.", notices=[NO_TOOLS], model="scripted"
    )
    assert as_text(run.partial, "No key.") == f"[notice] {NO_TOOLS}\n\n[failed] No key."


def test_an_answer_that_came_at_once_says_so():
    whole = start(Whole(["Answer: 42"]), "question -> answer").result()
    assert shown(whole) == view("done", pane("answer", "42"), model="whole", figures="came at once")
    assert as_text(whole) == "Answer: 42\n\n[came at once]"
    cut = start(Whole(["Answer: 42", Finish("length")]), "question -> answer")
    cut.join()
    assert as_text(cut.partial) == "Answer: 42\n\n[incomplete, came at once]"


def test_an_answer_that_never_came_did_not_come_at_once():
    nothing = Prediction({}, outputs=["answer"], stats=Stats("whole", state="failed", streamed=False))
    assert shown(nothing) == view("failed", pane("answer", ""), model="whole")
    assert as_text(nothing) == "[failed]"


def test_how_often_a_service_was_asked_is_no_part_of_the_answer():
    once, twice = (Prediction({"answer": "42"}, stats=Stats("m", attempts=attempts)) for attempts in (1, 2))
    assert prediction_bundle(once)[0] == prediction_bundle(twice)[0]


def test_thinking_stands_first_and_only_where_it_is_no_field():
    run = start(Scripted([Reasoning("Hm."), "Answer: 42"]), "question -> answer")
    assert shown(run.result()) == view("done", folded_pane("thinking", "Hm."), pane("answer", "42"), model="scripted")
    assert as_text(run.result()) == "Thinking: Hm.\n\nAnswer: 42"
    run = start(Scripted(["Thinking: Hm.\nAnswer: 42"]), "question -> answer, thinking")
    assert shown(run.result()) == view("done", pane("answer", "42"), folded_pane("thinking", "Hm."), model="scripted")


def test_two_runs_of_the_same_answer_look_the_same_and_their_times_stand_in_the_metadata():
    bundles = []
    for delay in (0, 0.002):
        run = start(Scripted(["Reasoning: Light.\n", "Answer: ", "42"], delay))
        bundles.append((run.result()._repr_mimebundle_(), run.stats))
    ((first, first_figures), first_stats), ((second, second_figures), second_stats) = bundles
    assert first == second
    assert first_figures["desiru"]["duration"] == first_stats.duration
    assert second_figures["desiru"]["duration"] == second_stats.duration
    assert first_figures != second_figures
    json.dumps([first_figures, second_figures])


def test_a_prediction_made_by_hand_has_no_figures():
    assert prediction_bundle(Prediction({"answer": "42"}))[1] == {}


def test_the_text_has_no_power_over_a_terminal():
    """IPython writes it to the screen as it is, and so does whoever prints a notebook's outputs."""
    attack = "\x1b]52;c;cm0gLXJm\x07"  # writes into the clipboard
    stats = Stats("m", state="failed", notices=(attack,))
    assert "\x1b" not in as_text(Prediction({"answer": attack}, stats=stats), attack)
    signs = Prediction({"answer": "a\x1b]0;title\x07b\x9b31m\r\x7f"})
    assert as_text(signs) == "Answer: a\u241b]0;title\u2407b\ufffd31m\u240d\u2421"
    harmless = "tab\t, line\n, \u65e5\u672c \U0001f600"
    assert as_text(Prediction({"answer": harmless})) == f"Answer: {harmless}"


def test_nothing_hides_in_the_text():
    hidden = "a\u202eb\U000e0041c"
    assert as_text(Prediction({"answer": hidden})) == "Answer: a\u27e8U+202E\u27e9b\u27e8U+E0041\u27e9c"


def test_nothing_hides_in_the_name_of_a_field():
    page = as_html(Prediction({"a\ufe0f": "42"}))
    assert "<b>a\u27e8U+FE0F\u27e9</b>" in page
    assert 'aria-label="a\u27e8U+FE0F\u27e9"' in page


@pytest.mark.parametrize(("state", "answer", "opened"), [("done", "42", False), ("done", " ", True), ("cancelled", "42", True)])
def test_thoughts_are_folded_away_once_there_is_an_answer(state, answer, opened):
    prediction = Prediction({"reasoning": "So", "answer": answer}, stats=Stats("", state=state))
    assert shown(prediction) == view(state, folded_pane("reasoning", "So", opened=opened), pane("answer", answer))


@pytest.mark.parametrize(("source", "words"), json.loads((TESTS / "gists.json").read_text("utf-8")))
def test_a_folded_pane_shows_words_and_no_markdown(source, words):
    """The live view is held to the same cases."""
    assert gist(source) == words


def test_of_a_long_text_only_its_beginning_is_read():
    assert gist("**[** `x" * 10**6) == gist("**[** `x" * 10**3)


def test_a_folded_pane_shows_its_first_words_on_one_line():
    assert (
        gist("# **Light** is\n`scattered`  by\u202e air" + " x" * 500)
        == f"Light is scattered by\u27e8U+202E\u27e9 air{' x' * 63}"
    )


class Raising:
    def __repr__(self) -> str:
        raise ZeroDivisionError


def test_a_value_whose_form_raises_is_kept_as_the_text_that_came():
    prediction = Prediction({"answer": Raising()}, stats=Stats("m", state="cancelled"))
    data, metadata = saved_bundle(prediction, {"answer": "<4>"})
    assert data["text/plain"] == "Answer: <4>\n\n[cancelled]"
    assert data["text/html"] == "<pre>Answer: &lt;4&gt;&#10;&#10;[cancelled]</pre>"
    assert metadata == {}
