"""Watch, stop, keep and test what a language model says in a notebook.

::

    %load_ext desiru_notebook

    %%desiru question -> reasoning, answer
    Why is the sky blue?

The same from code::

    run = StreamingChainOfThought("question -> answer").stream(question="Why is the sky blue?")
    for event in run: ...
"""

from __future__ import annotations

from typing import Any

from .buffer import EOF, TimedBuffer
from .chunks import Finish, Reasoning, Text, ToolCall, Usage
from .config import configure, model
from .errors import (
    AuthenticationError,
    ConfigError,
    DesiruError,
    FieldValueError,
    InputError,
    MissingFieldError,
    ModelNotFoundError,
    NotRecordedError,
    OutputError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    RunCancelled,
    SignatureError,
    StreamInterrupted,
    StreamTimeout,
)
from .events import FieldDelta, FieldEnd, FieldStart, Notice, Retry, RunEnd, RunStart
from .modules import ChainOfThought, Predict, StreamingChainOfThought, StreamingModule
from .nest import nest
from .prediction import Prediction
from .providers import Message, Provider, Request
from .recording import Recording, record, replay
from .run import Run
from .signature import Field, Signature
from .stats import Stats
from .stream import TokenStream
from .takes import RecordingWarning
from .timeouts import Timeouts
from .transformer import StreamTransformer

__version__ = "0.1.0"

__all__ = [
    "EOF",
    "AuthenticationError",
    "ChainOfThought",
    "ConfigError",
    "DesiruError",
    "Field",
    "FieldDelta",
    "FieldEnd",
    "FieldStart",
    "FieldValueError",
    "Finish",
    "InputError",
    "Message",
    "MissingFieldError",
    "ModelNotFoundError",
    "NotRecordedError",
    "Notice",
    "OutputError",
    "Predict",
    "Prediction",
    "ProtocolError",
    "Provider",
    "ProviderError",
    "RateLimitError",
    "Reasoning",
    "Recording",
    "RecordingWarning",
    "Request",
    "Retry",
    "Run",
    "RunCancelled",
    "RunEnd",
    "RunStart",
    "Signature",
    "SignatureError",
    "Stats",
    "StreamInterrupted",
    "StreamTimeout",
    "StreamTransformer",
    "StreamingChainOfThought",
    "StreamingModule",
    "Text",
    "TimedBuffer",
    "Timeouts",
    "TokenStream",
    "ToolCall",
    "Usage",
    "configure",
    "model",
    "nest",
    "record",
    "replay",
]


def __dir__() -> list[str]:
    """What Tab offers."""
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext desiru_notebook``: register ``%desiru`` and ``%%desiru``, and let Cancel reach a busy cell."""
    from .frontends import magic

    magic.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext desiru_notebook``: take the magics and the way of waiting away again."""
    from .frontends import magic

    magic.unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where a Jupyter server finds the endpoint (docs/endpoint.md)."""
    from .frontends import server

    return [{"module": "desiru_notebook", "app": server.DesiruExtension}]
