"""The file that holds a recording: appended to by whole runs, read line by line, plain or packed with gzip."""

from __future__ import annotations

import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import ConfigError
from .tape import HEADER, VERSION

try:
    import fcntl
except ImportError:  # Windows: one writing in the mode that appends must do
    fcntl = None  # type: ignore[assignment]  # a module until now

_GZIP = b"\x1f\x8b\x08"  # how a member begins
_WBITS = 31  # a gzip member, to zlib
_BLOCK = 65_536  # bytes that are unpacked at a time
_BEGINNING = 4_096  # bytes that have the first line in them, packed or not
_RUN = b'{"run"'  # how the member of a run begins, unpacked
CUT = b"(here the packed file is cut)"  # stands for what could not be unpacked
LARGEST = 256_000_000  # bytes of a recording, unpacked; more than that is not read
TOO_LARGE = b"(here the recording is larger than 256 MB)"  # stands for what follows
_KNOWN_BY = 256  # bytes before the place at which a reader goes on, to tell that they have not changed


class Packing:
    """The bytes of a run as they go to the file, made while it goes on; what has been packed cannot be changed.

    Attributes:
        packed: whether with gzip: as the file is, and a new file by its name.
    """

    def __init__(self, path: Path) -> None:
        self.packed = _is_packed(path)
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, _WBITS) if self.packed else None
        self._data = bytearray()

    def add(self, data: bytes) -> None:
        """Pack these bytes, too."""
        self._data += data if self._deflate is None else self._deflate.compress(data)

    def finish(self) -> bytes:
        """All of it."""
        return bytes(self._data if self._deflate is None else self._data + self._deflate.flush())


def check_kind(path: Path) -> None:
    """Refuse what is not a file: reading a FIFO or a device may never end.

    Raises:
        ConfigError: naming the path.
    """
    try:
        mode = path.stat().st_mode
    except ValueError:
        raise ConfigError(f"{str(path)!r} is not the name of a file: it contains a NUL character.") from None
    except OSError:
        return  # it does not exist yet, or opening it says why it cannot be used
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ConfigError(f"The recording {path} is not a file, but a FIFO, a socket or a device. Name a file.")


def _is_packed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            begins = file.read(len(_GZIP))
    except OSError:
        begins = b""
    return begins == _GZIP if begins else path.suffix == ".gz"


def begin(path: Path) -> None:
    """See to a file that can be written: a new one with its first line, or a recording that is there already.

    Raises:
        ConfigError: it cannot be written there, or is no recording of a version that is known.
    """
    check_kind(path)
    try:
        append(path, b"", packed=_is_packed(path))
    except OSError as error:
        raise ConfigError(
            f"The recording {path} cannot be written: {error.strerror or error}. Name a file in a folder that is there and "
            "can be written."
        ) from None
    LineReader(path).read()


def append(path: Path, run: bytes, *, packed: bool) -> None:
    """Append a run in one writing, under a lock; all of it or nothing. A new file gets its first line before that.

    Raises:
        ConfigError: what is there by now is no recording of a version that is known, or not packed in the same way.
        OSError: as it happens to files.
    """
    with path.open("a+b") as file, _locked(file.fileno()):
        size = os.fstat(file.fileno()).st_size
        if not _is_begun(path, file, packed=packed):
            run = _first_line(packed=packed) + run
        elif run and not packed and not _ends_a_line(file):
            run = b"\n" + run  # below what a crash has left
        try:
            _write(file.fileno(), run)
        except OSError:
            file.truncate(size)
            raise


def _first_line(*, packed: bool) -> bytes:
    line = f'{{"{HEADER}": {VERSION}}}\n'.encode()
    return zlib.compress(line, wbits=_WBITS) if packed else line


def _is_begun(path: Path, file: BinaryIO, *, packed: bool) -> bool:
    """Whether it has a first line, which is checked: another file may have come in its place."""
    file.seek(0)
    if not (data := file.read(_BEGINNING)):
        return False
    if data.startswith(_GZIP) != packed:
        raise ConfigError(f"{path} is {'no longer' if packed else 'now'} packed. Name another file.")
    lines = (_unpacked(data) if packed else data).splitlines()
    _check_first(path, lines[0] if lines else b"")
    return bool(lines)


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:  # once, unless the system takes it in parts
        left = left[os.write(descriptor, left) :]


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Nobody else appends until the file is closed."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield


class LineReader:
    """Reads the lines of a recording, and later those that were appended since.

    Attributes:
        number: the number of the line that comes next.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0  # bytes of the file that have been read
        self._before = b""  # the last of them
        self.number = 1

    def read(self) -> tuple[int, list[bytes]]:
        """The number of the first new line, and the new lines; all of them again where the file has changed in another way.

        Raises:
            ConfigError: the file cannot be read, or is not a recording of a known version.
        """
        check_kind(self._path)
        try:
            with self._path.open("rb") as file:
                data = self._new_bytes(file)
        except OSError as error:
            raise ConfigError(
                f"The recording {self._path} cannot be read: {error.strerror or error}. %desiru record FILE makes one."
            ) from None
        text = _unpacked(data) if data.startswith(_GZIP) else data
        lines = (text if len(text) <= LARGEST else text[:LARGEST] + b"\n" + TOO_LARGE).splitlines()
        if self.number == 1:
            self._check(lines[0] if lines else b"")
        first, self.number = self.number, self.number + len(lines)
        return first, lines

    def _check(self, first: bytes) -> None:
        try:
            _check_first(self._path, first)
        except ConfigError:
            self._at, self._before = 0, b""  # so that it is refused each time
            raise

    def _new_bytes(self, file: BinaryIO) -> bytes:
        start = self._at - len(self._before)
        file.seek(start)
        data = file.read(LARGEST + 1)
        if not data.startswith(self._before) or (self._before and len(data) == len(self._before)):
            self._at, self._before, self.number = 0, b"", 1
            file.seek(0)
            data, start = file.read(LARGEST + 1), 0
        new = data[len(self._before) :]
        self._at, self._before = start + len(data), data[-_KNOWN_BY:]
        return new


def _check_first(path: Path, line: bytes) -> None:
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


def _unpacked(data: bytes) -> bytes:
    """The text of all members. Where a crash has cut one, its beginning, a word about that, and what follows it."""
    found = bytearray()
    at = 0
    while at < len(data) and len(found) <= LARGEST:
        text, end = _member(data, at, LARGEST + 1 - len(found))
        if found and found[-1:] != b"\n" and text.startswith(_RUN):  # somebody has packed it without its last end of line
            found += b"\n"
        found += text
        following = data.find(_GZIP, end or at + 1)
        at = following if following >= 0 else len(data)
        if not end or data[end:at].strip(b"\0"):  # some tools fill up with these
            found += b"\n" + CUT + b"\n"
    return bytes(found)


def _member(data: bytes, start: int, most: int, step: int = _BLOCK) -> tuple[bytes, int]:
    """The text of the member that begins there, ``most`` bytes of it at most, and where it ends.

    0 for a member that does not end, with what came before its fault.
    """
    member, text, at = zlib.decompressobj(_WBITS), bytearray(), start
    try:
        while at < len(data) and not member.eof and len(text) < most:
            block = data[at : at + step]
            text += member.decompress(block, most - len(text))
            at += len(block)
    except zlib.error:  # a step with a fault in it gives nothing: so the smallest ones
        return _member(data, start, most, 1) if step > 1 else (bytes(text), 0)
    return bytes(text), at - len(member.unused_data) if member.eof else 0
