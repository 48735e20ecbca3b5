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


def read_inputs(signature: Signature, body: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs in the body.

    With one input the whole body is its value. With several they stand in ``name: value`` blocks, and one that the body does
    not give is the notebook's variable of that name. Comments for nbval are no part of it.

    Raises:
        InputError: an input is missing, empty or given twice, or text stands before the first block.
    """
    body = _MARKER.sub("", body)
    names = list(signature.inputs)
    if len(names) == 1:
        return {names[0]: _only(names[0], body)}
    given = _blocks(names, body)
    return {name: given[name] if name in given else _variable(name, names, variables) for name in names}


def _only(name: str, body: str) -> str:
    if not body.strip():
        raise InputError(f"The cell has no body: write the {name} on the lines below %%desiru.")
    return body.strip("\n")


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
