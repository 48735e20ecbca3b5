"""Errors for a request without an answer: the service cannot be reached, hangs up, or sends something else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ProtocolError, ProviderError
from .documented import COMPATIBLE
from .faults import Asked
from .scrubbing import scrub

_IS_IT_THERE = "Is the server running, is the base_url right?"
_IS_IT_TRUSTED = "Does the server speak https, with a certificate that is trusted here?"
_IS_THE_PROXY_RIGHT = (
    "Is it running, and is what names it right: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY in the environment, or the "
    "http_client?"
)
_WHY_IT_HANGS_UP = "Try again; if it happens again, check the server's log, and whether the base_url is right."
_AFTER_CONNECTING = ("RemoteProtocolError", "ReadError", "WriteError")  # what clients raise on an open connection
_SHOWN = 8  # keys of an event

# Names and beginnings of types in the events of each provider's protocol. An event that has one may say nothing by itself, such
# as who speaks, or that the server is alive.
_CHAT = ({"choices", "message"}, ())  # the second as Ollama's own API has it
_MESSAGES = ("message_", "content_block", "ping")
_PROTOCOLS: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "openai": _CHAT,
    "openai-responses": (set(), ("response.",)),
    "anthropic": (set(), _MESSAGES),
    "gemini": ({"candidates", "usageMetadata", "promptFeedback"}, ()),
    "cohere": (set(), ("message-", "content-", "tool-", "citation-")),
    "bedrock": (
        {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"},
        _MESSAGES,  # as its InvokeModel streams them
    ),
}
_ANY = set().union(*(names for names, _ in _PROTOCOLS.values())), sum((types for _, types in _PROTOCOLS.values()), ())


def unreachable(asked: Asked, error: Exception, proxy: str) -> ProviderError:
    """The error for a request that got no response; ``proxy`` is the one that it should have gone through."""
    reason = scrub(str(error.__cause__ or error) or type(error).__name__, asked.secrets)
    insecure = "ssl" in reason.lower() or "certificate" in reason.lower()
    words, question = f"{asked.where} cannot be reached for {asked.model}", _IS_IT_THERE
    if insecure:
        words, question = f"{words} through the proxy {proxy}" if proxy else words, _IS_IT_TRUSTED
    elif type(error).__name__ in _AFTER_CONNECTING:
        who = f"The proxy {proxy}, or {asked.where} behind it," if proxy else asked.where
        words, question = f"{who} accepted the connection for {asked.model} and hung up without an answer", _WHY_IT_HANGS_UP
    elif proxy:
        words, question = f"The proxy {proxy} does not lead to {asked.where} for {asked.model}", _IS_THE_PROXY_RIGHT
    return ProviderError(f"{words} ({reason}). {question}", provider=asked.provider, transient=not insecure)


def not_understood(asked: Asked, status: int | None, keys: Iterable[str], *, unreadable: bool) -> ProtocolError:
    """The error for a body that says nothing in the provider's protocol; ``keys`` are those of its first event."""
    if shown := [repr(key) for key in keys][:_SHOWN]:
        names = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
        why = f"its first event has the key{'s' * (len(shown) > 1)} {scrub(names, asked.secrets)}"
    else:
        why = "its events are not JSON objects" if unreadable else "it ended without a single event"
    return ProtocolError(
        f"Nothing in the answer of {asked.model} could be understood: {why}. Does {asked.where} speak the protocol of "
        f"{asked.provider!r}? Choose the provider that fits it, or check the base_url.",
        provider=asked.provider,
        status=status,
    )


def is_familiar(event: dict[str, Any], provider: str) -> bool:
    """Whether the event belongs to the provider's protocol, though it may say nothing; for an unknown provider, to any."""
    names, types = _PROTOCOLS.get(provider, _CHAT if provider in COMPATIBLE else _ANY)
    kind = event.get("type")
    return not names.isdisjoint(event) or (isinstance(kind, str) and kind.startswith(types))
