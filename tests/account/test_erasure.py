"""§9: a cancelled account is erased with all that hangs on it; places and blocks are not laundered by that."""

from sqlalchemy import inspect, text

from tests.account.application import SHORT, ZHANG

EMPTY = ("subjects", "events", "messages", "contacts", "phones", "ticket_messages", "evidence", "links")
PHONE, MAIL = "12087654321", "zhang@mail.test"


def lived(application):
    """A verified account with a ticket, an address, a phone, events, a hold appealed, and a verification begun."""
    application.verify("zhang")
    application.post("/accounts/zhang/phone", {"phone": PHONE})
    application.post("/accounts/zhang/contact", {"channel": "mail", "address": MAIL, "verified": True})
    login = {"id": "e1", "account": "zhang", "type": "login", "at": "2026-11-21T03:00:00Z", "ip": "192.0.2.7"}
    application.post("/events", login)
    application.post("/tickets", {"account": "zhang", "topic": "help", "text": "我叫张合格，请帮帮我"})
    application.post("/verifications", {"account": "zhang"})
    application.post("/accounts/zhang/me", {"return_url": "https://host.test/zhang"})


def test_an_account_is_erased_only_after_it_is_cancelled(application):
    application.verify("zhang")
    assert application.post("/accounts/zhang/erase", expect=409)["code"] == "wrong_state"
    application.post("/accounts/zhang/cancel")
    assert application.post("/accounts/zhang/erase", expect=409)["code"] == "wrong_state"
    application.later(days=30)
    application.post("/accounts/zhang/erase", expect=204)
    application.get("/accounts/zhang/standing", expect=404)


def test_nothing_of_it_is_left_that_names_anybody(application):
    lived(application)
    application.post("/accounts/zhang/cancel", {"at_once": True})
    application.post("/accounts/zhang/erase", expect=204)
    with application.context.database.read() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                assert "zhang" not in str(dict(row)), f"{table}: {dict(row)}"
        left = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in EMPTY}
    assert set(left.values()) == {0}, left
    application.verify("zhang")
    assert application.may("zhang", "live")


def test_who_is_barred_stays_known(application):
    """A banned account cannot be cancelled, so it cannot be erased; nor is its person's block lost with another one."""
    application.verify("first", ZHANG)
    application.verify("second", ZHANG, kind="shop")
    asked = application.post("/subjects/blocks", {"account": "first", "ground": "violation_fraud"}, by="one")
    application.post(f"/subjects/blocks/{asked['id']}/confirm", by="two")
    application.post("/accounts/first/cancel", expect=409)
    application.post("/accounts/first/erase", expect=409)
    application.verify("other", SHORT)
    again = application.verify("third", ZHANG, kind="creator")
    assert "subject_blocked" in str(again["reasons"])
