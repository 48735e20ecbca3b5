"""The tests' own wall, and the service behind it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
from mock_provider import MockProvider, mock_provider, words
from pytest_socket import SocketConnectBlockedError

# pytest-socket warns as well, and here a warning is an error: whichever comes first.
REFUSED = (SocketConnectBlockedError, UserWarning)
BESIDE_LOOPBACK = ("192.0.2.1", 80)  # RFC 5737: an address that belongs to nobody


def test_a_connection_to_anything_but_loopback_fails_loudly():
    with socket.socket() as plain, pytest.raises(REFUSED, match="allowed"):
        plain.connect(BESIDE_LOOPBACK)


async def test_a_connection_of_an_event_loop_fails_as_loudly():
    with pytest.raises(REFUSED, match="allowed"):
        await asyncio.open_connection(*BESIDE_LOOPBACK)


def test_a_unix_socket_is_allowed():
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
        assert right.recv(1) == b"x"


def ask(service: MockProvider, **body: object) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(service.base_url).netloc, timeout=10)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"authorization": "Bearer very-secret"})
    return connection.getresponse()


def test_the_service_streams_every_token_and_says_so_in_its_log(service):
    with ask(service, model="words-4-0", stream=True) as response:
        events = [line[6:] for line in response.read().decode().splitlines() if line]
    said = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-1]]
    assert "".join(said) == "".join(words(4))
    assert events[-1] == "[DONE]"
    (entry,) = service.log()
    assert (entry["model"], entry["sent"], entry["finished"], entry["client_gone_at"]) == ("words-4-0", 7, True, None)


def test_the_service_never_keeps_a_key(service):
    ask(service, model="words-2-0", stream=False).close()
    (entry,) = service.log()
    assert entry["authorization_present"] is True
    assert "very-secret" not in json.dumps(entry)


def test_the_service_notices_that_its_client_has_gone_while_it_says_nothing(service):
    response = ask(service, model="wait-60-4-0", stream=True)
    response.close()
    entry = service.wait_for(lambda entry: entry["client_gone_at"])
    assert entry["at"] <= entry["client_gone_at"] < entry["at"] + 30
    assert entry["finished"] is False


def test_the_service_ends_with_its_context():
    with mock_provider() as service:
        assert service.log() == []
    with pytest.raises(OSError):  # noqa: PT011 - refused on one system, reset on another
        service.log()
