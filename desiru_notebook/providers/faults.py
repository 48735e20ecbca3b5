"""From what a service says when it refuses or fails to the error that says what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import AuthenticationError, ModelNotFoundError, ProviderError, RateLimitError
from .base import Request

_LONGEST = 300  # characters of a service's own words
_SHORTEST_SECRET = 6  # characters; anything shorter would blank out ordinary words
_KEY = re.compile(r"\b(?:sk|pk|rk|gsk|xai|pplx|hf|nvapi|csk|fw|tgp|r8)[-_][\w*.-]{6,}|\bAIza[\w-]{20,}|\bBearer\s+\S+")

# The same fault under the names that services give it inside a stream, where no HTTP status comes with it.
_STATUS = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "accessdeniedexception": 403,
    "billing_error": 402,
    "not_found_error": 404,
    "not_found": 404,
    "model_not_found": 404,
    "resourcenotfoundexception": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "insufficient_quota": 429,
    "throttlingexception": 429,
    "api_error": 500,
    "server_error": 500,
    "internal": 500,
    "internalserverexception": 500,
    "modelstreamerrorexception": 500,
    "unavailable": 503,
    "serviceunavailableexception": 503,
    "timeout_error": 504,
    "modeltimeoutexception": 504,
    "overloaded_error": 529,
}
# No money and no quota do not come back by waiting.
_EXHAUSTED = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked: what an error says of the provider, the model and the key, and what it must not say."""

    provider: str
    model: str
    key_variable: str
    where: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def refusal(asked: Asked, status: int, body: object, headers: Mapping[str, str]) -> ProviderError:
    """The error for an answer with an HTTP status that is none of success."""
    return _error(asked, status, body, headers, f"{asked.provider} refused {asked.model} with HTTP {status}.")


def failure(asked: Asked, event: Mapping[str, Any]) -> ProviderError | None:
    """The error that an event of a stream, or a whole answer, stands for; ``None`` where it stands for none."""
    fault = _fault_in(event)
    if not fault:
        return None
    return _error(asked, _status_of(fault), {"error": fault}, {}, f"{asked.model} failed while it answered:")


def _error(asked: Asked, status: int | None, body: object, headers: Mapping[str, str], words: str) -> ProviderError:
    kind, advice = _advice(status, asked)
    said = "" if kind is AuthenticationError else said_by(body, asked.secrets)  # a 401 often quotes part of the key
    exhausted = any(sign in json.dumps(body, default=str).lower() for sign in _EXHAUSTED)
    wait = _retry_after(headers, body)
    if kind is RateLimitError and exhausted:
        advice = "Waiting does not help: check the account's quota and credit."
    elif kind is RateLimitError and wait is not None:
        advice = f"Try again in {wait:g} s."
    return kind(
        " ".join(part for part in (words, _sentence(said, words), advice) if part),
        provider=asked.provider,
        status=status,
        request_id=_request_id(headers),
        retry_after=wait,
        transient=False if exhausted else None,
    )


def _advice(status: int | None, asked: Asked) -> tuple[type[ProviderError], str]:
    match status:
        case None:
            return ProviderError, "Try again, or ask another model."
        case 401 | 403:
            return AuthenticationError, f"The key is missing or not allowed: set {asked.key_variable} or pass api_key=."
        case 402:
            return ProviderError, "The account has no credit left: top it up, or ask another model."
        case 404:
            return ModelNotFoundError, f"Check the model's name ({asked.model}) and the base_url."
        case 413:
            return ProviderError, "The prompt is too long for this service: shorten it."
        case 429:
            return RateLimitError, "Wait a little, or check the account's quota."
        case status if 300 <= status < 400:
            return (
                ProviderError,
                f"{asked.where} has moved, and a key is not sent on to another place: set base_url to the new one.",
            )
        case status if status >= 500:
            return ProviderError, "The service has a problem: try again later."
        case _:
            return ProviderError, "Check the settings of the request."


def _fault_in(event: Mapping[str, Any]) -> Any:
    """What a service says went wrong, wherever its protocol puts that; nothing where nothing did."""
    if event.get("type") == "error":
        return event.get("error") or event
    if event.get("type") == "response.failed":
        return (event.get("response") or {}).get("error") or "no reason given"
    choices = event.get("choices")
    in_choice = choices[0].get("error") if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    return event.get("error") or in_choice


def _status_of(fault: Any) -> int | None:
    """The HTTP status that the fault would have had, had it come in time."""
    if not isinstance(fault, Mapping):
        return None
    for name in ("code", "type", "status"):
        value = fault.get(name)
        if isinstance(value, int) and 400 <= value < 600:
            return value
        if isinstance(value, str) and (status := _STATUS.get(value.lower()) or _number(value)):
            return status
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and 400 <= int(text) < 600 else None


def mentions_streaming(error: ProviderError) -> bool:
    """Whether a refusal is about the wish for a stream."""
    return error.status in (400, 405, 422, 501) and "stream" in str(error).lower()


def said_by(body: object, secrets: Iterable[str] = ()) -> str:
    """The service's own words out of an error body, short and without secrets; empty for a web page."""
    return scrub(_message(body), secrets)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, cut to a few hundred characters; every secret, and what looks like a key, blanked out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "\u2026")
    line = " ".join(_KEY.sub("\u2026", text).split())
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
        said = said or body.get("message") or body.get("detail")
        return said if isinstance(said, str) else ""
    return ""


def _message_of_text(body: str) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return body
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]  # Gemini wraps an error in a list
    return _message(parsed) if isinstance(parsed, Mapping) else body


def _sentence(said: str, words: str) -> str:
    """What the service said, as a sentence after these words."""
    said = said or ("no reason given" if words.endswith(":") else "")
    return said if not said or said[-1] in ".!?\u2026" else f"{said}."


def _request_id(headers: Mapping[str, str]) -> str | None:
    names = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-goog-request-id", "cf-ray")
    return next((headers[name] for name in names if headers.get(name)), None)


def _retry_after(headers: Mapping[str, str], body: object) -> float | None:
    """Seconds to wait: of ``retry-after-ms``, of ``retry-after`` in either of its forms, or of Gemini's ``retryDelay``."""
    milliseconds = _float(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    after = headers.get("retry-after") or ""
    if (seconds := _float(after)) is not None:
        return seconds
    try:
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        delay = re.search(r'"retryDelay": ?"([\d.]+)s"', json.dumps(body, default=str))
        return float(delay[1]) if delay else None


def _float(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
