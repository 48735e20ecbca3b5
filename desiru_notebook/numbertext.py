"""Finds the one number that a text says: ``$1,200``, ``**5**``, ``5 stars``, ``The answer is 5.``"""

from __future__ import annotations

import math
import re

from .amidprose import ends, leads, unwrapped

_CURRENCY = "$\u20ac\u00a3\u00a5\u20b9"
_CODE = r"(?:US|C|A)\$\s?|(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD)\s"
_DIGITS = r"(?:[1-9]\d{0,2}(?:,\d{3})++(?![\d,])|\d++)(?:\.\d++)?|\.\d++"
_NUMBER = re.compile(
    rf"(?<![\w.,/:^#\u2212+-])(?:([-+\u2212]?)(?:[{_CURRENCY}]\s?|{_CODE})|)"
    rf"([-+\u2212]?(?:{_DIGITS})(?:[eE][-+]?\d{{1,3}}(?!\d))?)(?![\w/^]|[.,:]\d)"
)
_ALONE = re.compile(rf"(?:{_NUMBER.pattern})\s*%?")
_EURO = re.compile(r"\u20ac|\beuros?\b|\bEUR\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.])[1-9]\d{0,2}\.\d{3}\b")  # Germans write 1.200 euros for 1,200
_WHOLE_THOUSANDS = re.compile(r"\D*[1-9]\d{0,2}\.000\b")
_EXPLANATION = re.compile(r"\n[ \t]*[*_#]*(?:explanation|reason|reasoning|rationale|justification)\b", re.IGNORECASE)
_UNIT = re.compile(
    rf"\s?(?:[%{_CURRENCY}\u2605\u2b50]+\ufe0f?|\u00b0(?:[CF]\b)?)|"
    r"(?:-(?=[^\W\d_]{2})|[ \t]+)([^\W\d_]+(?:['\u2019 -][^\W\d_]+)*)"
)
# After a number these make it another number, a bound, a date or a time.
_CHANGES = re.compile(
    r"[\u00bc-\u00be\u2150-\u215e\u5341\u767e\u5343\u842c\u4e07\u5104\u4ebf\u5146]|"
    r"\b(?:(?:hundred|thousand|million|billion|trillion)(?:s|ths?)?|[mb]il+i(?:on|ard)\w*|mil+[oi]n\w*|tausend|(?<!per )mill?e|"
    r"\u0442\u044b\u0441\w*|\u043c\u043b\u043d|\u043c\u043b\u0440\u0434|\u043c\u0438\u043b\u043b\u0438\w*|dozens?|dutzend|approx\w*|roughly|about|around|estimate[sd]?|bce?|"
    r"factorial|[kmbtg]|mn|mm|bn|mil|mio|mrd|lakhs?|crores?|score|hal(?:f|ves)|"
    r"quarters?|thirds?|fifths?|tenths?|and|or|to|out|minus|plus|times|x|by|than|most|least|max|maximum|min|minimum|not|if|maybe|"
    r"ish|below|above|under|over|negative|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|"
    r"fifty|am|pm|january|february|march|april|may|june|july|august|september|october|november|december|squared|cubed|power|"
    r"divided|multiplied|root|point|until|through|versus|vs|instead|wrong|incorrect|false|off)\b",
    re.IGNORECASE,
)


def number_text(text: str, whole: bool) -> str | float:
    """The number as Python spells it; the text where it says none, or more than one, for pydantic to refuse."""
    body = unwrapped(_EXPLANATION.split(text, maxsplit=1)[0])
    if _EURO.search(body) and _THOUSANDS.search(body):
        return body
    alone = _ALONE.fullmatch(body)
    if _WHOLE_THOUSANDS.match(body) and (whole or not alone):
        raise ValueError("expected a number without three zeros behind a point")
    if alone:
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
