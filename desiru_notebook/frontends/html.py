"""The saved view: HTML and text that need neither kernel nor widget, and say the same in every run of the same answer.

The class names are those of the live widget (``js/src/view.ts``), and so is the stylesheet. What the model said is Markdown
where the field is text (:mod:`desiru_notebook.markdown`), and escaped wherever else it stands; names and attributes come from
constants and from the signature.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from html import escape, unescape
from importlib.resources import files
from typing import Any

from .. import markdown
from ..markdown.policy import visible
from ..partial_values import partial_value
from ..prediction import Prediction, kind_of
from ..prompt import label
from . import values
from .answers import of_prediction
from .words import AT_ONCE, came_at_once, value_text

THOUGHTS = ("reasoning", "thinking")  # folded away once there is something better to read
_NOTHING = '<span aria-hidden="true" class="desiru-nothing">\u2014</span>'
# What only a page shows that strips the stylesheet, as Jupyter does in a notebook that is not trusted.
_SPACE = '<br class="desiru-apart">'
_TRUST = (
    '<p class="desiru-apart"><small>Plain view: this notebook is not trusted. <b>Trust Notebook</b> (command palette or File '
    "menu) or <code>jupyter trust FILE</code> shows the answer as it was.</small></p>"
)
_LETTERS = str.maketrans("0123456789", "ghijklmnop")  # so that nobody takes a digit of it for a figure
_GIST = 160  # characters of a folded text that are shown at most,
_READ = 2048  # and read for that: addresses and other markup are longer than what they say
# What our own elements hold beside the words of a text, and where one of them begins on a line of its own.
_BESIDE = re.compile(r' <span class="desiru-host">[^<]*</span>|<div class="desiru-lang">[^<]*</div>')
_FORMULA = re.compile(r'(<\w+ class="desiru-math[^>]*>)\\[(\[]([^<]*)\\[)\]]')
_APART = re.compile(r"<(?:p|div|li|th|td|br)\b")
Bundle = tuple[dict[str, str], dict[str, Any]]


def prediction_bundle(prediction: Prediction, error: str = "", *, kept: bool = False) -> Bundle:
    """The prediction as ``text/html`` and ``text/plain``; figures, times and what an export needs go to the metadata."""
    data = {"text/plain": as_text(prediction, error), "text/html": as_html(prediction, error, kept=kept)}
    answer = of_prediction(prediction, error)
    return data, {"desiru": answer.metadata()} if answer else {"desiru": asdict(prediction.stats)} if prediction.stats else {}


def answer_key(prediction: Prediction) -> str:
    """The same for the same answer, in letters: by it a page finds the run whose answer a saved view shows."""
    state, model = (prediction.stats.state, prediction.stats.model) if prediction.stats else ("done", "")
    digest = hashlib.sha256("\0".join([state, model, as_text(prediction)]).encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:16].translate(_LETTERS)


def saved_bundle(prediction: Prediction, texts: Mapping[str, str], error: str = "", *, kept: bool = False) -> Bundle:
    """The same for a run's prediction; its ``texts`` as they came where a type from code has a form that raises."""
    try:
        return prediction_bundle(prediction, error, kept=kept)
    except Exception:
        return _text_bundle(texts, prediction.stats.state if prediction.stats else "done", error)


def _text_bundle(texts: Mapping[str, str], state: str, error: str) -> Bundle:
    ending = [] if state == "done" else [f"[{state}] {error}".strip()]
    text = visible("\n\n".join([f"{label(name)} {text}" for name, text in texts.items()] + ending))
    return {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>".replace("\n", "&#10;")}, {}


def as_text(prediction: Prediction, error: str = "") -> str:
    """The fields under their labels, the notices, and a last line for a run that did not end as one expects."""
    parts = [f"{label(name)} {value_text(value)}" for name, value in _values(prediction).items()]
    parts += [f"[notice] {notice}" for notice in _notices(prediction)]
    ending = [f"[{_ending(prediction)}] {error}".strip()] if _ending(prediction) else []
    return visible("\n\n".join(parts + ending))  # IPython writes it to a terminal as it stands


def as_html(prediction: Prediction, error: str = "", *, kept: bool = False) -> str:
    """The view as the widget leaves it, in one line.

    One that is ``kept`` stands for an answer that a container of widgets shows: it is hidden while that is on the page.

    A page of Markdown that holds it, as nbconvert makes one, would read further lines as Markdown, their pictures too.
    """
    return f"<style>{_stylesheet()}</style>{view_html(prediction, error, kept=kept)}"


def view_html(prediction: Prediction, error: str = "", *, kept: bool = False, measured: str = "") -> str:
    """The same without its stylesheet. What was ``measured`` is told only on pages that nobody compares."""
    state = prediction.stats.state if prediction.stats else "done"
    shown = _values(prediction) | dict.fromkeys(prediction.missing, "")
    opened = state != "done" or not any(name not in THOUGHTS and _says_something(value) for name, value in shown.items())
    panes = "".join(_pane(prediction, name, value, opened) for name, value in shown.items())
    # Two of the classes keep the host's MathJax off all of it, but for what is marked as a formula. And it is no <section>:
    # the slides that nbconvert makes take each of those for a slide, and move it out of sight.
    view = (
        f'<div aria-label="Model output" class="desiru{" desiru-kept" if kept else ""} mathjax_ignore tex2jax_ignore"'
        f' {_data_of(prediction, state)} role="group">'
        f'<div class="desiru-panes">{panes}</div>{_remarks(prediction, error)}'
        f"{_status(prediction, state, measured)}{_TRUST}</div>"
    )
    return view.replace("\n", "&#10;")


def _data_of(prediction: Prediction, state: str) -> str:
    """What the stylesheet asks about the whole view."""
    complete = "false" if _is_cut_short(prediction, state) else "true"
    return f'data-answer="{answer_key(prediction)}" data-complete="{complete}" data-state="{escape(state)}"'


def _is_cut_short(prediction: Prediction, state: str) -> bool:
    return state == "done" and not prediction.complete


def _says_something(value: Any) -> bool:
    return not isinstance(value, str) or bool(value.strip())


def _values(prediction: Prediction) -> dict[str, Any]:
    """What stands in every pane: thinking first, then the fields that came."""
    thinking = {"thinking": prediction.thinking} if prediction.thinking and "thinking" not in prediction else {}
    return thinking | dict(prediction.items())


def _notices(prediction: Prediction) -> tuple[str, ...]:
    return prediction.stats.notices if prediction.stats else ()


def _ending(prediction: Prediction) -> str:
    """How the run ended and how the answer came, where that is worth a word."""
    stats = prediction.stats
    cut = "" if prediction.complete else "incomplete"
    if stats is None:
        return cut
    words = [cut if stats.state == "done" else stats.state, AT_ONCE if came_at_once(stats) else ""]
    return ", ".join(word for word in words if word)


def _pane(prediction: Prediction, name: str, value: Any, opened: bool) -> str:
    """A pane with its head. Thoughts fold to one line, by the page's own means, as there is no script.

    Pages that strip stylesheets are thought of: names are bold, and no gist stands beside the text that it is of.
    """
    data, text = f'class="desiru-pane" data-field="{escape(name)}"', _text_of(prediction, name, value)
    head = f'<span class="desiru-name"><b>{_text(name)}</b></span>'
    if name not in THOUGHTS:
        return f'<div {data}><div class="desiru-head">{head}</div>{text}</div>'
    hidden = ' hidden="hidden"' if opened else ""  # JupyterLab drops attributes without a value
    beside = f'<span class="desiru-gist"{hidden}>{_text(gist(value_text(value)))}</span>'
    made = f'<details {data}{" open" if opened else ""}><summary class="desiru-head">{head} {beside}</summary>{text}</details>'
    return made if opened else f"{made}{_SPACE}"


def _text_of(prediction: Prediction, name: str, value: Any) -> str:
    """What a pane shows: nothing of a field that never came, a typed value as its elements, and text as Markdown."""
    kind = _kind(prediction, name, value)
    typed = None if name in prediction.missing else values.to_html(_readable(prediction, value, kind), kind)
    prose, markup = (" desiru-prose", markdown.to_html(value)) if typed is None else ("", typed)
    direction = "" if typed is None else ' dir="auto"'  # each block of prose has its own
    return (
        f'<blockquote aria-label="{_text(name)}" class="desiru-text{prose}"{direction}'
        f' role="group" tabindex="0">{markup or _NOTHING}</blockquote>'
    )


def _kind(prediction: Prediction, name: str, value: Any) -> Any:
    """The field's type; text of which no type is known, as thinking is, is text."""
    kind = kind_of(prediction, name)
    return str if kind is Any and isinstance(value, str) else kind


def _readable(prediction: Prediction, value: Any, kind: Any) -> Any:
    """The value. Of a run that failed, text that is no value of its field's type is read as the live view has read it."""
    unread = kind is not str and isinstance(value, str) and prediction.stats is not None and prediction.stats.state == "failed"
    return partial_value(value, kind) if unread else value


def gist(source: str) -> str:
    """The first words of a text on one line, without its markup: what its elements say (as in ``js/src/fold.ts``)."""
    markup = _FORMULA.sub(r"\1\2", _BESIDE.sub("", markdown.to_html(source[:_READ])))
    words = unescape(re.sub(r"<[^>]*>", "", _APART.sub(r" \g<0>", markup)))
    return re.sub(r"\s+", " ", words).strip()[:_GIST].strip()


def _text(text: str) -> str:
    return escape(visible(text))


def _remarks(prediction: Prediction, error: str) -> str:
    """What stands between the panes and the status: why the run failed, and what a reader should know of the answer."""
    remarks = f'<div class="desiru-error">{_kind_of_remark("Error")}{_text(error)}</div>' if error else ""
    notices = [f'<div class="desiru-notice">{_kind_of_remark("Note")}{_text(notice)}</div>' for notice in _notices(prediction)]
    remarks += "".join(notices)
    return f'<div class="desiru-remarks" role="note">{remarks}</div>' if remarks else ""


def _kind_of_remark(word: str) -> str:
    """What an icon says where there is a stylesheet."""
    return f'<b class="desiru-apart">{word}: </b>'


def _status(prediction: Prediction, state: str, measured: str) -> str:
    """The state and the model. How often a service was asked is left out, as times are: the same answer, the same page."""
    stats = prediction.stats
    said = f"{state} \u00b7 cut short" if _is_cut_short(prediction, state) else state
    figure = _text(measured) or (AT_ONCE if stats is not None and came_at_once(stats) else "")
    model = _text(stats.model if stats else "")
    return (
        f'<div class="desiru-status"><div class="desiru-facts"><span class="desiru-state"><b>{escape(said)}</b></span> '
        f'<span class="desiru-figures">{figure}</span> <span class="desiru-model" title="{model}">{model}</span></div></div>'
    )


@lru_cache(maxsize=1)
def _stylesheet() -> str:
    sheet = files("desiru_notebook").joinpath("static", "widget.css").read_text("utf-8")
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).strip()
