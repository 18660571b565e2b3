"""Accepted is not delivered: receipts are matched, and a message that may have gone out never goes out twice (M12)."""

import pytest
from starlette.testclient import TestClient

from shiming.store.messaging import outbox
from shiming.workflows.messaging import notify, receipts
from tests.application import application

PHONES = {
    "13800001234": "delivered",
    "13800009998": "undelivered",
    "13800009997": "delivered",
    "13800009996": "delivered",
}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


def told(home, phone, ref="chen"):
    """Somebody with this phone, who was told something just now; the key of the message at its provider."""
    key = home.key()
    key.post(
        f"/v1/accounts/{ref}/holds", json={"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"]}
    )
    key.post(f"/v1/accounts/{ref}/contact", json={"channel": "sms", "address": phone, "verified": True})
    with home.context.database.write() as connection:
        row = connection.exec_driver_sql("SELECT id FROM accounts").scalar()
        notify.tell(home.context, connection, "demo.test", row, "hold_1", "account.held", {})
    home.later(seconds=1)
    return lambda: delivery(home)


def delivery(home):
    with home.context.database.read() as connection:
        return connection.execute(outbox.deliveries.select().where(outbox.D.channel == "sms")).one()


@pytest.mark.parametrize(("phone", "end"), PHONES.items())
def test_what_was_accepted_becomes_what_a_receipt_says(home, phone, end):
    """陈等信's carrier: accepted at first, or unsure; a minute later it is looked for."""
    now = told(home, phone)
    assert now().state == ("unsure" if phone in ("13800009997", "13800009996") else "accepted")
    home.later(minutes=3)
    assert now().state == end
    (provider,) = home.context.channels.sms
    assert provider.sent[now().id] == (2 if phone.endswith("9996") else 1), (
        "again only where it surely had not gone out"
    )


def test_a_crash_between_sending_and_noting_sends_nothing_twice(home, monkeypatch):
    now = told(home, "13800009999")  # refused: nothing went out
    row = now()
    assert row.state == "failed"
    (provider,) = home.context.channels.sms
    with home.context.database.write() as connection:
        outbox.sending(connection, row.id, provider.name)
    assert notify.deliver(home.context, row.id, 0) == "unsure"
    assert provider.sent[row.id] == 0


def test_receipts_that_are_pushed_are_taken_by_the_secret_address_only(home):
    now = told(home, "13800001234")
    (provider,) = home.context.channels.sms
    path = receipts.path(home.context, "sms", provider)
    stranger = TestClient(home.web)
    secret = path.rpartition("/")[2]
    for wrong in ("guessed", secret[:-1], secret + "0", secret.upper() if secret.upper() != secret else "0", "秘密"):
        said = stranger.post(f"/v1/receipts/simulated/{wrong}", content=now().provider_id.encode())
        assert (said.status_code, said.json()["code"]) == (404, "not_found"), wrong
    assert stranger.get(path).status_code == 405
    assert stranger.post(path, content=b"x" * 300_000).status_code in (401, 413), "long bodies are for those we know"
    assert home.key().post(path.replace("/simulated/", "/other/"), content=b"x").status_code == 404
    assert now().state == "accepted"
    for _ in range(2):
        answer = stranger.post(path, content=f"{now().provider_id}\nnot-ours".encode())
        assert (answer.status_code, answer.json()) == (200, {})
    assert now().state == "delivered"


def test_a_receipt_names_only_messages_that_this_provider_has(home):
    now = told(home, "13800001234")
    with home.context.database.write() as connection:
        assert outbox.sent_by(connection, "another", now().provider_id, "") is None
        assert outbox.sent_by(connection, "another", "", now().id) is None
        assert outbox.sent_by(connection, "simulated", "", now().id).id == now().id
