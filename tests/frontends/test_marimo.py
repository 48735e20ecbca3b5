"""What a waiting cell of marimo hears, and what it leaves to marimo. A real one is in ``tests/browser/test_marimo.py``."""

from __future__ import annotations

import asyncio
import queue
from concurrent.futures import Future
from typing import Any

import pytest
from models import PATIENCE

from desiru_notebook import portal
from desiru_notebook.frontends import comms, marimo
from desiru_notebook.frontends.marimo import Ear


class Comm:
    """A view's, which notes what it is given."""

    comm_id = "ours"

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.last: Future[str] = Future()

    def handle_msg(self, payload: str) -> None:
        self.heard.append(payload)
        if payload == "last":
            self.last.set_result(payload)


class Message:
    """What a widget sends."""

    def __init__(self, model_id: str, payload: str) -> None:
        self.model_id, self.payload = model_id, payload

    def into_comm_payload(self) -> str:
        return self.payload


SLIDER, MOVED, ELEMENT = Message("another", "slider"), Message("another", "slider, moved"), object()


@pytest.fixture
def comm() -> Comm:
    comm = Comm()
    comms.own(comm)
    return comm


def filled(*messages: Any) -> queue.Queue[Any]:
    messages_queue: queue.Queue[Any] = queue.Queue()
    for message in messages:
        messages_queue.put(message)
    return messages_queue


def content(messages: queue.Queue[Any]) -> list[Any]:
    return [messages.get_nowait() for _ in range(messages.qsize())]


async def test_messages_to_our_views_are_heard_and_the_others_come_back_in_their_order(comm: Comm) -> None:
    messages = filled(SLIDER, Message("ours", "cancel"), ELEMENT, Message("ours", "last"))
    with Ear(messages):
        await asyncio.wait_for(asyncio.wrap_future(comm.last), PATIENCE)
        messages.put(MOVED)
    await asyncio.sleep(0)
    assert comm.heard == ["cancel", "last"]
    assert content(messages) == [SLIDER, ELEMENT, MOVED]


async def test_nothing_comes_back_before_the_cell_gives_its_thread_back_and_then_it_comes_once(comm: Comm) -> None:
    messages = filled(SLIDER, MOVED, Message("ours", "last"))
    ear = Ear(messages)
    with ear:
        await asyncio.wait_for(asyncio.wrap_future(comm.last), PATIENCE)
    for _ in range(3):  # as a loop over the events of a run does
        with ear:
            pass
    assert content(messages) == []
    await asyncio.sleep(0)
    assert content(messages) == [SLIDER, MOVED]
    await asyncio.sleep(0)
    assert content(messages) == []


async def test_an_ear_that_is_opened_twice_is_closed_with_the_last(comm: Comm) -> None:
    messages = filled(SLIDER, Message("ours", "last"))
    ear = Ear(messages)
    with ear:
        await asyncio.wait_for(asyncio.wrap_future(comm.last), PATIENCE)
        with ear:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert content(messages) == []
    await asyncio.sleep(0)
    assert content(messages) == [SLIDER]


def test_where_there_is_no_marimo_a_thread_waits_as_before() -> None:
    before = portal._way()
    marimo.install()
    assert portal._way() == before
