"""Answer: a service's chunks on their way, and the connection that closes with them."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from ..chunks import Chunk


class Connection:
    """The connection of an answer.

    Attributes:
        response: the open response, while the connection is this answer's; later it may be another's.
    """

    def __init__(self) -> None:
        self.response: Any = None
        self._process = os.getpid()

    def cut(self) -> None:
        """Close the socket now, without waiting for the event loop; one that other answers share (HTTP/2) stays open.

        A forked child does nothing: it would close the parent's.
        """
        if os.getpid() != self._process:
            return
        alone = self.response is not None and self.response.http_version.startswith("HTTP/1")
        stream = self.response.extensions.get("network_stream") if alone else None
        sock = stream.get_extra_info("socket") if stream is not None else None
        if sock is not None:
            with suppress(OSError):  # it is closed already
                sock.shutdown(socket.SHUT_RDWR)


class Answer:
    """An iterator over the chunks of one answer.

    A class, not the generator itself: dropped after a ``break``, it closes the socket at once, though the loop that it was
    read on is busy with other things, and a generator could only be closed by that loop.

    Attributes:
        reads: the same chunks, in lists of what one reading from the network has brought.
    """

    def __init__(self, reads: AsyncGenerator[list[Chunk], None], connection: Connection) -> None:
        self.reads, self._connection = reads, connection
        self._ready: deque[Chunk] = deque()

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> Chunk:
        while not self._ready:
            self._ready.extend(await anext(self.reads))
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Close the connection in good order."""
        await self.reads.aclose()

    def __del__(self) -> None:
        self._connection.cut()
