"""From the text of a field to a value of its type.

Pydantic does the validating. Added are the things that people expect of models: ``a, b, c`` and bullet lists are lists,
``$1,200`` is a number, a fenced block of JSON is its JSON, a list of texts that was cut off has the texts that came,
``None`` is None, and words around a value do not hide it. What cannot be read without guessing is a ValueError.
"""

from __future__ import annotations

import dataclasses
import json
import re
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, is_typeddict

from .amidprose import after_lead_ins, bracketed, ends, fenced, unboxed, unwrapped, wrapped
from .bulletlists import bullet_items
from .loosejson import read_data
from .numbertext import number_text
from .partialjson import cut_texts
from .textlists import plain_items, typed_items

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LONGEST = 100_000  # characters that are read as people write; what is longer has to be JSON. No other run goes on meanwhile
_LONGEST_REASON = 200  # characters
_LOOKED_AT = 2_000  # characters of a reason that are read at all
_NOTHING = re.compile(r"(?:[(*`\"']*(?:none|null|nil|n/a)[)*`\"']*[.,;]?)?", re.IGNORECASE)
_NOTHING_BECAUSE = re.compile(
    r"(?:none|null|nil|n/a)(?:[.;:(\n]|\s+[-\u2013\u2014(]|,\s+(?:because|since|as|the|there|it)\b)[^\d\[{]*", re.IGNORECASE
)
_YES_OR_NO = re.compile(r"(yes|true|no|false)(?:\s+(?:it|he|she|they|this|that|the|there|you|we|i|because)\b)?", re.IGNORECASE)
_UNCLEAR = re.compile(
    r"\b(?:yes|true)\W+\w+\s(?:\w+\snot|cannot|\w+n['\u2019]t)\W*\Z|"
    r"\b(?:no|false)\W+\w+\s(?:is|are|was|were|do|does|did|has|have|can|could|will|would|should)\W*\Z|"
    r"\b(?:not (?:\w+ )?(?:sure|certain)|unsure|uncertain|unclear|depends)\b|"
    r"\b(?:no|false)\W+that['\u2019]?s\s+(?:right|correct)\b|\b(?:yes|true)\W+that['\u2019]?s\s+(?:wrong|incorrect)\b|"
    r"\b(?:only|half|part|some|most|many|few|one|other|what|which|nobody|people|he|she|they|you|suppos\w+|assum\w+|says?)\b"
    r"[^.\n]{0,80}\b(?:is|are)\s+(?:true|false|yes|no)\b",
    re.IGNORECASE,
)
_AFTERTHOUGHT = re.compile(r"(?:it|that|this|he|she|they)(?:\s(?:is|are|was|were)|['\u2019])\b", re.IGNORECASE)
_OPPOSITE = {"yes": "no|false", "true": "no|false", "no": "yes|true", "false": "yes|true"}


def coerce(text: str, kind: Any) -> Any:
    """The value that ``text`` stands for in the type ``kind``.

    Raises:
        ValueError: the text is not a value of that type, or it has more than one reading; the message is one short sentence.
    """
    if kind is str:
        return text
    if len(text) > LONGEST:
        return _fit(_json(text), kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _optional(text, kind)
    if origin is list:
        (inner,) = get_args(kind)
        return _list(text.strip(), inner)
    if _is_scalar(kind):
        return _scalar(fenced(text)[0], kind)
    return _fit(_object(text) if _has_fields(kind) else _data(text), kind)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"expected JSON, as the text has more than {LONGEST:,} characters") from None


def _is_scalar(kind: Any) -> bool:
    return kind in (int, float, bool) or get_origin(kind) is Literal


def _has_fields(kind: Any) -> bool:
    """Whether the values of the type come from an object of JSON."""
    return get_origin(kind) is dict or dataclasses.is_dataclass(kind) or is_typeddict(kind) or hasattr(kind, "model_fields")


def _optional(text: str, kind: Any) -> Any:
    inner = [arg for arg in get_args(kind) if arg is not NoneType]
    if NoneType in get_args(kind) and _is_nothing(text if str in inner else fenced(text)[0], with_reason=inner != [str]):
        return None
    return coerce(text, inner[0]) if len(inner) == 1 else _validate(_data(text), kind)


def _is_nothing(text: str, with_reason: bool) -> bool:
    body = text.strip()
    return _NOTHING.fullmatch(body) is not None or (with_reason and _NOTHING_BECAUSE.fullmatch(body) is not None)


def _scalar(text: str, kind: Any) -> Any:
    text = unboxed(text)
    if kind in (int, float):
        return _validate(number_text(text, kind is int), kind)
    return _truth(text) if kind is bool else _choice(text, get_args(kind))


def _truth(text: str) -> Any:
    """``Yes, it is.`` is True, but ``Yes and no.`` is neither."""
    found = set()
    for rest in after_lead_ins(text.strip(" \t\r\n*_`\"'")):
        said = _YES_OR_NO.match(rest)
        if said and (said.end() > said.end(1) or ends(rest, said.end())):
            found.add(said[1].lower())
    words = "|".join(_OPPOSITE[word] for word in found)
    if len(found) == 1 and not re.search(rf"\b(?:{words})\b|{_UNCLEAR.pattern}", text, re.IGNORECASE):
        return found & {"yes", "true"} != set()
    return _validate(unwrapped(text).removeprefix("(").removesuffix(")").lower(), bool)


def _choice(text: str, choices: tuple[Any, ...]) -> Any:
    names = {str(choice): choice for choice in reversed(choices)}
    body = unwrapped(text).removeprefix("(").removesuffix(")")
    for same in (str, str.casefold):
        found = {name for name in names if same(name) in (same(text.strip()), same(body))}
        if len(found) == 1:
            return names[found.pop()]
    found = {name for rest in after_lead_ins(body) for name in names if _begins(rest, name)}
    others = "|".join(re.escape(name) for name in names.keys() - found if name and not any(name in other for other in found))
    if len(found) == 1 and not (others and re.search(rf"(?<!\w)(?:{others})(?!\w)", text, re.IGNORECASE)):
        name = found.pop()
        if isinstance(names[name], str) or set(re.findall(r"\d+", text)) <= {name}:
            return names[name]
    raise ValueError(f"expected one of {', '.join(map(repr, choices))}")


def _begins(rest: str, name: str) -> bool:
    return name != "" and rest[: len(name)].casefold() == name.casefold() and ends(rest, len(name))


def _list(text: str, inner: Any) -> list[Any]:
    if _is_nothing(fenced(text)[0], with_reason=True):
        return []
    if inner in (int, float) and _mixes_commas(text[text.find("[") : text.rfind("]") + 1]):
        raise ValueError("expected a space after every comma, or after none")
    return [coerce(item, inner) if isinstance(item, _Part) else _fit(item, inner) for item in _items(text, inner)]


def _mixes_commas(text: str) -> bool:
    """Whether ``[1,200, 3,400]`` may have two numbers or four, and ``[1,000]`` one or two."""
    tight = re.search(r"\d,0\d", text) or (re.search(r"\d,\d", text) and re.search(r"\d, +[-+]?\d", text))
    return tight is not None


class _Part(str):
    """An item without quotes of its own: a bullet, a line, or what is between two commas."""

    __slots__ = ()


def _items(text: str, inner: Any) -> list[Any]:
    """The items of JSON, of a bullet list, of the one list in brackets, of lines, or between commas."""
    body, around = fenced(text)
    if around and bullet_items(around):
        raise ValueError("expected one list")
    data = wrapped(_data(body))
    if isinstance(data, list):
        return data
    if (cut := cut_texts(body) if inner is str else None) is not None:
        return cut
    if (bullets := bullet_items(body)) is not None:
        if len(bullets) == 1 and _is_nothing(bullets[0], with_reason=False):
            return []
        if len(bullets) == 1 and re.match(r"(?:no|not|none|nothing)\s", bullets[0], re.IGNORECASE):
            raise ValueError("expected items")
        if inner is str and any(item.startswith(("{", '["')) for item in bullets):
            raise ValueError("expected texts")
        return list(map(_Part, bullets))
    found = bracketed(body, list)
    if isinstance(found, list):
        return found
    if found is not None:
        raise ValueError("expected a list")
    return list(map(_Part, _plain_items(body, inner)))


def _plain_items(body: str, inner: Any) -> list[str]:
    if inner is str or str in get_args(inner):
        return plain_items(body)
    if get_origin(inner) is list and "\n" not in body.strip() and ";" not in body:
        raise ValueError("expected lists in a list")
    conjunction = inner is not bool and not any(" and " in str(choice) for choice in get_args(inner))
    items = typed_items(unboxed(body), inner is float, conjunction)
    if inner is bool and any(map(_AFTERTHOUGHT.match, items[1:])):
        raise ValueError("expected items, not an explanation")
    return items


def _object(text: str) -> Any:
    """The data of JSON, or the one object in braces."""
    body = fenced(text)[0].strip()
    try:
        return read_data(body)
    except ValueError:
        return bracketed(body, dict)


def _data(text: str) -> Any:
    """The JSON that the text is; the text itself where it is not JSON."""
    body = fenced(text)[0].strip()
    try:
        return read_data(body)
    except ValueError:
        return body


def _fit(data: Any, kind: Any) -> Any:
    """Data of JSON as a value of the type. Within lists and dicts, a text may be a number, a boolean or a choice."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is list and isinstance(data, list):
        return [_fit(item, args[0]) for item in data]
    if origin is dict and isinstance(data, dict):
        return {_fit(key, args[0]): _fit(value, args[1]) for key, value in data.items()}
    if origin in (Union, UnionType) and data is not None and len(inner := [arg for arg in args if arg is not NoneType]) == 1:
        return _fit(data, inner[0])
    if isinstance(data, str) and _is_scalar(kind):
        return _scalar(data, kind)
    if isinstance(data, bool) and kind in (int, float):
        raise ValueError("input should be a number")
    return _known(_validate(data, kind), data)


def _known(value: Any, data: Any) -> Any:
    """The value, unless it is a model of nothing but defaults made from other names."""
    if isinstance(data, dict) and data and not getattr(value, "model_fields_set", True):
        raise ValueError("expected the names of its fields")
    return value


def _validate(value: Any, kind: Any) -> Any:
    from pydantic import ValidationError

    adapter = _adapter(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
    except BaseException as error:  # the validators of a type from code may raise anything, SystemExit included
        reason = f"its validator raised {type(error).__name__}"
    raise ValueError(_sentence(reason))


def _sentence(message: str) -> str:
    """Pydantic's words on one short line. A validator may repeat what the model said, and that may command a terminal."""
    line = " ".join("".join(char if char.isprintable() or char.isspace() else "" for char in message[:_LOOKED_AT]).split())
    return line[:1].lower() + (line[1:] if len(line) <= _LONGEST_REASON else f"{line[1 : _LONGEST_REASON - 1]}\u2026")


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    # Imported at the first typed field: pydantic alone would take most of the time that importing this package may take.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
