"""FieldParser: a model's text in, field events out, whatever the chunk borders. No I/O.

The rules:

* A marker is a header ``[[ ## name ## ]]`` or a label ``Name:`` at the start of a line; the first style seen wins.
  Until one has come, decorated ones count as well (``**Name:**``, ``### Name``, ``[[## name ##]]``, indented ones).
* It counts for a field of the signature that no marker has opened yet. ``[[ ## completed ## ]]`` ends the last field.
* A header on a line of its own with another name ends the field before it, too, and what follows is kept aside in ``extra``:
  a field that is there already, if it is not empty, or one that the signature does not have. Anything else is text.
* Text before the first marker belongs to the first output; the first marker of that same field goes on with it, also after
  other fields. Where that output has another type than text, a short preamble before its own marker is kept aside, under the
  name ``""``.
* White space at a field's ends is not part of it and is never streamed.
* Native reasoning, and ``<think>...</think>`` at the very start of the text, fill the field ``reasoning``, or are kept as
  ``thinking`` where the signature has no such field or where it is closed already.

The law: joined deltas of a field == its final text, and both are the same for every chunking of the same text. Held back
is at most the beginning of a marker and trailing white space.
"""

from __future__ import annotations

from .characters import WholeCharacters
from .decorated import LONGEST_INDENTATION
from .events import Event, FieldDelta
from .fieldtext import FieldText
from .fieldwriter import FieldWriter
from .markers import Markers
from .signature import Signature

_THINK, _END_THINK = "<think>", "</think>"


class FieldParser:
    """Reads one answer.

    ``feed`` and ``feed_reasoning`` take the pieces as they come and return the events that they make; ``flush`` gives what
    is still held back and ``finish`` closes the last field too. ``texts`` has every field's text so far, at any time.

    Attributes:
        written: the fields so far, their values and their faults.
    """

    def __init__(self, signature: Signature) -> None:
        self._markers = Markers(list(signature.outputs))
        self.written = FieldWriter(signature, self._markers.drop)
        self._answer, self._thoughts = WholeCharacters(), WholeCharacters()
        self._held = ""
        self._line_start = True
        self._within: FieldText | None = None  # the open field, where nothing but its text can come before the line's end
        self._read = self._read_start

    @property
    def texts(self) -> dict[str, str]:
        """Every field's text so far, in the order in which the fields began."""
        return {name: str(text) for name, text in list(self.written.fields.items())}

    def feed(self, text: str) -> list[Event]:
        """Take a piece of the answer."""
        if self._within is not None and self.written.current is not None and "\n" not in text and text.isascii():
            delta = self._within.add(text)  # as the four states would have it, of which nearly every token needs nothing else
            return [FieldDelta(self.written.current, delta)] if delta else []
        text = self._answer.feed(text)
        self._held = self._read(self._held + text if self._held else text)
        self._within = self._text_of_line()
        return self.written.taken()

    def _text_of_line(self) -> FieldText | None:
        if self.written.current is None or self._line_start or self._held or self._answer.half:
            return None
        return self.written.fields[self.written.current]

    def feed_reasoning(self, text: str) -> list[Event]:
        """Take a piece of native reasoning."""
        self.written.reason(self._thoughts.feed(text))
        return self.written.taken()

    def flush(self) -> list[Event]:
        """Give out what is held back: no more text will come. No field is closed."""
        if last := self._thoughts.finish():
            self.written.reason(last)
        if last := self._answer.finish():
            self._held = self._read(self._held + last)
        if self._read == self._read_body and self._held:
            self._held = self._read(f"{self._held}\n")  # a line that ends may be a marker
        give = self.written.reason if self._read == self._read_thinking else self.written.write
        give(self._held)
        self._held = ""
        self.written.decide_preamble()
        self.written.keep_echo()
        return self.written.taken()

    def finish(self) -> list[Event]:
        """Give out what is held back and close what is open: the answer is whole."""
        events = self.flush()
        self.written.close()
        return events + self.written.taken()

    # Four states, each a function from the text at hand to the rest that has to wait.

    def _read_start(self, text: str) -> str:
        """Nothing seen yet but white space: ``<think>`` may come."""
        said = text.lstrip()
        if said.startswith(_THINK):
            self._read = self._read_thinking
            return self._read(said[len(_THINK) :])
        indentation = text[: len(text) - len(said)].rpartition("\n")[2][-LONGEST_INDENTATION:]
        if _THINK.startswith(said):
            return indentation + said
        self._read = self._read_body
        return self._read(indentation + said)

    def _read_thinking(self, text: str) -> str:
        thought, end, rest = text.partition(_END_THINK)
        if end:
            self.written.reason(thought)
            self._read = self._read_after_thinking
            return self._read(rest)
        keep = _overlap(text, _END_THINK)
        self.written.reason(text[: len(text) - keep])
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
                if self.written.current is None:  # text opens the next output, and that decides which markers still count
                    self.written.write(text[written:at])
                    written = at
                if found := self._markers.match(text, at, self.written.current):
                    self.written.write(text[written:at])
                    self.written.mark(found)
                    at = written = found.end
                elif self._markers.may_begin(text, at):
                    self.written.write(text[written:at])
                    return text[at:]
                self._line_start = False
            line_end = text.find("\n", at)
            if line_end < 0:
                self.written.write(text[written:])
                return ""
            at, self._line_start = line_end + 1, True


def _overlap(text: str, marker: str) -> int:
    """How many characters at the end of the text could begin the marker."""
    return next((n for n in range(min(len(marker) - 1, len(text)), 0, -1) if marker.startswith(text[-n:])), 0)
