"""The HTTP client that services are asked with, where the user gives none."""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import Any
from urllib.request import getproxies

# The kernel would let megabytes pile up for a reader that has stopped; a model's fastest stream needs less than this (bytes).
_RECEIVE_BUFFER = 131_072


def new_client() -> Any:
    """An ``httpx2.AsyncClient`` with as many connections as there are runs, through the environment's proxies."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
    if getproxies():  # a transport of one's own would go past them
        return httpx2.AsyncClient(limits=limits, verify=_trust())
    options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)]
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(limits=limits, verify=_trust(), socket_options=options))


@lru_cache(maxsize=1)
def _trust() -> Any:
    """The certificates that are trusted, loaded once: that takes as long as a hundred tokens."""
    import httpx2

    return httpx2.create_ssl_context()
