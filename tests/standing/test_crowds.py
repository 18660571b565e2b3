"""Crowds whose senders are known at once: what is counted of them between their heads and their bodies."""

import asyncio

import pytest

from shiming.web.http import waiting
from shiming.web.http.lanes import Lane
from tests.application import on_a_loop
from tests.standing.test_admission import Door


async def known(connection) -> str:
    return "server"


@pytest.mark.parametrize("late", [0.0, 0.02])
def test_a_crowd_whose_bodies_come_after_their_heads_is_refused_all_the_same(late) -> None:
    """Where who sends is known at once, nothing of a crowd was counted between head and body: all of it was let in,
    and with 400 clients on SQLite a creation waited 20 s for its turn.
    """

    async def act() -> None:
        door = Door()
        door.door._by_key = known
        asked = [("POST", "/v1/verifications", [late, b"{}"])] * 100
        crowd = [asyncio.create_task(door.ask(*each, key=f"k{n}")) for n, each in enumerate(asked)]
        await asyncio.sleep(0.2)
        assert sum(each.done() and each.result().status == 503 for each in crowd) >= 90
        door.open.set()
        assert {each.status for each in await asyncio.gather(*crowd)} == {200, 503}
        queue = door.door._here().queues[Lane.CALL]
        assert queue.lineup.coming == 0

    on_a_loop(act)


def test_who_sends_slowly_is_not_in_the_way_of_the_next(monkeypatch) -> None:
    """Heads whose bodies do not come are not counted for long."""

    async def act() -> None:
        door = Door()
        door.door._by_key = known
        monkeypatch.setattr(waiting, "SOON", 0.05)
        slow = [asyncio.create_task(door.ask("POST", "/v1/events", [30, b"{}"], 2, key=f"s{n}")) for n in range(5)]
        await asyncio.sleep(0.2)
        door.open.set()
        assert (await door.ask("POST", "/v1/verifications", [b"{}"], key="k")).status == 200
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert door.door._here().queues[Lane.CALL].lineup.coming == 0

    on_a_loop(act)
