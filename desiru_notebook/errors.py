"""Everything that can go wrong, as a tree.

::

    DesiruError
      SignatureError (ValueError)     a signature that cannot be read
      InputError (ValueError)         an input that is missing, unknown or empty, or cannot be sent
      ConfigError                     a model, setting or option that does not exist or does not fit
        NotRecordedError              a replayed recording has no answer to the request
      ProviderError                   the model or its service failed
        AuthenticationError           the key is missing or wrong
        RateLimitError                too many requests; ``retry_after`` says when to come back
        ModelNotFoundError            the service does not have that model
        ProtocolError                 the answer is not what the protocol promises
        StreamInterrupted             the stream ended without its end
      StreamTimeout (TimeoutError)    nothing came within a limit
      RunCancelled                    somebody cancelled the run
      OutputError                     the model's answer does not fit the signature
        MissingFieldError (AttributeError)
        FieldValueError

A message says what happened, to which model, and what to do next. No key, prompt text or header value stands in one; only a
``NotRecordedError`` shows how the prompt differs from the recorded one, for that is the question then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from .visible import visible

if TYPE_CHECKING:
    from .prediction import Prediction


# Request timeout, conflict, too early, and every fault of the server's own but "not implemented" and "version not supported".
_TRANSIENT = frozenset({408, 409, 425, *range(500, 600)} - {501, 505})


class DesiruError(Exception):
    """Base of all errors of this package.

    Attributes:
        partial: what the model had said when the run failed; ``None`` for an error raised before a run began.
    """

    partial: Prediction | None = None

    def __str__(self) -> str:
        """The message. It may quote a service or a recording, and a traceback goes to a terminal as it stands."""
        return visible(super().__str__())


class SignatureError(DesiruError, ValueError):
    """A signature cannot be read; the message shows the text with a caret under the fault."""


class InputError(DesiruError, ValueError):
    """An input of the signature is missing, unknown or empty, or its value cannot be sent as text."""


class ConfigError(DesiruError):
    """A model, a setting or an option does not exist, or does not fit the others."""


class NotRecordedError(ConfigError):
    """A recording is replayed, and has no answer to this request; the message says how the nearest recorded one differs."""


class ProviderError(DesiruError):
    """The model, or the service that runs it, failed.

    Attributes:
        provider: the provider's name, such as ``"openai"``.
        status: the HTTP status, if there was an answer.
        request_id: the service's own name for the request, to quote to its support.
        retry_after: seconds after which the service wants to be asked again.
        transient: whether the same request may well succeed a moment later; what a run retries before the first word.
        received: the chunks that came before the fault, where a model was asked for its whole answer at once.
    """

    received: Sequence[Any] = ()

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.transient = self._seems_transient() if transient is None else transient

    def _seems_transient(self) -> bool:
        return isinstance(self, (RateLimitError, StreamInterrupted)) or self.status in _TRANSIENT


class AuthenticationError(ProviderError):
    """The key is missing, wrong, or not allowed to use the model."""


class RateLimitError(ProviderError):
    """Too many requests, or the quota is used up."""


class ModelNotFoundError(ProviderError):
    """The service does not know the model."""


class ProtocolError(ProviderError):
    """What came back is not what the protocol promises."""


class StreamInterrupted(ProviderError):
    """The stream ended without its end; ``partial`` has everything that was received."""


class StreamTimeout(DesiruError, TimeoutError):
    """Nothing came within a limit.

    Attributes:
        kind: which limit: ``"first"`` token, ``"idle"`` time between two tokens, or ``"total"`` time.
    """

    def __init__(self, message: str, *, kind: Literal["first", "idle", "total"] = "total") -> None:
        super().__init__(message)
        self.kind = kind


class RunCancelled(DesiruError):
    """The run was cancelled; ``partial`` has what the model had said by then."""


class OutputError(DesiruError):
    """The model's answer does not fit the signature."""


class MissingFieldError(OutputError, AttributeError):
    """The model never produced a field that the signature asks for."""


class FieldValueError(OutputError):
    """A field's text is not a value of the field's type; ``partial`` has the text."""
