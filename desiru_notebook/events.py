"""What happens in a run, as frozen values that compare by what they say.

A run is a list of events: ``RunStart``, then for each field ``FieldStart``, ``FieldDelta`` ..., ``FieldEnd``, and at last
``RunEnd``. For every run that ended, the joined deltas of a field are its final text. Times and errors have no part in
comparisons, so a test can compare whole lists.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .errors import DesiruError

if TYPE_CHECKING:
    from .prediction import Prediction
    from .signature import Signature
    from .stats import Stats

State: TypeAlias = Literal["pending", "streaming", "done", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class RunStart:
    """The run began; ``model`` is what the view calls the model."""

    signature: Signature
    model: str


@dataclass(frozen=True, slots=True)
class FieldStart:
    """The model began a field."""

    field: str


@dataclass(frozen=True, slots=True, init=False)
class FieldDelta:
    """New text of a field. ``str(delta)`` is the text, so that ``print(delta, end="")`` shows a stream."""

    field: str
    text: str

    def __init__(self, field: str, text: str) -> None:
        _set_field(self, field)
        _set_text(self, text)

    def __str__(self) -> str:
        return self.text


# One is made for each token, and this takes half the time of what a frozen dataclass does by itself.
_set_field, _set_text = vars(FieldDelta)["field"].__set__, vars(FieldDelta)["text"].__set__


@dataclass(frozen=True, slots=True)
class FieldEnd:
    """A field is whole: its text, and its value in the signature's type (the text itself where it does not fit)."""

    field: str
    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class Retry:
    """The request failed before its first token and is made again; ``attempt`` is the number of the new one."""

    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader should know: about the waiting, such as a download's progress, or ``lasting``, about the answer."""

    text: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The run is over: ``state`` is ``"done"``, ``"cancelled"`` or ``"failed"``, ``error`` is why it failed."""

    state: State
    prediction: Prediction
    stats: Stats | None = field(default=None, compare=False)
    error: DesiruError | None = field(default=None, compare=False)


Event: TypeAlias = RunStart | FieldStart | FieldDelta | FieldEnd | Retry | Notice | RunEnd


def event_to_dict(event: Event) -> dict[str, Any]:
    """The event as plain data for JSON: its class name in snake case as ``type``, and its fields."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
    return {"type": kind} | {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}


def _plain(value: Any) -> Any:
    """The value in JSON's own types; a signature and anything unknown as its text."""
    if isinstance(value, DesiruError):
        return {"type": type(value).__name__, "message": str(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "keys"):
        return {str(key): _plain(value[key]) for key in value.keys()}  # noqa: SIM118 - a Prediction, or any mapping
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
