"""From a signature and its inputs to messages, and the two kinds of marker that divide an answer into fields.

Capable models are asked for DSPy's headers, ``[[ ## answer ## ]]``; small local ones for labels, ``Answer: ...``. The
parser finds both through :func:`header` and :func:`label` of this module: what writes a marker is what reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_origin

from .coerce import coerce
from .fieldtypes import type_text
from .inputs import as_text
from .signature import Field, Signature

MarkerStyle: TypeAlias = Literal["header", "label"]
COMPLETED = "completed"

# What the labels look like in use: a model of a few hundred million parameters follows examples, not descriptions.
_WORKED_EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "question": "What is the capital of Japan?",
        "reasoning": "Japan is a country in Asia. Its capital city is Tokyo.",
        "answer": "Tokyo",
    },
    {
        "question": "Why do leaves look green?",
        "reasoning": "Leaves contain chlorophyll. Chlorophyll absorbs red and blue light and reflects green light.",
        "answer": "Because chlorophyll reflects green light.",
    },
    {
        "question": "How many legs does a spider have?",
        "reasoning": "A spider is an arachnid. Arachnids have 8 legs.",
        "answer": "8",
    },
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: ``role`` is ``"system"``, ``"user"`` or ``"assistant"``."""

    role: str
    content: str


def header(name: str) -> str:
    """The header that opens a field: ``[[ ## name ## ]]`` (DSPy's chat format)."""
    return f"[[ ## {name} ## ]]"


def label(name: str) -> str:
    """The label that opens a field: ``Name:``, an underscore as a space."""
    words = name.replace("_", " ")
    return f"{words[0].upper()}{words[1:]}:"


def build_messages(
    signature: Signature,
    inputs: Mapping[str, Any],
    demos: Iterable[Mapping[str, Any]] = (),
    style: MarkerStyle = "header",
) -> list[Message]:
    """The chat that asks for the signature's outputs: what to do, the demos as past turns, the inputs.

    ``demos`` are mappings of field names to values, inputs and outputs together; a field may be missing.

    Raises:
        InputError: a value cannot be sent as text, or is too large.
    """
    shown = list(demos) or (list(_fitting_examples(signature)) if style == "label" else [])
    write = _write_labels if style == "label" else _write_headers
    messages = [Message("system", _task(signature, style))]
    for demo in shown:
        messages.append(Message("user", write(signature.inputs, demo, "demo field")))
        messages.append(Message("assistant", _finished(write(signature.outputs, demo, "demo field"), style)))
    return [*messages, Message("user", write(signature.inputs, inputs, "input"))]


def _task(signature: Signature, style: MarkerStyle) -> str:
    return _label_task(signature) if style == "label" else _header_task(signature)


def _label_task(signature: Signature) -> str:
    lines = ", then ".join(f"one line that starts with {label(name)}" for name in signature.outputs)
    task = signature.instructions or f"Read the {_words(signature.inputs)} and give the {_words(signature.outputs)}."
    return f"{task} Write {lines}"


def _header_task(signature: Signature) -> str:
    layout = "\n\n".join(f"{header(f.name)}\n{{{f.name}}}" for f in signature.outputs.values())
    parts = [
        "Your input fields are:\n" + _describe(signature.inputs),
        "Your output fields are:\n" + _describe(signature.outputs),
        "Answer in exactly this format, each header on a line of its own:\n\n" + f"{layout}\n\n{header(COMPLETED)}",
        signature.instructions or f"From the {_words(signature.inputs)}, produce the {_words(signature.outputs)}.",
    ]
    return "\n\n".join(parts)


def _describe(fields: Mapping[str, Field]) -> str:
    return "\n".join(f"{at}. {_description(field)}" for at, field in enumerate(fields.values(), 1))


def _description(field: Field) -> str:
    said = f": {field.description}" if field.description else ""
    return f"`{field.name}` ({type_text(field.type)}){said}{_how_to_write(field.type)}"


def _how_to_write(kind: Any) -> str:
    """How a value of the type should stand in the answer; nothing for plain text."""
    if kind in (str, int, float, bool) or get_origin(kind) is Literal:
        return "" if kind is str else " - write the value only"
    schema = _schema(kind)
    return " - write JSON only" + (f" of this schema: {schema}" if schema else "")


def _schema(kind: Any) -> str:
    """The JSON schema of a class from code; empty for types whose own name says it all."""
    if get_origin(kind) is not None:
        return ""
    from pydantic import TypeAdapter

    return json.dumps(TypeAdapter(kind).json_schema(), ensure_ascii=False)


def _words(fields: Mapping[str, Field]) -> str:
    names = [name.replace("_", " ") for name in fields]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _write_headers(fields: Mapping[str, Field], values: Mapping[str, Any], kind: str) -> str:
    return "\n\n".join(f"{header(name)}\n{as_text(values[name], f'The {kind} {name!r}')}" for name in fields if name in values)


def _write_labels(fields: Mapping[str, Field], values: Mapping[str, Any], kind: str) -> str:
    return "\n".join(f"{label(name)} {as_text(values[name], f'The {kind} {name!r}')}" for name in fields if name in values)


def _finished(answer: str, style: MarkerStyle) -> str:
    return answer if style == "label" else f"{answer}\n\n{header(COMPLETED)}"


def _fitting_examples(signature: Signature) -> Sequence[Mapping[str, str]]:
    """The worked examples that have the signature's fields and whose values fit their types."""
    return [example for example in _WORKED_EXAMPLES if _fits(signature, example)]


def _fits(signature: Signature, example: Mapping[str, str]) -> bool:
    fields = signature.inputs | signature.outputs
    try:
        return fields.keys() <= example.keys() and all(
            coerce(example[name], field.type) is not None for name, field in signature.outputs.items()
        )
    except ValueError:
        return False
