"""Places: so many runs for each user, and free again however a run ended."""

from __future__ import annotations

import asyncio

import pytest

from desiru_notebook.frontends.server.places import Places
from desiru_notebook.frontends.server.refusals import Refusal


def test_a_user_has_so_many_places_and_another_user_his_own():
    places = Places()
    with places.taken_by("ann", 1), places.taken_by("bob", 1):
        with pytest.raises(Refusal, match="429"), places.taken_by("ann", 1):
            pass
        assert (places.taken("ann"), places.taken("bob")) == (1, 1)
    assert (places.taken("ann"), places.taken("bob")) == (0, 0)


def test_a_place_is_free_again_after_an_error():
    places = Places()
    for _ in range(3):
        with pytest.raises(ValueError, match="oops"), places.taken_by("ann", 1):
            raise ValueError("oops")


async def test_who_waits_until_all_are_free_waits_for_the_last_one():
    places = Places()
    await places.all_free()
    with places.taken_by("ann", 2):
        with places.taken_by("ann", 2):
            waiting = asyncio.ensure_future(places.all_free())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
