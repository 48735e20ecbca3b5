"""Tab in a ``%%desiru`` cell: signatures, options, models, variable names for ``--out``, inputs in the body, types.

After ``%desiru``: its commands, models, and the recordings that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ..errors import DesiruError
from ..providers.base import provider_names
from ..signature import Signature
from ..tables import TABLES
from ..unsendable import bases
from .options import OPTIONS, SHORT, read_options

_TYPES = ("str", "int", "float", "bool", "list[", "dict[", "Literal[", "None")
_SIGNATURES = ("question -> answer", "question -> reasoning, answer", "text -> summary", "text -> tags: list[str]")
_COMMANDS = ("model", "record", "replay", "off")
_MAGIC = re.compile(r"\s*%%?desiru\b")
_BARE_LINE = re.compile(r"\s*%desiru\s+\w*\Z")
_FILE_LINE = re.compile(r"\s*%desiru\s+(record|replay)\s+(?:--redact\s+|--speed[\s=]\S+\s+)?(?P<file>\S*)\Z")
_FLAGS = {"record": "--redact", "replay": "--speed"}


def install(shell: Any) -> None:
    """Add the matcher to the shell's completer."""
    uninstall(shell)
    shell.Completer.custom_matchers.append(_Matcher(shell).match)


def uninstall(shell: Any) -> None:
    """Take it away again."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [m for m in matchers if not isinstance(getattr(m, "__self__", None), _Matcher)]


class _Matcher:
    """Offers what can stand at the cursor, from the text before it and the shell's variables."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @context_matcher()  # type: ignore[untyped-decorator]  # IPython's decorator has no types
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.splitlines() or [""]
        if not _MAGIC.match(lines[0]):
            return {"completions": []}
        before = lines[context.cursor_line][: context.cursor_position] if context.cursor_line < len(lines) else ""
        offers = self._body(lines[0], before) if context.cursor_line else self._first_line(before)
        fragment = _fragment(before)
        found = [offer for offer in offers if offer.text.startswith(fragment) and offer.text != fragment]
        return {"completions": found, "matched_fragment": fragment, "suppress": bool(found), "ordered": True}

    def _first_line(self, before: str) -> Iterable[SimpleCompletion]:
        spaced = re.sub(r"(\s-[-\w]+)=", r"\1 ", before)
        words = spaced.split()
        last = words[-1] if spaced.endswith((" ", "\t")) else words[-2] if len(words) > 1 else ""
        option = SHORT.get(last, last)
        if option == "--model" or last == "model":
            return _offers("model", (f"{name}:" if name != "local" else name for name in provider_names()))
        if option == "--out":
            return _offers("instance", sorted(name for name in self._shell.user_ns if not name.startswith("_")))
        if _BARE_LINE.match(before):
            return _offers("command", _COMMANDS)
        if named := _FILE_LINE.match(before):
            is_flag = named["file"].startswith("-")
            return _offers("option", [_FLAGS[named[1]]]) if is_flag else _offers("path", _files(named["file"]))
        if _fragment(before).startswith("-"):
            return _offers("option", [*OPTIONS, *SHORT])
        return self._signature(before)

    def _signature(self, before: str) -> Iterable[SimpleCompletion]:
        """Behind the options: a type after a colon, else a variable; whole signatures and options where none has begun."""
        try:
            signature = read_options(_MAGIC.sub("", before, count=1)).signature
        except DesiruError:
            return ()
        if ":" in re.split(r",|->|=>|\u2192", signature)[-1] or signature.count("[") > signature.count("]"):
            return _offers("type", _TYPES)
        variables = _offers("instance", self._variables())
        if signature != _fragment(before):
            return variables
        return [*_offers("signature", _SIGNATURES), *variables, *_offers("option", OPTIONS)]

    def _body(self, first: str, before: str) -> Iterable[SimpleCompletion]:
        """At the start of a line: the inputs that open a block."""
        if before != _fragment(before):
            return ()
        try:
            signature = Signature(read_options(_MAGIC.sub("", first, count=1)).signature)
        except DesiruError:
            return ()
        return _offers("input", (f"{name}:" for name in signature.inputs)) if len(signature.inputs) > 1 else ()

    def _variables(self) -> list[str]:
        """Variables that could be inputs: the user's own, with something in them that can be written into a prompt."""
        variables, hidden = self._shell.user_ns, self._shell.user_ns_hidden
        return sorted(n for n in variables if not n.startswith("_") and n not in hidden and _is_input(variables[n]))


def _offers(kind: str, words: Iterable[str]) -> list[SimpleCompletion]:
    """The words, which a page shows with their kind; "instance" is what it calls a variable."""
    return [SimpleCompletion(text=word, type=kind) for word in words]


def _is_input(value: Any) -> bool:
    return isinstance(value, (str, int, float, list, dict)) or bool(bases(value) & TABLES) or hasattr(type(value), "tolist")


def _files(begun: str) -> list[str]:
    """Folders and recordings that begin so."""
    before, start = begun[: begun.rfind("/") + 1], begun[begun.rfind("/") + 1 :]
    folder = Path(before or ".").expanduser()
    entries = folder.iterdir() if folder.is_dir() else ()
    names = sorted(entry.name + "/" * entry.is_dir() for entry in entries if entry.name.startswith(start))
    return [before + name for name in names if name.endswith(("/", ".jsonl", ".jsonl.gz"))]


def _fragment(before: str) -> str:
    match = re.search(r"[-\w:./]*\Z", before)
    return match[0] if match else ""
