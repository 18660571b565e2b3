"""A key's requests in a minute are counted at all servers together (issue 22).

Each server counted for itself: behind three of them a key, or whoever tries out a holder's token, had three times as
much.
"""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from shiming.errors import TooMany
from shiming.settings import Settings
from shiming.store.access import request_counts
from shiming.store.access.api_keys import Caller
from shiming.store.database import Database
from shiming.web.rates import Rates
from tests.application import START, on_a_loop

LIMIT, SERVERS = 600, 3
KEY = Caller("key_1", "demo.test", "platform", "server")
HOLDER = Caller("ver_1", "demo.test", "holder", "holder:ver_1")


@pytest.fixture
def minute(monkeypatch):
    """The database's clock, which stands in the middle of a minute until it is moved (ms)."""
    at = [int(START.timestamp() * 1000) + 30_000]
    monkeypatch.setattr(request_counts, "now_ms", lambda connection: at[0])
    return at


@pytest.fixture
def servers(postgres_tables, minute):
    with ExitStack() as stack:
        databases = [Database(postgres_tables, 3) for _ in range(SERVERS)]
        for each in databases:
            stack.callback(each.close)
        yield [Rates.from_settings(Settings(requests_per_minute=LIMIT), each) for each in databases]


def answered(servers, caller, times):
    """How many of so many requests are answered, which come to the servers in turn."""

    async def story():
        done = 0
        for n in range(times):
            try:
                await servers[n % len(servers)].take(caller)
                done += 1
            except TooMany as refused:
                assert 1 <= int(refused.headers["Retry-After"]) <= 60
        return done

    return on_a_loop(story)


def test_three_servers_together_answer_as_many_as_one(servers):
    assert answered(servers, KEY, 3 * LIMIT) == LIMIT


def test_a_holder_gets_a_twentieth_of_it(servers):
    """What does not make a whole request of theirs is left over at each server."""
    assert LIMIT / 20 - SERVERS <= answered(servers, HOLDER, LIMIT) <= LIMIT / 20


def test_what_one_server_has_not_used_is_all_that_the_others_miss(servers):
    answered(servers, KEY, SERVERS)
    rest = answered(servers[:1], KEY, 2 * LIMIT)
    assert LIMIT - SERVERS * LIMIT / 20 <= rest + SERVERS <= LIMIT


def test_who_has_none_left_asks_the_database_no_more(servers, monkeypatch):
    answered(servers, KEY, 3 * LIMIT)
    monkeypatch.setattr(request_counts, "take", lambda *_: pytest.fail("asked"))
    assert answered(servers, KEY, 30) == 0


def test_the_next_minute_is_a_new_one(servers, minute):
    answered(servers, KEY, 3 * LIMIT)
    minute[0] += 60_000
    for each in servers:
        each._minutes[KEY.id].ends = 0.0  # by this server's clock it is over, too
    assert answered(servers, KEY, 3 * LIMIT) == LIMIT


def test_one_server_on_sqlite_counts_by_itself(tmp_path):
    """No row is written there for it."""
    alone = Rates.from_settings(Settings(requests_per_minute=LIMIT), Database(f"sqlite:///{tmp_path}/none.db"))
    for key in ("key_1", "key_2"):
        for _ in range(LIMIT):
            alone.take_here(replace(KEY, id=key))
        with pytest.raises(TooMany):
            alone.take_here(replace(KEY, id=key))
