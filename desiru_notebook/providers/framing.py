"""Framing: a body's bytes in, the JSON texts of its events out, in whichever framing the service chose. No I/O.

The framing is told by the body's first byte, never by its content type, for proxies and small servers mislabel bodies:
``{`` is a whole answer or one object a line (Ollama), ``[`` an array of objects (Gemini without ``alt=sse``), a zero byte
AWS's binary event stream, ``<`` a web page, and anything else is read as server-sent events.
"""

from __future__ import annotations

import json
import re
from typing import Protocol

from ..sse import ServerEvent, SSEDecoder
from .awsevents import AWSEvents

_STREAMS = (b":", b"data:", b"event:", b"id:", b"retry:", b"[{", b"[\n{", b"\0")  # how streams begin
_LONGEST = max(map(len, _STREAMS))
_BLANK = b"\xef\xbb\xbf \t\r\n"  # what may stand before a body: a byte order mark, white space


class Framing(Protocol):
    """One way of dividing a body into events.

    Attributes:
        streams: whether it divides streams only; where it does not, a body of one event is a whole answer.
    """

    streams: bool

    def feed(self, data: bytes) -> list[str]:
        """Take more bytes; returns the events that they complete."""
        ...

    def finish(self) -> list[str]:
        """The bytes have ended; returns what they leave, which may be half an event."""
        ...


class WebPage(ValueError):
    """The body is a web page."""


class Body:
    """A body whose framing its first byte will tell.

    Raises:
        WebPage: it is none of a model's.
    """

    def __init__(self) -> None:
        self._framing: Framing | None = None
        self._start = b""

    @property
    def streams(self) -> bool:
        """Whether the body is divided as only streams are."""
        return self._framing is not None and self._framing.streams

    @property
    def foreign(self) -> bool:
        """Whether the body has begun, and not as a stream of a model begins."""
        return self._framing is not None and not self._start.startswith(_STREAMS)

    def feed(self, data: bytes) -> list[str]:
        """Take more bytes; returns the events that they complete."""
        if self._framing is None:
            data = data.lstrip(_BLANK)
            if not data:
                return []
            self._framing = _framing(data[:1])
        if len(self._start) < _LONGEST:
            self._start += data[:_LONGEST]
        return self._framing.feed(data)

    def finish(self) -> list[str]:
        """The bytes have ended; returns what they leave, which may be half an event."""
        return self._framing.finish() if self._framing is not None else []


def _framing(first: bytes) -> Framing:
    match first:
        case b"{":
            return JSONLines()
        case b"[":
            return JSONArray()
        case b"\0":
            return AWSEvents()
        case b"<":
            raise WebPage
    return ServerSentEvents()


class ServerSentEvents:
    """The data of server-sent events, :mod:`desiru_notebook.sse`."""

    streams = True

    def __init__(self) -> None:
        self._decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[str]:
        return [event.data if event.event != "error" else _named(event) for event in self._decoder.feed(data)]

    def finish(self) -> list[str]:
        return [event.data if event.event != "error" else _named(event) for event in self._decoder.finish()]


class JSONLines:
    """One object a line, https://jsonlines.org, or one object over many lines: the first line tells."""

    streams = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._by_line: bool | None = None

    def feed(self, data: bytes) -> list[str]:
        if self._by_line is False:
            self._held.append(data)
            return []
        first, *more = data.split(b"\n")
        self._held.append(first)
        texts = []
        for line in more:
            text = _text(b"".join(self._held))
            if self._by_line is None:
                self._by_line = _is_json(text)
                if not self._by_line:
                    self._held.append(data[len(first) :])
                    return []
            texts.append(text)
            self._held = [line]
        return [text for text in texts if text.strip()]

    def finish(self) -> list[str]:
        text = _text(b"".join(self._held))
        return [text] if text.strip() else []


class JSONArray:
    """The objects of an array, each as soon as it is whole."""

    streams = True
    _MARKS = re.compile(rb'["\\{}]')

    def __init__(self) -> None:
        self._held = bytearray()
        self._at = 0  # where to look on
        self._depth = 0
        self._quoted = False

    def feed(self, data: bytes) -> list[str]:
        self._held += data
        texts: list[str] = []
        while found := self._MARKS.search(self._held, self._at):
            self._at = found.end()
            if self._ends_object(found.group()):
                texts.append(_text(bytes(self._held[: self._at])))
            if not self._depth:
                self._forget(min(self._at, len(self._held)))
        self._at = max(self._at, len(self._held))
        return texts

    def finish(self) -> list[str]:
        return [_text(bytes(self._held))] if self._depth else []

    def _ends_object(self, mark: bytes) -> bool:
        if mark == b"\\":
            self._at += 1  # whatever is escaped is no mark
        elif mark == b'"':
            self._quoted = not self._quoted
        elif not self._quoted:
            return self._nest(mark)
        return False

    def _nest(self, mark: bytes) -> bool:
        if mark == b"{":
            if not self._depth:
                self._forget(self._at - 1)
            self._depth += 1
            return False
        if not self._depth:  # the end of nothing
            return False
        self._depth -= 1
        return self._depth == 0

    def _forget(self, count: int) -> None:
        del self._held[:count]
        self._at -= count


def _named(event: ServerEvent) -> str:
    """The data of an event whose name calls it an error; where only the name does, as an object that says so."""
    if '"error"' in event.data:
        return event.data
    return f'{{"error": {event.data if _is_json(event.data) else json.dumps(event.data)}}}'


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
