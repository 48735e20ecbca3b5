"""The connection of an answer closes with it, and only with it."""

from __future__ import annotations

import asyncio

import pytest
from answering import ASKED
from mock_provider import MockProvider

from desiru_notebook import model
from desiru_notebook.providers import Text
from desiru_notebook.providers.answers import Answer, Connection


class Socket:
    """A socket that knows whether it has been shut down."""

    def __init__(self) -> None:
        self.cut = False

    def shutdown(self, how: int) -> None:
        self.cut = True


class Response:
    """As much of a response as :class:`Connection` looks at."""

    def __init__(self, version: str, sock: Socket | None) -> None:
        self.http_version = version
        self.extensions = {"network_stream": self} if sock else {}
        self.socket = sock

    def get_extra_info(self, name: str) -> Socket | None:
        return self.socket if name == "socket" else None


async def said():
    yield [Text("Hi")]


@pytest.mark.parametrize(("version", "cut"), [("HTTP/1.1", True), ("HTTP/1.0", True), ("HTTP/2", False)])
async def test_an_answer_that_is_dropped_cuts_its_own_connection(version, cut):
    connection, sock = Connection(), Socket()
    connection.response = Response(version, sock)
    answer = Answer(said(), connection)
    assert await anext(answer) == Text("Hi")
    del answer
    assert sock.cut is cut


async def test_one_whose_connection_may_be_anothers_by_now_cuts_nothing():
    connection, sock = Connection(), Socket()
    connection.response = Response("HTTP/1.1", sock)
    answer = Answer(said(), connection)
    connection.response = None
    del answer
    assert not sock.cut


def test_a_connection_without_a_socket_of_its_own_is_left_alone():
    connection = Connection()
    connection.cut()
    connection.response = Response("HTTP/1.1", None)
    connection.cut()


async def first_word(service: MockProvider) -> None:
    async for chunk in model("openai:words-1000-50", base_url=service.base_url).stream(ASKED):
        if isinstance(chunk, Text):
            break


async def test_a_break_closes_the_socket_while_the_loop_is_busy(service):
    await first_word(service)
    entry = service.wait_for(lambda entry: entry["client_gone_at"])  # which blocks the loop that the answer was read on
    assert not entry["finished"]
    await asyncio.sleep(0)


async def test_a_whole_answer_is_read_to_its_end(service):
    answer = model("openai:words-20-0", base_url=service.base_url).stream(ASKED)
    assert len([chunk async for chunk in answer if isinstance(chunk, Text)]) == 23
    del answer
    assert service.log()[0]["finished"]
