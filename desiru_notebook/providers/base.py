"""What a provider is: an object with a name that turns a request into chunks.

The built-in providers and everybody else's come in by the same door, the entry-point group ``desiru_notebook.providers``:
each entry is a callable ``(name, *, base_url, api_key, http_client, **options)`` that returns a :class:`Provider`.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import AsyncIterator, Iterable, Mapping
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
_OF_SERVICES = {"api_key", "base_url", "http_client"}
# Who answers for models whose names begin so.
_MAKERS = {
    "openai": r"gpt-|chatgpt-|o[1-9](-|$)|codex-",
    "anthropic": r"claude-",
    "gemini": r"gemini-",
    "deepseek": r"deepseek-(chat|reasoner)",
    "mistral": r"(open-)?(mistral|mixtral|ministral|codestral|magistral|devstral|pixtral)-",
    "xai": r"grok-",
    "cohere": r"command-|c4ai-",
    "perplexity": r"sonar(-|$)",
    "moonshot": r"kimi-|moonshot-",
    "zai": r"glm-",
    "bedrock": r"(us\.|eu\.|apac\.|global\.)?(amazon|anthropic|meta|mistral|cohere)\.",
    "ollama": r"(llama|qwen|gemma|phi|mistral|deepseek-r1|gpt-oss|smollm)\d*",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model.

    Attributes:
        messages: the chat so far, the question last.
        temperature: sampling temperature; ``None`` leaves it to the provider.
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
        setting_names: the names of the settings that it takes beside those of every model; optional. A module refuses any
            other; where this is left out, it hands over all that it is given.
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
    entry = installed(provider, name)
    factory = entry.load()
    ours = entry.value.startswith(_OURS)
    if ours:
        _check_options(provider, factory, options)
    try:
        return factory(name, **(options if ours else _in_plain(options)))
    except TypeError as error:
        raise ConfigError(f"The provider {provider!r} does not take these options: {error}.") from None


def installed(provider: str, name: str = "") -> Any:
    """The entry point of a provider, which nobody has loaded yet; ``name`` is the model's, for the error.

    Raises:
        ConfigError: there is no such provider.
    """
    entry = _installed().get(provider)
    if entry is None:
        raise ConfigError(_unknown(provider, name))
    return entry


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """A question after the name that may have been meant, to stand in an error; nothing where there is none."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""


def _check_options(provider: str, factory: Any, options: Mapping[str, Any]) -> None:
    """Refuse an option that a provider of ours does not have: one with options of any name is a service."""
    parameters = inspect.signature(factory).parameters.values()
    is_service = any(each.kind is each.VAR_KEYWORD for each in parameters)
    names = _OF_SERVICES if is_service else {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
    if unknown := [name for name in options if name not in names]:
        guess = nearest(unknown[0], names, cutoff=0.5)
        *others, last = sorted(names)
        raise ConfigError(f"{provider} takes {', '.join(others)} and {last}, not {unknown[0]}.{guess}")


def _in_plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as other people's providers know them: with the key as a text."""
    return {name: value.reveal() if isinstance(value, Key) else value for name, value in options.items()}


@lru_cache(maxsize=1)
def _installed() -> dict[str, Any]:
    from importlib.metadata import entry_points  # a quarter of this package's import time, needed by named models only

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _unknown(provider: str, name: str) -> str:
    whole = (f"{provider}:{name}" if name else provider).strip("\"' ")
    if not whole:
        return "The model's name is empty: write provider:model, such as openai:gpt-5-mini."
    if meant := _meant(whole):
        return f"A model is named provider:model. Did you mean {meant}?"
    guess = nearest(provider.strip("\"'").casefold(), _installed())
    return (
        f"There is no provider {provider!r}.{guess} %desiru in a notebook lists the installed ones. A model is named "
        "provider:model, such as openai:gpt-5-mini; any OpenAI-compatible server is reached with base_url."
    )


def _meant(name: str) -> str:
    """The whole name of a model that was named with a slash, without its provider, or with a provider in another spelling."""
    before, *rest = map(str.strip, re.split("[:/]", name, maxsplit=1))
    if any(rest) and (provider := _respelled(before)):
        return f"{provider}:{rest[0]}"
    if name.casefold().endswith(".gguf"):
        return f"local:{name}"
    models = [name.rpartition("/")[2].strip(), *([] if nearest(before.casefold(), _installed()) else rest)]
    return next((f"{maker}:{model}" for model in models if (maker := _maker(model))), "")


def _respelled(provider: str) -> str:
    """The installed provider of that name without regard to case, hyphens and the like."""
    spelled = {re.sub(r"[\W_]", "", name): name for name in _installed()}
    return spelled.get(re.sub(r"[\W_]", "", provider.casefold()), "")


def _maker(model: str) -> str:
    """The installed provider that answers for a model of that name."""
    makers = (maker for maker, beginning in _MAKERS.items() if re.match(beginning, model, re.IGNORECASE))
    return next((maker for maker in makers if maker in _installed()), "")


def provider_names() -> list[str]:
    """The names of the installed providers."""
    return sorted(_installed())
