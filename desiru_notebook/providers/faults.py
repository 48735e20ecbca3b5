"""From what a service says when it refuses or fails to the error that says what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import AuthenticationError, ModelNotFoundError, ProviderError, RateLimitError
from .scrubbing import said_by

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
_EXHAUSTED = re.compile(r'"(?:insufficient_quota|billing_\w+)"|credit balance|exceeded your current quota', re.IGNORECASE)
# Some services refuse a key, or an account without money, as a request that is wrong in itself.
_KEY_REFUSED = re.compile(r"API_KEY_INVALID|\bAPI key (is )?(not valid|invalid)|\b(incorrect|invalid) API key", re.IGNORECASE)
_NO_CREDIT = re.compile(r"credit balance|insufficient (?:balance|credit)", re.IGNORECASE)
_WORD = re.compile(r"[\w-]{1,128}", re.ASCII)
_STREAM = re.compile(r"\bstream(?:ing|ed)?\b|Stream (?:action|operation)", re.IGNORECASE)
# An event that tells of a fault has one of these in its text.
MARKS = ('"error', "failed", '"message"', '"detail"')
_NO_REASON = "no reason given"
_LOOKED_AT = 65_536  # characters of a body that are searched for what it means
_UNWRITABLE = (RecursionError, ValueError)  # what writing raises of a body that is nested too deep, or has too long a number
_MOVED = (301, 302, 303, 307, 308)


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


def declined_setting(status: int, body: object) -> str:
    """The setting that a refusal is about, if it is ``stream`` or ``stream_options``; else nothing."""
    text = _as_text(body)
    if status not in (400, 405, 422, 501):
        return ""
    return "stream_options" if "stream_options" in text else "stream" if _STREAM.search(text) else ""


def _error(asked: Asked, status: int | None, body: object, headers: Mapping[str, str], words: str) -> ProviderError:
    text, wait = _as_text(body), _retry_after(headers, body)
    exhausted = wait is None and bool(_EXHAUSTED.search(text))
    kind, advice = _advice(_meant(status, text), asked)
    said = "" if _meant(status, text) == 401 else _said(body, asked)  # a 401 often quotes part of the key
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


def _meant(status: int | None, text: str) -> int | None:
    """The status that the service should have given."""
    if status == 400:
        return 401 if _KEY_REFUSED.search(text) else 402 if _NO_CREDIT.search(text) else 400
    return status


def _advice(status: int | None, asked: Asked) -> tuple[type[ProviderError], str]:
    match status:
        case None:
            return ProviderError, "Try again, or ask another model."
        case 401:
            return AuthenticationError, f"The key is missing or not allowed: set {asked.key_variable} or pass api_key=."
        case 403:
            return AuthenticationError, f"Not allowed with this key, or from here: check the account, or {asked.key_variable}."
        case 402:
            return ProviderError, "The account has no credit left: top it up, or ask another model."
        case 404:
            return ModelNotFoundError, f"Check the model's name ({asked.model}) and the base_url ({asked.where})."
        case 407:
            return ProviderError, "A proxy on the way asks for a user and a password: set them in its address."
        case 413:
            return ProviderError, "The prompt is too long for this service: shorten it."
        case 429:
            return RateLimitError, "Wait a little, or check the account's quota."
        case status if status in _MOVED:
            return ProviderError, f"{asked.where} has moved, and a key is not sent on to another place: set base_url anew."
        case status if status >= 500 or status in (408, 409, 425):
            return ProviderError, "The service has a problem: try again later."
        case _:
            return ProviderError, "Check the settings of the request."


def _fault_in(event: Mapping[str, Any]) -> Any:
    """What a service says went wrong, wherever its protocol puts that; nothing where nothing did."""
    if event.get("type") == "error" or event.get("object") == "error":
        return event.get("error") or event
    if event.get("type") == "response.failed":
        answer = event.get("response")
        return (answer.get("error") if isinstance(answer, Mapping) else None) or _NO_REASON
    if event.get("object") == "response" and event.get("status") == "failed":
        return event.get("error") or _NO_REASON
    return event.get("error") or _fault_inside(event) or _fault_alone(event)


def _fault_inside(event: Mapping[str, Any]) -> Any:
    """A fault of the first choice (OpenRouter), or of the end (Cohere)."""
    choices, delta = event.get("choices"), event.get("delta")
    inside = choices[0] if isinstance(choices, list) and choices else delta
    return inside.get("error") if isinstance(inside, Mapping) else None


def _fault_alone(event: Mapping[str, Any]) -> Any:
    """A bare message with its code, as small servers send in place of an event."""
    words = event.get("message") or event.get("detail")
    coded = any(name in event for name in ("code", "status", "detail"))
    return event if isinstance(words, str) and coded and "choices" not in event else None


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
    return int(text) if re.fullmatch("[45][0-9]{2}", text) else None


def _as_text(body: object) -> str:
    try:
        return (body if isinstance(body, str) else json.dumps(body, default=str))[:_LOOKED_AT]
    except _UNWRITABLE:
        return ""


def _said(body: object, asked: Asked) -> str:
    """The service's own words; none where they are nested deeper than anybody writes."""
    try:
        return said_by(body, asked.secrets)
    except _UNWRITABLE:
        return ""


def _sentence(said: str, words: str) -> str:
    """What the service said, as a sentence after these words."""
    said = said or (_NO_REASON if words.endswith(":") else "")
    return said if not said or said[-1] in ".!?\u2026" else f"{said}."


def _request_id(headers: Mapping[str, str]) -> str | None:
    names = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-goog-request-id", "cf-ray")
    words = (_WORD.match(headers.get(name) or "") for name in names)
    return next((word[0] for word in words if word is not None), None)


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
    except (ArithmeticError, LookupError, TypeError, ValueError):  # whatever its parser and its calendar make of it
        delay = re.search(r'"retryDelay": ?"([\d.]+)s"', _as_text(body))
        return _float(delay[1]) if delay else None


def _float(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
