"""Recording what models say, and replaying it: without a key, a network or weights.

::

    with desiru.record("sky.jsonl"):    # or %desiru record sky.jsonl
        cot(question="Why is the sky blue?")
    with desiru.replay("sky.jsonl"):    # or %desiru replay sky.jsonl
        cot(question="Why is the sky blue?")    # the same words, at the same pace

``DESIRU_RECORDING=sky.jsonl`` does it for a whole process, and ``DESIRU_MODE`` says what: ``replay``, ``record``, or ``once``,
which replays what is recorded and records what is not. The file is described in :mod:`desiru_notebook.tape`.

The rules of a replay: every run is answered from the recording, whatever its model, with the recorded name of the model; a
request that is not recorded is a :class:`NotRecordedError`, never another request's answer. A request that was recorded several
times gets its answers in the recorded order, and then from the first one on again. Where it was recorded anew, in another
session of recording, only the answers of the last session count; a test under pytest has its own before those of others. Limits
of time and retries are those of the recording: a run that was too late then is too late now, and one that was cancelled then is
cancelled at the same word.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from . import tapefile
from .asking import model_name
from .errors import ConfigError, NotRecordedError
from .fingerprint import Asked, difference, fingerprint, hidden, nearest
from .locks import rlock
from .providers.scrubbing import keys_in, without_keys
from .recorder import Recorder, start_line
from .takes import Take, TakesReader, warn
from .writer import AT_LAST, WRITER

Mode = Literal["replay", "record", "once"]
MODES: tuple[Mode, ...] = ("replay", "record", "once")
AT_ONCE = float("inf")

_lock = rlock()
_stack: list[Recording | None] = []  # the last one is in force; None: none is, whatever the environment says
_of_environment: dict[tuple[str, str], Recording] = {}


class Recording:
    """A file that runs are recorded into, or replayed from, until :meth:`stop` or the end of its ``with`` block.

    Raises:
        ConfigError: the file cannot be used, or there is no such mode or speed.
    """

    def __init__(
        self, path: str | os.PathLike[str], mode: Mode, *, speed: float = AT_ONCE, redact: bool = False, test: str = ""
    ) -> None:
        if mode not in MODES:
            raise ConfigError(f"The mode of a recording (DESIRU_MODE) is one of {', '.join(MODES)}, not {mode!r}.")
        number: Any = speed
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not number > 0:
            raise ConfigError(f"A speed is a number above zero, 1 for the recorded pace, math.inf for at once; not {speed!r}.")
        self.path, self.mode, self.speed, self._redact = _expanded(path), mode, speed, redact
        self._file = self.path.absolute()  # a notebook may change its folder
        self._session, self._test = secrets.token_hex(3), without_keys(test)
        self._played: Counter[str] = Counter()
        self._reader = TakesReader(self._file)
        if mode != "replay":
            tapefile.begin(self._file)
        if mode != "record":
            self.takes()

    def takes(self) -> list[Take]:
        """The runs that it has now."""
        with _lock:
            return self._reader.read()

    def stop(self) -> None:
        """Record or replay no longer. What has ended is in the file then, unless another process has locked that."""
        with _lock:
            if self in _stack:
                _stack.remove(self)
        if self.mode != "replay" and not WRITER.flush(self._file, AT_LAST):
            warn(f"Another process has locked {self.path}: some runs are not in it yet. They are written when it is unlocked.")

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Recording {str(self.path)!r}: {self.mode}>"

    def has_model(self, model: str) -> bool:
        """Whether there is an answer of the model, by the name by which it is asked for."""
        return any(take.asked["model"] == model for take in self.takes())

    def answer(self, asked: Asked) -> Take | None:
        """The next recorded answer to the request, or to the same without what looks like a key: each person has another."""
        run, redacted = fingerprint(asked), fingerprint(hidden(asked))
        with _lock:
            found = [take for take in self.takes() if take.run in (run, redacted)]
            found = [take for take in found if take.test == self._test] or found
            found = [take for take in found if take.session == found[-1].session]
            self._played[run] += 1
            return found[(self._played[run] - 1) % len(found)] if found else None

    def recorder(self, asked: Asked, model: Any) -> Recorder:
        """What hears a run of that request; a key in its prompt is warned about, or hidden."""
        start = start_line(asked, model, model_name(model), self._session, self._test, redact=self._redact)
        if not self._redact and any(keys_in(message["content"]) for message in asked["messages"]):
            warn(
                f"The prompt of run {start['run']} has what looks like a key, and is recorded into {self.path} as it is. Take "
                "the key out of both, or record with redact=True (%desiru record --redact FILE)."
            )
        return Recorder(self._file, start, redact=self._redact)

    def unknown(self, asked: Asked) -> NotRecordedError:
        """The error for a request that is not recorded."""
        near = nearest(asked, [take.asked for take in self.takes()])
        only = "(only in what looks like a key: record with redact=True, and it will not count)"
        shown = "" if near is None else difference(near, asked) or only
        said = f"The nearest one differs in this:\n{shown}" if shown else "It has no runs at all."
        return NotRecordedError(
            f"The recording {self.path} has no answer to this request to {asked['model']}: record it with DESIRU_MODE=once, "
            f"or %desiru record FILE. {said}"
        )


def record(path: str | os.PathLike[str], *, redact: bool = False) -> Recording:
    """Record every run from now on into the file, behind what it has, until the ``with`` block ends or :meth:`Recording.stop`.

    Where ``DESIRU_RECORDING`` names the same file, it is ``DESIRU_MODE`` that says what is done with it: so a notebook that
    records itself is tested from its recording.

    Args:
        path: JSON lines; a name that ends in ``.gz`` is packed.
        redact: hide whatever looks like a key in prompts and answers.

    Raises:
        ConfigError: the file cannot be written, or is no recording.
    """
    named, mode = os.environ.get("DESIRU_RECORDING"), os.environ.get("DESIRU_MODE")
    if named and mode and _unpacked_name(named) == _unpacked_name(path):
        return started(named, mode, redact=redact)  # type: ignore[arg-type]  # it is checked there
    return started(path, "record", redact=redact)


def _expanded(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"The path of the recording, {os.fspath(path)!r}, cannot be used: {error}.") from None


def _unpacked_name(path: str | os.PathLike[str]) -> str:
    """The file that is meant, also where it has been packed since."""
    return os.path.realpath(str(_expanded(path)).replace("\0", "")).removesuffix(".gz")


def replay(path: str | os.PathLike[str], *, speed: float = 1) -> Recording:
    """Answer every run from the file from now on, until the ``with`` block ends or :meth:`Recording.stop`.

    Args:
        path: what :func:`record` has written.
        speed: 1 is the recorded pace, 4 is four times as fast, ``math.inf`` is at once.

    Raises:
        ConfigError: the file cannot be read, or is no recording.
    """
    return started(path, "replay", speed=speed)


def off() -> None:
    """Record and replay no longer, but for what the environment says."""
    with _lock:
        stopped = [*_stack]
        _stack.clear()
    for recording in filter(None, stopped):
        recording.stop()


@contextmanager
def suspended() -> Iterator[None]:
    """A block without any recording, whatever the environment says."""
    with _lock:
        _stack.append(None)
    try:
        yield
    finally:
        with _lock:
            if None in _stack:
                _stack.remove(None)


def started(
    path: str | os.PathLike[str], mode: Mode, *, speed: float = AT_ONCE, redact: bool = False, test: str = ""
) -> Recording:
    """A recording that is in force from now on, in any mode; ``test`` is the name of the test that it is for.

    Raises:
        ConfigError: the file cannot be used.
    """
    recording = Recording(path, mode, speed=speed, redact=redact, test=test)
    with _lock:
        _stack.append(recording)
    return recording


def current() -> Recording | None:
    """The recording in force: the last one that was begun, or the environment's.

    Raises:
        ConfigError: the environment's cannot be used.
    """
    with _lock:
        if _stack:
            return _stack[-1]
        path, mode = os.environ.get("DESIRU_RECORDING"), os.environ.get("DESIRU_MODE") or "replay"
        if not path:
            return None
        if (path, mode) not in _of_environment:
            _of_environment[path, mode] = Recording(path, mode)  # type: ignore[arg-type]  # it is checked there
        return _of_environment[path, mode]


def in_force() -> Recording | None:
    """The recording that a request has to do with.

    Raises:
        ConfigError: the environment's cannot be used, or it wants a replay and does not say of what.
    """
    recording = current()
    if recording is None and not _stack and (mode := os.environ.get("DESIRU_MODE", "")) not in ("", "record", "once", "live"):
        raise ConfigError(
            f"DESIRU_MODE is {mode!r}, but DESIRU_RECORDING names no file, so no model is asked: set it to the recording, or "
            "unset DESIRU_MODE."
        )
    return recording
