"""From what an HTTP service answers when it refuses to the error that says what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import AuthenticationError, ModelNotFoundError, ProviderError, RateLimitError
from .base import Request

_LONGEST = 300  # characters of a service's own words
_SHORTEST_SECRET = 6  # characters; anything shorter would blank out ordinary words


def status_error(
    status: int,
    body: object,
    headers: Mapping[str, str],
    *,
    provider: str,
    model: str,
    key_variable: str,
    secrets: Iterable[str] = (),
) -> ProviderError:
    """The error for a refusal.

    ``secrets`` are texts that must not stand in the message: the key, and what the prompt says, which some services echo.
    """
    kind, advice = _advice(status, model, key_variable)
    said = "" if kind is AuthenticationError else said_by(body, secrets)  # a 401 often quotes part of the key
    retry_after = _seconds(headers.get("retry-after"))
    if retry_after is not None and kind is RateLimitError:
        advice = f"Try again in {retry_after:g} s."
    text = " ".join(part for part in (f"{provider} refused {model} with HTTP {status}.", said, advice) if part)
    return kind(
        text,
        provider=provider,
        status=status,
        request_id=headers.get("x-request-id"),
        retry_after=retry_after,
    )


def _advice(status: int, model: str, key_variable: str) -> tuple[type[ProviderError], str]:
    match status:
        case 401 | 403:
            return AuthenticationError, f"The key is missing or not allowed: set {key_variable} or pass api_key=."
        case 404:
            return ModelNotFoundError, f"Check the model's name ({model}) and the base_url."
        case 429:
            return RateLimitError, "Wait a little, or check the account's quota."
        case status if status >= 500:
            return ProviderError, "The service has a problem: try again later."
        case _:
            return ProviderError, "Check the settings of the request."


def said_by(body: object, secrets: Iterable[str] = ()) -> str:
    """The service's own words out of an error body, short and without secrets; empty for a web page."""
    return scrub(_message(body), secrets)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, cut to a few hundred characters, every secret blanked out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "\u2026")
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "\u2026"


def said_in(request: Request) -> list[str]:
    """What the prompt says, line by line: texts that must not stand in an error."""
    return [line.strip() for message in request.messages for line in message.content.splitlines()]


def _message(body: object) -> str:
    if isinstance(body, str):
        return "" if body.lstrip().startswith("<") else _message_of_text(body)
    if isinstance(body, Mapping):
        inner: Any = body.get("error", body)
        said = inner.get("message") or inner.get("detail") if isinstance(inner, Mapping) else inner
        return said if isinstance(said, str) else ""
    return ""


def _message_of_text(body: str) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return body
    return _message(parsed) if isinstance(parsed, Mapping) else body


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None  # a date: nobody waits that long in a notebook
