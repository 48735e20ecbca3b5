"""Refusals: what the endpoint answers instead of a stream."""

from __future__ import annotations

from tornado.web import HTTPError

from ...errors import DesiruError

_LONGEST = 10_000  # characters: a message may quote what the client has sent


class Refusal(HTTPError):
    """An answer with this status and JSON of these two, ``{"type": ..., "message": ...}``."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(status)
        self.kind = kind
        self.message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]} ..."

    @classmethod
    def of(cls, error: DesiruError, status: int) -> Refusal:
        """An error of this package that came before the run began."""
        return cls(status, type(error).__name__, str(error))
