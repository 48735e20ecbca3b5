"""A grammar that holds a very small model to the signature: one line a field, each under its label, each of its type.

Format: GBNF, https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

from __future__ import annotations

import json
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from ..prompt import label
from ..signature import Signature

_RULES = r"""
line ::= [^\n]+
word ::= [^,\n]+
whole ::= "-"? [0-9]{1,12}
number ::= whole ("." [0-9]{1,6})?
truth ::= "true" | "false"
object ::= "{" (string ": " value (", " string ": " value)*)? "}"
array ::= "[" (value (", " value)*)? "]"
string ::= "\"" [^"\\\n]* "\""
value ::= string | number | truth | "null" | object | array
"""

_SCALARS = {str: "line", int: "whole", float: "number", bool: "truth", NoneType: '"None"'}


def grammar(signature: Signature) -> str:
    """The grammar in which every output stands on a line of its own, in order."""
    lines = [f"{_quoted(label(f.name) + ' ')} {_rule(f.type)}" for f in signature.outputs.values()]
    return "root ::= " + r' "\n" '.join(lines) + _RULES


def _rule(kind: Any) -> str:
    origin, args = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if origin is Literal:
        return f"({' | '.join(_quoted(str(choice)) for choice in args)})"
    if origin in (Union, UnionType):
        return f"({' | '.join(_rule(arg) for arg in args)})"
    if origin is list and args[0] in _SCALARS:
        item = "word" if args[0] is str else _SCALARS[args[0]]
        return f'{item} (", " {item}){{0,9}}'
    return "array" if origin is list else "object"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
