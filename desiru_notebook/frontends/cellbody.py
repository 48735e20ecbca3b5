"""The body of a ``%%desiru`` cell: the inputs of its signature. Braces and dollars are literal text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..signature import Signature

# What nbval reads in a cell's comments is said to nbval, not to the model.
_MARKERS = "NBVAL_SKIP|NBVAL_IGNORE_OUTPUT|NBVAL_CHECK_OUTPUT|NBVAL_RAISES_EXCEPTION|PYTEST_VALIDATE_IGNORE_OUTPUT"
_MARKER = re.compile(rf"^[ \t]*#+[ \t]*(?:{_MARKERS})[ \t]*(?:\n|\Z)", re.MULTILINE)

# A name as in an f-string: alone, or with what makes it an expression or formats it. Formulas are read over first.
_IN_BRACES = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})+|[_^]\{[^{}]*\}|\{ *([^\W\d]\w*)(?:[.\[!][^{}\n]*|:[^\s{}]+)? *\}")


def read_inputs(signature: Signature, body: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs in the body.

    With one input the whole body is its value. With several they stand in ``name: value`` blocks. An input that the body does
    not give is the notebook's variable of that name. Comments for nbval are no part of it.

    Raises:
        InputError: an input is missing, empty or given twice, or text stands before the first block.
    """
    body = _MARKER.sub("", body)
    names = list(signature.inputs)
    if len(names) == 1:
        return {names[0]: body.strip("\n") if body.strip() else _only(names[0], variables)}
    given = _blocks(names, body)
    return {name: given[name] if name in given else _variable(name, names, variables) for name in names}


def hint(signature: Signature, body: str, variables: Mapping[str, Any], inputs: Mapping[str, Any]) -> str | None:
    """What to say about the first variable that stands in braces in the body and is not sent as an input."""
    names = (match[1] for match in _IN_BRACES.finditer(body) if match[1] in variables)
    name = next((name for name in names if inputs.get(name) is not variables[name]), None)
    if name is None:
        return None
    others = [other for other in signature.inputs if other != name] or ["question" if name != "question" else "task"]
    example = f"{', '.join([name, *others])} -> {', '.join(map(str, signature.outputs.values()))}"
    return (
        f"Hint: {{{name}}} is sent as it is written, because the body is not a template. To send the variable {name}, make it "
        f"an input, as in %%desiru {example}, and begin the other inputs in the body with their names: '{others[0]}: ...'."
    )


def _only(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise InputError(
            f"The cell has no body: write the {name} on the lines below %%desiru, or set a variable {name} before it."
        )
    return variables[name]


def _blocks(names: list[str], body: str) -> dict[str, str]:
    heads = list(re.finditer(rf"^({'|'.join(map(re.escape, names))}):", body, re.MULTILINE))
    starts = [*(head.start() for head in heads), len(body)]
    if body[: starts[0]].strip():
        raise InputError(
            "The signature has several inputs, so each stands in a block of its own: begin the body with "
            f"{' or '.join(f'{name}:' for name in names)}."
        )
    blocks: dict[str, str] = {}
    for head, end in zip(heads, starts[1:], strict=True):
        blocks[head[1]] = _block(head[1], body[head.end() : end].strip(), blocks)
    return blocks


def _block(name: str, text: str, before: Mapping[str, str]) -> str:
    if name in before:
        raise InputError(f"The input {name!r} stands twice in the cell.")
    if not text:
        raise InputError(f"The input {name!r} is empty: write its value after '{name}:'.")
    return text


def _variable(name: str, names: list[str], variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise InputError(
            f"The input {name!r} is missing: write a line '{name}: ...' in the cell, or set a variable {name} "
            f"before it. The inputs are {', '.join(names)}."
        )
    return variables[name]
