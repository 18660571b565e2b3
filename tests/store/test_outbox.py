"""The outbox, webhook endpoints, API keys, repeated requests, appeals and tickets."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shiming.errors import BadInput, Conflict, InProgress, NotAllowedMove, NotFound
from shiming.store.access import api_keys, idempotency
from shiming.store.messaging import outbox
from shiming.store.support import appeals as appeal_rows
from shiming.store.support import tickets as ticket_rows
from shiming.store.tables import idempotency_records
from shiming.store.verification import verifications

NOW, APP = 1_790_000_000_000, "demo.test"


def told(connection, about="ver_1", event="verification.approved"):
    return outbox.tell(connection, APP, "acc_1", about, event, {"codes": []}, NOW)


def test_messages_are_numbered_per_object_and_delivered_to_every_endpoint(database):
    with database.write() as connection:
        assert told(connection) == []
        for id in ("hook_1", "hook_2"):
            outbox.add_endpoint(connection, id, APP, "https://example.test", b"sealed", NOW)
        outbox.disable_endpoint(connection, APP, "hook_2", NOW)
        deliveries = told(connection)
        delivery, message, endpoint = outbox.delivery(connection, deliveries[0])
        assert (message.sequence, endpoint.id, delivery.state) == (2, "hook_1", "waiting")
        assert [m.sequence for m in outbox.inbox(connection, "acc_1", None, 10)] == [2, 1]


def test_another_apps_endpoint_cannot_be_removed(database):
    with database.write() as connection:
        outbox.add_endpoint(connection, "hook_1", APP, "https://example.test", b"sealed", NOW)
        with pytest.raises(NotFound):
            outbox.disable_endpoint(connection, "other.test", "hook_1", NOW)


def test_a_key_is_kept_as_a_hash_and_works_until_it_is_revoked(database):
    with database.write() as connection:
        secret = api_keys.make(connection, "demo", False, "reviewer", "reviewer-one", NOW)
        (row,) = api_keys.listed(connection)
        assert secret.startswith("st_test_")
        assert secret not in str(tuple(row))
        caller = api_keys.caller(connection, secret, NOW)
        assert (caller.app, caller.role, caller.test_mode) == (APP, "reviewer", True)
        api_keys.revoke(connection, row.id, NOW)
        assert api_keys.caller(connection, secret, NOW) is None


def test_a_keys_name_is_a_handle_since_it_stands_in_the_audit_trail(database):
    with database.write() as connection, pytest.raises(BadInput, match="handles"):
        api_keys.make(connection, "demo", False, "reviewer", "王审核", NOW)


def test_of_many_requests_with_one_key_exactly_one_goes_on(database):
    def begin(_):
        try:
            return not claimed(database).answered
        except InProgress as refused:
            assert 1 <= int(refused.headers["Retry-After"]) <= 5
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(16))) == 1


def claimed(database, body="body"):
    with database.write() as connection:
        return idempotency.begin(connection, APP, ["1:request"], [f"1:{body}"])


def step(database, what, claim):
    with database.write() as connection:
        what(connection, claim)


def change(database, **values):
    """What time would do."""
    with database.write() as connection:
        connection.execute(idempotency_records.update().values(**values))


def test_a_record_is_forgotten_after_a_day(database):
    step(database, idempotency.finish, claimed(database))
    assert claimed(database).answered
    with pytest.raises(Conflict, match="another request"):
        claimed(database, "other")
    change(database, created_at=idempotency_records.c.created_at - 24 * 3_600_000)
    assert not claimed(database, "other").answered
    change(database, created_at=idempotency_records.c.created_at - 24 * 3_600_000 - 60_000)
    with database.write() as connection:
        idempotency.sweep(connection)
        assert connection.execute(idempotency_records.select()).all() == []


def test_the_lease_of_who_died_goes_to_the_next_with_what_was_made(database):
    """张合格's server was killed after its transaction: the next one with his key knows what it had made."""
    dead = claimed(database)
    with idempotency.working(dead), database.write():
        idempotency.made(verification="ver_1")
    change(database, lease_until=1)
    heir = claimed(database)
    assert (heir.made, heir.wrote, heir.answered) == ({"verification": "ver_1"}, True, False)
    with pytest.raises(InProgress), idempotency.working(dead), database.write() as connection:
        api_keys.make(connection, "demo", False, "platform", "never", NOW)
    with database.read() as connection:
        assert api_keys.listed(connection) == []
    for late in (idempotency.finish, idempotency.let_go, idempotency.give_back, idempotency.renew):
        step(database, late, dead)
    with pytest.raises(InProgress):
        claimed(database)


def test_a_refusal_frees_the_key_and_so_does_a_death_that_left_nothing(database):
    step(database, idempotency.give_back, claimed(database, "wrong"))
    claimed(database, "corrected")
    change(database, lease_until=1)
    assert claimed(database, "corrected again").made == {}


def verification(connection):
    return verifications.create(
        connection, app=APP, account="acc_1", level="standard", locale="zh-CN", created_at=NOW, expires_at=NOW + 1
    )


def test_an_appeal_collects_then_waits_then_is_answered_once(database):
    """M26, M38."""
    with database.write() as connection:
        about, codes = verification(connection), ["face_document_mismatch"]
        row = appeal_rows.open_appeal(connection, about, codes, "machine", NOW, NOW + 1)
        appeal_rows.add_to_appeal(connection, row, "card_front", "ver_1/file", {})
        row = appeal_rows.appeal(connection, APP, row.id)
        appeal_rows.add_to_appeal(connection, row, "facts", b"sealed", {})
        row = appeal_rows.appeal(connection, APP, row.id)
        assert set(row.pieces) == {"card_front", "facts"}
        assert appeal_rows.move_appeal(connection, row, "hand_in") == "waiting"
        row = appeal_rows.appeal(connection, APP, row.id)
        with pytest.raises(NotAllowedMove):
            appeal_rows.add_to_appeal(connection, row, "card_back", "ver_1/late", {})
        assert appeal_rows.move_appeal(connection, row, "uphold", answered_by="reviewer-two") == "upheld"
        with pytest.raises(NotFound):
            appeal_rows.appeal(connection, "other.test", row.id)


def test_a_ticket_is_a_conversation(database):
    """M16."""
    with database.write() as connection:
        account = type("Row", (), {"id": "acc_1", "app": APP})
        row = ticket_rows.open_ticket(connection, account, None, "result_unclear", NOW)
        for event, state in (("write", "open"), ("answer", "answered"), ("write", "open")):
            ticket_rows.add_ticket_message(connection, row, event, "holder", b"sealed", NOW)
            row = ticket_rows.ticket(connection, APP, row.id)
            assert row.state == state
        assert len(ticket_rows.ticket_messages_of(connection, row.id)) == 3
