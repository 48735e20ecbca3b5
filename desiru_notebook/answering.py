"""Who answers a request: the model itself, or a recording in its place; and who records the answer."""

from __future__ import annotations

from typing import Any

from . import recording
from .asking import model_name
from .config import resolve, settings
from .fingerprint import describe, name_of
from .playback import Playback
from .providers.base import Request, installed
from .recorder import Recorder
from .recording import Recording


class StandIn:
    """Stands for a model until the request is known: the model itself may want a key, a network or weights."""

    def __init__(self, recording: Recording, wanted: Any, model: str) -> None:
        self.recording, self.wanted, self.asked_as = recording, wanted, model
        takes = recording.takes()
        last = next((take for take in reversed(takes) if take.asked["model"] == model), takes[-1] if takes else None)
        self.name = model if last is None or last.asked["model"] != model else last.name
        self.provider = "" if last is None else last.provider
        self.marker_style = "header" if last is None else last.style


def model_for(wanted: Any) -> Any:
    """The model, as :func:`resolve` finds it, or what stands for it while its answers are replayed.

    Raises:
        ConfigError: the model does not exist, or the environment asks for a replay without a recording.
    """
    current = recording.in_force()
    if current is None or current.mode == "record":
        return resolve(wanted)
    wanted = settings()["model"] if wanted is None else wanted
    if not isinstance(wanted, str):
        resolve(wanted)  # refuses what is no model
    name = _asked_as(wanted)
    if not current.has_model(name):
        if current.mode == "once":
            return resolve(wanted)
        if isinstance(wanted, str):
            provider, _, rest = wanted.partition(":")
            installed(provider.strip(), rest.strip())  # a name that is wrong is refused in a replay, too
    return StandIn(current, wanted, name)


def prepared(wanted: Any, model: Any, request: Request, streaming: bool) -> tuple[Any, Recorder | None]:
    """Who answers this request, and who records that.

    Args:
        wanted: the model as it was asked for.
        model: what :func:`model_for` gave for it.
        request: what is asked.
        streaming: whether as a stream.

    Raises:
        NotRecordedError: the recording that is replayed has no answer to it.
    """
    if isinstance(model, StandIn):
        asked = describe(request, model.asked_as, streaming)
        if take := model.recording.answer(asked):
            return Playback(take, model.recording.speed), None
        if model.recording.mode == "replay":
            raise model.recording.unknown(asked)
        real = resolve(model.wanted)
        return real, model.recording.recorder(asked, real)
    current = recording.current()
    if current is None or current.mode == "replay":
        return model, None
    return model, current.recorder(describe(request, _asked_as(wanted), streaming), model)


def _asked_as(wanted: Any) -> str:
    return name_of(wanted, "" if isinstance(wanted, str) else model_name(wanted))
