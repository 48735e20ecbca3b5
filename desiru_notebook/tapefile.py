"""The file that holds a recording: appended to by whole runs, read line by line, plain or packed with gzip."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

from .errors import ConfigError
from .tape import HEADER, VERSION
from .unpacking import GZIP, MOST, WBITS, lines

try:
    import fcntl
except ImportError:  # Windows: one writing in the mode that appends must do
    fcntl = None  # type: ignore[assignment]  # a module until now

_BEGINNING = 4_096  # bytes that have the first line in them, packed or not
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # opening never waits, even if a pipe has taken the file's place since


class Packing:
    """The bytes of a run as they go to the file, made while it goes on; what has been packed cannot be changed.

    Attributes:
        packed: whether with gzip: as the file is, and a new file by its name.
    """

    def __init__(self, path: Path) -> None:
        self.packed = _is_packed(path)
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, WBITS) if self.packed else None
        self._data = bytearray()

    def add(self, data: bytes) -> None:
        """Pack these bytes, too."""
        self._data += data if self._deflate is None else self._deflate.compress(data)

    def finish(self) -> bytes:
        """All of it."""
        return bytes(self._data if self._deflate is None else self._data + self._deflate.flush())


def _is_packed(path: Path) -> bool:
    try:
        with opened(path, "rb") as file:
            begins = file.read(len(GZIP))
    except OSError:
        begins = b""
    return begins == GZIP if begins else path.suffix == ".gz"


def opened(path: Path, mode: Literal["rb", "a+b"]) -> BinaryIO:
    """Open the file. A pipe, a device or a folder is refused before it is touched.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "It is a folder, a pipe or a device, not a file")
        return open(path, mode, opener=lambda name, flags: os.open(name, flags | _AT_ONCE, 0o666))
    except ValueError:
        raise OSError(errno.EINVAL, "Its name contains a NUL") from None


def opened_to_read(path: Path) -> BinaryIO:
    """Open a recording.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return opened(path, "rb")
    except OSError as error:
        raise ConfigError(
            f"The recording {path} cannot be read: {error.strerror or error}. %desiru record FILE makes one."
        ) from None


def begin(path: Path) -> None:
    """See to a file that can be written: a new one with its first line, or a recording that is there already.

    Raises:
        ConfigError: it cannot be written there, or is no recording of a version that is known.
    """
    try:
        append(path, b"", packed=_is_packed(path))
    except OSError as error:
        raise ConfigError(
            f"The recording {path} cannot be written: {error.strerror or error}. Name a file in a folder that is there and "
            "can be written."
        ) from None


def append(path: Path, run: bytes, *, packed: bool) -> bool:
    """Append a run in one writing, under a lock; all of it or nothing. A new file gets its first line before that.

    Returns False where another process holds the lock; nothing is written then.

    Raises:
        ConfigError: what is there by now is not a recording of a known version, is packed in another way, or is full.
        OSError: it cannot be written.
    """
    with opened(path, "a+b") as file, _locked(file.fileno()) as mine:
        if mine:
            _append(path, file, run, packed=packed)
        return mine


def _append(path: Path, file: BinaryIO, run: bytes, *, packed: bool) -> None:
    size = os.fstat(file.fileno()).st_size
    if not _is_begun(path, file, packed=packed):
        run = _first_line(packed=packed) + run
    elif run and not packed and not _ends_a_line(file):
        run = b"\n" + run  # below what a crash has left
    if size + len(run) > MOST:
        raise ConfigError(f"{path} is full: a recording has at most {MOST >> 20} MB. Record into another file.")
    try:
        _write(file.fileno(), run)
    except OSError:
        file.truncate(size)
        raise


def _first_line(*, packed: bool) -> bytes:
    line = f'{{"{HEADER}": {VERSION}}}\n'.encode()
    return zlib.compress(line, wbits=WBITS) if packed else line


def _is_begun(path: Path, file: BinaryIO, *, packed: bool) -> bool:
    """Whether it has a first line, which is checked: another file may have come in its place."""
    file.seek(0)
    if not (data := file.read(_BEGINNING)):
        return False
    if data.startswith(GZIP) != packed:
        raise ConfigError(f"{path} is {'no longer' if packed else 'now'} packed. Name another file.")
    _, first = next(lines(BytesIO(data)))
    check_first(path, first)
    return bool(first)


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:  # once, unless the system takes it in parts
        left = left[os.write(descriptor, left) :]


@contextmanager
def _locked(descriptor: int) -> Iterator[bool]:
    """Try to take the lock, without waiting for it; yields whether that succeeded."""
    if fcntl is None:
        yield True
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:  # closing would not do: a child that was forked meanwhile has the file open too
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def check_first(path: Path, line: bytes) -> None:
    """Check the first line of a file.

    Raises:
        ConfigError: the file is not a recording of a known version.
    """
    version = _version(line) if line else VERSION
    if version is None:
        raise ConfigError(f'{path} is no recording: its first line is not {{"{HEADER}": {VERSION}}}. Name another file.')
    if version > VERSION:
        raise ConfigError(
            f"The recording {path} is of version {version}; this desiru_notebook reads version {VERSION}: "
            "install a newer one, or record again into another file."
        )


def _version(line: bytes) -> int | None:
    try:
        first = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    version = first.get(HEADER) if isinstance(first, dict) else None
    return version if type(version) is int and version > 0 else None
