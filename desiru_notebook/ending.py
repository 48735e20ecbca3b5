"""What a run ends with: an error that is its own, and the texts that were published."""

from __future__ import annotations

import copy
from collections import defaultdict
from contextlib import suppress

from .errors import DesiruError, ProviderError
from .events import Event, FieldDelta
from .stream import TokenStream

MOST_CHARACTERS = 16_000_000  # of an answer with its reasoning: several times what any model says, and little enough to keep


def own_error(error: BaseException, model: str, provider: str) -> DesiruError:
    """The error as one of ours, for one run alone: a model may raise one object in several runs, each with a partial answer."""
    if isinstance(error, DesiruError):
        with suppress(Exception):  # a class of the model's own may refuse to be copied, changed or read
            own = error if error.partial is None else copy.copy(error)
            own.partial = None
            str(own)
            return own
    words = f"{type(error).__name__}: {message_of(error)}".rstrip(": ")
    wrapped = ProviderError(f"{model} failed with {words}", provider=provider)
    wrapped.__cause__ = error
    return wrapped


def message_of(error: BaseException) -> str:
    """The error's message; nothing where its class cannot make one."""
    try:
        return str(error)
    except Exception:
        return ""


def check_size(size: int, model: str, provider: str) -> None:
    """Whether an answer of so many characters can be kept.

    Raises:
        ProviderError: it has more than :data:`MOST_CHARACTERS`.
    """
    if size > MOST_CHARACTERS:
        raise ProviderError(
            f"{model} said more than {MOST_CHARACTERS:,} characters and was stopped. What came is kept in `partial`; limit the "
            "answer with max_tokens=.",
            provider=provider,
        )


def published_texts(log: TokenStream[Event]) -> dict[str, str]:
    """The text of each field, as the run's readers have it."""
    deltas: defaultdict[str, list[str]] = defaultdict(list)
    for events in log.parts():
        for event in events:
            if isinstance(event, FieldDelta):
                deltas[event.field].append(event.text)
    return {field: "".join(texts) for field, texts in deltas.items()}
