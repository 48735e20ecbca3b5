"""Consumer: takes a model's chunks on the background loop and makes a run's events, state and result of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from . import flow, portal
from .account import Account
from .chunks import Chunk, Reasoning, Retry, Text, is_content, joined
from .chunks import Notice as NoticeChunk
from .errors import DesiruError, MissingFieldError, ProtocolError, ProviderError, RunCancelled
from .eventrecord import Record
from .events import Event, FieldEnd, RunEnd, RunStart, State
from .outcome import Outcome
from .parser import FieldParser
from .partial_values import partial_value
from .prediction import Prediction
from .readers import Readers, Tap
from .signature import Signature
from .stats import Stats
from .timeline import Timeline
from .timeouts import Kind, Timeouts, Watchdog


class Consumer:
    """The working part of a run: takes chunks on the background loop, publishes events, ends the run once.

    It does not know the :class:`~desiru_notebook.run.Run` that the user holds, so that one can be dropped.
    """

    def __init__(self, signature: Signature, model: str, provider: str, limits: Timeouts) -> None:
        self.signature, self.model, self._provider, self._limits = signature, model, provider, limits
        self.parser = FieldParser(signature)
        self.readers = Readers(self.record())
        self.log = self.readers.log
        self.log.append(RunStart(signature, model))
        self.state: State = "pending"
        self.error: DesiruError | None = None
        self.over: Outcome[None] = Outcome()  # done before anybody is told of the end, who finds everything in its place then
        self.ended: Outcome[Prediction] = Outcome()
        self.fields: dict[str, Outcome[Any]] = {name: Outcome() for name in signature.outputs}
        self._account = Account(model, provider)
        self.timeline = Timeline(self.began)
        self._final: Prediction | None = None
        self._cancelled = self._unwinding = False
        self._timed_out: Kind | None = None
        self._task: asyncio.Task[None] | None = None
        self._watchdog: Watchdog  # from the first step of consume() on

    # On the background loop.

    def started(self, task: asyncio.Task[None]) -> None:
        self._task = task
        # A task that is cancelled before its first step never enters consume().
        task.add_done_callback(lambda _: self._end("cancelled", RunCancelled(f"The run on {self.model} was cancelled.")))
        if self._cancelled:
            task.cancel()

    async def consume(self, chunks: AsyncGenerator[list[Chunk], None]) -> None:
        """Take all chunks of the model, then end the run in the way that fits how they ended."""
        self._watchdog = Watchdog(self._limits, self._expire)
        try:
            flow.measure(self.readers.received)
            async with aclosing(chunks) as stream:
                async for several in stream:
                    self._take(several)
                    self.timeline.note(len(self.log))
                    if self.readers.outrun():
                        await self._let_readers_catch_up()
            self._finish_well()
        except asyncio.CancelledError:
            self._stopped()
        except BaseException as error:  # also those that would end the loop that all runs share
            self._failed(error)
        finally:
            self._watchdog.stop()

    async def _let_readers_catch_up(self) -> None:
        self._watchdog.hold()
        await self.readers.catch_up()
        self._watchdog.resume()

    def _take(self, chunks: list[Chunk]) -> None:
        for chunk, count in [(chunks[0], 1)] if len(chunks) == 1 else joined(chunks):
            if self._cancelled:  # by another thread, a moment ago: nothing is shown after a cancel
                self._unwinding = True
                raise asyncio.CancelledError
            self._take_one(chunk, count)

    def _take_one(self, chunk: Chunk, count: int) -> None:
        if is_content(chunk):
            self._hear(count)
        match chunk:
            case Text(str(text)):
                self.readers.received(len(text))
                self._publish(self.parser.feed(text))
            case Reasoning(str(text)):
                self.readers.received(len(text))
                self._publish(self.parser.feed_reasoning(text))
            case _:
                self._note(chunk)

    def _hear(self, count: int) -> None:
        self._account.clock.tick(count)
        self._watchdog.alive()
        if self.state == "pending":
            self.state = "streaming"

    def _note(self, chunk: Chunk) -> None:
        try:
            self._publish(self._account.take(chunk))
        except TypeError:
            raise ProtocolError(
                f"{self.model} yielded {type(chunk).__name__}, which is no chunk, or one with fields of other types: "
                "yield Text, Reasoning, ToolCall, Usage or Finish from desiru_notebook.providers."
            ) from None
        if self.state == "pending":
            if isinstance(chunk, Retry):
                self._watchdog.postpone(chunk.delay)
            elif isinstance(chunk, NoticeChunk) and not chunk.lasting:
                self._watchdog.restart()

    def _publish(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self.readers.publish(events)
        for event in events:
            if isinstance(event, FieldEnd) and (outcome := self.fields.get(event.field)) and not outcome.done():
                self._resolve(outcome, event)

    def _resolve(self, outcome: Outcome[Any], closed: FieldEnd) -> None:
        if fault := self.parser.faults.get(closed.field):
            outcome.set_exception(self.with_partial(fault))
        else:
            outcome.set_result(closed.value)

    def _finish_well(self) -> None:
        self._publish(self.parser.finish())
        fault = next(iter(self.parser.faults.values()), None)
        self._end("failed" if fault else "done", fault)

    def _stopped(self) -> None:
        """End the run as cancelled or as timed out, or well, if the answer was whole and only its connection lived on."""
        if self._cancelled or self._timed_out is None:
            self._end("cancelled", RunCancelled(f"The run on {self.model} was cancelled."))
        elif self._account.finish is not None:
            self._finish_well()
        else:
            self._end("failed", self._limits.passed(self._timed_out, self.model))

    def _failed(self, error: BaseException) -> None:
        """End the run with this error; one that comes while a cancelled model closes does not change the cancel."""
        if self._cancelled or self._timed_out:
            self._stopped()
        else:
            self._end("failed", error if isinstance(error, DesiruError) else _foreign(error, self.model, self._provider))

    def _stop(self) -> None:
        if self._task is not None and not self._unwinding:
            self._task.cancel()

    def _expire(self, kind: Kind) -> None:
        self._timed_out = kind
        self._stop()

    def _end(self, state: State, error: DesiruError | None) -> None:
        """Publish the end, once; the first caller wins."""
        if self.log.is_complete:
            return
        self._publish(self.parser.flush())
        self._publish(self._account.close())
        self.timeline.note(len(self.log))
        self._account.clock.stop()
        self.state = state
        self._final = prediction = self.partial()
        if error is not None:
            error.partial = prediction
            error.__traceback__ = error.__context__ = None  # whose frames know the key and the prompt
        self.error = error
        self.over.set_result(None)
        self.readers.publish([RunEnd(state, prediction, prediction.stats, error)])
        self.readers.end(error)
        self._settle(prediction, error)

    def _settle(self, prediction: Prediction, error: DesiruError | None) -> None:
        for name, outcome in self.fields.items():
            if not outcome.done():
                missing = MissingFieldError(f"{self.model} never produced {name!r}. Run again, or give it more max_tokens.")
                outcome.set_exception(error or self.with_partial(missing))
        if error is not None:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(prediction)

    # From any thread.

    @property
    def began(self) -> float:
        return self._account.clock.began

    @property
    def heard(self) -> int:
        """Pieces of content so far."""
        return self._account.clock.ticks

    def cancel(self) -> bool:
        if self.over.done():
            return False
        if not self._cancelled:  # a second cancel would only disturb the first one's closing of the connection
            self._cancelled = True
            portal.call(self._stop)
        return True

    def record(self) -> Record:
        """An empty one, for deltas of this run."""
        return Record(self.parser.fields)

    def tap(self, tap: Tap) -> None:
        """Feed all deltas, the past ones first, to a stream for as long as somebody holds it."""
        portal.call(lambda: self.readers.begin_tap(tap, self.ended.exception() if self.ended.done() else None))

    def partial(self) -> Prediction:
        if self._final is not None:
            return self._final
        texts, closed, outputs = self.parser.texts, dict(self.parser.values), self.signature.outputs
        opened = {name: text for name, text in texts.items() if name in outputs and name not in closed}
        return Prediction(
            closed | {name: partial_value(text, outputs[name].type) for name, text in opened.items()},
            outputs={name: field.type for name, field in outputs.items()},
            complete=self.state == "done" and self._account.whole,
            thinking=texts.get("thinking", ""),
            stats=self.stats(),
        )

    def stats(self) -> Stats:
        return self._account.stats(self.state)

    def with_partial(self, error: DesiruError) -> DesiruError:
        error.partial = self.partial()
        return error


def _foreign(error: BaseException, model: str, provider: str) -> ProviderError:
    """An error of the model object's own code, as one of ours; the original stays as its cause."""
    wrapped = ProviderError(f"{model} failed with {type(error).__name__}: {error}", provider=provider)
    wrapped.__cause__ = error
    return wrapped
