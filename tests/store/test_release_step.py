"""A database of the release before, with people held and banned in it, is moved by every step since and works.

What the release before kept is what ours keeps in the tables and columns that there were at its last step.
"""

from dataclasses import replace

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import MetaData, insert, select

from shiming.store import migrations
from shiming.store.account.gate import Gate
from shiming.store.database import Database
from tests.account.test_bans import BAN, LIFT, account, by_two, standing
from tests.application import application
from tests.holders import CHEN

LAST = "0014_webhook_events"
OURS = ("alembic_version", "releases")


def as_it_was(home, database: Database) -> None:
    """Fill a database of that release by what this one has made."""
    migrations.upgrade(database, LAST)
    then = MetaData()
    then.reflect(database.engine)
    now = MetaData()
    now.reflect(home.context.database.engine)
    with home.context.database.read() as ours, database.write() as theirs:
        for table in then.sorted_tables:
            if table.name in now.tables and table.name not in OURS:
                kept = now.tables[table.name]
                rows = ours.execute(select(*(kept.c[column.name] for column in table.columns))).all()
                if rows:
                    theirs.execute(insert(table), [dict(row._mapping) for row in rows])


@pytest.fixture
def moved(database_url, tmp_path):
    """陈无照 is banned from everything and has a hold of the platform's; then all steps since, and the door on it."""
    with application(tmp_path, blind_share=0.0) as home:
        path, (lin, wu) = account(home), (home.person(name, "reviewer") for name in ("xiaolin", "xiaowu"))
        hold = {"reason": "profile_incomplete"}
        assert home.key().post(f"/v1/accounts/{CHEN.account}/holds", json=hold).status_code == 201
        by_two(lin, wu, path, BAN)
        before = standing(home)
        database = Database(database_url)
        as_it_was(home, database)
        migrations.upgrade(database)
        home.context = home.web.state.context = replace(home.context, database=database)
        then, home.web.state.gate = home.web.state.gate, Gate(database_url)
        yield home, path, (lin, wu), before
        with start_blocking_portal() as beside:
            for gate in (then, home.web.state.gate):
                beside.call(gate.close)
        database.close()


def test_bans_and_holds_stand_and_are_lifted_after_every_step(moved):
    """And where nobody knew of guardians, recipients of consents and imports, nobody has any."""
    home, path, (lin, wu), before = moved
    assert before["barred"] and len(before["holds"]) == 2 and standing(home) == before
    key = home.key()
    assert key.get(f"/v1/accounts/{CHEN.account}/guardian").json()["items"] == []
    by_two(lin, wu, path, LIFT)
    assert not standing(home)["barred"] and len(standing(home)["holds"]) == 1
