"""A run's end, what was received before it, and connections."""

from __future__ import annotations

import sys
from typing import Any

from hostile_service import KEPT
from pydantic import BaseModel, field_validator

from desiru_notebook import Run, Signature, StreamingModule
from desiru_notebook.providers import Notice

from .made import ALL, CONNECTIONS, ENDS, KEEPS, MEMORY, WHOLE, Ended, Place, Scripted, ended, fault, start

# A run always ends.


@fault(ENDS, "a token count of `10**400`")
def _(at: Place) -> Run:
    return at.ask("count")


@fault(ENDS, "a validator that calls `sys.exit()`", "FieldValueError")
def _(at: Place) -> Run:
    return validated(SystemExit)


@fault(ENDS, "a validator that raises `KeyboardInterrupt`", "FieldValueError")
def _(at: Place) -> Run:
    return validated(KeyboardInterrupt)


@fault(ENDS, "a validator that raises `KeyError`", "FieldValueError")
def _(at: Place) -> Run:
    return validated(KeyError)


@fault(ENDS, "a callback that raises `SystemExit`")
def _(at: Place) -> Run:
    run = start(Scripted(KEPT))
    run.add_done_callback(lambda: sys.exit(1))
    return run


@fault(ENDS, "a module's `finish` that raises `KeyError`", "OutputError")
def _(at: Place) -> Ended:
    class Strict(StreamingModule):
        def finish(self, prediction: Any) -> Any:
            raise KeyError("mine")

    run = Strict("question -> answer", model=Scripted(KEPT)).stream(question="Why?")
    try:
        run.result()
    except Exception as error:
        return Ended(type(error).__name__, ended(run).kept)
    return ended(run)


def validated(error: type[BaseException]) -> Run:
    class Picky(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def refuse(cls, name: str) -> str:
            raise error("mine")

    signature = Signature("question -> answer, who: Picky", types={"Picky": Picky})
    return StreamingModule(signature, model=Scripted(f"Answer: {KEPT}\n", 'Who: {"name": "Ada"}')).stream(question="Why?")


# What was received is kept.


@fault(KEEPS, "429 with a `retryDelay` of `1.2.3s`, once")
def _(at: Place) -> Run:
    return at.ask("delay")


@fault(KEEPS, "429 with a `Retry-After` in the year 99999999999, once")
def _(at: Place) -> Run:
    return at.ask("date")


@fault(KEEPS, "an error code of 5,000 digits after the text", "ProviderError")
def _(at: Place) -> Run:
    return at.ask("code")


@fault(KEEPS, "a token count as a string of 5,000 digits")
def _(at: Place) -> Run:
    return at.ask("digits")


@fault(KEEPS, "an error nested 450 deep after the text", "ProviderError")
def _(at: Place) -> Run:
    return at.ask("nested")


@fault(KEEPS, "something else than a chunk after the text", "StreamInterrupted")
def _(at: Place) -> Run:
    return at.ask("badchunk")


@fault(CONNECTIONS, "an answer with another one behind it in the same packet, and a second question")
def _(at: Place) -> Run:
    first = ended(at.ask("trailing"))
    return at.ask("count") if (first.raised, first.kept) == (WHOLE, ALL) else at.ask("reset")


@fault(MEMORY, "endless refusals", "ProviderError")
def _(at: Place) -> Run:
    return at.ask("refusals", timeout=60)


@fault(MEMORY, "endless reasoning", "ProviderError")
def _(at: Place) -> Run:
    return at.ask("reasoning", timeout=60)


@fault(MEMORY, "endless text", "ProviderError")
def _(at: Place) -> Run:
    return at.ask("text", timeout=60)


@fault(MEMORY, "100,000 notices about the waiting")
def _(at: Place) -> Run:
    return start(Scripted(*[Notice(f"{at} %") for at in range(100_000)], KEPT))
