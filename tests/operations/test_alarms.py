"""What needs a human is told to the platform's webhooks, once and then every hour (issue 16)."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from shiming.settings import Settings
from shiming.store.audit.sequencer import catch_up
from shiming.store.backup import last_backup
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.database import new_id, now_ms
from shiming.store.messaging import outbox
from shiming.store.tables import chores, messages
from shiming.store.verification import source_outages
from shiming.web import readiness
from shiming.workflows import engine
from shiming.workflows.messaging import notify
from shiming.workflows.operations import alarms, disks
from shiming.workflows.operations.disks import Disk
from tests.application import application
from tests.operations.test_metrics import asked, write

HOUR = timedelta(seconds=3601)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with application(tmp_path_factory.mktemp("alarms")) as made:
        engine.migrate(made.context.database)
        with made.context.database.write() as connection:
            for app in ("demo.live", "demo.test"):
                outbox.add_endpoint(connection, new_id("whe"), app, "https://hook.test/", b"", made.context.now())
        yield made


def told(home):
    with home.context.database.read() as connection:
        query = select(messages).where(messages.c.event == "operations.alarm").order_by(messages.c.id)
        return [(row.app, row.payload) for row in connection.execute(query)]


def changed():
    raise OtherKeys("The key file /secret/place is another one.")


def test_each_is_told_once_to_live_apps_and_again_after_an_hour(home, caplog, monkeypatch):
    usage = namedtuple("usage", "total free")
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda _: usage(10**12, 5 * 10**8))
    now = home.context.now()
    with home.context.database.write() as connection:
        home.context.note(connection, "demo.test", "lin", "tried", "x")
        connection.execute(text("INSERT INTO workflow_status (workflow_uuid, status, queue_name, created_at, "
                                "updated_at, priority) VALUES ('a', 'ENQUEUED', 'verify', :at, :at, 0)"),
                           {"at": now - 400_000})  # fmt: skip
    places = (Disk("files", Path("/nowhere/at/all")),)
    home.queued.clear()
    assert alarms.look(home.context, changed, places) == 3
    assert alarms.look(home.context, changed, places) == 0
    assert told(home) == [
        ("demo.live", {"alarm": "queue_old", "of": "verify", "seconds": 400, "ready": 1}),
        ("demo.live", {"alarm": "keys", "of": "ring", "code": "other_keys"}),
        ("demo.live", {"alarm": "disk_low", "of": "files", "free_megabytes": 500}),
    ]
    assert [name for _, name, _ in home.queued] == ["deliver"] * 3 and "alarm: keys" in caplog.text
    assert "secret" not in caplog.text
    home.moment[0] += HOUR
    assert alarms.look(home.context, lambda: None, ()) == 2  # the queue, and by now the audit trail
    assert told(home)[-1][1]["alarm"] == "audit_unsigned" and len(told(home)) == 5
    with home.context.database.write() as connection:
        catch_up(connection, home.context.audit_key, home.context.now())
        connection.execute(text("DELETE FROM workflow_status"))
    home.moment[0] += HOUR
    assert alarms.look(home.context, lambda: None, ()) == 0


def test_a_webhook_about_no_account_is_sent_like_any_other(home, monkeypatch):
    """Before: the account's language was looked up for every delivery, and there is none."""
    sent = []
    monkeypatch.setattr(notify, "_send", lambda *given: sent.append(given) or ("delivered", "200", False))
    monkeypatch.setattr(type(home.context.sealer), "open", lambda *_: b"secret")
    with home.context.database.write() as connection:
        alarms_told = outbox.tell(connection, "demo.live", "", "alarm:x:y", "operations.alarm", {"alarm": "x"}, 1)
    assert notify.deliver(home.context, alarms_told[0], 0) == "delivered"
    assert b'"operations.alarm"' in sent[0][2]


def test_a_source_that_waits_for_a_person_is_told_to_the_side_that_it_serves(home):
    """Issue 15: one way of raising an alarm; simulated sources serve tests, and so only those hear of them."""
    before, now = len(told(home)), home.context.now()
    with home.context.database.write() as connection:
        for name in ("simulated", "gone-from-the-file"):
            source_outages.failed(connection, "sms", name, "unpaid", "isv.AMOUNT_NOT_ENOUGH", now)
        source_outages.failed(connection, "mail", "simulated", "down", "", now)
    assert alarms.look(home.context, lambda: None, ()) == 1
    said = {"alarm": "source_unpaid", "of": "sms.simulated", "code": "isv.AMOUNT_NOT_ENOUGH", "calls": 1}
    assert told(home)[before:] == [("demo.test", said)]
    assert alarms.look(home.context, lambda: None, ()) == 0
    with home.context.database.write() as connection:
        source_outages.over(connection, source_outages.find(connection, "sms", "simulated"))
    home.moment[0] += HOUR
    assert [name for _, payload in told(home)[before + 1 :] for name in payload] == []


def test_a_backup_that_is_too_old_is_told(home):
    """A timer that stopped was seen by who asked `shiming doctor`. Where none was ever written, none is waited for."""
    before = len(told(home))
    assert alarms.look(home.context, lambda: None, (), 26) == 0
    with home.context.database.write() as connection:
        last_backup.note(connection, ["data", "keys"])
        connection.execute(
            update(chores).where(chores.c.name == "backup data").values(done_at=now_ms(connection) - 27 * 3_600_000)
        )
    assert alarms.look(home.context, lambda: None, (), 0) == 0
    assert alarms.look(home.context, lambda: None, (), 26) == 1
    assert told(home)[before:] == [("demo.live", {"alarm": "backup_old", "of": "data", "hours": 27})]


def test_alarms_of_long_names_are_told_apart():
    """Before: what an alarm is about was cut at 40 characters, so that two sources had one alarm between them."""
    names = ("tencent-face-east", "tencent-face-west")
    about = {alarms.Alarm("source_misconfigured", f"authority.{name}", {}).about for name in names}
    assert len(about) == 2 and max(map(len, about)) <= 40


def test_disks_are_those_on_this_machine(tmp_path):
    here = disks.kept(Settings(data=str(tmp_path / "data")))
    assert [disk.kept for disk in here] == ["database", "keys", "files"] and not any(d.free() == 0 for d in here)
    remote = Settings(database_url="postgresql+psycopg://db/x", keys_url="postgresql+psycopg://db/k",
                      files_url="s3://bucket/x")  # fmt: skip
    assert disks.kept(remote) == ()


def test_sources_that_all_keep_silent_and_a_full_disk_degrade(home, monkeypatch):
    full = Disk("files", Path("/"))
    looks = readiness.looks(home.context, None, None, (full,))
    looks["sources"]()
    write(home, *(asked(home, "unanswered") for _ in range(3)))
    home.moment[0] = datetime.now(UTC)  # ids tell the real time
    with pytest.raises(readiness.NotReady, match="no_answer"):
        looks["sources"]()
    write(home, asked(home, "answered"))
    looks["sources"]()
    monkeypatch.setattr(Disk, "low", lambda _: True)
    with pytest.raises(readiness.NotReady, match="low"):
        looks["disk"]()
    for parts, status in (({"sources": "no_answer", "disk": "low"}, 200), ({"disk": "low", "keys": "gone"}, 503)):
        words = {part: _raising(word) for part, word in parts.items()}
        home.web.state.readiness = readiness.Readiness(words, seconds=30)
        answer = home.key().get("/v1/ready")
        assert (answer.status_code, answer.json()["parts"]) == (status, parts)


def _raising(word):
    def look():
        raise readiness.NotReady(word)

    return look
