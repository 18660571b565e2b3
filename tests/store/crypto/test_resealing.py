"""Moving sealed values from one suite to the other, in pages, beside whoever works, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine, insert, select, update

from shiming.store.crypto.sealed import MasterKeys, Sealer
from shiming.store.crypto.suites import COMMERCIAL
from shiming.store.database import Database
from shiming.store.tables import endpoints, events
from shiming.workflows.operations import resealing
from shiming.workflows.risk.event_processing import address_owner

DAY = 86_400_000
E = endpoints.c


@pytest.fixture
def kept(database: Database, sealer: Sealer):
    """Secrets of five hooks, of which the third is erased and the fourth damaged; addresses of three events."""
    sealed = {f"hook_{n}": sealer.seal(f"hook_{n}", "webhook.secret", b"s%d" % n) for n in range(1, 6)}
    row = {"app": "demo.live", "url": "https://platform.test", "created_at": 1}
    hooks = [{**row, "id": id, "sealed_secret": secret} for id, secret in sealed.items()]
    hooks[3]["sealed_secret"] = hooks[0]["sealed_secret"]
    seen = [{"app": "demo.live", "id": f"login_{n}", "account": "acc_1", "type": "login", "at": DAY, "facts": {},
             "received_at": n * DAY, "sealed_ip": sealer.seal(address_owner("demo.live", n * DAY),
             f"address login_{n}", b"203.0.113.9")} for n in (1, 2, 3)]  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(endpoints), hooks)
        connection.execute(insert(events), seen)
    sealer.erase("hook_3")
    return hooks


def secrets(database: Database) -> dict[str, bytes]:
    with database.read() as connection:
        return {row.id: bytes(row.sealed_secret) for row in connection.execute(select(E.id, E.sealed_secret))}


def test_each_value_is_moved_once_and_what_cannot_be_stays(database, keys: Engine, key_path, kept, monkeypatch):
    monkeypatch.setattr(resealing, "PAGE", 2)
    sealer = Sealer(MasterKeys.load(key_path), keys, suite=COMMERCIAL)
    assert resealing.left(database, sealer) == 7 and resealing.left(database, sealer, most=1) == 1
    moved = {name: each for name, each in resealing.values(database, sealer) if each != resealing.Moved()}
    assert moved == {"endpoints.sealed_secret": resealing.Moved(3, 1, ["endpoints hook_4"]),
                     "events.sealed_ip": resealing.Moved(3)}  # fmt: skip
    now = secrets(database)
    assert {id: sealer.open(id, "webhook.secret", now[id]) for id in ("hook_1", "hook_2", "hook_5")} == {
        "hook_1": b"s1", "hook_2": b"s2", "hook_5": b"s5"}  # fmt: skip
    assert {id for id, sealed in now.items() if sealed[:1] == COMMERCIAL.value} == {"hook_1", "hook_2", "hook_5"}
    assert resealing.left(database, sealer) == 1, "the damaged one: nobody can be asked to move the erased"


def test_who_writes_meanwhile_is_not_written_over(database, keys: Engine, key_path, sealer, kept, monkeypatch):
    """A secret is rotated, and another removed, between the look and the move."""
    commercial = Sealer(MasterKeys.load(key_path), keys, suite=COMMERCIAL)
    fresh, replace = sealer.seal("hook_1", "webhook.secret", b"new"), resealing._replace

    def late(database, column, *more):
        if column is E.sealed_secret:
            with database.write() as connection:
                connection.execute(update(endpoints).where(E.id == "hook_1").values(sealed_secret=fresh))
                connection.execute(endpoints.delete().where(E.id == "hook_2"))
        replace(database, column, *more)

    monkeypatch.setattr(resealing, "_replace", late)
    list(resealing.values(database, commercial))
    assert secrets(database)["hook_1"] == fresh and "hook_2" not in secrets(database)
