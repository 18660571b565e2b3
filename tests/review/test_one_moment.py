"""One person, two accounts, two numbers, decided at one moment: neither decision waits, and one account is held."""

from contextlib import ExitStack

import pytest
from sqlalchemy import insert

from shiming.store.tables import face_changes
from shiming.store.verification import face_templates, verifications
from shiming.workflows.review import human_decision
from shiming.workflows.verification import face_order, face_search
from tests.application import application
from tests.holders import CHEN, holder, in_review

FIRST, SECOND, THIRD = holder(1), holder(3), CHEN
REASON = "duplicate_person_suspected"


@pytest.fixture(autouse=True)
def by_our_embedder(monkeypatch):
    """The faces of these holders are invented: whatever made them is the embedder that we have."""
    monkeypatch.setattr(face_search, "usable", lambda seen: seen.live is not None)


def approve(home, *ids: str) -> None:
    """Transactions that are all open before the first of them ends."""
    with ExitStack() as open_ones:
        for id in ids:
            connection = open_ones.enter_context(home.context.database.write())
            if len(ids) > 1:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")
            row = verifications.alive(connection, "demo.test", id, lock=True)
            human_decision.decide_verification(home.context, connection, row, "approve", (), (), "reviewer")


def known(home) -> None:
    """The app has stored faces before: the very first one makes its row."""
    with home.context.database.write() as connection:
        connection.execute(insert(face_changes).values(app="demo.test", number=0))


def reasons(home, who) -> list[str]:
    return [hold["reason"] for hold in home.key().get(f"/v1/accounts/{who.account}/standing").json()["holds"]]


def test_one_person_with_two_accounts_is_found_though_neither_search_saw_the_other(tmp_path, postgres_tables):
    """M37, issue 16: every decision of an app waited for the row of its face counter."""
    with application(tmp_path, postgres_tables) as home:
        known(home)
        approve(home, in_review(home, FIRST), in_review(home, SECOND))
        assert [reasons(home, who) for who in (FIRST, SECOND)] == [[], []]
        face_order.turn(home.context)
        face_order.turn(home.context)
        assert [reasons(home, who) for who in (FIRST, SECOND)] == [[], [REASON]]
        (hold,) = home.key().get(f"/v1/accounts/{SECOND.account}/standing").json()["holds"]
        assert "sub_" not in str(hold) and hold["capabilities"] and hold["lifted_by"] == ["review"]
        assert not home.key().get(f"/v1/accounts/{SECOND.account}/may/withdraw").json()["allowed"]
        assert home.key().get(f"/v1/accounts/{SECOND.account}/may/comment").json()["allowed"]
        lin = home.person("xiaolin", "reviewer")
        case = lin.post("/console/api/queue/next").json()["case"]
        shown = lin.get(f"/console/api/cases/{case['id']}").json()
        assert (case["kind"], case["codes"], len(shown["holds"])) == ("hold", [REASON], 1)
        assert "likeness 1.00 to sub_" in next(f["what"] for f in shown["findings"] if f["code"] == REASON)
        home.key().post(f"/v1/verifications/{shown['verification']['id']}/redact")
        shown = lin.get(f"/console/api/cases/{case['id']}").json()
        assert "verification" not in shown and len(shown["holds"]) == 1


def test_who_was_shown_to_the_one_who_decided_is_not_found_again(home):
    """Nor is anybody held whose decision came after the other one's."""
    approve(home, in_review(home, FIRST))
    approve(home, second := in_review(home, SECOND))
    third = in_review(home, THIRD)
    approve(home, third)
    home.context.sealer.erase(third)
    face_order.turn(home.context)
    assert [reasons(home, who) for who in (FIRST, SECOND, THIRD)] == [[], [], []]
    with home.context.database.read() as connection:
        assert face_templates.newest(connection) == {"demo.test": 3} and not face_templates.waiting(connection)
    assert home.key().get(f"/v1/verifications/{second}").json()["state"] == "approved"
