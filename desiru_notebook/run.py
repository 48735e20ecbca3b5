"""Run: one answer on its way. It consumes a model's chunks, publishes events, and can be cancelled from anywhere."""

from __future__ import annotations

import asyncio
import os
import sys
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

from . import portal
from .chunks import Chunk
from .consumer import Consumer
from .ending import message_of
from .errors import DesiruError, OutputError
from .events import Event, FieldDelta, State
from .fieldfuture import FieldFuture
from .locks import rlock
from .outcome import Outcome
from .prediction import Prediction
from .signature import Signature
from .stats import Stats
from .stream import Reader, TokenStream
from .timeline import Timeline
from .timeouts import Timeouts
from .visible import visible
from .waiting import Waitable


class Run(Waitable):
    """One answer on its way, from any thread and any loop.

    ``for`` and ``async for`` yield :mod:`~desiru_notebook.events` from the first on, also after the end; the last one is a
    ``RunEnd``, whether the run went well or not. :meth:`result` and ``await run`` give the :class:`Prediction` or raise.
    A run that nobody holds any more is cancelled; its view on a page, with a Cancel of its own, holds it too.
    It lives in the process that started it: in one that was forked meanwhile, whoever waits for it is raised a ``DesiruError``.
    """

    def __init__(
        self,
        signature: Signature,
        model: str,
        chunks: AsyncGenerator[list[Chunk], None],
        *,
        provider: str = "",
        timeouts: Timeouts | None = None,
        again: Callable[[], Run] | None = None,
        finish: Callable[[Prediction], Prediction] = lambda prediction: prediction,
        recorder: Any = None,
    ) -> None:
        """``chunks`` come in lists of what came at the same moment; ``again`` starts another run of the same request;
        ``finish`` makes the result of what the model said; ``recorder`` hears the chunks and the end from beside."""
        written = None if recorder is None else recorder.written
        super().__init__(Consumer(signature, model, provider, timeouts or Timeouts()), written)
        chunks = chunks if recorder is None else recorder.listen(chunks, self._consumer)
        self._again, self._finish = again, finish
        self._finishing, self._finished = rlock(), Outcome[Prediction]()
        portal.start(self._consumer.consume(chunks), on_start=self._consumer.started)

    @property
    def signature(self) -> Signature:
        """What was asked."""
        return self._consumer.signature

    @property
    def model(self) -> str:
        """What the view calls the model."""
        return self._consumer.model

    @property
    def state(self) -> State:
        """``"pending"`` until the first token, then ``"streaming"``; at the end ``"done"``, ``"cancelled"`` or ``"failed"``."""
        return self._consumer.state

    @property
    def error(self) -> DesiruError | None:
        """Why the run did not end well; ``None`` for one that did, or goes on."""
        return self._consumer.error

    @property
    def began(self) -> float:
        """When the run was started, in seconds of :func:`time.perf_counter`."""
        return self._consumer.began

    @property
    def partial(self) -> Prediction:
        """What the model has said by now, at any time, also after a cancel or a failure."""
        return self._consumer.partial()

    @property
    def stats(self) -> Stats:
        """What the run costs, so far or in all."""
        return self._consumer.stats()

    @property
    def log(self) -> TokenStream[Event]:
        """All events, past and coming, for whoever follows the run without holding it."""
        return self._consumer.log

    @property
    def timeline(self) -> Timeline:
        """When how much of the answer was there."""
        return self._consumer.timeline

    def texts(self) -> dict[str, str]:
        """The text of every field so far, also of ``thinking``, in the order in which they began."""
        return self._consumer.parser.texts

    def cancel(self) -> bool:
        """Stop the model and close its connection, from any thread. True if the run was still going on.

        Raises:
            DesiruError: the run goes on in the process that this one was forked from.
        """
        self._check_process()
        return self._consumer.cancel()

    def retry(self) -> Run:
        """Ask the same again, as a new run with a text of its own.

        Raises:
            DesiruError: this run is still going on, or was not made by a module.
        """
        if self.state in ("pending", "streaming"):
            raise DesiruError(f"The run on {self.model} is still going on: wait for its end, or cancel() it first.")
        if self._again is None:
            raise DesiruError("Only a run that a module has started can be asked again: call the module's stream().")
        return self._again()

    def result(self, timeout: float | None = None) -> Prediction:
        """Wait for the end, for at most ``timeout`` seconds.

        Raises:
            RunCancelled: the run was cancelled.
            StreamTimeout: the run is not over after ``timeout`` seconds (it goes on), or a limit of its own passed.
            DesiruError: whatever else went wrong; ``partial`` has what the model had said.
        """
        return self._result_of(self.value_of(self._consumer.ended, timeout))

    def concluded(self) -> Prediction:
        """The same, for somebody who has shown the answer already: a notebook does not show it once more.

        Raises what :meth:`result` raises.
        """
        self.join()
        return self._result_of(self._consumer.ended.result())

    @property
    def made(self) -> Prediction | None:
        """What the module has made of the answer, once somebody has asked for the result."""
        return self._finished.result() if self._finished.done() and self._finished.exception() is None else None

    def field(self, name: str) -> FieldFuture:
        """One output's value, as soon as that field closes: ``.result()`` or ``await`` gives it.

        Raises:
            OutputError: the signature has no such output.
        """
        if name not in self._consumer.fields:
            raise OutputError(f"The signature has no output {name!r}; it has {', '.join(self._consumer.fields)}.")
        return FieldFuture(self, self._consumer.fields[name])

    def __iter__(self) -> Reader[Event]:
        return Reader(self._consumer.log, self)

    __aiter__ = __iter__

    def __await__(self) -> Generator[Any, None, Prediction]:
        return self._ended().__await__()

    async def _ended(self) -> Prediction:
        try:
            await self.settled(self._consumer.ended)
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self._result_of(self._consumer.ended.result())

    def _result_of(self, prediction: Prediction) -> Prediction:
        """What the module makes of the prediction, once, in the thread of whoever asks for it first."""
        with self._finishing:
            if not self._finished.done():
                try:
                    self._finished.set_result(self._finish(prediction))
                except Exception as error:
                    self._finished.set_exception(_finish_error(error, prediction))
            return self._finished.result()

    def deltas(self) -> TokenStream[FieldDelta]:
        """The run's deltas as a stream, which keeps the run alive; an error of the run is raised to its readers."""
        stream: TokenStream[FieldDelta] = TokenStream(waits=self, items=self._consumer.record())
        self._consumer.tap(weakref.ref(stream))
        return stream

    def add_done_callback(self, function: Callable[[], object]) -> None:
        """Call the function when the run is over, on the background loop; at once if it is over already.

        Whoever waits for the run is told after that.

        Raises:
            DesiruError: the run goes on in the process that this one was forked from.
        """
        self._check_process()
        self._consumer.over.add_done_callback(lambda _: function())

    def __del__(self) -> None:
        # Leaving a loop with `break` and dropping the run must close the socket, and nobody else can.
        if not sys.is_finalizing() and (consumer := getattr(self, "_consumer", None)) and not self._is_parents():
            consumer.cancel()

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the answer as one page, ``"sky.html"``, that replays it without a kernel and without a network.

        The inputs are not on it. Returns the page's path.

        Raises:
            DesiruError: the run is still going on.
            InputError: the file's name ends in something else than ``.html``.
            OSError: the file cannot be written.
        """
        from .frontends.page import save

        return save(self, file)

    def __repr__(self) -> str:
        return f"<Run {str(self.signature)!r} on {visible(self.model)}: {self.state}>"

    @property
    def widget(self) -> Any:
        """The live view as an anywidget, for whoever places widgets by hand."""
        # The names of the screen side that this module knows: a notebook asks the run itself how to show it.
        from .frontends.views import view_of

        return view_of(self)

    def _display_(self) -> Any:
        # marimo asks for something that it knows how to show.
        return self.widget

    def _ipython_display_(self) -> None:
        from .frontends.display import display_run

        display_run(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .frontends.display import run_bundle

        return run_bundle(self)


def _finish_error(error: Exception, prediction: Prediction) -> DesiruError:
    """What a module's ``finish`` raised, as an error of this package that keeps the prediction."""
    told = error if isinstance(error, DesiruError) else None
    if told is None:
        told = OutputError(f"The module's finish() raised {type(error).__name__}: {message_of(error)}".rstrip(": "))
        told.__cause__ = error
    told.partial = prediction
    return told
