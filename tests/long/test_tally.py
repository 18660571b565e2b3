"""The tally finds what it is there to find: each fault is planted, and named. What cannot fail proves little."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, delete, insert, update

from shiming.store import tables as t
from shiming.store.database import Database
from shiming.store.meta import metadata
from tests.long.chaos import journal, tally, windows
from tests.long.chaos.authority import Asked
from tests.long.chaos.journal import Intent
from tests.risk.watchtower import watchtower

AT = {"app": "demo.test", "at": 1}
TABLES = [t.accounts, t.verifications, t.judgements, t.events, t.holds, t.messages, t.deliveries, t.evidence,
          t.authority_answers, t.appeals]  # fmt: skip
ASKED = Asked(100.0, 41, "host:41", "first", "check", "number-1")


@dataclass
class World:
    """What 赵安然's basic verification, a hold and an event leave behind when all went well."""

    connection: Connection
    intents: list[Intent]
    bodies: dict[str, list[bytes]] = field(default_factory=lambda: {"msg_1": [b"approved"]})
    happenings: dict[str, str] = field(default_factory=lambda: {"msg_1": "approved ver_1"})
    asked: list[Asked] = field(default_factory=lambda: [ASKED])
    ends: dict[int, list[float]] = field(default_factory=dict)

    def add(self, table, **values) -> None:
        self.connection.execute(insert(table).values(**values))

    def found(self) -> dict[str, list[str]]:
        """Every fault that the tally names, by the list that names it."""
        _, _, again = tally.asked_again(self.connection, str, self.asked, self.ends)
        lists = {
            "lost": tally.lost(self.connection, self.intents) + tally.untold(self.connection, self.bodies),
            "doubled": tally.doubled(self.connection, self.intents, self.happenings),
            "wedged": tally.wedged(self.intents), "refused": tally.refused(self.intents),
            "given_up": tally.given_up(self.intents), "asked_again": again,
        }  # fmt: skip
        return {name: lines for name, lines in lists.items() if lines}


@pytest.fixture
def world(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/tally.db")
    metadata.create_all(database.engine, TABLES)
    with database.write() as connection:
        made = World(connection, intents())
        settle(made)
        yield made
    database.close()


def intents() -> list[Intent]:
    def one(intent: str, kind: str, what: dict | None = None, **got: str) -> Intent:
        return Intent(intent, kind, f"key-{intent}", "j1", "zhao", what or {}, ["200"], 200, True, got)

    return [one("i1", "create", id="ver_1"), one("i2", "submit", {"verification": "ver_1"}),
            one("i3", "hold", {"account": "zhao"}), one("i4", "events", {"events": ["e-1"]}),
            one("i5", "picture", {"verification": "ver_1", "piece": "card_front"})]  # fmt: skip


def settle(w: World) -> None:
    account = {"kind": "personal", "locale": "zh-CN", "state": "active", "level": "basic", "created_at": 1}
    w.add(t.accounts, id="acc_1", app="demo.test", ref="zhao", **account)
    verification(w, "ver_1")
    judgement(w, "jud_1")
    w.add(t.events, id="jud_1", account="acc_1", type="verification", received_at=1, facts={}, **AT)
    w.add(t.events, id="e-1", account="acc_1", type="login", received_at=1, facts={}, **AT)
    hold(w, "hld_1")
    message(w, "msg_1", "verification.approved", 1)
    delivery = {"message": "msg_1", "endpoint": "hook", "channel": "webhook", "state": "delivered", "tries": 1}
    w.add(t.deliveries, id="dlv_1", **delivery, **AT)
    answer = {"account": "acc_1", "number_hash": "number-1", "calls": 1, **AT}
    w.add(t.authority_answers, verification="ver_1", round=1, **answer)
    picture(w, "evd_1")


def verification(w: World, id: str) -> None:
    values = {"level": "basic", "locale": "zh-CN", "state": "approved", "round": 1, "codes": [], "redo": []}
    w.add(t.verifications, id=id, app="demo.test", account="acc_1", created_at=1, expires_at=2, **values)


def judgement(w: World, id: str) -> None:
    values = {"by": "machine", "outcome": "PASS", "codes": [], "counts": False, "attempts_before": 0, "versions": {}}
    w.add(t.judgements, id=id, account="acc_1", verification="ver_1", round=1, **values, **AT)


def hold(w: World, id: str) -> None:
    values = {"reason": "login_risk", "source": "platform", "capabilities": [], "requirements": [], "met": []}
    w.add(t.holds, id=id, app="demo.test", account="acc_1", opened_at=1, **values)


def message(w: World, id: str, event: str, sequence: int) -> None:
    w.add(t.messages, id=id, account="acc_1", about="ver_1", event=event, sequence=sequence, payload={}, **AT)


def picture(w: World, id: str) -> None:
    values = {"piece": "card_front", "round": 0, "files": {}, "sealed_seen": b"", "current": True}
    w.add(t.evidence, id=id, verification="ver_1", **values, **AT)


def test_where_all_went_well_nothing_is_named(world):
    assert world.found() == {}


def test_one_more_question_is_excused_by_a_crash_of_the_asker_only(world):
    """Who asked and died before the answer was kept had to ask again; who asked and lived had not."""
    world.asked.insert(0, Asked(90.0, 40, "host:40", "first", "check", "number-1"))
    world.ends[40] = [91.0]
    assert tally.asked_again(world.connection, str, world.asked, world.ends) == (1, 1, [])
    world.ends[40] = [89.0, 200.0]
    assert tally.asked_again(world.connection, str, world.asked, world.ends)[:2] == (1, 0)
    world.ends[40] = [110.0]  # it lived when another one asked already
    assert tally.asked_again(world.connection, str, world.asked, world.ends)[:2] == (1, 0)
    assert list(world.found()) == ["asked_again"]


def emptied(table) -> Callable[[World], object]:
    return lambda w: w.connection.execute(delete(table))


def changed(table, **values) -> Callable[[World], object]:
    return lambda w: w.connection.execute(update(table).values(**values))


def tried(*tries: str, **values) -> Callable[[World], None]:
    def plant(w: World) -> None:
        w.intents.append(Intent("i9", "pledge", "key-i9", "j1", "zhao", {}, list(tries)))
        for name, value in values.items():
            setattr(w.intents[-1], name, value)

    return plant


PLANTED = {
    "a verification that is gone": ("lost", emptied(t.verifications)),
    "one that nobody decided": ("lost", changed(t.verifications, state="checking")),
    "an event that is gone": ("lost", emptied(t.events)),
    "a hold that is gone": ("lost", emptied(t.holds)),
    "a picture that is gone": ("lost", emptied(t.evidence)),
    "a webhook that never came": ("lost", lambda w: w.bodies.clear()),
    "a webhook with two bodies": ("lost", lambda w: w.bodies["msg_1"].append(b"other")),
    "a delivery that still waits": ("lost", changed(t.deliveries, state="waiting")),
    "a gap in the numbers": ("lost", changed(t.messages, sequence=2)),
    "two verifications for one key": ("doubled", lambda w: verification(w, "ver_2")),
    "two holds for one key": ("doubled", lambda w: hold(w, "hld_2")),
    "two decisions": ("doubled", lambda w: judgement(w, "jud_2")),
    "a picture kept twice": ("doubled", lambda w: picture(w, "evd_2")),
    "one happening under two webhook ids": ("doubled", lambda w: w.happenings.update(msg_2="approved ver_1")),
    "one outcome counted twice": ("doubled", changed(t.events, type="verification")),
    "a key that is held for ever": ("wedged", tried("ReadError", "409 in_progress", gave_up=True)),
    "a server that never answers": ("given_up", tried("ConnectError", gave_up=True)),
    "done, and then refused": ("refused", tried("ReadError", "409 wrong_state", status=409, expected=False)),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_is_named(world, what):
    kind, plant = PLANTED[what]
    plant(world)
    assert kind in world.found()


def test_an_event_that_was_counted_twice_is_named(tmp_path):
    """Counted twice is: more in the windows than in the history."""
    with watchtower(tmp_path) as tower:
        for _ in range(3):
            tower.event("zhao", "transaction", amount=100, device="phone-1")
        tower.event("qian", "login", device="phone-2")
        now = tower.context.now()
        assert windows.miscounted(tower.context.database, now) == []
        with tower.context.database.write() as connection:
            connection.execute(delete(t.events).where(t.events.c.id == "e00002"))
        assert len(windows.miscounted(tower.context.database, now)) == 1


def test_the_journal_tells_every_try_and_the_answer(tmp_path):
    """It is read from the file: what a client wrote down before it was answered is there whatever happens then."""
    kept = journal.Journal(tmp_path / "journal.jsonl")
    named = {"key": "key-i1", "journey": "j1", "account": "zhao", "what": {}}
    kept.write(intent="i1", kind="create", **named)
    kept.write(intent="i1", **{"try": "ReadError"})
    kept.write(intent="i1", status=201, expected=True, got={"id": "ver_1"}, **{"try": "201"})
    kept.write(intent="i2", kind="create", **named)
    kept.close()
    first, second = journal.read(tmp_path / "journal.jsonl")
    assert (first.tries, first.done, first.got["id"]) == (["ReadError", "201"], True, "ver_1")
    assert not second.done and not second.gave_up
