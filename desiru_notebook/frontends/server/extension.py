"""DesiruExtension: what the owner of a Jupyter server can say about the endpoint."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Any as AnyValue
from traitlets import Float, Integer, List, Unicode, default

from ...config import settings
from ...modules import StreamingModule
from ...run import Run
from .handlers import CompleteHandler
from .places import Places
from .questions import Question
from .refusals import Refusal

PATH = "desiru/stream/complete"
_FAREWELL = 1.0  # seconds in which a server that ends tells its clients so


class DesiruExtension(ExtensionApp):
    """Serves ``{base}/desiru/stream/complete``."""

    name = "desiru"

    models = List(
        AnyValue(),
        help="""The models that clients may use: names such as 'openai:gpt-5-mini', or model objects, as
        desiru_notebook.model() makes them, which clients call by their `name`. Default: 'local', and the one that
        DESIRU_MODEL names.""",
    ).tag(config=True)
    default_model = Unicode(
        help="""The model of a question that names none. Default: the one that DESIRU_MODEL names where it is among `models`,
        else the first of them.""",
    ).tag(config=True)
    max_runs = Integer(128, min=1, help="How many runs a user may have at a time.").tag(config=True)
    max_body = Integer(4_194_304, min=1, help="How long the body of a question may be, in bytes.").tag(config=True)
    heartbeat = Float(15.0, min=0.01, help="After how much silence a comment is sent, in seconds.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.places = Places()
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()

    @default("models")
    def _configured_models(self) -> list[Any]:
        configured = settings()["model"]
        return ["local"] if configured == "local" else ["local", configured]

    def initialize_settings(self) -> None:
        """Let *Save and Export Notebook As* leave the stylesheets of answers out of Markdown."""
        if self.serverapp is not None:
            self.serverapp.config.MarkdownExporter.preprocessors.append("desiru_notebook.frontends.nbconvert.PlainAnswers")

    def initialize_handlers(self) -> None:
        """The one address that there is."""
        self.handlers.append((PATH, CompleteHandler, {"extension": self}))

    def start_run(self, question: Question) -> Run:
        """Ask what the client asks. It may take a while, for the first question imports the model's provider.

        Raises:
            Refusal: 403, the model is not allowed here.
            DesiruError: the inputs are not those of the signature, or the model cannot be made.
        """
        model = self._allowed(question.model)
        run = StreamingModule(question.signature, model=model, **question.settings).stream(**question.inputs)
        self._runs.add(run)
        return run

    def _allowed(self, name: str | None) -> Any:
        allowed = {_name(model): model for model in self.models}
        wanted = self._default(allowed) if name is None else name
        if wanted not in allowed:
            names = ", ".join(map(repr, allowed)) or "none"
            raise Refusal(403, "ModelForbidden", f"The model {wanted[:100]!r} is not allowed here; allowed are: {names}. "
                          "The server's owner allows models with c.DesiruExtension.models.")  # fmt: skip
        return allowed[wanted]

    def _default(self, allowed: dict[str, Any]) -> str:
        configured = _name(settings()["model"])
        return self.default_model or (configured if configured in allowed else next(iter(allowed), configured))

    async def stop_extension(self) -> None:
        """The server ends, and with it every run; the clients that listen are told."""
        for run in list(self._runs):
            run.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.places.all_free(), _FAREWELL)


def _name(model: Any) -> str:
    return model if isinstance(model, str) else str(getattr(model, "name", type(model).__name__))
