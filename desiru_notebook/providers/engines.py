"""Engines of llama.cpp: loaded models, each shared by everybody who wants the same, and freed when nobody does any more."""

from __future__ import annotations

import _thread
import atexit
import ctypes
import os
import secrets
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from ..errors import ProtocolError
from ..locks import lock

_engines: weakref.WeakValueDictionary[tuple[Path, int, int], Engine] = weakref.WeakValueDictionary()
_loading = lock()
_freeing: list[list[Any]] = []  # what threads are about to free: a server, until it is freed
_used = False  # whether llama.cpp has loaded anything here
_inherited = False  # whether it had, in the process that this one was forked from
_PATIENCE = 10.0  # seconds that the end of the process waits for that


class Engine:
    """A loaded model.

    Attributes:
        server: llama.cpp's own object.
        turn: held by the one run that it answers at a time.
    """

    def __init__(self, server: Any) -> None:
        self.server = server
        self.turn = threading.Lock()

    def __del__(self) -> None:
        if not sys.is_finalizing():  # in a thread, for llama.cpp takes a while to free a model, and this may be the loop
            last = [self.__dict__.pop("server")]
            _freeing.append(last)
            _thread.start_new_thread(_free, (last,))  # threading's own have a lock that this thread may hold


def _keep(each: Any) -> None:
    """Never free it, not even when Python ends."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))


def _begin_child() -> None:
    """llama.cpp's threads are not in a forked child: to free a model, or to end, it would wait for them for ever."""
    global _inherited
    if not _used:
        return
    _inherited = True
    for each in (*_engines.values(), *_freeing):
        _keep(each)
    _engines.clear()
    _freeing.clear()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "on_exit"):  # where it is not (macOS), only os._exit() ends the child, as multiprocessing does
        libc.on_exit(libc._exit, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_child)


def _free(last: list[Any]) -> None:
    last.clear()
    _freeing.remove(last)


@atexit.register
def _drain() -> None:
    """A thread that is still inside llama.cpp when Python ends would abort the process."""
    deadline = time.monotonic() + _PATIENCE
    while _freeing and time.monotonic() < deadline:
        time.sleep(0.01)


def engine(path: Path, context: int, threads: int) -> Engine:
    """The engine for this file, tokens of context and processor threads; it takes a while if nobody has it.

    Raises:
        ProtocolError: the file cannot be loaded.
    """
    global _used
    key = path.resolve(), context, threads
    with _loading:
        if (found := _engines.get(key)) is None:
            _used = True
            found = _engines[key] = Engine(load(*key))
            if _inherited:
                _keep(found)
        return found


def load(path: Path, context: int, threads: int) -> Any:
    """A server of llama.cpp for the file. Raises what :func:`engine` raises."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel, params.n_gpu_layers = str(path), context, 1, 0
    params.verbosity = -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    # Every batch reports its progress: with small ones, a long prompt can be cancelled too.
    params.n_batch = params.n_ubatch = 64
    # xllamacpp always opens a port on loopback: nobody but this process may use it.
    params.api_keys = [secrets.token_urlsafe(24)]
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise ProtocolError(
            f"llama.cpp cannot load {path}: {error}. Is it a whole model file in GGUF format?", provider="local"
        ) from None
