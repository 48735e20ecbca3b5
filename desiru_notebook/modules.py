"""Modules: a signature, a model and settings, ready to be called. Where the parts meet."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .answering import model_for, prepared
from .asking import RETRIES, ask, model_name
from .config import CHECKS, check_names, check_setting, settings
from .errors import ConfigError, InputError
from .events import FieldDelta
from .playback import Playback
from .prediction import Prediction
from .prompt import Message, build_messages
from .providers.base import Request
from .run import Run
from .signature import Field, Signature
from .stages import at_once, plain
from .stream import TokenStream
from .timeouts import Timeouts


class _CallSignature:
    """What an editor shows of a module's call: its inputs. The class itself keeps the signature of its constructor."""

    def __get__(self, module: StreamingModule | None, owner: type) -> inspect.Signature:
        if module is None or any(map(keyword.iskeyword, module.signature.inputs)):
            raise AttributeError("__signature__")
        inputs = module.signature.inputs.values()
        parameters = [inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, annotation=f.type) for f in inputs]
        return inspect.Signature(parameters, return_annotation=Prediction)


class StreamingModule:
    """Asks a model for the outputs of a signature, and streams what it says.

    Args:
        signature: ``"question -> answer"``, or a :class:`Signature`.
        model: a model's name, a model object, or ``None`` for the configured one.
        instructions: what the model should do; they replace the signature's own.
        demos: worked examples, each a mapping of field names to values.
        settings: ``temperature``, ``max_tokens`` (tokens), ``timeout`` (:class:`Timeouts`, or seconds in all), ``retries``,
            ``stream`` (``False``: never), ``stop``, and those that the provider documents, by its own names (``top_p``,
            ``reasoning_effort`` ...). ``extra``, a mapping, goes to the provider as it is.

    Raises:
        ConfigError: a setting is misspelled.
        SignatureError: the signature cannot be read, or the instructions are not text.
        InputError: a demo is no mapping, or has something that is no field.
    """

    __signature__ = _CallSignature()

    def __init__(
        self,
        signature: str | Signature,
        *,
        model: Any = None,
        instructions: str | None = None,
        demos: Iterable[Mapping[str, Any]] = (),
        **settings: Any,
    ) -> None:
        given = signature if isinstance(signature, Signature) else Signature(signature)
        self.signature = given if instructions is None else given.with_instructions(instructions)
        self.model = model
        if not isinstance(demos, Iterable):
            raise InputError(f"demos is a list of mappings of field names to values, not {type(demos).__name__}.")
        self.demos = [self._checked_demo(demo) for demo in demos]
        check_names(settings)
        self.settings = settings

    def stream(self, /, **inputs: Any) -> Run:
        """Start a run in the background and return it at once.

        Raises:
            InputError: an input is missing or unknown, or it or a demo cannot be sent as text. Nothing is sent then.
            ConfigError: unknown model or setting, or a value that the setting does not take.
            NotRecordedError: a recording is replayed, and has no answer to this request.
        """
        self._check(inputs)
        wanted = settings()["model"] if self.model is None else self.model
        model = model_for(wanted)
        chosen = {name: value for name, value in settings().items() if name != "model"} | self.settings
        streaming = True if (given := chosen.pop("stream", None)) is None else given
        check_setting("stream", streaming)
        limits = Timeouts.of(chosen.pop("timeout")) if "timeout" in chosen else Timeouts()
        retries = RETRIES if (given := chosen.pop("retries", None)) is None else given
        check_setting("retries", retries)
        check_names(chosen, model)
        request = self._request(self.build_messages(model, inputs), chosen)
        return self._start(wanted, model, request, limits, streaming=streaming, retries=retries)

    def create_stream(self, /, **inputs: Any) -> TokenStream[FieldDelta]:
        """Start a run and return its deltas as a stream; an error of the run is raised to its readers.

        The run is cancelled when nobody holds the stream or reads it any more. Whoever wants to cancel it before that calls
        :meth:`stream`, holds the run, and reads its ``deltas()``. Raises what :meth:`stream` raises.
        """
        return self.stream(**inputs).deltas()

    def forward_stream(self, on_token: Callable[[FieldDelta], object] | None = None, /, **inputs: Any) -> Prediction:
        """Run to the end; ``on_token`` is called in this thread with each delta, whose ``str`` is its text.

        Raises:
            DesiruError: whatever went wrong, with ``partial``. What ``on_token`` raises is raised as it is, and the run
                is cancelled.
            TypeError: ``on_token`` is no plain function.
        """
        hand_over = None if on_token is None else plain(on_token)
        run = self.stream(**inputs)
        if hand_over is None:
            return run.result()
        _hand_over(run, hand_over)
        return run.concluded()

    def forward(self, /, **inputs: Any) -> Prediction:
        """Run to the end and return the prediction. Raises what :meth:`stream` and the run's ``result()`` raise."""
        return self.stream(**inputs).result()

    def __call__(self, /, **inputs: Any) -> Prediction:
        """The same as :meth:`forward`."""
        return self.forward(**inputs)

    async def aforward(self, /, **inputs: Any) -> Prediction:
        """The same, without blocking the caller's loop. Cancelling the caller cancels the run.

        Raises what :meth:`forward` raises.
        """
        return await self.stream(**inputs)

    def build_messages(self, model: Any, inputs: Mapping[str, Any]) -> list[Message]:
        """The chat for these inputs, in the marker style that suits the model. Override it to write prompts your way."""
        return build_messages(self.signature, inputs, self.demos, getattr(model, "marker_style", "header"))

    def finish(self, prediction: Prediction) -> Prediction:
        """What a run of this module gives as its result, made of what the model said. Override it to check or change that.

        It is called once for each run that went well, in the thread that asks for the result first. What it raises is raised
        to everybody who asks: a :class:`DesiruError` as it is, anything else as the cause of an :class:`OutputError`. Events
        and the view show what the model said.
        """
        return prediction

    def _start(self, wanted: Any, model: Any, request: Request, limits: Timeouts, *, streaming: bool, retries: int) -> Run:
        answering, recorder = prepared(wanted, model, request, streaming)
        if isinstance(answering, Playback):  # what was too late or was asked again then has its place in the recording
            limits, retries = Timeouts.of(None), 0
        return Run(
            self.signature,
            model_name(answering),
            ask(answering, request, streaming=streaming, retries=retries, patience=limits.total),
            provider=str(getattr(answering, "provider", "")),
            timeouts=limits,
            finish=self.finish,
            again=lambda: self._start(wanted, model, request, limits, streaming=streaming, retries=retries),
            recorder=recorder,
        )

    def _check(self, inputs: Mapping[str, Any]) -> None:
        names = list(self.signature.inputs)
        if missing := [name for name in names if name not in inputs]:
            raise InputError(f"The input {missing[0]!r} is missing; '{self.signature}' takes {', '.join(names)}.")
        if unknown := [name for name in inputs if name not in names]:
            hint = " The function comes first: forward_stream(function, ...)." if unknown[0] == "on_token" else ""
            raise InputError(f"There is no input {unknown[0]!r}; '{self.signature}' takes {', '.join(names)}.{hint}")

    def _checked_demo(self, demo: Mapping[str, Any]) -> dict[str, Any]:
        names = [*self.signature.inputs, *self.signature.outputs]
        if not isinstance(demo, Mapping):
            raise InputError(f"A demo is a mapping of field names to values, not {type(demo).__name__}.")
        if unknown := [name for name in demo if name not in names and name != "reasoning"]:
            raise InputError(f"A demo has {unknown[0]!r}, which is no field; '{self.signature}' has {', '.join(names)}.")
        return dict(demo)

    def _request(self, messages: list[Message], chosen: dict[str, Any]) -> Request:
        known = {name: chosen.pop(name) for name in CHECKS if chosen.get(name) is not None}
        stop = chosen.pop("stop", None) or ()
        for name, value in known.items():
            check_setting(name, value)
        stops = (stop,) if isinstance(stop, str) else tuple(stop) if isinstance(stop, (list, tuple)) else (stop,)
        if not all(isinstance(text, str) for text in stops):
            raise ConfigError(f"The setting 'stop' is a text or a list of texts, not {stop!r}.")
        more = chosen.pop("extra", None) or {}
        if not isinstance(more, Mapping):
            raise ConfigError(f"The setting 'extra' is a mapping of names to values, not {type(more).__name__}.")
        extra = {name: value for name, value in chosen.items() if name not in CHECKS} | dict(more)
        return Request(messages, **known, stop=stops, signature=self.signature, extra=extra)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.signature)!r})"


class StreamingChainOfThought(StreamingModule):
    """A module that asks for a field ``reasoning`` before the signature's own outputs."""

    def __init__(self, signature: str | Signature, **options: Any) -> None:
        super().__init__(signature, **options)
        self.signature = self.signature.prepend(Field("reasoning"))


Predict = StreamingModule
ChainOfThought = StreamingChainOfThought


def _hand_over(run: Run, on_token: Callable[[FieldDelta], object]) -> None:
    try:
        for event in run:
            if isinstance(event, FieldDelta):
                at_once(on_token(event))
    except BaseException:
        run.cancel()
        raise
