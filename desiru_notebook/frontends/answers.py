"""An answer as data: what a notebook's file keeps of it beside what it shows, and what an exported page replays.

In a file it is the ``desiru`` of an output's metadata: the figures, the texts as the model wrote them, and when they came.
Times are steps in milliseconds, lengths are steps in UTF-16 units, the page's own. Each row of them is one string: a notebook's
file has a line for each number of a list. What has an order is a list, for Jupyter sorts the names of a mapping.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, chain, pairwise
from typing import Any, TypeVar

from ..coerce import coerce
from ..fieldtypes import TypeFault, TypeReader, type_text
from ..markdown.policy import visible
from ..partial_values import partial_value
from ..prediction import Prediction, growth_of, kinds_of
from ..run import Run
from ..stats import Stats
from ..timeline import MOST, Growth
from .words import page_figures, value_text

T = TypeVar("T")

_ROW = re.compile(r"[0-9]{1,9}(?: [0-9]{1,9})*")
_STATES = ("done", "cancelled", "failed")
_FIGURES = {"tokens": int, "attempts": int, "duration": float, "streamed": bool, "complete": bool}
_MAYBE = ("ttft", "tokens_per_second")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run left, as far as a page shows it.

    Attributes:
        fields: the types of the output fields, as a signature spells them.
        texts: the text of each field, every character visible, in the order in which they began.
        times: seconds after the start.
        lengths: UTF-16 units of each text at each of the times.
    """

    fields: dict[str, str]
    texts: dict[str, str]
    stats: Stats
    complete: bool
    error: str
    times: list[float]
    lengths: dict[str, list[int]]

    def metadata(self) -> dict[str, Any]:
        """What a notebook's file keeps."""
        times = [round(1000 * time) for time in self.times]
        return asdict(self.stats) | {
            "complete": self.complete,
            "error": self.error,
            "fields": _pairs(self.fields),
            "texts": [
                {"name": name, "text": text, "lengths": _steps(self.lengths.get(name, []))} for name, text in self.texts.items()
            ],
            "times": _steps(times),
        }

    def page_data(self) -> dict[str, Any]:
        """What the page's script takes (``js/src/page/model.ts``)."""
        return {
            "fields": _pairs(self.fields),
            "model_name": self.stats.model,
            "state": self.stats.state,
            "texts": self.texts,
            "stats": page_figures(self.stats) | {"complete": self.complete},
            "error": self.error,
            "notices": list(self.stats.notices),
            "timeline": {"type": "timeline", "times": self.times, "lengths": self.lengths},
        }

    def prediction(self) -> Prediction:
        """The answer as a value again, as well as its texts and the names of its types tell it."""
        kinds = {name: _kind(text) for name, text in self.fields.items()}
        values = {name: _value(self.texts[name], kind) for name, kind in kinds.items() if name in self.texts}
        thinking = "" if "thinking" in kinds else self.texts.get("thinking", "")
        return Prediction(values, outputs=kinds, complete=self.complete, thinking=thinking, stats=self.stats)


def of_run(run: Run) -> Answer:
    """What a run left, with all the times that are known of it."""
    prediction, error = run.partial, str(run.error) if run.state == "failed" else ""
    known = run.timeline.lengths(chain.from_iterable(run.log.parts()))
    return _answer(prediction, run.stats, error, Growth(run.texts(), *known))


def of_prediction(prediction: Prediction, error: str = "") -> Answer | None:
    """What a prediction's run left; ``None`` where the prediction does not know its run."""
    growth, stats = growth_of(prediction), prediction.stats
    return None if growth is None or stats is None else _answer(prediction, stats, error, growth)


def _answer(prediction: Prediction, stats: Stats, error: str, growth: Growth) -> Answer:
    # By a module's finish(), which the model has not said.
    made = {name: value_text(value) for name, value in prediction.items() if name not in growth.texts}
    return Answer(
        {name: _type_of(kind, prediction.get(name)) for name, kind in kinds_of(prediction).items()},
        {name: visible(text) for name, text in (dict(growth.texts) | made).items()},
        stats,
        prediction.complete,
        visible(error),
        [round(time, 3) for time in growth.times],
        {name: _utf16_lengths(growth.texts[name], known) for name, known in growth.lengths.items() if name in growth.texts},
    )


def of_metadata(data: Any) -> Answer | None:
    """The answer that a notebook's file keeps; ``None`` where it is missing or malformed: a notebook may come from anybody."""
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _read(data: Any) -> Answer:
    figures = {name: _number(data[name], kind) for name, kind in _FIGURES.items()}
    figures |= {name: None if data[name] is None else _number(data[name], float) for name in _MAYBE}
    if data["state"] not in _STATES:
        raise ValueError
    notices = tuple(_text(notice) for notice in _checked(data["notices"], list))
    complete = figures.pop("complete")
    stats = Stats(_text(data["model"]), state=data["state"], notices=notices, **figures)
    fields = {_text(field["name"]): _text(field["type"]) for field in _checked(data["fields"], list)}
    texts = {_text(each["name"]): _text(each["text"]) for each in _checked(data["texts"], list)}
    lengths = {_text(each["name"]): _sums(each["lengths"]) for each in data["texts"] if each["lengths"]}
    times = _sums(data["times"])
    if not all(len(known) == len(times) for known in lengths.values()):
        raise ValueError
    return Answer(fields, texts, stats, complete, _text(data["error"]), [time / 1000 for time in times], lengths)


def _pairs(fields: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields.items()]


def _text(value: Any) -> str:
    return visible(_checked(value, str))


def _checked(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _number(value: Any, kind: Callable[[Any], Any]) -> Any:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value < 1e12:
        raise ValueError
    return kind(value)


def _steps(row: Sequence[int]) -> str:
    return " ".join(str(after - before) for before, after in pairwise([0, *row]))


def _sums(row: Any) -> list[int]:
    if not _ROW.fullmatch(_checked(row, str)) or row.count(" ") > MOST:
        raise ValueError
    return list(accumulate(map(int, row.split(" "))))


def _type_of(kind: Any, value: Any) -> str:
    return "str" if kind is Any and isinstance(value, (str, type(None))) else visible(type_text(kind))


def _kind(text: str) -> Any:
    try:
        return TypeReader({}).read(text)
    except TypeFault:
        return Any


def _value(text: str, kind: Any) -> Any:
    try:
        return text if kind in (str, Any) else coerce(text, kind)
    except Exception:  # of a run that failed, say
        return partial_value(text, kind)


def _utf16_lengths(text: str, lengths: Iterable[int]) -> list[int]:
    """The same lengths as the page counts them, in the text that it is given."""
    return list(accumulate(_units(visible(text[before:after])) for before, after in pairwise([0, *lengths])))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
