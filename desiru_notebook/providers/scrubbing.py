"""A service's own words without what must not be repeated: the key, whatever looks like a key, and the prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .base import Request
from .quotes import quotes_in

_LONGEST = 300  # characters of a service's own words
_LOOKED_AT = 2_000  # characters that are searched for what must not be repeated
# Characters searched at a time, for a search holds up every other thread; no key is told from text by more than the second.
_WINDOW, _MARGIN = 8_192, 1_024
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
    {_BEFORE} (?:
        sk [-_] [\w*.-]{{6,}}
        | (?: {_VENDORS} ) [-_] (?= [\w*.-]{{0,99}} (?: \d | \*\* | \.{{3}} | [A-Za-z]{{16}} ) ) [\w*.-]{{6,}}
        | AIza [\w-]{{20,}} | AQ\.Ab [\w-]{{20,}} | ya29\. [\w-]{{10,}}
        | A[KS]IA [0-9A-Z]{{16}} \b | ABSK [\w+/-]{{20,}} =*
        | dapi [0-9a-f]{{32}} \b | [0-9a-f]{{32}} \. \w{{16}} \b | SG\. [\w-]{{16,999}} \. [\w-]{{16,}}
    )
    | \bBearer \s{{1,99}} (?= [\w~+/=-]{{0,99}} [\d._~+] [\w~+/=-] ) \S+  # "a bearer token" is a word
    | (?i: authorization ) ["']? \s{{0,9}} [:=] \s{{0,9}} ["']? Basic \s{{1,99}} [\w+/]{{8,}} =*
    | -----BEGIN\ [A-Z ]{{0,40}}PRIVATE\ KEY(?:\ BLOCK)?-----
        .*? (?: -----END\ [A-Z ]{{0,40}}PRIVATE\ KEY(?:\ BLOCK)?----- | \Z )
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
# A JSON web token: each word is read once, for to try each "eyJ" in it would take the square of its length.
_TOKEN = re.compile(r"eyJ[\w-]*+(?=(\.eyJ[\w-]++\.[\w-]*+)?)")
_TOKEN_START = re.compile(rf"{_BEFORE}eyJ[\w-]{{8}}")


def said_by(body: object, secrets: Iterable[str] = ()) -> str:
    """The service's own words out of an error body, short and without secrets; empty for a web page."""
    return scrub(_words(body), secrets)


def said_in(request: Request) -> list[str]:
    """What the prompt says: texts that must not stand in an error."""
    return [message.content for message in request.messages]


def without_keys(text: str) -> str:
    """The text, where whatever looks like a key is hidden."""
    return _hidden(text, keys_in(text))


def keys_in(text: str) -> list[tuple[int, int]]:
    """Where something stands in the text that looks like a key: in order, and apart from each other."""
    return _apart([*_keys(text), *_tokens(text)])


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, cut to a few hundred characters, without secrets, longer pieces of them, and control characters."""
    line = " ".join(hide(_CONTROL.sub("", text[:_LOOKED_AT]), secrets).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + _HIDDEN


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets, longer pieces of them, and whatever looks like a key."""
    return _hidden(text, _apart([*keys_in(text), *quotes_in(text, secrets)]))


def _keys(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(text):
        end = at + _WINDOW
        found = _KEY.search(text, at, end + _MARGIN)
        if found is None or found.start() >= end:
            at = end
            continue
        at = found.start() + 1
        if found.end() == end + _MARGIN:  # it may go on there, or not be a key at all
            found = _KEY.match(text, found.start())
        if found is not None:
            yield found.span()
            at = found.end()


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    for found in _TOKEN.finditer(text):
        if found[1] and (start := _TOKEN_START.search(text, *found.span())):
            yield start.start(), found.end(1)


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def _hidden(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with a mark in place of each span."""
    pieces, kept = [], 0
    for start, end in spans:
        pieces += [text[kept:start], _HIDDEN]
        kept = end
    return "".join([*pieces, text[kept:]])


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
