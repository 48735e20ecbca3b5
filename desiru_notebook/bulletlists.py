"""Reads the one list of bullets or numbers in a text. Lists in lists, and two lists, are a ValueError."""

from __future__ import annotations

import re

from .amidprose import OPENING, QUOTES, unwrapped

_BULLET = re.compile(
    r"([ \t]*+)(?:(?:([-*+\u00b7\u2013\u2014]|[^\w\s\x00-\x7f\u00a2-\u00f7\u2018\u201c\u2026\u20a0-\u20bf\u2200-\u22ff]{1,2})"
    r"|(\(?\d{1,3}[.)\uff09]|\d\ufe0f?\u20e3))[ \t]++"
    r"|[\u2022\u25cf\u25e6\u25aa\u00b7\u30fb](?=\w)|[\u2460-\u2473][ \t]*+)(?:\[[ xX]\][ \t]++)?(?=\S)"
)
_BARE_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022]|\d{1,3}[.)]?)[ \t]*\Z")
_OPEN_END = re.compile(r"\.{2,}|\u2026|etc\.?|and (?:more|others|so on)\b.*", re.IGNORECASE)
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
_MARKED_NUMBER = re.compile(r"^([ \t]*+)(?:#{1,6} (?:\*\*)?+|(\*\*))(\d{1,3}[.)])[ \t]++", re.MULTILINE)
_ANOTHER = re.compile(r",\s[-*\u2022]\s|[\s(]2[.)]\s|\s[-*\u2022]\s.*\s[-*\u2022]\s|\s\u2022\s")  # in the line of the first
SENTENCE_END = re.compile(r"[.!?:]\W*\Z")


def bullet_items(text: str) -> list[str] | None:
    """The items of the one bullet list or numbered list in the text, without what leads to it and what follows it."""
    lines = _MARKED_NUMBER.sub(r"\1\3 \2", text).splitlines()
    marks = {at: found for at, line in enumerate(lines) if (found := _BULLET.match(line))}
    if not marks:
        return None
    first, last = min(marks), max(marks)
    _check_one_list(list(marks.values()))
    _check_lead([line for line in lines[:first] if line.strip()])
    items: list[str] = []
    if first == last and _ANOTHER.search(lines[first], marks[first].end()):
        raise ValueError("expected a line for every item")
    for at, line in enumerate(lines[first : last + 1], first):
        _add_line(items, line, marks.get(at))
    _add_end(items, lines[last + 1 :])
    if _OPEN_END.fullmatch(items[-1]) or all(map(_BULLET.match, items)):
        raise ValueError("expected every item in a line of its own")
    return tidy(items)


def _check_one_list(marks: list[re.Match[str]]) -> None:
    """A list in a list, and two lists, have more than one reading."""
    indents = {len(mark[1].expandtabs(4)) for mark in marks}
    numbers = [mark[3] for mark in marks if mark[3]]
    if max(indents) - min(indents) > 1 or len(numbers) not in (0, len(marks)):
        raise ValueError("expected one list without lists in it")
    if numbers and re.sub(r"\D", "", numbers[0]) not in ("0", "1"):
        raise ValueError("expected a list that begins with its first item")


def _check_lead(lead: list[str]) -> None:
    if lead and not SENTENCE_END.search(lead[-1]) and "," in lead[-1]:
        raise ValueError("expected one list")
    if len(lead) == 1 and lead[0][:1].islower() and not SENTENCE_END.search(lead[0]):
        raise ValueError("expected a bullet before every item")
    _check_plain(lead)


def _check_plain(lines: list[str]) -> None:
    """The words around a list may have no other list in them."""
    for line in lines:
        found = OPENING.search(line)
        if found and line[found.start() + 1 : found.start() + 2] in ('"', "'", "{", "["):
            raise ValueError("expected one list")


def _add_line(items: list[str], line: str, mark: re.Match[str] | None) -> None:
    if mark:
        items.append(line[mark.end() :].strip())
    elif line[:1] in " \t" and line.strip():
        items[-1] += " " + line.strip()
    elif line.strip():
        raise ValueError("expected one list")


def _add_end(items: list[str], lines: list[str]) -> None:
    """The rest of the last item, if it is indented; then nothing but an afterword."""
    while lines and (not lines[0].strip() or lines[0][:1] in " \t"):
        if lines[0].strip():
            items[-1] += " " + lines[0].strip()
        elif len(lines) > 1 and lines[1][:1] not in " \t":
            break
        lines = lines[1:]
    if not lines or (len(lines) == 1 and _BARE_BULLET.match(lines[0])):
        return
    if len(lines[0].split()) < 3 and (lines[0].strip() or (len(lines) == 2 and re.fullmatch(r"[a-z]\w*", lines[1]))):
        raise ValueError("expected a bullet before every item")
    _check_plain(lines)


def tidy(items: list[str]) -> list[str]:
    """The items without the quotes or the emphasis around them, and without commas at their ends."""
    for mark in ",;":
        if len(items) > 1 and all(item.endswith(mark) for item in items[:-1]):
            items = [item.removesuffix(mark) for item in items[:-1]] + [items[-1].rstrip(mark + ".")]
    return [bare(item.strip()) for item in items]


def bare(item: str) -> str:
    if item[:1] + item[-1:] in QUOTES and len(item) > 1 and item[0] not in _APOSTROPHE.sub("", item[1:-1]):
        return item[1:-1].strip()
    return unwrapped(item) if item[:1] == item[-1:] == "*" else item
