"""Reads a list that is not JSON: bullets, numbered items, lines, or texts between commas. Prose is a ValueError, not a list."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

from .amidprose import OPENING, unwrapped

_BULLET = re.compile(
    r"([ \t]*+)(?:(?:([-*+\u2013\u2014]|[^\w\s\x00-\x7f\u00a2-\u00f7\u2018\u201c\u2026\u20a0-\u20bf\u2200-\u22ff]{1,2})"
    r"|(\(?\d{1,3}[.)]|\d\ufe0f?\u20e3))[ \t]++"
    r"|[\u2022\u25cf\u25e6\u25aa](?=\w))(?:\[[ xX]\][ \t]++)?(?=\S)"
)
_BARE_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022]|\d{1,3}[.)]?)[ \t]*\Z")
_SENTENCE_END = re.compile(r"[.!?:]\W*\Z")
_TALK = re.compile(
    r"\b(?:is|are|was|were|am|has|have|isn't|aren't|cannot|can't|don't|doesn't|didn't|couldn't|won't|I|I'm|I'll|I've|it's|there's|here's|"
    r"would|could|should|will|(?i:sorry|sure|but|because|which|however|please|unfortunately|certainly))\b"
)
_TALKS = re.compile(
    r"(?:No|None|Not|Nothing|Here|There|Let me|Note|As an?|You|This|These|It|They|We|Could|Would|Please|Thanks?)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\*{0,2}(?:(?:sure|okay|ok|certainly)[,!.]\s+)?(?:here (?:are|is)\b[^:]{0,80}:|"
    r"(?:the|these|my|your)\b[^,.:]{0,60}?\b(?:are|include)\b:?|(?:the |final |my )?"
    r"(?:answers?|outputs?|results?|lists?|tags?|items?|keywords?|values?|topics?|names?|colou?rs?|categories|labels?):)\*{0,2}\s+",
    re.IGNORECASE,
)
_PAIR = re.compile(r":\*{0,2}\s")
_OPEN_END = re.compile(r"(?:and (?:more|others|so on|so forth)|among others|etc\.?)\Z|(?:\.\.|\u2026)\W*\Z", re.IGNORECASE)
_CONJUNCTION = re.compile(r"\s(?:and|or|&|/|\||vs\.?)\s", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:\b(?:Inc|Ltd|Co|Corp|Jr|Sr|St|vs|No|al)|\b[A-Z]|\.\w+)\.\Z")
_AMOUNT = r"\d{1,3}(?:,\d{3})++(?!\d)"
_LABEL = re.compile(r"([A-Za-z]{1,4})[.)][ \t]+(?=\S)")
_LABELS = (
    list(ascii_lowercase),
    list(ascii_uppercase),
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"],
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"],
)
_SHORT_ANSWER = re.compile(r"(?:yes|no|true|false|sure|ok|okay|well|correct)\Z", re.IGNORECASE)
_THOUSANDS = re.compile(r"[^\d,]{0,3}\d{1,3}(?:,\d{3})+(?:\.\d+)?[^\d,]*")
_DECIMAL_COMMA = re.compile(r"[^\d,]*\d+,\d+[^\d,]*")  # 3,50 as Europe writes it
_DATE = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\ \d{1,2},\ \d{4}\b"
_ITEM = re.compile(
    rf"""\s*+(?:("[^"]*+"|'[^']*+'|`[^`]*+`|\u201c[^\u201c\u201d]*+\u201d|\u2018[^\u2018\u2019]*+\u2019)\s*+(?=[,;]|\Z)"""
    rf"""|((?:(?<![\d,]){_AMOUNT}|(?<![a-z]){_DATE}|\([^()]*+\)|[^,;])*+))([,;]|\Z)""",
    re.IGNORECASE,
)
_LONGEST_ITEM = 8  # words between commas; more are prose
_LONGEST_SINGLE = 4  # words of a list with one item, a name; of other words, half as many


def bullet_items(text: str) -> list[str] | None:
    """The items of the one bullet list or numbered list in the text, without what leads to it and what follows it."""
    lines = text.splitlines()
    marks = {at: found for at, line in enumerate(lines) if (found := _BULLET.match(line))}
    if not marks:
        return None
    first, last = min(marks), max(marks)
    _check_one_list(list(marks.values()))
    _check_lead([line for line in lines[:first] if line.strip()])
    items: list[str] = []
    for at, line in enumerate(lines[first : last + 1], first):
        _add_line(items, line, marks.get(at))
    _add_end(items, lines[last + 1 :])
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
    if lead and not _SENTENCE_END.search(lead[-1]) and "," in lead[-1]:
        raise ValueError("expected one list")
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
    if lines[0].strip() and len(lines[0].split()) < 3:
        raise ValueError("expected a bullet before every item")
    _check_plain(lines)


def plain_items(text: str) -> list[str]:
    """The items of lines, or between commas. A line that leads to them and a sentence that follows them are left out."""
    lines = _without_afterword([line.strip() for line in text.strip().splitlines()])
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    lines = list(filter(None, lines))
    if len(lines) > 1 and all(line.endswith(",") for line in lines[:-1]):
        lines = [" ".join(lines)]
    if len(lines) == 1:
        return _between_commas(lines[0])
    labels = [found[1] for line in lines if (found := _LABEL.match(line))]
    if len(labels) == len(lines) and labels in [names[: len(labels)] for names in _LABELS]:
        return tidy([_LABEL.sub("", line, count=1) for line in lines])
    if any(_TALKS.match(line) or line[0] in "|<#>" or _CONJUNCTION.fullmatch(line) for line in lines):
        raise ValueError("expected a list")
    if all(re.search(r",\S", line) for line in lines) or all(re.match(r"[-*][^\W\d]", line) for line in lines):
        raise ValueError("expected one item in each line")  # a table, or bullets without a space
    return tidy(lines)


def _without_afterword(lines: list[str]) -> list[str]:
    """The lines before a last paragraph that is a sentence, where they are not sentences themselves."""
    if "" not in lines:
        return lines
    at = len(lines) - 1 - lines[::-1].index("")
    before = [line for line in lines[:at] if line]
    sentence = _SENTENCE_END.search(lines[-1]) and len(lines[at + 1].split()) >= 3
    if sentence and _SENTENCE_END.search(before[-1]) and not before[-1].endswith(":") and "," not in before[-1]:
        raise ValueError("expected a list")  # paragraphs
    return before if sentence and not (len(before) == 1 and before[-1].endswith(":")) else lines


def _between_commas(line: str) -> list[str]:
    if _DECIMAL_COMMA.fullmatch(line) and not _THOUSANDS.fullmatch(line):
        raise ValueError("expected a space after the comma between two items")
    line = _bare(line) if line[0] == "*" else line
    lead = _LEAD.match(line)
    body = line[lead.end() :] if lead else line
    parts = [(found[1] or found[2], found[3]) for found in _ITEM.finditer(body) if found[0]]
    items = [item.strip() for item, _ in parts]
    if len({separator for _, separator in parts[:-1]}) > 1 or not any(map(str.isalnum, body)):
        raise ValueError("expected items between commas")
    items = list(filter(None, items))
    if len(items) == 1 and parts[-1][1] == "":
        return [_single(items[0])]
    if items and _SHORT_ANSWER.match(items[0]) and not all(map(_SHORT_ANSWER.match, items)):
        raise ValueError("expected items, not an answer")
    return tidy(_sentence_style([item for item in items if _checked(item)]))


def _single(item: str) -> str:
    """One item alone: a few words that are neither a sentence nor two items."""
    plain = _bare(item)
    if plain != item and item[0] != "*":
        return plain
    item = plain
    words = item.split(None, _LONGEST_SINGLE)
    too_many = len(words) > (_LONGEST_SINGLE if item.istitle() else _LONGEST_SINGLE // 2)
    too_many |= len(words) > 1 and not re.search(r"[^\W\d]", item)
    talk = _TALK.search(item) or _TALKS.match(item) or _SENTENCE_END.search(item) or _PAIR.search(item)
    if too_many or talk or _CONJUNCTION.search(item) or item[0] in "[{(<|#":
        raise ValueError("expected a list")
    return item


def _checked(item: str) -> str:
    if item[0] in "\"'`\u201c\u2018":
        return item
    prose = len(item.split(None, _LONGEST_ITEM)) > _LONGEST_ITEM or _TALK.search(item) or _PAIR.search(item) or ". " in item
    if prose or item[0] in "[{<|" or item.count('"') % 2:
        raise ValueError("expected items between commas")
    return item


def _sentence_style(items: list[str]) -> list[str]:
    """``a, b, and c.`` without the ``and`` and the full stop. ``a, b and c`` may be two items or three."""
    last = items[-1] if items else ""
    if _OPEN_END.search(last) or (_CONJUNCTION.search(last) and last[0] not in "\"'`\u201c\u2018"):
        raise ValueError("expected every item between commas")
    if last.endswith(".") and not any(item.endswith(".") for item in items[:-1]) and not _ABBREVIATION.search(last):
        last = last[:-1]
    if last[:4].lower() == "and ":
        last = last[4:].strip()
    elif last[:3].lower() == "or ":
        raise ValueError("expected items, not a choice")
    return [*items[:-1], last] if items else []


def typed_items(text: str, decimals: bool, conjunction: bool) -> list[str]:
    """The parts of lines, or between commas and around ``and``: each must be a value of another type than text later."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    if len(lines) > 1:
        return tidy(lines)
    line = lines[0].removesuffix(".").rstrip(" ,") if lines else ""
    if _THOUSANDS.fullmatch(line):
        return _groups(line)
    if _DECIMAL_COMMA.fullmatch(line) and (decimals or ",0" in line[:-1] or not line.replace(",", "").isdigit()):
        raise ValueError("expected a space after the comma between two numbers")
    separator = ";" if ";" in line else ", " if ", " in line else ","
    parts = line.split(separator)
    if conjunction:
        parts = [part for whole in parts for part in re.split(r"(?:^|\s)and\s", whole.strip())]
    return tidy([part.strip() for part in parts if part.strip()])


def _groups(line: str) -> list[str]:
    """``250,000`` is one number, ``100,200,300`` are three, ``1,200`` may be either."""
    groups = line.split(",")
    if not line.replace(",", "").isdigit() or any(group[0] == "0" for group in groups[1:]):
        return [line]
    if len(groups) < 3 or len(groups[0]) < 3:
        raise ValueError("expected a space after the comma between two numbers")
    return groups


def tidy(items: list[str]) -> list[str]:
    """The items without the quotes or the emphasis around them, and without commas at their ends."""
    for mark in ",;":
        if len(items) > 1 and all(item.endswith(mark) for item in items[:-1]):
            items = [item.removesuffix(mark) for item in items[:-1]] + [items[-1].rstrip(mark + ".")]
    return [_bare(item.strip()) for item in items]


def _bare(item: str) -> str:
    return unwrapped(item) if item[:1] in "\"'`*\u201c\u2018" and item[-1:] in "\"'`*\u201d\u2019" else item
