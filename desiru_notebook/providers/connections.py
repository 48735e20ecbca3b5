"""The HTTP client that services are asked with, where the user gives none."""

from __future__ import annotations

import asyncio
import os
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.request import getproxies

from .. import portal
from ..errors import ConfigError

# The kernel would let megabytes pile up for a reader that has stopped; a model's fastest stream needs less than this (bytes).
_RECEIVE_BUFFER = 131_072
_KEPT = 20  # connections that stay open for the next run
_MOMENT = 0.001  # seconds; what has been read already comes at once

_SHARE = 50  # answers at a time that share a client: for each request, httpcore2 looks at all connections of its pool
_PROXIES = [name for way in ("http", "https", "all", "no") for name in (f"{way}_proxy", f"{way}_proxy".upper())]

Proxies: TypeAlias = tuple[str | None, ...]


@dataclass(eq=False)
class _Shared:
    client: Any
    answers: int = 0


# A client's connections belong to one event loop, and go through the proxies that the environment had when it was made.
_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Proxies, list[_Shared]]] = weakref.WeakKeyDictionary()


@contextmanager
def client() -> Iterator[Any]:
    """An ``httpx2.AsyncClient`` of the running loop, which all models share, for as long as an answer takes.

    It has as many connections as there are answers. Only the background loop keeps some for later: any other ends without
    telling, and would leave them open.

    Raises:
        ConfigError: the environment names a proxy that cannot be used.
    """
    clients = _clients.setdefault(asyncio.get_running_loop(), {}).setdefault(tuple(map(os.environ.get, _PROXIES)), [])
    shared = next((shared for shared in clients if shared.answers < _SHARE), None)
    if shared is None:
        proxied = bool(getproxies().keys() - {"no"})  # that one only says what goes past the others
        shared = _Shared(_new_client(kept=_KEPT if portal.is_here() else 0, proxied=proxied))
        clients.append(shared)
    shared.answers += 1
    try:
        yield shared.client
    finally:
        shared.answers -= 1


async def release(response: Any) -> None:
    """Give the response's connection back; close it where it holds more than the answer, which the next run would get."""
    try:
        if await _has_more(response):
            await response.extensions["network_stream"].aclose()
    finally:
        await response.aclose()


async def _has_more(response: Any) -> bool:
    """Whether more than a whole answer has come over its connection. With half an answer, a client closes it anyway."""
    try:  # neither httpx2 nor httpx tells it in another way
        parser = response.stream._stream._httpcore_stream._stream._connection._h11_state
    except AttributeError:  # HTTP/2, which tells answers apart, or no connection of theirs
        return False
    if str(parser.their_state) != "DONE":
        return False
    stream = response.extensions["network_stream"]
    return bool(parser.trailing_data[0] or stream.get_extra_info("is_readable")) or await _holds_more(stream)


async def _holds_more(stream: Any) -> bool:
    """Whether a connection that is not of ours has read more than it tells of."""
    if hasattr(stream, "at_body"):
        return False
    with suppress(Exception):  # nothing has come, or the connection is broken
        await stream.read(1, _MOMENT)
        return True
    return False


def proxy(client: Any, url: str) -> str:
    """The proxy that the client asks this address through, without user and password; nothing where there is none."""
    try:  # neither httpx2 nor httpx tells it in another way
        way = client._transport_for_url(client.build_request("POST", url).url)._pool._proxy_url
        return f"{way.scheme.decode()}://{way.host.decode()}:{way.port}"
    except AttributeError:
        return ""


def _new_client(kept: int, proxied: bool) -> Any:
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=kept)
    if proxied:  # a transport of one's own would go past them
        try:
            return httpx2.AsyncClient(limits=limits, verify=trust())
        except ImportError as error:
            raise ConfigError(f"The proxy of the environment cannot be used: {error}") from None
        except ValueError:  # which quotes the address, password and all
            raise ConfigError("The proxy of the environment cannot be used: its address is none.") from None
    return httpx2.AsyncClient(transport=_transport(limits))


def _transport(limits: Any) -> Any:
    """httpx2's own, on connections of ours, for which it has no argument."""
    import httpcore2
    import httpx2

    from .sockets import Backend

    transport = httpx2.AsyncHTTPTransport(verify=trust())
    transport._pool = httpcore2.AsyncConnectionPool(
        ssl_context=trust(),
        max_connections=limits.max_connections,
        max_keepalive_connections=limits.max_keepalive_connections,
        keepalive_expiry=limits.keepalive_expiry,
        socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)],
        network_backend=Backend(),
    )
    return transport


@lru_cache(maxsize=1)
def trust() -> Any:
    """The certificates that are trusted, loaded once: that takes as long as a hundred tokens."""
    import httpx2

    return httpx2.create_ssl_context()
