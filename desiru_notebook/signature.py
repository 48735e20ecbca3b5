"""Signatures: ``"question -> reasoning, answer: list[str]"`` says what goes in, what comes out, and in which types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SignatureError
from .fieldtypes import HELP, TypeFault, TypeReader, type_text

# What every prediction has besides its fields, and what an output may be called instead. `p.thinking` reads an output of that
# name, so that is not one of them.
TAKEN = {
    "items": "item_list", "keys": "key_list", "values": "value_list", "get": "result", "stats": "statistics",
    "complete": "is_complete", "missing": "missing_parts", "extra": "extras",
}  # fmt: skip
_ARROW = re.compile("->|=>|\u2192")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Field:
    """An input or an output: its name, its type (``str`` unless said otherwise) and what it means, for the prompt."""

    name: str
    type: Any = str
    description: str = ""

    def __str__(self) -> str:
        return self.name if self.type is str else f"{self.name}: {type_text(self.type)}"


class Signature:
    """Inputs, outputs and instructions of a task.

    Args:
        text: ``"inputs -> outputs"``, each a list of ``name`` or ``name: type`` with commas between them.
        instructions: what the model should do, in words; added to the prompt.
        types: types from code by the name used in the text: pydantic models, dataclasses, anything pydantic validates.
        descriptions: what a field means, by the field's name.

    ``inputs`` and ``outputs`` map names to :class:`Field`, in order. ``str(signature)`` is the canonical text, which
    parses back to an equal signature.

    Raises:
        SignatureError: with the text and a caret under the fault; or the instructions are not text.
    """

    __slots__ = ("inputs", "instructions", "outputs")

    inputs: dict[str, Field]
    outputs: dict[str, Field]
    instructions: str

    def __init__(
        self,
        text: str,
        *,
        instructions: str = "",
        types: Mapping[str, Any] | None = None,
        descriptions: Mapping[str, str] | None = None,
    ) -> None:
        self.inputs, self.outputs = _Reader(text, types or {}, descriptions or {}).read()
        self.instructions = _checked(instructions)

    def prepend(self, output: Field) -> Signature:
        """The same signature with ``output`` before its other outputs, or as it is where it has that output.

        Raises:
            SignatureError: an output cannot be called so.
        """
        if output.name in TAKEN:
            raise SignatureError(_taken(output.name, str(self)))
        new = object.__new__(Signature)
        new.inputs, new.instructions = self.inputs, self.instructions
        new.outputs = self.outputs if output.name in self.outputs else {output.name: output} | self.outputs
        return new

    def with_instructions(self, instructions: str) -> Signature:
        """The same fields under other instructions.

        Raises:
            SignatureError: the instructions are not text.
        """
        new = object.__new__(Signature)
        new.inputs, new.outputs, new.instructions = self.inputs, self.outputs, _checked(instructions)
        return new

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.inputs.values()))} -> {', '.join(map(str, self.outputs.values()))}"

    def __repr__(self) -> str:
        more = f", instructions={self.instructions!r}" if self.instructions else ""
        return f"Signature({str(self)!r}{more})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Signature):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((str(self), self.instructions))

    def _key(self) -> tuple[Any, ...]:
        return tuple(self.inputs.values()), tuple(self.outputs.values()), self.instructions


def _checked(instructions: str) -> str:
    if not isinstance(instructions, str):
        raise SignatureError(f"Instructions are a text, not {type(instructions).__name__}.")
    return instructions


def _taken(name: str, text: str) -> str:
    """Why an output of this signature cannot have the name, and what to call it."""
    free = next((other for other in (TAKEN[name], f"the_{name}") if other not in text), f"{name}_")
    return f"An output cannot be called {name!r}: every prediction has something of that name already. Call it {free!r}."


def fold(name: str) -> str:
    """A name without case and underscores, as labels are compared. Character by character: a prefix stays a prefix."""
    return name.casefold().replace("_", " ")


@dataclass(frozen=True, slots=True)
class _Span:
    """A piece of the signature's text and where it begins, so that an error can point at it."""

    text: str
    start: int

    def strip(self) -> _Span:
        return _Span(self.text.strip(), self.start + len(self.text) - len(self.text.lstrip()))


class _Reader:
    """Reads one signature; knows the whole text, for the caret."""

    def __init__(self, text: str, types: Mapping[str, Any], descriptions: Mapping[str, str]) -> None:
        if not isinstance(text, str):
            raise SignatureError(f"A signature is text such as 'question -> answer', not {type(text).__name__}.")
        self._text, self._types, self._descriptions = text, TypeReader(types), descriptions

    def read(self) -> tuple[dict[str, Field], dict[str, Field]]:
        if not self._text.strip():
            raise SignatureError("The signature is empty: write one such as 'question -> answer'.")
        arrows = [arrow for at, _ in self._outside(_Span(self._text, 0)) if (arrow := _ARROW.match(self._text, at))]
        if not arrows:
            hidden = _ARROW.search(self._text)
            why = "The arrow stands in quotes or brackets: take them away" if hidden else "A signature needs an arrow"
            raise self._fault(hidden.start() if hidden else len(self._text.rstrip()), f"{why}: 'inputs -> outputs'.")
        if len(arrows) > 1:
            raise self._fault(arrows[1].start(), "A signature has one arrow only.")
        start, end = arrows[0].span()
        inputs = self._fields(_Span(self._text[:start], 0), "input", {})
        outputs = self._fields(_Span(self._text[end:], end), "output", inputs)
        if unknown := [name for name in self._descriptions if name not in inputs and name not in outputs]:
            raise SignatureError(f"There is a description for {unknown[0]!r}, which is no field of {self._text.strip()!r}.")
        return inputs, outputs

    def _fields(self, side: _Span, kind: str, taken: dict[str, Field]) -> dict[str, Field]:
        if not side.text.strip():
            raise self._fault(side.start, f"A signature needs at least one {kind}.")
        fields: dict[str, Field] = {}
        for item in self._split(side, ","):
            field = self._field(item.strip(), kind)
            if field.name in fields or field.name in taken:
                raise self._fault(item.strip().start, f"The field {field.name!r} stands twice.")
            if kind == "output" and any(fold(field.name) == fold(name) for name in fields):
                raise self._fault(item.strip().start, f"{field.name!r} looks too much like another output.")
            fields[field.name] = field
        return fields

    def _field(self, item: _Span, kind: str) -> Field:
        name, *rest = self._split(item, ":")
        name = name.strip()
        if not name.text:
            raise self._fault(name.start, f"The name of an {kind} is missing.")
        if not name.text.isidentifier() or name.text.startswith("_"):
            raise self._fault(name.start, f"{name.text!r} is not a field name: use letters, digits and underscores.")
        if name.text == "completed":
            raise self._fault(name.start, "'completed' marks the end of an answer and cannot be a field.")
        if kind == "output" and name.text in TAKEN:
            raise self._fault(name.start, _taken(name.text, self._text))
        if len(rest) > 1:
            raise self._fault(rest[1].start - 1, "A field has one type only.")
        declared = self._type(rest[0]) if rest else str
        return Field(name.text, declared, self._descriptions.get(name.text, ""))

    def _type(self, span: _Span) -> Any:
        span = span.strip()
        if not span.text:
            raise self._fault(span.start, f"The type is missing. {HELP}")
        try:
            return self._types.read(span.text)
        except TypeFault as fault:
            raise self._fault(span.start + fault.at, str(fault)) from None

    def _split(self, span: _Span, mark: str) -> list[_Span]:
        """The pieces between the marks that stand outside brackets and quotes."""
        cuts = [at for at, char in self._outside(span) if char == mark]
        starts = [span.start, *(cut + 1 for cut in cuts)]
        ends = [*cuts, span.start + len(span.text)]
        return [_Span(self._text[start:end], start) for start, end in zip(starts, ends, strict=True)]

    def _outside(self, span: _Span) -> Iterator[tuple[int, str]]:
        """The characters outside brackets and quotes, each with its place in the whole text."""
        open_brackets: list[int] = []
        quote = -1
        escaped = False
        for at in range(span.start, span.start + len(span.text)):
            char = self._text[at]
            if quote >= 0:
                quote = -1 if char == self._text[quote] and not escaped else quote
                escaped = char == "\\" and not escaped
            elif char in "'\"":
                quote = at
            elif char in _BRACKETS:
                open_brackets.append(at)
            elif char in _BRACKETS.values():
                if not open_brackets or _BRACKETS[self._text[open_brackets.pop()]] != char:
                    raise self._fault(at, f"This {char!r} closes nothing.")
            elif not open_brackets:
                yield at, char
        if quote >= 0 or open_brackets:
            raise self._fault(quote if quote >= 0 else open_brackets[-1], "This is never closed.")

    def _fault(self, at: int, message: str) -> SignatureError:
        line = self._text.replace("\n", " ").replace("\t", " ")
        return SignatureError(f"{message}\n    {line}\n    {' ' * at}^")
