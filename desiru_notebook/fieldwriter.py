"""FieldWriter: opens, fills and closes the fields of an answer that :mod:`desiru_notebook.parser` reads. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from .coerce import coerce
from .errors import FieldValueError
from .events import Event, FieldDelta, FieldEnd, FieldStart
from .fieldtext import FieldText
from .fieldtypes import type_text
from .markers import Marker
from .prompt import COMPLETED, header
from .signature import Signature

_LONGEST_PREAMBLE = 200  # characters


class FieldWriter:
    """The fields of one answer as they are written.

    Attributes:
        fields: by its name, the text of each field that has begun, in the order in which they began.
        values: by its name, the value of each field that has ended.
        faults: by its name, the :class:`FieldValueError` of each field that has ended and whose text does not fit its type.
        current: the field that text goes to.
    """

    def __init__(self, signature: Signature, on_close: Callable[[str], object]) -> None:
        """``on_close`` is told the name of each field that ends and whose marker does not count any more."""
        self._inputs, self._outputs, self._on_close = signature.inputs, signature.outputs, on_close
        self.fields: dict[str, FieldText] = {}
        self.values: dict[str, object] = {}
        self.faults: dict[str, FieldValueError] = {}
        self.current: str | None = None
        self._events: list[Event] = []
        self._native: str | None = None  # the field that native reasoning fills, while it is open
        self._preamble: str | None = ""  # what may be one; None when that is decided
        self._by_text: str | None = None  # the field that text without a marker has opened, until its own marker comes
        self._aside: str | None = None  # the header above text that belongs to none of the fields
        self._asides: dict[str, FieldText] = {}

    @property
    def extra(self) -> dict[str, str]:
        """What was kept aside, by its header's name; the preamble by ``""``. An input that the model repeats is left out."""
        return {name: str(text) for name, text in list(self._asides.items()) if name not in self._inputs and str(text)}

    @property
    def size(self) -> int:
        """Characters so far."""
        return sum(map(len, self.fields.values())) + sum(map(len, self._asides.values()))

    def taken(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def reason(self, text: str) -> None:
        """Native reasoning, or what stands between ``<think>`` and ``</think>``."""
        if self._native is None and text.strip():
            self._open_native()
        if self._native is not None:
            self._add(self._native, text)

    def write(self, text: str) -> None:
        """Text of the answer, without markers."""
        if self._aside is not None:
            self._asides[self._aside].add(text)
            return
        if self.current is None and (text.strip() or self._preamble):
            text = self._begin_first_output(text)
        if self.current is not None and text:
            self._add(self.current, text)

    def _begin_first_output(self, text: str) -> str:
        """Open the output that a text without a marker belongs to, unless it is a preamble; returns what to write to it."""
        name = self._next_output()
        if self._preamble is not None and name in self._outputs and self._outputs[name].type is not str:
            self._preamble += text
            if len(self._preamble) <= _LONGEST_PREAMBLE:
                return ""
            text = self._preamble
        self._preamble = None
        if name is not None:
            self._by_text = None if name == self._native else name
            self._open(name)
        return text

    def _next_output(self) -> str | None:
        return next((name for name in self._outputs if name != self._native and name not in self.values), self._native)

    def keep_echo(self) -> None:
        """Take repeated inputs for the first output's text if the answer is nothing else: it would be lost."""
        echoed = [f"{header(name)}\n{text}" for name, text in self._asides.items() if name in self._inputs and str(text)]
        if echoed and not self.fields and not self.extra:
            self._aside = None
            self.write("\n\n".join(echoed))

    def decide_preamble(self, opened: str | None = None) -> None:
        """What stands before the marker of the first output is a preamble; before anything else, it is that output's text."""
        preamble, self._preamble = self._preamble, None
        if preamble and opened == self._next_output():
            self._asides.setdefault("", FieldText()).add(preamble)
        elif preamble:
            self._aside = None
            self.write(preamble)

    def mark(self, marker: Marker) -> None:
        """Go on behind a marker."""
        name = marker.name
        text = self.fields.get(name)
        if marker.is_foreign and (text is None or str(text)):
            self.close()
            self._begin_aside(name)
            return
        self.decide_preamble(name)
        if name == COMPLETED:
            self._complete()
        else:
            self._aside = None
            self._open_marked(name)
            self.write(marker.lead)

    def _open_marked(self, name: str) -> None:
        """Open the field that a marker names. If text has opened it before, this goes on behind that."""
        again = name == self._by_text != self.current
        self._by_text = None if name == self._by_text else self._by_text
        self._open(name)
        if again:
            self.fields[name].begin_paragraph()

    def _begin_aside(self, name: str) -> None:
        self._aside = name
        self._asides.setdefault(name, FieldText()).begin_paragraph()

    def _complete(self) -> None:
        """End what is open. Before any field that is nothing."""
        self.close()
        if self.fields:
            self._begin_aside(COMPLETED)

    def close(self) -> None:
        """End what is open."""
        self._close_native()
        self._close_current()

    def _open(self, name: str) -> None:
        """Go on with this field: end what is open, unless the field itself is what is open."""
        if self._native == name:
            if self.current != name:
                self._close_current()
            self._native, self.current = None, name
            self.fields[name].begin_paragraph()
            return
        self._close_native()
        if self.current == name:
            return
        self._close_current()
        self.current = name
        self._start(name)

    def _open_native(self) -> None:
        name = "reasoning" if "reasoning" in self._outputs and "reasoning" not in self.fields else "thinking"
        self._native = name
        if name in self.fields:
            self.fields[name].begin_paragraph()
        if name != self.current:
            self._start(name)

    def _close_native(self) -> None:
        if self._native is not None and self._native != self.current:
            self._close(self._native)
        self._native = None

    def _close_current(self) -> None:
        if self.current is not None:
            self._close(self.current)
        self.current = None

    def _start(self, name: str) -> None:
        self.fields.setdefault(name, FieldText())
        self._events.append(FieldStart(name))

    def _add(self, name: str, text: str) -> None:
        if delta := self.fields[name].add(text):
            self._events.append(FieldDelta(name, delta))

    def _close(self, name: str) -> None:
        if name != self._by_text:
            self._on_close(name)
        text = self.fields[name].whole()
        self.values[name] = self._value(name, text)
        self._events.append(FieldEnd(name, text, self.values[name]))

    def _value(self, name: str, text: str) -> object:
        kind = self._outputs[name].type if name in self._outputs else str
        self.faults.pop(name, None)  # one that was empty before
        try:
            return coerce(text, kind)
        except ValueError as fault:
            self.faults[name] = FieldValueError(
                f"The model's text for {name!r} is not {type_text(kind)}: {fault}. "
                f"The text is kept in `partial[{name!r}]`; run again, or ask for another type."
            )
            return text
