"""小林 asks for a ban on an account's page, 小吴 confirms it; how it is taken back or ended, and who may not."""

import json

import pytest
from sqlalchemy import select

from shiming.store.account import accounts, subjects
from shiming.store.audit.audit_log import audit_pending
from shiming.store.tables import holds
from shiming.verification.seen import Typed
from shiming.workflows.account import persons
from tests.account.test_hold_appeals import FACTS
from tests.application import application
from tests.holders import CHEN, holder, in_review

API = "/console/api"
BAN = {"kind": "ban", "ground": "violation_fraud"}
BLOCK, LIFT = {**BAN, "kind": "block"}, {"kind": "unblock", "ground": "decided_wrongly"}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def both(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    with application(tmp_path, url, blind_share=0.0) as made:
        yield made


def account(home, who=CHEN, person=CHEN) -> str:
    """The path of the bans of an account that somebody was verified for."""
    in_review(home, who)
    with home.context.database.write() as connection:
        id = accounts.by_ref(connection, "demo.test", who.account).id
        if person:
            subject = persons.locked(home.context, connection, "demo.test", Typed(person.name, person.number))
            subjects.bind(connection, id, subject.id, "standard", home.context.now())
    return f"{API}/accounts/{id}/bans"


def standing(home, who=CHEN) -> dict:
    return home.key().get(f"/v1/accounts/{who.account}/standing").json()


def trail(home, begins: str) -> list[tuple]:
    """Action, who, and facts of the audit trail's rows whose action begins so, in their order."""
    P = audit_pending.c
    with home.context.database.read() as connection:
        rows = connection.execute(select(audit_pending).where(P.action.startswith(begins)).order_by(P.number)).all()
    return [(row.action, row.actor, json.loads(row.facts)) for row in rows]


def by_two(first, second, path: str, asked: dict) -> str:
    """Asked for by one, confirmed by another; the request's id."""
    order = first.post(path, json=asked)
    assert order.status_code == 201, order.text
    assert second.post(f"{path}/{order.json()['id']}/confirm").json()["done"] == asked["kind"]
    return order.json()["id"]


def test_a_ban_is_asked_for_by_one_and_confirmed_by_another_and_so_is_its_end(both):
    """Never by whoever asked; what is sent twice is done once; the holder is told, and what then waits says so."""
    path = account(both)
    lin, wu = both.person("xiaolin", "reviewer"), both.person("xiaowu", "reviewer")
    assert lin.get(path).json() == {"items": [], "can": ["ban", "block"]}
    order = lin.post(path, json=BAN).json()["id"]
    assert lin.post(path, json=BAN).json()["id"] == wu.post(path, json=BAN).json()["id"] == order
    assert not standing(both)["barred"]
    (seen,) = wu.get(path).json()["items"]
    assert (seen["kind"], seen["by"], seen["mine"], seen["ground"]["code"]) == ("ban", "xiaolin", False, BAN["ground"])
    assert seen["ground"]["zh"] and lin.get(path).json()["items"][0]["mine"]
    (listed,) = wu.get(f"{API}/bans").json()["items"]
    assert listed["id"] == order and listed["account"]["ref"] == "ch***el"
    assert lin.post(f"{path}/{order}/confirm").json()["code"] == "four_eyes"
    for _ in range(2):
        assert wu.post(f"{path}/{order}/confirm").json() == {"id": order, "done": "ban"}
    assert both.person("laozhou", "senior_reviewer").post(f"{path}/{order}/confirm").status_code == 409
    assert standing(both)["barred"] and [h["source"] for h in standing(both)["holds"]] == ["reviewer:xiaowu"]
    told = both.key().get(f"/v1/accounts/{CHEN.account}/inbox").json()["items"][0]
    assert told["event"] == "account.held" and told["data"]["ban"] == "whole"
    assert wu.get(path).json() == {"items": [], "can": ["block", "unblock"]}
    by_two(wu, lin, path, LIFT)
    assert standing(both)["standing"] == "normal" and lin.get(path).json()["can"] == ["ban", "block"]


def test_what_was_asked_for_is_taken_back_or_declined_and_the_trail_keeps_it(home):
    path = account(home)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    for who in (lin, wu):
        order = lin.post(path, json=BLOCK).json()["id"]
        assert who.delete(f"{path}/{order}").status_code == 204
        assert wu.post(f"{path}/{order}/confirm").status_code == 404
    done = by_two(lin, wu, path, BLOCK)
    assert lin.delete(f"{path}/{done}").status_code == 409 and standing(home)["barred"]
    kept = [(action, actor, facts["ground"]) for action, actor, facts in trail(home, "order.")]
    assert kept == [("order.withdrawn", "xiaolin", BLOCK["ground"]), ("order.declined", "xiaowu", BLOCK["ground"])]
    assert [actor for _, actor, _ in trail(home, "block.")] == ["xiaolin", "xiaolin", "xiaolin", "xiaowu"]


def test_something_else_that_waits_an_ended_account_and_no_ground_are_refused(home):
    lin, path = home.person("xiaolin", "reviewer"), account(home)
    lin.post(path, json=BAN)
    assert lin.post(path, json=BLOCK).json()["code"] == "request_waits"
    other = account(home, holder(1), person=None)
    assert lin.post(other, json=BLOCK).json()["code"] == "wrong_state"
    assert lin.post(other, json=LIFT).json()["code"] == "wrong_state"
    for wrong in ({"ground": "photo_dark"}, {"ground": "decided_wrongly"}, {"kind": "move"}, {"kind": "unblock"}):
        assert lin.post(other, json={**BAN, **wrong}).status_code == 422, wrong
    order = lin.post(other, json=BAN).json()["id"]
    assert home.key().post(f"/v1/accounts/{holder(1).account}/cancel", json={"at_once": True}).is_success
    assert home.person("xiaowu", "reviewer").post(f"{other}/{order}/confirm").json()["code"] == "wrong_state"
    assert lin.post(f"{other}/{order}/confirm").json()["code"] == "four_eyes"
    hold = {"reason": "violation_abuse", "requirements": ["pledge"]}
    assert lin.post(other.replace("/bans", "/holds"), json=hold).json()["code"] == "wrong_state"


def test_who_may_not(home):
    """Other roles; keys, which are nobody in particular; the staff of another side; and nothing of another account."""
    path, other = account(home), account(home, holder(1), holder(1))
    lin = home.person("xiaolin", "reviewer")
    order = lin.post(path, json=BAN).json()["id"]

    def tried(client) -> set[int]:
        answers = (client.get(f"{API}/bans"), client.get(path), client.post(path, json=BAN),
                   client.post(f"{path}/{order}/confirm"), client.delete(f"{path}/{order}"))  # fmt: skip
        return {answer.status_code for answer in answers}

    assert tried(home.person("others", "support", "privacy", "policy", "admin")) == {403}
    assert tried(home.key("reviewer", "desk")) == tried(home.key()) == {403}
    elsewhere = home.person("xiaozhao", "reviewer", app="other.test")
    assert tried(elsewhere) == {200, 404} and elsewhere.get(f"{API}/bans").json() == {"items": []}
    assert home.person("xiaowu", "reviewer").post(f"{other}/{order}/confirm").status_code == 404
    assert not standing(home)["holds"]


def test_an_upheld_appeal_against_a_ban_leaves_a_block_that_came_of_something_else(home):
    """A ban alone blocks nobody, so its end lets nobody back; the other account's block stays."""
    mine, other = account(home), account(home, holder(1), CHEN)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    by_two(lin, wu, mine, BLOCK), by_two(lin, wu, other, BAN)
    (ban,) = standing(home, holder(1))["holds"]
    key = home.key()
    made = key.post(f"/v1/accounts/{holder(1).account}/holds/{ban['id']}/appeals").json()
    key.post(f"/v1/appeals/{made['id']}/pieces/facts", json=FACTS)
    assert key.post(f"/v1/appeals/{made['id']}/hand_in").is_success
    answer = {"answer": "uphold"}
    assert home.key("reviewer", "xiaowu").post(f"/v1/appeals/{made['id']}/answer", json=answer).status_code == 409
    assert home.key("reviewer", "third").post(f"/v1/appeals/{made['id']}/answer", json=answer).is_success
    with home.context.database.read() as connection:
        left = connection.execute(select(holds).where(holds.c.lifted_at.is_(None))).all()
        person = subjects.behind(connection, accounts.by_ref(connection, "demo.test", CHEN.account))
    assert [hold.source for hold in left] == ["reviewer:xiaowu"] and person.blocked_for == "violation_fraud"


def test_a_key_of_another_name_does_not_second_a_person_and_a_person_may_second_a_key(home):
    """What 小林 asked for at the console was confirmed by a reviewer's key of any other name: 小林 may have one."""
    path = account(home)
    lin = home.person("xiaolin", "reviewer")
    order = lin.post(path, json=BLOCK).json()["id"]
    refused = home.key("reviewer", "night-desk").post(f"/v1/subjects/blocks/{order}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "four_eyes") and not standing(home)["barred"]
    lin.delete(f"{path}/{order}")
    asked = {"account": CHEN.account, "ground": "violation_fraud"}
    order = home.key("reviewer", "day-desk").post("/v1/subjects/blocks", json=asked).json()["id"]
    assert lin.post(f"{path}/{order}/confirm").json()["done"] == "block" and standing(home)["barred"]


def test_what_nobody_confirmed_for_a_week_is_over(home):
    """A request waited for ever: whoever came upon it a year later banned somebody by one click."""
    path = account(home)
    order = home.person("xiaolin", "reviewer").post(path, json=BAN).json()["id"]
    asked = {"account": CHEN.account, "ground": "violation_fraud"}
    by_key = home.key("reviewer", "day-desk").post("/v1/subjects/blocks", json=asked).json()["id"]
    home.later(days=8)
    lin, wu = home.person("xiaolin2", "reviewer"), home.person("xiaowu2", "reviewer")
    assert wu.get(path).json()["items"] == [] and wu.get(f"{API}/bans").json()["items"] == []
    assert wu.post(f"{path}/{order}/confirm").status_code == 404
    late = home.key("reviewer", "night-desk").post(f"/v1/subjects/blocks/{by_key}/confirm")
    assert late.json()["code"] == "request_expired" and not standing(home)["barred"]
    by_two(lin, wu, path, BAN)
    assert standing(home)["barred"]
