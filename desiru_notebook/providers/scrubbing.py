"""A service's own words without what must not be repeated: the key, whatever looks like a key, and the prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .base import Request

_LONGEST = 300  # characters of a service's own words
_LOOKED_AT = 2_000  # characters that are searched for what must not be repeated
_SHORTEST_SECRET = 6  # characters; anything shorter would blank out ordinary words
_SHORTEST_QUOTE = 16  # characters in a row that stand in the prompt too; anything shorter is chance
_STEP = _SHORTEST_QUOTE // 2  # every quote that long has a whole window of this length at a multiple of it
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")  # what has power over a terminal
_HIDDEN = "\u2026"
_BEFORE = r"(?<![A-Za-z0-9_])"
_VENDORS = (
    r"pk|rk|gsk|xai|pplx|hf|nvapi|csk|fw|tgp|r8|vck|gh[opsur]|github_pat|glpat|xox[abeprs]|xapp|npm|pypi|tvly"
    r"|lsv2|whsec|dop_v1|glsa|shpat|sntrys|lin_api|ntn|dckr_pat|GOCSPX"
)
_PLACEHOLDER = r"(?: pass (?:word|wd)? | pwd | secret | [*x.\u2026]+ | [$%{\[] [^\s/@]* )"
_IS = r"""["']? \s{0,9} [:=] \s{0,9} ["']?"""
_PART = r"""[^\s"',;]"""
_KEY = re.compile(
    rf"""
    {_BEFORE} sk [-_] [\w*.-]{{6,}}
    | {_BEFORE} (?: {_VENDORS} ) [-_] (?= [\w*.-]{{0,99}} (?: \d | \*\* | \.{{3}} | [A-Za-z]{{16}} ) ) [\w*.-]{{6,}}
    | {_BEFORE} (?: AIza [\w-]{{20,}} | AQ\.Ab [\w-]{{20,}} | ya29\. [\w-]{{10,}} )
    | {_BEFORE} (?: A[KS]IA [0-9A-Z]{{16}} \b | ABSK [\w+/-]{{20,}} =* )
    | {_BEFORE} (?: dapi [0-9a-f]{{32}} \b | [0-9a-f]{{32}} \. \w{{16}} \b | eyJ [\w-]{{8,}} \. eyJ [\w-]+ \. [\w-]* )
    | {_BEFORE} SG\. [\w-]{{16,}} \. [\w-]{{16,}}
    | \bBearer \s+ (?= [\w~+/=-]{{0,99}} [\d._~+] [\w~+/=-] ) \S+  # "a bearer token" is a word
    | (?i: authorization ) ["']? \s{{0,9}} [:=] \s{{0,9}} ["']? Basic \s+ [\w+/]{{8,}} =*
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY(?:\ BLOCK)?----- .*? (?: -----END\ [A-Z ]*PRIVATE\ KEY(?:\ BLOCK)?----- | \Z )
    # in an address: a password that is more than the word for it, a signature, a hook
    | (?<= :// ) [^\s/:@"'<>]{{0,99}} : (?! {_PLACEHOLDER} @ ) [^\s/"'<>]{{1,99}} @
    | (?<= [?&]sig= ) [\w%+/=-]{{30,}}
    | (?<= hooks\.slack\.com/services/ ) [\w/]{{20,}}
    # what is called a key, has a digit, and is no sentence and no call
    | (?: (?i: api[_-]?key | access[_-]?key | account[_-]?key | secret | token | authorization ) {_IS} (?= {_PART}{{12}} )
        | (?i: password | passwd | passphrase | (?<= ; ) pwd ) {_IS} (?= {_PART}{{6}} ) )
        (?! [\w.]* [(\[] ) (?= {_PART}{{0,99}} [A-Za-z] ) (?= {_PART}{{0,99}} \d ) {_PART}+ ["']?
    # 32 characters and more of all three kinds, alone: Mistral's, Cohere's
    | (?<! [\w+/=-] ) (?= [A-Za-z]* \d ) (?= [a-z0-9]* [A-Z] ) (?= [A-Z0-9]* [a-z] ) [A-Za-z0-9]{{32,84}} (?! [\w+/=-] )
    """,
    re.VERBOSE | re.DOTALL,
)


def said_by(body: object, secrets: Iterable[str] = ()) -> str:
    """The service's own words out of an error body, short and without secrets; empty for a web page."""
    return scrub(_words(body), secrets)


def said_in(request: Request) -> list[str]:
    """What the prompt says: texts that must not stand in an error."""
    return [message.content for message in request.messages]


def without_keys(text: str) -> str:
    """The text, where whatever looks like a key is hidden."""
    return _KEY.sub(_HIDDEN, text)


def keys_in(text: str) -> list[tuple[int, int]]:
    """Where something stands in the text that looks like a key."""
    return [found.span() for found in _KEY.finditer(text)]


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, cut to a few hundred characters, without secrets, longer pieces of them, and control characters."""
    text = _KEY.sub(_HIDDEN, _CONTROL.sub("", text[:_LOOKED_AT]))
    for secret in sorted(secrets, key=len, reverse=True):
        text = _without_quotes(text, secret)
        for line in _short_lines(secret, text):
            text = text.replace(line, _HIDDEN)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + _HIDDEN


def _short_lines(secret: str, text: str) -> list[str]:
    """The lines of the secret that are too short to be a quote, and stand in the text; the longest first."""
    lines = {line.strip() for line in secret.splitlines()}
    return sorted((line for line in lines if len(line) >= _SHORTEST_SECRET and line in text), key=len, reverse=True)


def _without_quotes(text: str, secret: str) -> str:
    """The text without the runs of characters that stand in the secret too."""
    pieces, kept = [], 0
    for start, end in _quotes(text, secret):
        pieces += [text[kept:start], _HIDDEN]
        kept = end
    return "".join([*pieces, text[kept:]])


def _quotes(text: str, secret: str) -> Iterator[tuple[int, int]]:
    at = 0
    while at + _STEP <= len(text):
        if text[at : at + _STEP] not in secret:
            at += _STEP
            continue
        start, end = at, at + _STEP
        while start > 0 and text[start - 1 : end] in secret:
            start -= 1
        while end < len(text) and text[start : end + 1] in secret:
            end += 1
        if end - start >= _SHORTEST_QUOTE:
            yield start, end
        at = max(at + _STEP, -(-end // _STEP) * _STEP)


def _words(body: object) -> str:
    """The words for people in whatever a service answers when it refuses."""
    if isinstance(body, str):
        return "" if body.lstrip().startswith("<") else _words_of_text(body)
    if isinstance(body, Mapping):
        return _words_of_object(body)
    if isinstance(body, list):
        return "; ".join(filter(None, map(_words, body[:3])))
    return ""


def _words_of_text(text: str) -> str:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(body, Mapping):
        return _words_of_object(body)
    return _words(body) or text


def _words_of_object(body: Mapping[str, Any]) -> str:
    """Its message, with the place where a validator found the fault, and with what a gateway was told itself."""
    names = ("error", "message", "detail", "errors", "msg", "error_description")
    words = next((said for name in names if name in body and (said := _words(body[name]))), "")
    place = body.get("loc")
    if words and isinstance(place, list):
        words = f"{'.'.join(map(str, place))}: {words}"
    metadata = body.get("metadata")
    raw = _words(metadata.get("raw")) if isinstance(metadata, Mapping) else ""
    return ": ".join(filter(None, (words, raw)))
