"""Which request is which: what was asked as plain data, its fingerprint, and how it differs from another one.

The fingerprint is made of all that an answer depends on, and of nothing that differs between two machines: the model's name as
it was asked for, the signature, the messages and the settings. Keys of services, headers, addresses and limits have no part.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, get_args, get_origin

from .providers.base import Request
from .providers.scrubbing import without_keys
from .signature import Signature

Asked = Mapping[str, Any]  # a request as plain data

_SECRET = re.compile(r"(^|[_-])key$|apikey|authorization|headers?$|password|secret|credential|(^|_)token$", re.IGNORECASE)
_HIDDEN = "\u2026"
_WIDTH, _MOST_LINES = 100, 40  # characters and lines of a difference
_DEEPEST = 100  # levels of nesting in what is asked


def describe(request: Request, model: str, streaming: bool) -> Asked:
    """The request as plain data, without secrets among its settings."""
    asked: dict[str, Any] = {"model": model}
    if request.signature is not None:
        asked |= _signature(request.signature)
    asked["settings"] = _settings(request) | ({} if streaming else {"stream": False})
    asked["messages"] = [{"role": message.role, "content": message.content} for message in request.messages]
    return asked


def checked(asked: Any) -> Asked:
    """Check that data from a file is a request as :func:`describe` makes it, and return it.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(asked, dict) or not isinstance(messages := asked.get("messages"), list):
        raise TypeError("a request is an object with a list of messages")
    if not all(isinstance(message, dict) and message.keys() == {"role", "content"} for message in messages):
        raise TypeError("a message is an object with a role and its content")
    texts = [asked.get("model"), asked.get("signature", ""), asked.get("instructions", "")]
    if not all(isinstance(text, str) for text in [*texts, *(text for message in messages for text in message.values())]):
        raise TypeError("model, signature, instructions and messages are texts")
    if not _is_nested_within(asked, _DEEPEST):
        raise TypeError("a request is not nested that deep")
    return asked


def _is_nested_within(value: object, levels: int) -> bool:
    """Whether the value has at most that many levels of nesting."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_nested_within(one, levels - 1) for one in inside)


def fingerprint(asked: Asked) -> str:
    """Sixteen hexadecimal digits."""
    plain = json.dumps(asked, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def hidden(asked: Asked) -> Asked:
    """The same without whatever looks like a key in the messages and in the instructions, which stand in them too."""
    messages = [{name: without_keys(text) for name, text in message.items()} for message in asked["messages"]]
    told = {"instructions": without_keys(asked["instructions"])} if "instructions" in asked else {}
    return {**asked, **told, "messages": messages}


def name_of(wanted: Any, name: str) -> str:
    """What a model is called in a request: as it was asked for, without a file's folders; an object by its own ``name``."""
    if isinstance(wanted, str):
        provider, _, rest = (part.strip() for part in wanted.partition(":"))
        here = PurePath(rest)
        return f"{provider}:{here.name if here.is_absolute() or rest.startswith('~') else rest}".rstrip(":")
    return ":".join(filter(None, (str(getattr(wanted, "provider", "")), name)))


def _signature(signature: Signature) -> dict[str, Any]:
    said: dict[str, Any] = {"signature": str(signature)}
    if signature.instructions:
        said["instructions"] = signature.instructions
    if schemas := {f.name: _plain(f.type) for f in signature.outputs.values() if _is_from_code(f.type)}:
        said["types"] = schemas
    return said


def _is_from_code(kind: Any) -> bool:
    return get_origin(kind) is None and not get_args(kind) and getattr(kind, "__module__", "builtins") != "builtins"


def _settings(request: Request) -> dict[str, Any]:
    temperature = None if request.temperature is None else float(request.temperature)
    own = {"temperature": temperature, "max_tokens": request.max_tokens, "stop": list(request.stop) or None}
    return {name: value for name, value in own.items() if value is not None} | _named(request.extra)


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _HIDDEN if _SECRET.search(str(name)) else _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """The value in JSON's own types, the same in every process."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return without_keys(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return _named(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(json.dumps, map(_plain, value)))
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    schema = getattr(value, "model_json_schema", None)
    if isinstance(value, type) and schema is not None:
        return schema()
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return _named({f.name: f.type if isinstance(value, type) else getattr(value, f.name) for f in fields})
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def nearest(asked: Asked, recorded: Iterable[Asked]) -> Asked | None:
    """The recorded request that has most words in common with this one; the later one of two."""
    words = _words(asked)
    scored = [(_likeness(words, _words(other)), at, other) for at, other in enumerate(recorded)]
    return max(scored, key=lambda one: one[:2])[2] if scored else None


def _words(asked: Asked) -> Counter[str]:
    return Counter(re.findall(r"\w+|[^\w\s]", "\n".join(_lines(asked))))


def _likeness(words: Counter[str], others: Counter[str]) -> float:
    return 2 * (words & others).total() / ((words + others).total() or 1)


def difference(recorded: Asked, asked: Asked) -> str:
    """What is other in the second request, as a unified diff of their lines, without keys and of readable length."""
    lines = list(difflib.unified_diff(_lines(recorded), _lines(asked), "recorded", "asked", n=1, lineterm=""))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"... {len(lines) - _MOST_LINES} more lines"]
    return "\n".join(lines)


def _lines(asked: Asked) -> list[str]:
    asked = hidden(asked)
    lines = [f"{name}: {_in_short(value)}" for name, value in asked.items() if name != "messages"]
    for message in asked["messages"]:
        lines += [line for text in f"{message['role']}: {message['content']}".splitlines() for line in _wrapped(text)]
    return lines


def _wrapped(line: str) -> list[str]:
    """White space is kept, for it may be all that differs."""
    wrap = textwrap.TextWrapper(_WIDTH, expand_tabs=False, replace_whitespace=False, drop_whitespace=False)
    return wrap.wrap(line) or [""]


def _in_short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
