"""Consumer: takes a model's chunks on the background loop and makes a run's events, state and result of them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from . import flow, monitor, portal
from .account import Account
from .chunks import Chunk, Reasoning, Retry, Text, is_content, joined
from .chunks import Notice as NoticeChunk
from .ending import check_size, own_error, published_texts
from .errors import DesiruError, MissingFieldError, ProtocolError, RunCancelled
from .eventrecord import Record
from .events import Event, FieldEnd, RunEnd, RunStart, State
from .outcome import Outcome
from .parser import FieldParser
from .partial_values import partial_value
from .prediction import Prediction
from .readers import Readers, Tap
from .signature import Signature
from .stats import Stats
from .timeline import Growth, Timeline
from .timeouts import Kind, Timeouts, Watchdog

_log = logging.getLogger(__name__)


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
        self._watchdog = Watchdog(limits, self._expire)
        self._turn = threading.RLock()  # the loop's thread takes chunks or the monitor's ends the run, never both at a time
        self._ending = threading.Lock()  # taken by the one who ends the run, and never given back
        self._blocker = ""  # the model whose code blocks the loop, if that is why the run was too late
        monitor.watch(self)

    # On the background loop.

    def started(self, task: asyncio.Task[None]) -> None:
        self._task = task
        # A task that is cancelled before its first step never enters consume().
        task.add_done_callback(lambda _: self._conclude(asyncio.CancelledError()))
        if self._cancelled:
            task.cancel()

    async def consume(self, chunks: AsyncGenerator[list[Chunk], None]) -> None:
        """Take all chunks of the model, then end the run in the way that fits how they ended."""
        self._watchdog.start()
        try:
            flow.measure(self.readers.received)
            async with aclosing(chunks) as stream:
                async for several in stream:
                    with self._turn:
                        self._take(several)
                        self.timeline.note(len(self.log))
                    if self.readers.is_far_ahead():
                        await self._check_size_and_readers()
            self._conclude(None)
        except BaseException as error:  # also those that would end the loop that all runs share
            self._conclude(error)
        finally:
            self._watchdog.stop()

    async def _check_size_and_readers(self) -> None:
        check_size(self.parser.written.size, self.model, self._provider)
        if self.readers.are_slow():
            self._watchdog.hold()
            await self.readers.catch_up()
            self._watchdog.resume()

    def _take(self, chunks: list[Chunk]) -> None:
        if self.over.done():  # the monitor ended the run while the model's code blocked the loop
            raise asyncio.CancelledError
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
            if isinstance(event, FieldEnd) and event.text:  # an empty field may come once more
                self._resolve(event.field)

    def _resolve(self, name: str) -> None:
        outcome = self.fields.get(name)
        if outcome is None or outcome.done():
            return
        if fault := self.parser.written.faults.get(name):
            outcome.set_exception(self.with_partial(fault))
        else:
            outcome.set_result(self.parser.written.values[name])

    def _conclude(self, error: BaseException | None) -> None:
        """End the run in the way that fits how the chunks ended: with this error, or without one."""
        with self._turn:
            if self.over.done():
                return
            late = self._timed_out is not None and not self._cancelled
            if error is None or (late and self._account.finish is not None):  # whole: only its connection lived on
                self._finish_well()
            elif late:
                self._end("failed", self._too_late())
            elif self._cancelled or isinstance(error, asyncio.CancelledError):
                self._end("cancelled", RunCancelled(f"The run on {self.model} was cancelled."))
            else:
                self._end("failed", own_error(error, self.model, self._provider))

    def _finish_well(self) -> None:
        self._publish(self.parser.finish())
        fault = next(iter(self.parser.written.faults.values()), None)
        self._end("failed" if fault else "done", fault)

    def _too_late(self) -> DesiruError:
        return self._limits.passed(self._timed_out or "total", self.model, self._blocker)

    def _stop(self) -> None:
        if self._task is not None and not self._unwinding:  # a second one would only disturb the closing of the connection
            self._unwinding = True
            self._task.cancel()

    def _expire(self, kind: Kind) -> None:
        self._timed_out = kind
        self._stop()

    def _end(self, state: State, error: DesiruError | None, *, interrupted: bool = False) -> None:
        """End the run, once; the first caller wins. The run is over whatever fails in here, and its texts are kept.

        ``interrupted`` is whether the parser is in the midst of a piece, so that only what was published counts.
        """
        if not self._ending.acquire(blocking=False):
            return
        monitor.forget(self)
        if not interrupted:
            self._try(self._publish_last_words)
        self._account.clock.stop()
        self.state = state
        self._final = prediction = self._final_prediction(interrupted=interrupted)
        if error is not None:
            error.partial = prediction
            error.__traceback__ = error.__context__ = None  # whose frames know the key and the prompt
        self.error = error
        self.over.set_result(None)
        self._try(lambda: self.readers.publish([RunEnd(state, prediction, prediction.stats, error)]))
        self.readers.end(error)
        self._settle(prediction, error)

    def _publish_last_words(self) -> None:
        self._publish(self.parser.flush())
        self._publish(self._account.close())
        self.timeline.note(len(self.log))

    def _final_prediction(self, *, interrupted: bool) -> Prediction:
        """What the run leaves; the raw texts where no more can be had."""
        if not interrupted:
            try:
                return self.partial()
            except Exception:
                _log.exception("The values of the run on %s could not be computed; its texts are kept", self.model)
        texts = published_texts(self.log)
        return self._prediction(texts, texts.get("thinking", ""), Stats(self.model, self._provider, state=self.state))

    def _try(self, step: Callable[[], object]) -> None:
        """A step of the end: if it fails, that is logged, and the others follow."""
        try:
            step()
        except Exception:
            _log.exception("A step of the end of the run on %s failed", self.model)

    def _settle(self, prediction: Prediction, error: DesiruError | None) -> None:
        for name, outcome in self.fields.items():
            if name in self.parser.written.values:
                self._resolve(name)
            elif not outcome.done():
                missing = MissingFieldError(f"{self.model} never produced {name!r}. Run again, or give it more max_tokens.")
                outcome.set_exception(error or self.with_partial(missing))
        if error is not None:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(prediction)

    # On the monitor's thread.

    def is_current(self, task: asyncio.Task[object] | None) -> bool:
        return task is not None and task is self._task

    def enforce_limits(self, grace: float, blocker: str) -> None:
        if (passed := self._watchdog.passed(grace)) is None and not (blocker and self._cancelled):
            return
        self._timed_out, self._blocker = self._timed_out or passed, blocker
        if self._turn.acquire(timeout=grace):
            try:
                self._conclude(asyncio.CancelledError())
            finally:
                self._turn.release()
        else:  # a validator blocks, in the midst of a piece
            self._end("failed", self._too_late(), interrupted=True)
        portal.call(self._stop)

    def notify(self, text: str) -> None:
        if self._turn.acquire(blocking=False):
            try:
                if not self.over.done():
                    self._note(NoticeChunk(text))
            finally:
                self._turn.release()

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
        if not self._cancelled:
            self._cancelled = True
            portal.call(self._stop)
        return True

    def record(self) -> Record:
        """An empty one, for deltas of this run."""
        return Record(self.parser.written.fields)

    def tap(self, tap: Tap) -> None:
        """Feed all deltas, the past ones first, to a stream for as long as somebody holds it."""
        portal.call(lambda: self.readers.begin_tap(tap, self.ended.exception() if self.ended.done() else None))

    def partial(self) -> Prediction:
        if self._final is not None:
            return self._final
        texts, closed, outputs = self.parser.texts, dict(self.parser.written.values), self.signature.outputs
        opened = {
            name: partial_value(texts[name], outputs[name].type) for name in texts.keys() & outputs.keys() - closed.keys()
        }
        growth = None if self.state in ("pending", "streaming") else self.timeline.growth(self.readers.record, texts)
        return self._prediction(closed | opened, texts.get("thinking", ""), self.stats(), growth)

    def _prediction(self, values: Mapping[str, Any], thinking: str, stats: Stats, growth: Growth | None = None) -> Prediction:
        return Prediction(
            values,
            outputs={name: field.type for name, field in self.signature.outputs.items()},
            complete=self.state == "done" and self._account.whole,
            thinking=thinking,
            extra=self.parser.written.extra,
            stats=stats,
            growth=growth,
        )

    def stats(self) -> Stats:
        return self._account.stats(self.state)

    def with_partial(self, error: DesiruError) -> DesiruError:
        error.partial = self.partial()
        return error
