"""Feeding a parser, and looking at what it says without regard to how the pieces were cut."""

from __future__ import annotations

from collections.abc import Iterable

from desiru_notebook.events import Event, FieldDelta, FieldEnd
from desiru_notebook.parser import FieldParser
from desiru_notebook.providers import Reasoning
from desiru_notebook.signature import Signature


def feed(parser: FieldParser, pieces: Iterable[str | Reasoning]) -> list[Event]:
    """All events that the pieces make; the answer is not over yet."""
    events: list[Event] = []
    for piece in pieces:
        events += parser.feed_reasoning(piece.text) if isinstance(piece, Reasoning) else parser.feed(piece)
    return events


def parse(signature: str, *pieces: str | Reasoning) -> list[Event]:
    """All events of a whole answer."""
    parser = FieldParser(Signature(signature))
    return feed(parser, pieces) + parser.finish()


def merged(events: Iterable[Event]) -> list[Event]:
    """The events with deltas of one field that follow each other made one."""
    whole: list[Event] = []
    for event in events:
        last = whole[-1] if whole else None
        if isinstance(event, FieldDelta) and isinstance(last, FieldDelta) and last.field == event.field:
            whole[-1] = FieldDelta(event.field, last.text + event.text)
        else:
            whole.append(event)
    return whole


def joined(events: Iterable[Event]) -> dict[str, str]:
    """By field, the joined deltas."""
    texts: dict[str, str] = {}
    for event in events:
        if isinstance(event, FieldDelta):
            texts[event.field] = texts.get(event.field, "") + event.text
    return texts


def ended(events: Iterable[Event]) -> dict[str, str]:
    """By field, the text with which it ended (the last one, where a field went on after its end)."""
    return {event.field: event.text for event in events if isinstance(event, FieldEnd)}
