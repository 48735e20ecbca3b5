"""Which formulas a typesetter may see: those made of common mathematical commands, and of nothing else.

A typesetter such as MathJax also knows commands that make HTML, styles, links, loops, requests and very large or
shifted boxes. They are not on the list in ``tex.json``, which ``js/src/markdown/tex.ts`` reads too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

LONGEST_INLINE = 1000
LONGEST_DISPLAY = 4000
DEEPEST = 20

# Each one moves to the left: a few bring letters together, many would write over the text before the formula.
MOST_NEGATIVE_SPACES = 6

_TABLES = json.loads(Path(__file__).with_name("tex.json").read_text("utf-8"))
_COMMANDS = frozenset(word for words in _TABLES["commands"].values() for word in words.split())
_SIGNS = frozenset(rf"\{sign}" for sign in _TABLES["signs"])
_ENVIRONMENTS = frozenset(_TABLES["environments"].split())

_TOKEN = re.compile(
    r"\\begin\{(?P<environment>[A-Za-z]+\*?)\}(?P<columns>\{[lcr|: ]*\})?"
    r"|\\end\{[A-Za-z]+\*?\}"
    r"|\\(?P<word>[A-Za-z]+)"
    r"|\\\\\s*\*?\s*\[(?P<skip>[^\]]*\]?)"
    r"|\\.?|\^\^|[{}$%]",
    re.DOTALL,
)
# Of letters' heights nine at most: many skips in a row are no taller than as many lines.
_SKIP = re.compile(r"(?:[0-9](?:\.[0-9]{1,2})?(?:ex|em)|[0-9]{1,2}(?:\.[0-9]{1,2})?(?:pt|px|mu))\]")


def is_allowed(tex: str, display: bool) -> bool:
    """Whether to typeset the formula, which comes without the marks around it."""
    if len(tex) > (LONGEST_DISPLAY if display else LONGEST_INLINE) or tex.count(r"\!") > MOST_NEGATIVE_SPACES:
        return False
    closers: list[str] = []
    return all(_follow(token, closers) for token in _TOKEN.finditer(tex)) and not closers


def _follow(token: re.Match[str], closers: list[str]) -> bool:
    """Whether the formula may go on after the token; ``closers`` are the ends of what is open, outermost first."""
    closer = _closer(token)
    if closer:
        closers.append(closer)
        return len(closers) <= DEEPEST and _is_known(token)
    if token[0] in ("}", r"\right") or token[0].startswith(r"\end{"):
        return bool(closers) and closers.pop() == token[0]
    return _is_known(token)


def _closer(token: re.Match[str]) -> str:
    """The end of what the token opens, if it opens something."""
    if token["environment"]:
        return rf"\end{{{token['environment']}}}"
    return {"{": "}", r"\left": r"\right"}.get(token[0], "")


def _is_known(token: re.Match[str]) -> bool:
    if token["environment"]:
        # Other column specifications can repeat themselves and hold TeX.
        return token["environment"] in _ENVIRONMENTS and (token["environment"] != "array" or bool(token["columns"]))
    if token["word"]:
        return token["word"] in _COMMANDS
    if token["skip"] is not None:
        return bool(_SKIP.fullmatch(token["skip"]))
    return token[0] == "{" or token[0] in _SIGNS
