"""FieldParser: a model's text in, field events out, whatever the chunk borders. No I/O.

The rules:

* A marker is a header ``[[ ## name ## ]]`` or a label ``Name:`` at the start of a line; the first style seen wins.
* It counts for a field of the signature that no marker has opened yet. ``[[ ## completed ## ]]`` ends the last field.
  Anything else is text.
* Text before the first marker belongs to the first output; a marker of that same field then goes on with it.
* White space at a field's ends is not part of it and is never streamed.
* Native reasoning, and ``<think>...</think>`` at the very start of the text, fill the field ``reasoning``, or are kept as
  ``thinking`` where the signature has no such field or where it is closed already.

The law: joined deltas of a field == its final text, and both are the same for every chunking of the same text. Held back
is at most the beginning of a marker and trailing white space.
"""

from __future__ import annotations

from .characters import WholeCharacters
from .coerce import coerce
from .errors import FieldValueError
from .events import Event, FieldDelta, FieldEnd, FieldStart
from .fieldtext import FieldText
from .fieldtypes import type_text
from .markers import Markers
from .prompt import COMPLETED
from .signature import Signature

_THINK, _END_THINK = "<think>", "</think>"


class FieldParser:
    """Reads one answer.

    ``feed`` and ``feed_reasoning`` take the pieces as they come and return the events that they make; ``flush`` gives what
    is still held back and ``finish`` closes the last field too. ``texts`` has every field's text so far, at any time.

    Attributes:
        fields: by its name, the text of each field that has begun, in the order in which they began.
        faults: by its name, the :class:`FieldValueError` of each closed field whose text does not fit its type.
    """

    def __init__(self, signature: Signature) -> None:
        self._outputs = signature.outputs
        self._markers = Markers(list(signature.outputs))
        self.fields: dict[str, FieldText] = {}
        self._values: dict[str, object] = {}
        self._events: list[Event] = []
        self._answer, self._thoughts = WholeCharacters(), WholeCharacters()
        self._held = ""
        self._line_start = True
        self._within: FieldText | None = None  # the open field, where nothing but its text can come before the line's end
        self._read = self._read_start
        self._current: str | None = None
        self._native: str | None = None  # the field that native reasoning fills, while it is open
        self._completed = False
        self.faults: dict[str, FieldValueError] = {}

    @property
    def texts(self) -> dict[str, str]:
        """Every field's text so far, in the order in which the fields began."""
        return {name: str(text) for name, text in list(self.fields.items())}

    @property
    def values(self) -> dict[str, object]:
        """The values of the closed fields."""
        return self._values

    def feed(self, text: str) -> list[Event]:
        """Take a piece of the answer."""
        if self._within is not None and self._current is not None and "\n" not in text and text.isascii():
            delta = self._within.add(text)  # as the four states would have it, of which nearly every token needs nothing else
            return [FieldDelta(self._current, delta)] if delta else []
        text = self._answer.feed(text)
        self._held = self._read(self._held + text if self._held else text)
        self._within = self._text_of_line()
        return self._taken()

    def _text_of_line(self) -> FieldText | None:
        if self._current is None or self._line_start or self._held or self._answer.half:
            return None
        return self.fields[self._current]

    def feed_reasoning(self, text: str) -> list[Event]:
        """Take a piece of native reasoning."""
        self._reason(self._thoughts.feed(text))
        return self._taken()

    def flush(self) -> list[Event]:
        """Give out what is held back: no more text will come. No field is closed."""
        if last := self._thoughts.finish():
            self._reason(last)
        if last := self._answer.finish():
            self._held = self._read(self._held + last)
        give = self._reason if self._read == self._read_thinking else self._write
        give(self._held)
        self._held = ""
        return self._taken()

    def finish(self) -> list[Event]:
        """Give out what is held back and close what is open: the answer is whole."""
        events = self.flush()
        self._close_native()
        self._close_current()
        return events + self._taken()

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # Four states, each a function from the text at hand to the rest that has to wait.

    def _read_start(self, text: str) -> str:
        """Nothing seen yet but white space: ``<think>`` may come."""
        text = text.lstrip()
        if text.startswith(_THINK):
            self._read = self._read_thinking
            return self._read(text[len(_THINK) :])
        if _THINK.startswith(text):
            return text
        self._read = self._read_body
        return self._read(text)

    def _read_thinking(self, text: str) -> str:
        thought, end, rest = text.partition(_END_THINK)
        if end:
            self._reason(thought)
            self._read = self._read_after_thinking
            return self._read(rest)
        keep = _overlap(text, _END_THINK)
        self._reason(text[: len(text) - keep])
        return text[len(text) - keep :]

    def _read_after_thinking(self, text: str) -> str:
        """Only white space since ``</think>``: the answer begins at a line's start, wherever the model put it."""
        text = text.lstrip()
        if text:
            self._read = self._read_body
            return self._read(text)
        return ""

    def _read_body(self, text: str) -> str:
        at = written = 0
        while True:
            if self._line_start:
                if self._current is None:  # text opens the next output, and that decides which markers still count
                    self._write(text[written:at])
                    written = at
                if found := self._markers.match(text, at):
                    self._write(text[written:at])
                    self._open(found[0])
                    at = written = found[1]
                elif self._markers.may_begin(text, at):
                    self._write(text[written:at])
                    return text[at:]
                self._line_start = False
            line_end = text.find("\n", at)
            if line_end < 0:
                self._write(text[written:])
                return ""
            at, self._line_start = line_end + 1, True

    def _reason(self, text: str) -> None:
        if self._native is None and text.strip():
            self._open_native()
        if self._native is not None:
            self._add(self._native, text)

    def _write(self, text: str) -> None:
        if self._current is None and not self._completed and text.strip():
            self._begin_first_output()
        if self._current is not None and text:
            self._add(self._current, text)

    def _begin_first_output(self) -> None:
        name = next((n for n in self._outputs if n != self._native and n not in self._values), self._native)
        if name is not None:
            self._open(name)

    def _open(self, name: str) -> None:
        """Go on with this field: end what is open, unless the field itself is what is open."""
        if self._native == name:
            if self._current != name:
                self._close_current()
            self._native, self._current = None, name
            self.fields[name].begin_paragraph()
            return
        self._close_native()
        if self._current == name:
            return
        self._close_current()
        if name == COMPLETED:
            self._completed = bool(self.fields)
            return
        self._current, self._completed = name, False
        self._start(name)

    def _open_native(self) -> None:
        name = "reasoning" if "reasoning" in self._outputs and "reasoning" not in self.fields else "thinking"
        self._native = name
        if name in self.fields:
            self.fields[name].begin_paragraph()
        if name != self._current:
            self._start(name)

    def _close_native(self) -> None:
        if self._native is not None and self._native != self._current:
            self._close(self._native)
        self._native = None

    def _close_current(self) -> None:
        if self._current is not None:
            self._close(self._current)
        self._current = None

    def _start(self, name: str) -> None:
        self.fields.setdefault(name, FieldText())
        self._events.append(FieldStart(name))

    def _add(self, name: str, text: str) -> None:
        if delta := self.fields[name].add(text):
            self._events.append(FieldDelta(name, delta))

    def _close(self, name: str) -> None:
        self._markers.drop(name)
        text = self.fields[name].whole()
        self._values[name] = self._value(name, text)
        self._events.append(FieldEnd(name, text, self._values[name]))

    def _value(self, name: str, text: str) -> object:
        kind = self._outputs[name].type if name in self._outputs else str
        try:
            return coerce(text, kind)
        except ValueError as fault:
            self.faults[name] = FieldValueError(
                f"The model's text for {name!r} is not {type_text(kind)}: {fault}. "
                f"The text is kept in `partial[{name!r}]`; run again, or ask for another type."
            )
            return text


def _overlap(text: str, marker: str) -> int:
    """How many characters at the end of the text could begin the marker."""
    return next((n for n in range(min(len(marker) - 1, len(text)), 0, -1) if marker.startswith(text[-n:])), 0)
