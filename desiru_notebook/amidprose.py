"""Finds the value in what a model writes around it: a fence, a lead-in, an afterword, emphasis.

Two values, or words that may change the value, are a ValueError: nothing is guessed. Every function takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .loosejson import read_bracketed

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})([^`\n]*)\Z")
_INLINE = re.compile(r"```(?:\w*\s)?([^`]*)```\Z")
OPENING = re.compile(r"(?<![\w\])}\\$])[\[{]")
_LINK = re.compile(r"\[[^\[\]\n]*+\]\([^()\n]*+\)")
_ASIDE = re.compile(r"\[(?:\^?\d{1,3}|[ xX])\]")  # a citation, a footnote, a checkbox
QUOTES = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb", "\u300c\u300d", "\u201e\u201c")
_PAIRS = (*QUOTES, "$$", "**")
_TAGGED = re.compile(r"\s*+<(?!think|reason|thought|scratch)(\w++)>([^<>]*+)</\1>\s*+\Z", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*+\})*+)\}")
_LATEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]*+)\}|\\([$%])|\{(,)\}|\\[()\[\],;!]")
_LEADS = re.compile(r"(?:\A|(?<![!<>=~\u2248\s])\s*[:=](?!=)|\b(?:is|are|equals|include|includes))\s*\Z", re.IGNORECASE)
_LEAD = re.compile(r"(?<![!<>=~\u2248])[:=](?![=\w])|\b(?:is|are|equals)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|\w+n['\u2019]t|whether|if|unless|except|without|excluding|instead|than|wrong|incorrect|"
    r"hardly|doubt|unlikely|false|avoid|none|nothing|opposite|contrary|reverse)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[^\w\n.!?;]*(?:and|or|plus|minus|but|except|without|not|also|if|unless|though|maybe|perhaps|possibly|probably|partly|mostly|only|"
    r"sort|kind|somewhat|approximately|approx|estimates?|roughly|about|almost|nearly|around|estimated|sometimes|to|give|out|than|ish|actually|wait|times|half|"
    r"(?:in )?(?:hundred|thousand|million|billion)s?|is (?:wrong|incorrect|false|not))\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s*\Z|[ \t]*(?:\n|[.!](?=\s|\Z)(?!\s\d)|\(|[ \t][-\u2013\u2014]\s|([,;:])\s)")


def fenced(text: str) -> tuple[str, str]:
    """The text in the one fenced block, even if its end is missing, and the text around it; ``text`` without a fence."""
    inside: list[str] = []
    outside: list[str] = []
    mark, blocks = "", 0
    text = _untagged(text)
    if inline := _INLINE.match(text.strip()) if text.count("\n") == 0 else None:
        return inline[1], ""
    if "```" not in text and "~~~" not in text:
        return text, ""
    for line in text.split("\n"):
        found = _FENCE.match(line.rstrip())
        if found and not mark:
            mark, blocks = found[1], blocks + 1
        elif found and found[1].startswith(mark) and not found[2]:
            mark = ""
        elif mark and line.rstrip().endswith(mark):
            inside.append(line.rstrip().removesuffix(mark))
            mark = ""
        else:
            (inside if mark else outside).append(line)
    if blocks > 1:
        raise ValueError("expected one fenced block")
    return ("\n".join(inside), "\n".join(outside)) if blocks else (text, "")


def _untagged(text: str) -> str:
    """The text in the one XML tag that is all around it, as in ``<answer>5</answer>``."""
    found = _TAGGED.match(text)
    return found[2] if found else text


def unboxed(text: str) -> str:
    """The text in the one ``\\boxed{}``, with the words and signs of LaTeX as plain text."""
    boxed = _BOXED.findall(text)
    return _LATEX.sub(r"\1\2\3", boxed[0] if len(boxed) == 1 else text)


def bracketed(text: str, kind: type) -> Any:
    """The one list, or the one dict, that stands in brackets amid prose, or None; dicts behind one another are their list."""
    found = list(_values(text))
    fitting = [value for value in found if isinstance(value[0], kind)]
    if not fitting and len(found) == 1 and kind is list:
        return wrapped(found[0][0])
    if not fitting and len(found) > 1 and kind is list:
        return _rows(text, found)
    if len(fitting) > 1:
        raise ValueError("expected one value in brackets")
    if not fitting:
        return None
    value, begin, end = fitting[0]
    if kind is list and text[begin] == "{" and len(found) > 1:
        raise ValueError("expected a list")
    if _denied_at_end(text[:begin]) or _GOES_ON.match(text, end):
        raise ValueError("expected a value that the words around it do not change")
    return value


def wrapped(data: Any) -> Any:
    """The list in ``{"tags": [...]}``; anything else as it is."""
    if isinstance(data, dict) and len(data) == 1:
        (value,) = data.values()
        return value if isinstance(value, list) else data
    return data


def _values(text: str) -> Iterator[tuple[Any, int, int]]:
    """The outermost values in brackets, each with its begin and its end. Citations and links are text."""
    at = 0
    while opening := OPENING.search(text, at):
        begin = opening.start()
        before = text[max(begin - 12, 0) : begin]
        aside = _LINK.match(text, begin) or (None if before.strip() and _LEADS.search(before) else _ASIDE.match(text, begin))
        if aside:
            at = aside.end()
            continue
        value, at = read_bracketed(text, begin)
        if text[at : at + 1] in ("[", "{"):
            raise ValueError("expected one value in brackets")
        one_word = isinstance(value, list) and len(value) == 1 and text[begin + 1] not in "\"'[{"
        if one_word and before.strip() and not _LEADS.search(before):  # click [here]
            raise ValueError("expected a list")
        yield value, begin, at


def _rows(text: str, found: list[tuple[Any, int, int]]) -> Any:
    begins = [begin for _, begin, _ in found] + [len(text)]
    ends_before = [0, *(end for _, _, end in found)]
    if any(text[end:begin].strip(" \t\r\n,") for end, begin in zip(ends_before, begins, strict=True)):
        raise ValueError("expected one value in brackets")
    return [value for value, _, _ in found]


def _denied_at_end(before: str) -> bool:
    words = before[-40:].rsplit(None, 3)[-3:]
    return any(_DENIED.search(word) for word in words)


def unwrapped(text: str) -> str:
    """The text without white space, quotes, emphasis, and a full stop around it."""
    for _ in range(4):
        text = text.strip().removesuffix("!")
        text = text.removesuffix(".") if not text.endswith("..") else text
        if len(text) < 2 or text[0] + text[-1] not in _PAIRS or text[0] in text[1:-1].strip("*"):
            return text
        text = text[1:-1]
    return text.strip()


def after_lead_ins(text: str) -> Iterator[str]:
    """The text, and what follows each of the first words that may lead to a value, as in ``The answer is: 5``."""
    yield text
    for found in _LEAD.finditer(text, 0, 300):
        if _is_plain(text[: found.start()]):
            yield text[found.end() :].lstrip(" \t\r\n:*_`\"'")


def leads(before: str) -> bool:
    """Whether these words lead to the value behind them and do not change it: nothing at all, or ``The answer is``."""
    before = before[-300:].rstrip(" \t\r\n*_`\"'\u201c")
    return not before or (_LEADS.search(before) is not None and _is_plain(before))


def _is_plain(before: str) -> bool:
    """Whether the words before a value do not deny it, are not data, and do not contain another value on its own line."""
    lines = [line.rstrip(" *_`") for line in before.split("\n") if line.strip()]
    another = lines and re.search(r"[:=].*?[,=(]", lines[-1])
    return not (another or _DENIED.search(before) or set(before) & set("[{")) and all(
        line[-1:] in ".!?:" for line in lines[:-1]
    )


def ends(text: str, at: int) -> bool:
    """Whether the value ends at ``at``: what follows is nothing, another line, or an explanation that does not change it."""
    closing = re.compile(r"[*_`\"'\u201d]*").match(text, at)
    end = _ENDS.match(text, closing.end() if closing else at)
    if not end:
        return False
    rest = text[end.end() :]
    if end[1] and (len(rest.split(None, 2)) < 2 or re.search(r"[:=]\s", rest)):  # another value
        return False
    return not _GOES_ON.match(rest)
