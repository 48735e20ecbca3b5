"""Prediction: what a run leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import MissingFieldError

if TYPE_CHECKING:
    from .stats import Stats
    from .timeline import Growth


class Prediction(Mapping[str, Any]):
    """The signature's output fields and their values: ``p.answer``, ``p["answer"]``, ``"answer" in p``.

    ``outputs`` are the names of all its fields, with or without their types; without it they are those of ``values``.

    An output never has the name of an attribute of this class (``items``, ``keys``, ``values``, ``get``, ``complete``,
    ``missing``, ``stats``, ``extra``): a signature refuses it. Two predictions are equal when their fields are.

    Raises:
        MissingFieldError: somebody reads a field that the model never produced; ``KeyError`` or ``AttributeError`` for a name
            that is no field at all.
    """

    __slots__ = ("_complete", "_extra", "_growth", "_kinds", "_outputs", "_stats", "_thinking", "_values")

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        outputs: Mapping[str, Any] | Sequence[str] | None = None,
        complete: bool = True,
        thinking: str = "",
        extra: Mapping[str, str] | None = None,
        stats: Stats | None = None,
        growth: Growth | None = None,
    ) -> None:
        self._outputs = tuple(values if outputs is None else outputs)
        self._kinds = dict(outputs) if isinstance(outputs, Mapping) else {}
        self._values = {name: values[name] for name in self._outputs if name in values}
        self._complete = complete and not self.missing
        self._thinking = thinking
        self._extra = dict(extra or {})
        self._stats = stats
        self._growth = growth

    @property
    def complete(self) -> bool:
        """Whether the run ended by itself, with every field, and the model was not cut short."""
        return self._complete

    @property
    def missing(self) -> list[str]:
        """Fields of the signature that the model never began."""
        return [name for name in self._outputs if name not in self._values]

    @property
    def thinking(self) -> str:
        """Native reasoning that had no ``reasoning`` field to go to; an output named ``thinking`` comes first."""
        return str(self._values.get("thinking", self._thinking))

    @property
    def extra(self) -> dict[str, str]:
        """What the model wrote beside its fields, by the name in the header above it; a preamble by ``""``."""
        return dict(self._extra)

    @property
    def stats(self) -> Stats | None:
        """What the run cost; ``None`` for a prediction made by hand."""
        return self._stats

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._outputs:
            raise self._missing_field(name)
        raise KeyError(name)

    def __or__(self, values: Mapping[str, Any]) -> Prediction:
        """This prediction with other values, or with more of them; the rest stays as it is."""
        kinds = self._kinds if self._kinds else dict.fromkeys(self._outputs, Any)
        return Prediction(
            self._values | dict(values),
            outputs=kinds | {name: kinds.get(name, Any) for name in values},
            complete=self._complete,
            thinking=self._thinking,
            extra=self._extra,
            stats=self._stats,
            growth=self._growth and self._growth.without(values.keys()),
        )

    def __getattr__(self, name: str) -> Any:
        # IPython probes values with odd attribute names before it displays them: those must end in AttributeError.
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._outputs:
            return self[name]
        raise AttributeError(f"This prediction has no field {name!r}; its fields are {', '.join(self._outputs)}.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """The field's value, or ``default`` when the model never produced it."""
        return self._values.get(name, default)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name for name in self._values if name.isidentifier())]

    def __repr__(self) -> str:
        return f"Prediction({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def _missing_field(self, name: str) -> MissingFieldError:
        error = MissingFieldError(
            f"The model never produced {name!r}; it gave {', '.join(self._values) or 'nothing'}. "
            "Run again, give more max_tokens, or see `.missing` before you read."
        )
        error.partial = self
        return error

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        # A notebook asks the value itself how to show it, so this one name of the screen side is known here.
        from .frontends.html import prediction_bundle

        return prediction_bundle(self)


def kind_of(prediction: Prediction, name: str) -> Any:
    """The type of an output field, as far as it is known. (A method of the class would hide a field of its name.)"""
    return prediction._kinds.get(name, Any)


def growth_of(prediction: Prediction) -> Growth | None:
    """How the texts of the prediction's run grew, as far as they are its fields still; ``None`` for one made by hand."""
    return prediction._growth


def kinds_of(prediction: Prediction) -> dict[str, Any]:
    """Every output field, in the signature's order, and its type, as far as it is known."""
    return {name: kind_of(prediction, name) for name in prediction._outputs}
