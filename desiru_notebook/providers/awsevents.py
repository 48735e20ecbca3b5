"""AWS's binary event stream, in which Bedrock answers: bytes in, JSON texts out. No I/O.

Format: https://smithy.io/2.0/aws/amazon-eventstream.html. A message is its length, its headers' length and a checksum of
the two (four bytes each, big-endian), the headers, the payload, and a checksum of all that.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator

_PRELUDE, _CHECKSUM = 12, 4  # bytes
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # bytes of the types of header whose values are always as long
_BYTES, _STRING = 6, 7  # those that say how long theirs are
_MALFORMED = (IndexError, KeyError, UnicodeDecodeError, struct.error)
UNREADABLE = "\ufffd"  # no JSON, so that it is reported as an event that could not be read


class AWSEvents:
    """Decodes the messages of a stream.

    The event ``contentBlockDelta`` with the payload ``{...}`` becomes ``{"contentBlockDelta": {...}}``, an exception becomes
    ``{"error": {"type": ..., "message": ...}}``, and what ``InvokeModel`` wraps in Base64 becomes what it is.
    """

    streams = True

    def __init__(self) -> None:
        self._held = bytearray()
        self._lost = False  # where the next message begins is not known any more

    def feed(self, data: bytes) -> list[str]:
        """Take more bytes; returns the events that they complete."""
        if self._lost:
            return []
        self._held += data
        texts: list[str] = []
        while len(self._held) >= _PRELUDE:
            total, _, checksum = struct.unpack_from(">III", self._held)
            if zlib.crc32(self._held[:8]) != checksum or total < _PRELUDE + _CHECKSUM:
                self._lost = True
                return [*texts, UNREADABLE]
            if len(self._held) < total:
                break
            texts.append(_event(bytes(self._held[:total])))
            del self._held[:total]
        return texts

    def finish(self) -> list[str]:
        """Half a message is no event."""
        return []


def _event(message: bytes) -> str:
    try:
        return _read(message)
    except _MALFORMED:
        return UNREADABLE


def _read(message: bytes) -> str:
    if zlib.crc32(message[:-_CHECKSUM]) != struct.unpack(">I", message[-_CHECKSUM:])[0]:
        return UNREADABLE
    begin = _PRELUDE + struct.unpack_from(">I", message, 4)[0]
    headers = dict(_headers(message[_PRELUDE:begin]))
    payload = message[begin:-_CHECKSUM].decode("utf-8", errors="replace")
    if fault := headers.get(":exception-type") or headers.get(":error-code"):
        return json.dumps({"error": {"type": fault, "message": headers.get(":error-message") or _message(payload)}})
    return _unwrapped(headers.get(":event-type", ""), payload)


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        name = data[at + 1 : at + 1 + data[at]].decode()
        at += 1 + data[at]
        kind = data[at]
        at += 1
        if kind in (_BYTES, _STRING):
            length = struct.unpack_from(">H", data, at)[0]
            at += 2
        else:
            length = _SIZES[kind]
        if kind == _STRING:
            yield name, data[at : at + length].decode()
        at += length


def _unwrapped(kind: str, payload: str) -> str:
    if kind != "chunk":
        return f'{{"{kind}": {payload}}}'
    try:
        return base64.b64decode(json.loads(payload)["bytes"]).decode("utf-8", errors="replace")
    except (ValueError, KeyError, TypeError, RecursionError):
        return UNREADABLE


def _message(payload: str) -> str:
    try:
        return str(json.loads(payload).get("message") or "")
    except (ValueError, AttributeError, RecursionError):
        return payload
