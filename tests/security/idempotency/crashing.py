"""Stories told again by a client whose server dies after each request, just before it answers."""

import re
from contextlib import contextmanager
from itertools import count

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, literal, select, union_all

from shiming.store.access import idempotency
from shiming.store.meta import metadata
from shiming.store.tables import idempotency_records
from shiming.web.http.idempotency import IdempotentRoute
from shiming.web.routers import ROUTERS

FRESH_EACH_TIME = ("token", "url", "secret")
MAY_GROW = {"idempotency_records", "links", "sessions", "audit_pending"}
POSTS = [route for api in ROUTERS for route in api.routes
         if isinstance(route, IdempotentRoute) and "POST" in route.methods]  # fmt: skip


class Died(Exception):
    """The process is gone; what it had committed stays."""


@contextmanager
def crashing():
    """In here every POST of every TestClient dies before its answer, and is sent again twice. Yields what was tried."""
    tried, keys, ask, finish = set(), count(), TestClient.request, idempotency.finish
    dying = []

    def dies(connection, claim):
        if dying:
            dying.clear()
            raise Died
        finish(connection, claim)

    def request(client, method, url, **given):
        headers = dict(given.pop("headers", None) or {})
        path = re.sub("^https?://[^/]+", "", str(url)).partition("?")[0]
        route = next((each for each in POSTS if each.path_regex.fullmatch(path)), None)
        if method != "POST" or route is None or "Idempotency-Key" in headers:
            return ask(client, method, url, headers=headers, **given)
        again = {"headers": {**headers, "Idempotency-Key": f"crash {next(keys)}"}, **given}
        dying.append(True)
        first = ask(client, method, url, **again)
        dying.clear()
        if first.status_code != 500:
            return first
        tried.add(route.path)
        return sent_again(lambda: ask(client, method, url, **again), client.app.state.context.database, route)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(idempotency, "finish", dies)
        patch.setattr(TestClient, "request", request)
        yield tried


def sent_again(ask, database, route):
    """The answer to the retry, which is the same once more, and changed nothing."""
    with database.write() as connection:
        connection.execute(idempotency_records.update().where(idempotency_records.c.answered_at.is_(None))
                           .values(lease_until=1))  # fmt: skip
    before = rows(database)
    second, third = ask(), ask()
    assert second.is_success, (route.path, second.status_code, second.text)
    assert rows(database) == before, route.path
    assert (third.status_code, plain(third)) == (second.status_code, plain(second)), route.path
    return second


def rows(database):
    """How many rows each table has."""
    tables = [table for name, table in metadata.tables.items() if name not in MAY_GROW]
    counted = [select(literal(table.name), func.count()).select_from(table) for table in tables]
    with database.read() as connection:
        return {tuple(row) for row in connection.execute(union_all(*counted))}


def plain(answer):
    """What has to be the same each time."""
    said = answer.json() if answer.content else None
    return {name: said[name] for name in said if name not in FRESH_EACH_TIME} if isinstance(said, dict) else said
