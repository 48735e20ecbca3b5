"""Colours code line by line, carrying from one line to the next only which comment or string is open.

``js/src/markdown/highlight.ts`` does the same for the live view.
"""

from __future__ import annotations

from desiru_notebook.markdown.languages import Rule, language, language_name

__all__ = ["Highlighter", "language_name"]

# Longer lines are minified code or data: nobody reads them by their colours.
LONGEST_LINE = 4096


class Highlighter:
    """Reads the lines of one code block in order; ``word`` is the first one of its info string."""

    def __init__(self, word: str | None) -> None:
        self._language = language(word or "")
        self._mode = self._language.code

    def line(self, text: str) -> list[tuple[str, str]]:
        """The pieces of the next line, each with its kind before it: together they are the line.

        Kinds are ``kw`` (keyword), ``str``, ``com`` (comment), ``num``, ``lit`` (constant) and the empty string.
        Its newline, if it has one, is of no kind.
        """
        body = text.removesuffix("\n")
        pieces: list[tuple[str, str]] = []
        if len(body) > LONGEST_LINE:
            _add(pieces, "", body)
        else:
            self._read(body, pieces)
        _add(pieces, "", text[len(body) :])
        return pieces

    def _read(self, text: str, pieces: list[tuple[str, str]]) -> None:
        at = 0
        while found := self._mode.pattern.match(text, at):
            rule = self._mode.rules[(found.lastindex or 0) - 1]
            _add(pieces, self._language.kind_of(found[0]) if rule.kind == "word" else rule.kind, found[0])
            self._follow(rule)
            at = found.end()
        if not self._mode.carries:
            self._mode = self._language.code

    def _follow(self, rule: Rule) -> None:
        if rule.closes:
            self._mode = self._language.code
        elif rule.next:
            self._mode = rule.next


def _add(pieces: list[tuple[str, str]], kind: str, text: str) -> None:
    if pieces and pieces[-1][0] == kind:
        pieces[-1] = (kind, pieces[-1][1] + text)
    elif text:
        pieces.append((kind, text))
