"""The file of a recording: JSON lines, one run below the other, to be read in a diff.

::

    {"desiru_recording": 1}
    {"run": "5f0c1d2e9a7b3c48", "session": "a1b2c3", "name": "SmolLM2-135M", "provider": "local", "style": "label",
     "asked": {"model": "local", "signature": "question -> answer", "messages": [...], "settings": {"temperature": 0.0}}}
    {"at": 0.1432, "text": "Answer:"}
    {"at": 0.1583, "text": [" Air", " scatters"]}
    {"at": 0.1609, "chunks": [{"text": "."}, {"finish": "stop"}]}
    {"at": 0.1611, "end": "done", "of": "5f0c1d2e9a7b3c48", "lines": 3, "crc32": "1c291ca3"}

The first line says the version. A run is one line of what was asked, in truth without a break, with the name of the ``test``
that asked, if it was one; a line for what came at the same moment, ``at`` in seconds after the run's start; and a line of its
end: ``of`` which run, the number of the lines between, and a checksum of these and of what stands before it. Whatever is no
text stands under ``chunks``, a chunk under its own name. A file ``*.gz`` holds the same, a gzip member a run.

A run is appended whole, in one writing under a lock, when it is over: a crash loses at most the runs that were in flight, and
two kernels can write into one file.
"""

from __future__ import annotations

import json
import reprlib
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from json.encoder import encode_basestring as quoted
from typing import Any

from .chunks import AtOnce, Chunk, Finish, Notice, Reasoning, Refusal, Retry, Text, ToolCall, Usage, token_count

VERSION = 1
MOST_SECONDS = 604_800.0  # a week; a replay would wait for as long as the file says
HEADER = "desiru_recording"

# A chunk by its name in a line, and those of one field, which stand as that field's value.
_KINDS: dict[str, type[Any]] = {
    "text": Text,
    "reasoning": Reasoning,
    "refusal": Refusal,
    "tool_call": ToolCall,
    "usage": Usage,
    "finish": Finish,
    "notice": Notice,
    "retry": Retry,
    "at_once": AtOnce,
}
_TEXT = {Text}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_CHECKSUM = b', "crc32": '
_ONE_FIELD = {"text": "text", "reasoning": "text", "refusal": "text", "finish": "reason"}


def line_of(at: float, chunks: list[Chunk]) -> str:
    """The line of what came at the same moment.

    Raises:
        TypeError: something in it is no chunk, or has fields of other types.
    """
    if len(chunks) == 1 and type(chunks[0]) is Text:  # nearly all of them are
        return f'{{"at": {at:.4f}, "text": {quoted(chunks[0].text)}}}\n'
    if {*map(type, chunks)} == _TEXT:
        texts = ", ".join([quoted(chunk.text) for chunk in chunks])  # type: ignore[union-attr]  # they are of that kind
        return f'{{"at": {at:.4f}, "text": [{texts}]}}\n'
    plain = json.dumps([_plain(chunk) for chunk in chunks], ensure_ascii=False)
    return f'{{"at": {at:.4f}, {plain[2:-2]}}}\n' if len(chunks) == 1 else f'{{"at": {at:.4f}, "chunks": {plain}}}\n'


def chunks_of(line: Mapping[str, Any]) -> list[Chunk]:
    """What came at the moment of that line.

    Raises:
        TypeError, ValueError: it is no such line; the message says what is wrong with it.
    """
    if isinstance(line.get("text"), list):
        return [Text(text(said)) for said in line["text"]]
    found = line["chunks"] if "chunks" in line else [{name: value for name, value in line.items() if name != "at"}]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise TypeError("its chunks are no list of objects")
    return [_chunk(name, value) for one in found for name, value in one.items()]


def _plain(chunk: Chunk) -> dict[str, Any]:
    kind = next((kind for kind in type(chunk).__mro__ if kind in _NAMES), None)  # somebody's own kind of text is text
    if kind is None:
        raise TypeError(f"{type(chunk).__name__} is no chunk")
    name = _NAMES[kind]
    return {name: text(getattr(chunk, _ONE_FIELD[name])) if name in _ONE_FIELD else asdict(_with_its_types(chunk))}


def _chunk(name: str, value: Any) -> Chunk:
    if name not in _KINDS:
        raise ValueError(f"there is no chunk {name!r}")
    if name in _ONE_FIELD:
        chunk: Chunk = _KINDS[name](text(value))
        return chunk
    try:
        return _with_its_types(_KINDS[name](**value))
    except TypeError:
        raise TypeError(f"{reprlib.repr(value)} is no {name!r}") from None


def _with_its_types(chunk: Chunk) -> Chunk:
    """The chunk, if a run can take it: one that it cannot is no part of a recording, and fails there as it does here."""
    match chunk:
        case Usage():
            return Usage(_count(chunk.input_tokens), _count(chunk.output_tokens), _count(chunk.total_tokens))
        case Retry(attempt, str(), int() | float() as delay) if token_count(attempt) is not None and 0 <= delay <= MOST_SECONDS:
            return chunk
        case Notice(str(), bool()) | ToolCall(str(), str(), str(), bool()) | AtOnce():
            return chunk
    raise TypeError(f"{type(chunk).__name__} has fields of other types")


def _count(tokens: object) -> int | None:
    """The count of tokens; ``None`` for one that cannot be."""
    if tokens is not None and not isinstance(tokens, int):
        raise TypeError("a count of tokens is a whole number")
    return token_count(tokens)


def text(value: Any) -> str:
    """The value, if it is a text; ``TypeError`` for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{reprlib.repr(value)} is no text")
    return value


def last_line(said: Mapping[str, Any], crc: int) -> bytes:
    """The line of a run's end; ``crc`` is that of the lines of what came."""
    before = to_bytes(json.dumps(said, ensure_ascii=False)[:-1])
    return before + f'{_CHECKSUM.decode()}"{zlib.crc32(before, crc):08x}"}}\n'.encode()


def checksum(lines: list[bytes], last: bytes) -> str:
    """Of a run's lines but the first; the ends of lines, which tools like to change, do not count."""
    crc = 0
    for line in lines:
        crc = zlib.crc32(line + b"\n", crc)
    return f"{zlib.crc32(last.rpartition(_CHECKSUM)[0], crc):08x}"


def to_bytes(lines: str) -> bytes:
    """The lines in UTF-8; half a pair of surrogates, which a model may send, as JSON's own escape."""
    try:
        return lines.encode()
    except UnicodeEncodeError:
        return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in lines).encode()
