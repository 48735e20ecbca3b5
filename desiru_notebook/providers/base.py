"""What a provider is: an object with a name that turns a request into chunks.

The built-in providers and everybody else's come in by the same door, the entry-point group ``desiru_notebook.providers``:
each entry is a callable ``(name, *, base_url, api_key, http_client, **options)`` that returns a :class:`Provider`.
"""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from ..chunks import Chunk
from ..errors import ConfigError
from ..prompt import Message
from ..signature import Signature
from .keys import Key

GROUP = "desiru_notebook.providers"
_OURS = f"{GROUP}."


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model.

    Attributes:
        messages: the chat so far, the question last.
        temperature: randomness; ``None`` leaves it to the provider.
        max_tokens: tokens the answer may have; ``None`` leaves it to the provider.
        stop: texts at which the model should stop.
        extra: further settings, by the provider's own names.
        signature: what the messages were made from, for a provider that can use it (a grammar, a schema).
    """

    messages: list[Message]
    temperature: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    signature: Signature | None = None


@runtime_checkable
class Provider(Protocol):
    """Any object is a model if it has ``stream``, an async generator of chunks.

    One that has only ``async def complete(request)``, returning a list of chunks, is a model that cannot stream.

    Attributes:
        name: what the view calls the model.
        provider: the provider's name; optional.
        marker_style: how the model is asked to mark its fields; optional. ``"header"``, as where it is left out, is DSPy's
            ``[[ ## answer ## ]]``; ``"label"`` is ``Answer:``, which small models keep to.
    """

    name: str

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """The answer's chunks as they come. Closing the iterator closes the connection.

        What it raises ends the run: a :class:`~desiru_notebook.DesiruError` as it is, anything else as a
        :class:`~desiru_notebook.ProviderError`.
        """
        ...


def present(**settings: Any) -> dict[str, Any]:
    """The settings that are set, for a payload."""
    return {name: value for name, value in settings.items() if value is not None}


def create(provider: str, name: str, options: Mapping[str, Any]) -> Any:
    """The model ``name`` of an installed provider.

    Raises:
        ConfigError: there is no such provider, or it does not take these options.
    """
    entry = installed(provider)
    factory = entry.load()
    try:
        return factory(name, **(options if entry.value.startswith(_OURS) else _in_plain(options)))
    except TypeError as error:
        raise ConfigError(f"The provider {provider!r} does not take these options: {error}.") from None


def installed(provider: str) -> Any:
    """The entry point of a provider, which nobody has loaded yet.

    Raises:
        ConfigError: there is no such provider.
    """
    entry = _installed().get(provider)
    if entry is None:
        raise ConfigError(_unknown(provider))
    return entry


def _in_plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as other people's providers know them: with the key as a text."""
    return {name: value.reveal() if isinstance(value, Key) else value for name, value in options.items()}


@lru_cache(maxsize=1)
def _installed() -> dict[str, Any]:
    from importlib.metadata import entry_points  # a quarter of this package's import time, needed by named models only

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _unknown(provider: str) -> str:
    names = sorted(_installed())
    close = difflib.get_close_matches(provider, names, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    return (
        f"There is no provider {provider!r}.{guess} Installed are: {', '.join(names)}. A model is named "
        "'provider:model', such as 'openai:gpt-5-mini'; any OpenAI-compatible server is reached with base_url."
    )


def provider_names() -> list[str]:
    """The names of the installed providers."""
    return sorted(_installed())
