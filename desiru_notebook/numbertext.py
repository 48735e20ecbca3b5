"""Finds the one number that a text says: ``$1,200``, ``**5**``, ``5 stars``, ``The answer is 5.``"""

from __future__ import annotations

import math
import re

from .amidprose import ends, leads, unwrapped

_CURRENCY = "$\u20ac\u00a3\u00a5\u20b9"
_DIGITS = r"(?:[1-9]\d{0,2}(?:,\d{3})++(?![\d,])|\d++)(?:\.\d++)?|\.\d++"
_NUMBER = re.compile(
    rf"(?<![\w.,/:^#\u2212+-])(?:([-+\u2212]?)[{_CURRENCY}]\s?|)([-+\u2212]?(?:{_DIGITS})(?:[eE][-+]?\d{{1,3}}(?!\d))?)(?![\w/^]|[.,:]\d)"
)
_ALONE = re.compile(rf"(?:{_NUMBER.pattern})\s*%?")
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_UNIT = re.compile(rf"\s?[%{_CURRENCY}\u00b0\u2605\u2b50]+\ufe0f?|(?:-|[ \t]+)([^\W\d_]+(?:['\u2019 -][^\W\d_]+)*)")
# After a number these make it another number, a bound, a date or a time.
_CHANGES = re.compile(
    r"\b(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?|[kmbtg]|mn|mm|bn|mil|mio|mrd|lakhs?|crores?|score|hal(?:f|ves)|"
    r"quarters?|thirds?|fifths?|tenths?|and|or|to|out|minus|plus|times|x|by|than|most|least|max|maximum|min|minimum|not|if|maybe|"
    r"ish|below|above|under|over|negative|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|"
    r"fifty|am|pm|january|february|march|april|may|june|july|august|september|october|november|december|squared|cubed|power|"
    r"divided|multiplied|root|point|until|through|versus|vs|instead|wrong|off)\b",
    re.IGNORECASE,
)


def number_text(text: str, whole: bool) -> str | float:
    """The number as Python spells it; the text where it says none, or more than one, for pydantic to refuse."""
    boxed = _BOXED.findall(text)
    body = unwrapped(boxed[0] if len(boxed) == 1 else text)
    if alone := _ALONE.fullmatch(body):
        return _spelled(alone, whole)
    numbers = list(_NUMBER.finditer(body))
    if len(numbers) != 1 or sum(map(str.isdigit, body)) != sum(map(str.isdigit, numbers[0][0])):
        return body
    number = numbers[0]
    if number.start() and not leads(body[: number.start()]):
        return body
    return _spelled(number, whole) if _stands(body, number.end(), begins=not number.start()) else body


def _stands(body: str, at: int, begins: bool) -> bool:
    """Whether a number that ends at ``at`` is not changed by what follows: a unit, then an explanation."""
    closing = re.compile(r"[*_`\"'\u201d$)]*").match(body, at)
    at = closing.end() if closing else at
    unit = _UNIT.match(body, at)
    if begins and not unit and body[at : at + 1] in (".", ":"):  # 1. red
        return False
    if unit and unit[1] and (_CHANGES.search(unit[1]) or len(unit[1].split()) > 8):
        return False
    return ends(body, unit.end() if unit else at)


def _spelled(number: re.Match[str], whole: bool) -> str | float:
    spelled = ((number[1] or "") + number[2]).replace(",", "").replace("\u2212", "-")
    if "e" not in spelled.lower():
        return spelled
    value = float(spelled)
    if math.isinf(value) or (not value and re.match(r"\D*[0.]*[1-9]", spelled)):
        raise ValueError("expected a number that a float can hold")
    return value if whole else spelled
