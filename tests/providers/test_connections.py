"""The client that all models share: one for each loop, and for each way through the environment's proxies."""

from __future__ import annotations

import asyncio
import socket

import pytest

from desiru_notebook import ConfigError, portal
from desiru_notebook.providers import connections


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


async def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "ftp://me:hidden@127.0.0.1:9")
    with pytest.raises(ConfigError, match="The proxy of the environment cannot be used") as caught:
        one()
    assert "hidden" not in str(caught.value)
