"""Which model runs, and with which settings, where a call does not say."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ConfigError
from .locks import lock
from .providers import documented
from .providers.base import create, nearest
from .providers.keys import Key
from .timeouts import Timeouts

DEFAULT_MODEL = "local"
_OF_MODULES = ("model", "instructions", "demos", "temperature", "max_tokens", "timeout", "retries", "stream", "stop", "extra")
_MISSPELLED = 0.8  # how near a name is to one of ours, from 0 to 1, to be a misspelled one, whatever a model takes
_OF_MODELS = ("api_key", "base_url", "http_client")  # what people give to a module, though it belongs to the model
_SETTINGS = ("model", "temperature", "max_tokens", "timeout", "retries", "stream")
# What every provider understands: the type of each, its least value, and how to say that.
CHECKS: dict[str, tuple[tuple[type, ...], float, str]] = {
    "temperature": ((int, float), 0, "a number from zero on"),
    "max_tokens": ((int,), 1, "a whole number above zero"),
    "retries": ((int,), 0, "a whole number from zero on"),
}

_lock = lock()
_defaults: dict[str, Any] = {}
_models: dict[str, Any] = {}


def configure(**defaults: Any) -> None:
    """Set what holds where a call does not say otherwise; ``None`` takes a setting back.

    Args:
        model: a name such as ``"openai:gpt-5-mini"``, or a model object.
        temperature: sampling temperature; 0 makes answers repeatable as far as the model allows.
        max_tokens: tokens an answer may have.
        timeout: :class:`Timeouts`, or seconds for a whole run.
        retries: how often a request that failed before its first token is made again.
        stream: ``False`` never streams.

    Raises:
        ConfigError: there is no such setting, or it does not take that value.
    """
    for name, value in defaults.items():
        if name not in _SETTINGS:
            raise _no_setting(name)
        if value is not None:
            check_setting(name, value)
    with _lock:
        _defaults.update(defaults)
        for name in [name for name, value in _defaults.items() if value is None]:
            del _defaults[name]


def check_setting(name: str, value: Any) -> None:
    """Refuse a value that no provider could use.

    Raises:
        ConfigError: naming the setting and what it takes.
    """
    if name == "timeout":
        Timeouts.of(value)
    elif name == "stream":
        if not isinstance(value, bool):
            raise ConfigError(f"The setting 'stream' is True or False, not {value!r}.")
    elif name == "model":
        _check_model(value)
    elif name in CHECKS:
        types, least, words = CHECKS[name]
        number: Any = value
        if isinstance(value, bool) or not isinstance(value, types) or not least <= number < math.inf:
            raise ConfigError(f"The setting {name!r} is {words}, not {value!r}.")


def check_names(names: Iterable[str], model: Any = None) -> None:
    """Refuse settings that are neither ours nor the model's own, as far as it tells which it has.

    Raises:
        ConfigError: naming the setting and the one that may have been meant.
    """
    own: frozenset[str] | None = getattr(model, "setting_names", None)
    for name in names:
        if name in _OF_MODULES or name in (documented.ALL if own is None else own):
            continue
        if own is not None and name in _OF_MODELS:
            raise _no_setting(name)
        guess = nearest(name, _OF_MODULES, _MISSPELLED) if own is None else nearest(name, [*_OF_MODULES, *own])
        if guess or own is not None:
            what = "There is" if own is None else f"{model.provider or model.name} has"
            raise ConfigError(
                f"{what} no setting {name!r}.{guess} One that this version does not know goes to the provider through "
                f"extra={{{name!r}: ...}}."
            )


def _no_setting(name: str) -> ConfigError:
    """The error for a name that ``configure`` or a module does not take, with the place where it is taken."""
    if name in _OF_MODELS:
        return ConfigError(f"{name!r} belongs to the model: pass model=desiru_notebook.model('provider:model', {name}=...).")
    own = (
        f" A provider's own settings go to a module, as in StreamingModule(..., {name}=...)." if name in documented.ALL else ""
    )
    return ConfigError(f"There is no setting {name!r}.{nearest(name, _SETTINGS)} The settings are {', '.join(_SETTINGS)}.{own}")


def _check_model(value: Any) -> None:
    if isinstance(value, type):
        raise ConfigError(f"{value.__name__} is a class: give an instance of it as the model.")
    if not isinstance(value, str) and not hasattr(value, "stream") and not hasattr(value, "complete"):
        raise ConfigError(
            f"{type(value).__name__} is no model: give a name such as 'openai:gpt-5-mini', or an object with "
            "`async def stream(request)` that yields chunks."
        )


def settings() -> Mapping[str, Any]:
    """The settings that are in force, the model included."""
    with _lock:
        return {"model": os.environ.get("DESIRU_MODEL") or DEFAULT_MODEL} | _defaults


def model(
    name: str,
    *,
    base_url: str | Key | None = None,
    api_key: str | Key | None = None,
    http_client: Any = None,
    **options: Any,
) -> Any:
    """The model of that name: an object with ``stream(request)``.

    Args:
        name: ``"provider:model"``, such as ``"openai:gpt-5-mini"`` or ``"local:/path/model.gguf"``; ``"local"`` alone too.
        base_url: another server that speaks the provider's protocol, such as ``"http://localhost:8000/v1"``.
        api_key: the key, where it does not stand in the environment.
        http_client: an ``httpx2.AsyncClient`` or ``httpx.AsyncClient`` to use for the requests.
        options: whatever else the provider takes by name.

    Raises:
        ConfigError: there is no such provider, or it does not take one of the options.
    """
    # Before anything can fail, with the key in sight, or a password in the address.
    api_key = Key(api_key) if api_key is not None else None
    base_url = Key(base_url) if isinstance(base_url, str) else base_url
    if not isinstance(name, str):
        raise ConfigError(f"A model's name is a text such as 'openai:gpt-5-mini', not {type(name).__name__}.")
    provider, _, rest = name.partition(":")
    given = {"base_url": base_url, "api_key": api_key, "http_client": http_client}
    return create(provider.strip(), rest.strip(), options | {k: v for k, v in given.items() if v is not None})


def resolve(wanted: Any) -> Any:
    """The model object for a name, for ``None`` (the configured one), or for an object that is a model already.

    Raises:
        ConfigError: it is none of these.
    """
    wanted = settings()["model"] if wanted is None else wanted
    if isinstance(wanted, str):
        if wanted not in _models:  # no lock: a provider's own code may take long, or use this module
            _models.setdefault(wanted, model(wanted))
        return _models[wanted]
    _check_model(wanted)
    return wanted


__all__ = ["Timeouts", "configure", "model", "resolve", "settings"]
