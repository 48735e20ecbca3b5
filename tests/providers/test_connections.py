"""The client that all models share: one for each loop, and for each way through the environment's proxies."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from answering import heard

from desiru_notebook import ConfigError, ProviderError, portal
from desiru_notebook.providers import connections
from desiru_notebook.providers.openai import OpenAI
from desiru_notebook.providers.sockets import Backend


def one() -> object:
    """The client that the next answer would have."""
    with connections.client() as client:
        return client


def on_portal() -> object:
    async def ask() -> object:
        return one()

    return asyncio.run_coroutine_threadsafe(ask(), portal.loop()).result(10)


async def test_models_on_one_loop_share_it_and_others_do_not():
    here = one()
    assert one() is here
    there = on_portal()
    assert there is on_portal()
    assert there is not here


async def test_so_many_answers_share_a_client_and_no_more(monkeypatch):
    monkeypatch.setattr(connections, "_SHARE", 2)
    with connections.client() as first, connections.client() as second, connections.client() as third:
        assert second is first is not third
    assert one() is first


async def test_only_the_loop_that_lives_on_keeps_connections():
    assert one()._transport._pool._max_keepalive_connections == 0
    assert on_portal()._transport._pool._max_keepalive_connections == 20


async def test_what_the_kernel_may_hold_for_a_reader_that_stopped_is_limited():
    options = one()._transport._pool._socket_options
    assert (socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072) in options


async def test_a_proxy_that_is_set_later_counts_from_then_on(monkeypatch):
    direct = one()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxied = one()
    assert proxied is not direct
    assert any(proxied._mounts.values())
    monkeypatch.delenv("HTTP_PROXY")
    assert one() is direct


async def test_what_goes_past_proxies_is_no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    assert isinstance(one()._transport._pool._network_backend, Backend)


async def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "ftp://me:hidden@127.0.0.1:9")
    with pytest.raises(ConfigError, match="The proxy of the environment cannot be used") as caught:
        one()
    assert "hidden" not in str(caught.value)


class TestProxies:
    """What a proxy does wrong is told of the proxy, without its password."""

    PASSWORD = "-".join(("hid", "den"))
    NOWHERE = f"http://me:{PASSWORD}@127.0.0.1:9"

    async def told(self, base_url: str, **options: Any) -> ProviderError:
        _, error = await heard(OpenAI("m", base_url=base_url, api_key="none", **options))
        assert isinstance(error, ProviderError)
        assert self.PASSWORD not in str(error)
        return error

    @pytest.mark.parametrize(("variable", "scheme"), [("HTTP_PROXY", "http"), ("https_proxy", "https"), ("ALL_PROXY", "https")])
    async def test_one_that_is_not_there(self, monkeypatch, variable, scheme):
        monkeypatch.setenv(variable, self.NOWHERE)
        error = await self.told(f"{scheme}://service.invalid/v1")
        assert str(error).startswith(f"The proxy http://127.0.0.1:9 does not lead to {scheme}://service.invalid/v1 for m (")
        assert "HTTPS_PROXY" in str(error)
        assert error.transient

    @pytest.mark.parametrize("module", [httpx, httpx2])
    async def test_one_of_a_client_of_the_users_own(self, module):
        async with module.AsyncClient(proxy=self.NOWHERE) as client:
            error = await self.told("http://service.invalid/v1", http_client=client)
        assert str(error).startswith("The proxy http://127.0.0.1:9 does not lead to")

    async def test_one_that_lets_nobody_through(self, monkeypatch):
        refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        async with proxy_that_says(refusal) as port:
            monkeypatch.setenv("ALL_PROXY", f"http://me:{self.PASSWORD}@127.0.0.1:{port}")
            tunnel, forwarded = await self.told("https://service.invalid/v1"), await self.told("http://service.invalid/v1")
        assert "407 Proxy Authentication Required" in str(tunnel)
        assert f"The proxy http://127.0.0.1:{port} does not lead to" in str(tunnel)
        assert "HTTP 407" in str(forwarded)
        assert "A proxy on the way asks for a user and a password" in str(forwarded)

    async def test_one_that_speaks_no_https_may_be_what_is_not_trusted(self, monkeypatch):
        async with proxy_that_says(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            monkeypatch.setenv("HTTPS_PROXY", f"https://me:{self.PASSWORD}@127.0.0.1:{port}")
            error = await self.told("https://service.invalid/v1")
        assert f"for m through the proxy https://127.0.0.1:{port} ([SSL" in str(error)
        assert "speak https" in str(error)

    async def test_a_server_that_no_proxy_stands_before_is_told_of_as_ever(self, monkeypatch):
        monkeypatch.setenv("ALL_PROXY", self.NOWHERE)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        error = await self.told("http://127.0.0.1:9/v1")
        assert str(error).startswith("http://127.0.0.1:9/v1 cannot be reached for m")


class TestServersThatHangUp:
    """They are there, so the advice is another than for a server that is not."""

    @pytest.mark.parametrize("reads", [False, True])
    @pytest.mark.parametrize("resets", [False, True])
    @pytest.mark.parametrize("module", [None, httpx, httpx2])
    async def test_one_that_accepts_and_closes_is_not_out_of_reach(self, reads, resets, module):
        async with server_that_hangs_up(reads=reads, resets=resets) as port:
            client = module and module.AsyncClient()
            _, error = await heard(OpenAI("m", base_url=f"http://127.0.0.1:{port}/v1", api_key="none", http_client=client))
        assert type(error) is ProviderError
        words = f"http://127.0.0.1:{port}/v1 accepted the connection for m and hung up without an answer ("
        assert str(error).startswith(words)
        assert "check the server's log" in str(error)
        assert error.transient

    async def test_one_behind_a_proxy(self, monkeypatch):
        async with server_that_hangs_up(reads=True, resets=False) as port:
            monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
            _, error = await heard(OpenAI("m", base_url="http://service.invalid/v1", api_key="none"))
        assert str(error).startswith(f"The proxy http://127.0.0.1:{port}, or http://service.invalid/v1 behind it, accepted")


@asynccontextmanager
async def server_that_hangs_up(*, reads: bool, resets: bool) -> AsyncIterator[int]:
    """A server that closes every connection, after the request or before it; its port."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reads:
            await reader.read(65_536)
        if resets:
            writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def proxy_that_says(answer: bytes) -> AsyncIterator[int]:
    """A server that answers every request with this; its port."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
