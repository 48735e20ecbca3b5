"""Reads a list of lines, or of texts between commas. Prose is a ValueError, not a list."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

from .bulletlists import SENTENCE_END, bare, tidy

_TALK = re.compile(
    r"\b(?:is|are|was|were|am|has|have|isn't|aren't|cannot|can't|don't|doesn't|didn't|couldn't|won't|I|I'm|I'll|I've|it's|there's|here's|"
    r"would|could|should|will|(?i:sorry|sure|but|because|which|however|please|unfortunately|certainly))\b"
)
_TALKS = re.compile(
    r"(?:No|None|Not|Nothing|Here|There|Let me|Note|As an?|You|This|These|It|They|We|Could|Would|Please|Thanks?|However|But|"
    r"Because|Therefore|Thus|Hence|Thought|Reasoning|Explanation|(?:The )?(?:final )?Answer)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\*{0,2}(?:(?:sure|okay|ok|certainly)[,!.]\s+)?(?:here (?:are|is)\b[^:]{0,80}:|"
    r"(?:the|these|my|your|some|other|possible|common|popular|examples)\b[^,.:]{0,60}?\b(?:are|include)\b:?|"
    r"(?:the |final |my )?(?:answers?|outputs?|results?|lists?|tags?|items?|keywords?|values?|topics?|names?|colou?rs?|"
    r"categories|labels?):)\*{0,2}\s+",
    re.IGNORECASE,
)
_PAIR = re.compile(r":\*{0,2}\s")
_OPEN_END = re.compile(r"(?:and (?:more|others|so on|so forth)|among others\)?|etc\.?)\Z|(?:\.\.|\u2026)\W*\Z", re.IGNORECASE)
_FOREIGN_AND = re.compile(r"\s(?:und|oder|et|ou|y|e|o|\u0438|\u0438\u043b\u0438|och|og|en|ve|i)\s")
_CONJUNCTION = re.compile(r"\s(?:and|or|&|/|\||vs\.?|\u2022)\s|\t", re.IGNORECASE)
_JOINED = re.compile(r"\A(?:and|or)\s|\s(?:and|or)\Z", re.IGNORECASE)
_DASH = re.compile(r"\s[-\u2013\u2014]\s")
_NO_ITEM = re.compile(
    r"(?i:not|no|actually|then|maybe|perhaps|probably|since|plus|as well as|along with)\s|\(?\w{1,3}\)\s|(?:[A-Z]\.\s?)+\Z|"
    r"[^,]*\?\Z|(?i:of course|finally|therefore|thus|hence|so|i\.e|e\.g)\.?\Z|.*\s(?:and|or)\Z"
)
_NO_VALUE = re.compile(
    r"(?:unknown|undefined|none|n/a|nil|null|empty(?: list| set)?|tbd|unsure|unclear|(?:cannot|unable) .*)\Z", re.IGNORECASE
)
_MARKUP = re.compile(r"</|<\||<br\b|&(?:#\d+|[a-z]+);", re.IGNORECASE)  # the rest of a tag, a token of the model, an entity
_SUFFIX = re.compile(r"(?:(?:Inc|Ltd|Corp|Jr|Sr)\.?|Co\.|LLC|GmbH|Ph\.?D\.?|M\.D\.|Esq\.?)\Z")  # of the name before the comma
_UNCLEAR_GROUPS = re.compile(
    r"(?<![\d,])(?:\d{1,2}(?:,\d{2}(?!\d))++,\d{3}|\d{1,3}(?:,\d{3})++,\d{1,2})(?![\d,])|\d[. ]\d{3},\d"  # 1,23,456, 1.234,56
)
_SENTENCES, _OPEN_FORMULA = re.compile(r"[.?!] "), re.compile(r"\$[^\d\s][^$]*\Z")
_ADDRESS = re.compile(r"://[^\s,]*+,\S")
_ABBREVIATION = re.compile(r"(?:\b(?:Inc|Ltd|Co|Corp|Jr|Sr|St|vs|No|al)|\b[A-Z]|\.\w+)\.\Z")
_AMOUNT = r"\d{1,3}(?:,\d{3})++(?!\d)"
_LABEL = re.compile(r"\(?([A-Za-z]{1,4})[.)][ \t]+(?=\S)")
_NUMBER_LABEL = re.compile(r"(\d{1,3})(?:[.)](?=[^\W\d_])|(?:[ \t]+[-\u2013\u2014]|:)[ \t]+(?=\S)|\u3001)")
_LABELS = (
    list(ascii_lowercase),
    list(ascii_uppercase),
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"],
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"],
)
_CJK_TALK = re.compile(
    r"[\u662f\u4e86\u6211\u4f60\u4ed6\u5979\u5b83\u4eec\u4f1a\u6709\u4e0d\u8fd9\u90a3\u5417\u3002]|[\u306f\u304c\u3092]\Z|\u3067\u3059|\u307e\u3059"
)
_SHORT_ANSWER = re.compile(r"(?:yes|no|true|false|sure|ok|okay|well|correct)\.?\Z", re.IGNORECASE)
_THOUSANDS = re.compile(r"[^\d,]{0,3}\d{1,3}(?:,\d{3})+(?:\.\d+)?[^\d,]*")
_DECIMAL_COMMA = re.compile(r"[^\d,]*\d+,\d+[^\d,]*")  # 3,50 as Europe writes it
_ONE_AMOUNT = re.compile(rf"[$\u20ac\u00a3\u00a5]\s?{_AMOUNT}|{_AMOUNT}\.\d++")
_BETWEEN_COMMAS = re.compile(rf"(?:{_ONE_AMOUNT.pattern}|[^,])++")
_GROUP, _WORDS = re.compile(r"\d,\d{3}(?!\d)"), re.compile(r"[A-Za-z=:$\u20ac\u00a3\u00a5]")
_DATE = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\ \d{1,2},\ \d{4}\b"
_ITEM = re.compile(
    rf"""\s*+(?:("[^"]*+"|'[^']*+'|`[^`]*+`|\u201c[^\u201c\u201d]*+\u201d|\u2018[^\u2018\u2019]*+\u2019)\s*+(?=[,;]|\Z)"""
    rf"""|((?:(?<![\d,]){_AMOUNT}|(?<![a-z]){_DATE}|\([^()]*+\)|[^,;])*+))([,;]|\Z)""",
    re.IGNORECASE,
)
_QUOTES = "\"'`\u201c\u2018\u300c"
_LONGEST_ITEM = 8  # words between commas; more are prose
_LONGEST_SINGLE = 4  # words of a list with one item, a name; of other words, half as many


def plain_items(text: str) -> list[str]:
    """The items of lines, or between commas. A line that leads to them and a sentence that follows them are left out."""
    if _MARKUP.search(text):
        raise ValueError("expected a list without markup")
    lines = _without_afterword([line.strip() for line in text.strip().splitlines()])
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    lines = list(filter(None, lines))
    if len(lines) > 1 and all(line.endswith(",") for line in lines[:-1]):
        lines = [" ".join(lines)]
    if len(lines) == 1:
        return _between_commas(lines[0])
    if any("\t" in line for line in lines) or _is_title(lines):
        raise ValueError("expected one item in each line")
    lines = _unnumbered(lines)
    labels = [found[1] for line in lines if (found := _LABEL.match(line))]
    if len(labels) == len(lines) and labels in [names[: len(labels)] for names in _LABELS]:
        return tidy([_LABEL.sub("", line, count=1) for line in lines])
    if any(
        _TALKS.match(line) or _JOINED.search(line) or line[0] in "|<#>[=" or not any(map(str.isalnum, line)) for line in lines
    ):
        raise ValueError("expected a list")
    if all(re.search(r",\S", line) for line in lines) or all(re.match(r"[-*\u2013\u2014][^\W\d]", line) for line in lines):
        raise ValueError("expected one item in each line")  # a table, or bullets without a space
    return tidy(lines)


def _is_title(lines: list[str]) -> bool:
    """Whether only the first line is bold, or leads to a list and has an item of its own."""
    bold = [line.startswith("**") for line in lines]
    leads = _LEAD.match(lines[0]) and not all(": " in line for line in lines)
    return (bold[0] and not any(bold[1:])) or bool(leads)


def _unnumbered(lines: list[str]) -> list[str]:
    """The lines without their numbers, as in ``1 - red`` and ``2 - blue``."""
    numbers = [found[1] for line in lines if (found := _NUMBER_LABEL.match(line))]
    if len(lines) > 1 and numbers == [str(number) for number in range(1, len(lines) + 1)]:
        return [_NUMBER_LABEL.sub("", line, count=1) for line in lines]
    return lines


def _without_afterword(lines: list[str]) -> list[str]:
    """The lines before a last paragraph that is a sentence, where they are not sentences themselves."""
    if "" not in lines:
        return lines
    at = len(lines) - 1 - lines[::-1].index("")
    before = [line for line in lines[:at] if line]
    sentence = SENTENCE_END.search(lines[-1]) and len(lines[at + 1].split()) >= 3
    if sentence and SENTENCE_END.search(before[-1]) and not before[-1].endswith(":") and "," not in before[-1]:
        raise ValueError("expected a list")  # paragraphs
    return before if sentence and not (len(before) == 1 and before[-1].endswith(":")) else lines


def _between_commas(line: str) -> list[str]:
    if _DECIMAL_COMMA.fullmatch(line) and not _THOUSANDS.fullmatch(line):
        raise ValueError("expected a space after the comma between two items")
    line = _in_ascii(line)
    _check_digits(line)
    line = bare(line) if line[0] == "*" else line
    lead = _LEAD.match(line)
    body = line[lead.end() :] if lead else line
    parts = [(found[1] or found[2], found[3]) for found in _ITEM.finditer(body) if found[0]]
    items = [item.strip() for item, _ in parts]
    if len({separator for _, separator in parts[:-1]}) > 1 or not any(map(str.isalnum, body)):
        raise ValueError("expected items between commas")
    items = list(filter(None, items))
    if items[1:] and (_ADDRESS.search(line) or (_DASH.search(items[0]) and not any(map(_DASH.search, items[1:])))):
        raise ValueError("expected items between commas")
    if len(items) == 1 and parts[-1][1] == "":
        return [_single(items[0])]
    if any(map(_SHORT_ANSWER.match, items)) and not all(map(_SHORT_ANSWER.match, items)):
        raise ValueError("expected items, not an answer")
    return tidy(_sentence_style([item for item in items if _checked(item)]))


def _in_ascii(line: str) -> str:
    """Words between the commas of Chinese, Japanese or Arabic, with ASCII's. The commas of a sentence are an error."""
    if not set("\u3001\uff0c\u060c") & set(line):
        return line
    items = re.split("[\u3001\uff0c\u060c]", re.sub(r"\A\w{1,6}\uff1a", "", line))
    if any(len(item) > 12 or _CJK_TALK.search(item.strip()) for item in items) or "," in line:
        raise ValueError("expected items between commas")
    return ", ".join(item.strip() for item in items)


def _check_digits(line: str) -> None:
    mixed = re.search(r"[^\d.,+-]", line) and re.search(r"\d,\d", re.sub(rf"(?<![\d,.]){_AMOUNT}(?!,?\d)", "", line))
    if mixed or _UNCLEAR_GROUPS.search(line):
        raise ValueError("expected a space after the comma between two items")


def _single(item: str) -> str:
    """One item alone: a few words that are neither a sentence nor two items."""
    plain = bare(item)
    if plain != item and item[0] != "*":
        return plain
    item = plain
    if item[0] in _QUOTES:
        raise ValueError("expected one item")
    words = item.split(None, _LONGEST_SINGLE)
    too_many = len(words) > (_LONGEST_SINGLE if item.istitle() else _LONGEST_SINGLE // 2)
    too_many |= len(words) > 1 and not re.search(r"[^\W\d]", item)
    talk = _TALK.search(item) or _TALKS.match(item) or SENTENCE_END.search(item) or _PAIR.search(item)
    if too_many or talk or _CONJUNCTION.search(item) or item[0] in "[{(<|#" or item[:2] == "> " or _NO_VALUE.match(item):
        raise ValueError("expected a list")
    return item


def _checked(item: str) -> str:
    if item[0] in _QUOTES and bare(item.rstrip(".")) != item.rstrip("."):
        return item
    if _is_prose(item) or item[0] in "[{<|" or item[0] in _QUOTES or _NO_ITEM.match(item) or item.count('"') % 2:
        raise ValueError("expected items between commas")
    return item


def _is_prose(item: str) -> bool:
    """Whether the text between two commas is a part of a sentence, of a formula or of a name."""
    if (
        len(item.split(None, _LONGEST_ITEM)) > _LONGEST_ITEM
        or _TALK.search(item)
        or _PAIR.search(item)
        or _SENTENCES.search(item)
    ):
        return True
    halved = (
        item.count("{") != item.count("}")
        or item.count("[") != item.count("]")
        or item.count("(") > item.count(")")
        or _OPEN_FORMULA.match(item)
    )
    return bool(halved or _SUFFIX.match(item) or not item.strip(".\u2026"))


def _sentence_style(items: list[str]) -> list[str]:
    """``a, b, and c.`` without the ``and`` and the full stop. ``a, b and c`` may be two items or three."""
    last = items[-1] if items else ""
    if _OPEN_END.search(last) or _FOREIGN_AND.search(last) or (_CONJUNCTION.search(last) and last[0] not in _QUOTES):
        raise ValueError("expected every item between commas")
    if last.endswith("!") and not any(item.endswith("!") for item in items[:-1]):
        last = last[:-1]
    if last.endswith(".") and not any(item.endswith(".") for item in items[:-1]) and not _ABBREVIATION.search(last):
        last = last[:-1]
    if joined := re.match(r"(?:and|&)\s+", last, re.IGNORECASE):
        last = _checked(last[joined.end() :])
    elif last[:3].lower() == "or ":
        raise ValueError("expected items, not a choice")
    return [*items[:-1], last] if items else []


def typed_items(text: str, decimals: bool, conjunction: bool) -> list[str]:
    """The parts of lines, or between commas and around ``and``: each must be a value of another type than text later."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    if len(lines) > 1:
        return tidy(_unnumbered(lines))
    if any(map(_UNCLEAR_GROUPS.search, lines)):
        raise ValueError("expected a space after the comma between two numbers")
    line = lines[0].removesuffix(".").rstrip(" ,") if lines else ""
    if _THOUSANDS.fullmatch(line):
        return _groups(line)
    if _DECIMAL_COMMA.fullmatch(line) and (decimals or ",0" in line[:-1] or not line.replace(",", "").isdigit()):
        raise ValueError("expected a space after the comma between two numbers")
    separator = ";" if ";" in line else ", " if ", " in line else ","
    parts = _around_amounts(line) if separator == "," and _WORDS.search(line) else line.split(separator)
    if conjunction:
        parts = [part for whole in parts for part in re.split(r"(?:^|\s)and\s", whole.strip())]
    return tidy([part.strip() for part in parts if part.strip()])


def _around_amounts(line: str) -> list[str]:
    """Between the commas, but not those of ``$1,234.56``; in ``scores: 90,100`` there may be one number or two."""
    if _GROUP.search(_ONE_AMOUNT.sub("", line)):
        raise ValueError("expected a space after the comma between two numbers")
    return _BETWEEN_COMMAS.findall(line)


def _groups(line: str) -> list[str]:
    """``250,000`` is one number, ``100,200,300`` are three, ``1,200`` may be either."""
    groups = line.split(",")
    if not line.replace(",", "").isdigit() or any(group[0] == "0" for group in groups[1:]):
        return [line]
    if len(groups) < 3 or len(groups[0]) < 3:
        raise ValueError("expected a space after the comma between two numbers")
    return groups
