"""The saved view: HTML and text that need neither kernel nor widget, and say the same in every run of the same answer.

The class names are those of the live widget (``js/src/view.ts``), and so is the stylesheet. What the model said is Markdown
where the field is text (:mod:`desiru_notebook.markdown`), and escaped wherever else it stands; names and attributes come from
constants and from the signature.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from .. import markdown
from ..markdown.policy import visible
from ..prediction import Prediction, kind_of
from ..prompt import label
from . import values
from .words import AT_ONCE, came_at_once, printable, value_text

Bundle = tuple[dict[str, str], dict[str, Any]]


def prediction_bundle(prediction: Prediction, error: str = "") -> Bundle:
    """The prediction as ``text/html`` and ``text/plain``; figures with times in them go to the metadata."""
    data = {"text/plain": as_text(prediction, error), "text/html": as_html(prediction, error)}
    return data, {"desiru": asdict(prediction.stats)} if prediction.stats else {}


def as_text(prediction: Prediction, error: str = "") -> str:
    """The fields under their labels, the notices, and a last line for a run that did not end as one expects."""
    parts = [f"{label(name)} {value_text(value)}" for name, value in _values(prediction).items()]
    parts += [f"[notice] {notice}" for notice in _notices(prediction)]
    ending = [f"[{_ending(prediction)}] {error}".strip()] if _ending(prediction) else []
    return visible(printable("\n\n".join(parts + ending)))  # IPython writes it to a terminal as it stands


def as_html(prediction: Prediction, error: str = "") -> str:
    """The view as the widget leaves it, in one string."""
    state = prediction.stats.state if prediction.stats else "done"
    shown = _values(prediction) | dict.fromkeys(prediction.missing, "")
    panes = "".join(_pane(name, _markup(prediction, name, value)) for name, value in shown.items())
    return (
        f"<style>{_stylesheet()}</style>"
        f'<section class="desiru" data-state="{escape(state)}" aria-label="Model output">'
        f'<div class="desiru-panes">{panes}</div>{_remarks(prediction, error)}{_status(prediction, state)}</section>'
    )


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


def _markup(prediction: Prediction, name: str, value: Any) -> str:
    """What a pane shows: nothing of a field that never came, a typed value as its elements, and text as Markdown."""
    typed = None if name in prediction.missing else values.to_html(value, _kind(prediction, name, value))
    if typed is not None:
        return f'<div class="desiru-text mathjax_ignore tex2jax_ignore" dir="auto">{typed}</div>'
    # The classes keep the host's MathJax off whatever is no formula.
    return f'<div class="desiru-text desiru-prose mathjax_ignore tex2jax_ignore" dir="auto">{markdown.to_html(value)}</div>'


def _kind(prediction: Prediction, name: str, value: Any) -> Any:
    """The field's type; text of which no type is known, as thinking is, is text."""
    kind = kind_of(prediction, name)
    return str if kind is Any and isinstance(value, str) else kind


def _pane(name: str, markup: str) -> str:
    # <b> serves pages that strip stylesheets.
    return (
        f'<div class="desiru-pane" data-field="{escape(name)}"><div class="desiru-name"><b>{escape(name)}</b></div>'
        f"{markup}</div>"
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _remarks(prediction: Prediction, error: str) -> str:
    """What stands between the panes and the status: why the run failed, and what a reader should know of the answer."""
    remarks = f'<div class="desiru-error">{_text(error)}</div>' if error else ""
    remarks += "".join(f'<div class="desiru-notice">{_text(notice)}</div>' for notice in _notices(prediction))
    return f'<div class="desiru-remarks" role="note">{remarks}</div>' if remarks else ""


def _status(prediction: Prediction, state: str) -> str:
    """The state and the model. How often a service was asked is left out, as times are: the same answer, the same page."""
    stats = prediction.stats
    cut = " \u00b7 cut short" if state == "done" and not prediction.complete else ""
    figure = f'<span class="desiru-figures">{AT_ONCE}</span> ' if stats is not None and came_at_once(stats) else ""
    return (
        f'<div class="desiru-status"><span class="desiru-state">{escape(state + cut)}</span> '
        f'{figure}<span class="desiru-model">{_text(stats.model if stats else "")}</span></div>'
    )


@lru_cache(maxsize=1)
def _stylesheet() -> str:
    sheet = files("desiru_notebook").joinpath("static", "widget.css").read_text("utf-8")
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).strip()
