"""Server-sent events: bytes in, events out, and back. No I/O.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One event: its data, its name (``"message"`` where the server gave none) and the last id seen."""

    data: str
    event: str = "message"
    id: str = ""


class SSEDecoder:
    """Decodes a byte stream, whatever its borders: CR, LF and CRLF, a BOM, comments, data of several lines, bad UTF-8."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []  # the unfinished line, in pieces, so that a long one costs no copying
        self._after_cr = False
        self._begun = False
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Take more bytes; returns the events that they complete."""
        if not data:
            return []
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
        self._after_cr = data[-1:] == b"\r"
        *lines, rest = _LINE_END.split(data) if b"\r" in data else data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._tail, lines[0]])
            self._tail = []
        if rest:
            self._tail.append(rest)
        return self._events(lines)

    def finish(self) -> list[ServerEvent]:
        """The bytes have ended: an event without its blank line counts too, for some servers never send the last one."""
        if self._tail:
            self._line(b"".join(self._tail))
            self._tail = []
        event = self._dispatch()
        return [event] if event else []

    def _events(self, lines: list[bytes]) -> list[ServerEvent]:
        """Nearly every line of a model's stream is data, or blank: those two are read here, all others one by one."""
        events: list[ServerEvent] = []
        for line in lines:
            if line[:6] == b"data: ":
                self._data.append(line[6:].decode("utf-8", "replace"))
                self._begun = True
            elif (event := self._line(line) if line or not self._begun else self._dispatch()) is not None:
                events.append(event)
        return events

    def _line(self, raw: bytes) -> ServerEvent | None:
        if not self._begun:
            raw, self._begun = raw.removeprefix(_BOM), True
        if not raw:
            return self._dispatch()
        if raw.startswith(b":"):
            return None
        name, _, value = raw.decode("utf-8", errors="replace").partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "error":  # no field of the format's: llama.cpp's servers of 2024 tell their errors so
            self._data.append(value)
            self._event = "error"

    def _dispatch(self) -> ServerEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        # One for each token: a tuple's own way takes half the time of the named one's.
        return tuple.__new__(ServerEvent, (data[0] if len(data) == 1 else "\n".join(data), event or "message", self._id))


def encode_sse(data: str, event: str = "") -> bytes:
    """One event as bytes; every line of ``data`` becomes a ``data:`` line."""
    lines = [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in re.split(r"\r\n|\n|\r", data)]
    return ("\n".join(lines) + "\n\n").encode()
