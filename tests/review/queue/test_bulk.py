"""Many holds at once: 小林 sees what it would touch, 小吴 confirms what is too many, each case says what came."""

import csv
import io
import json

import pytest
from sqlalchemy import select

from shiming.store.audit.audit_log import audit_pending
from shiming.workflows.review import bulk
from tests.application import application
from tests.review.queue.test_case_lists import hold, ids

API = "/console/api"
LIFT = {"action": "lift", "ground": "rule_mistaken"}


@pytest.fixture
def few(tmp_path):
    """Two at once are as many as one person may do alone."""
    with application(tmp_path, blind_share=0.0, bulk_alone=2) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def both(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with application(tmp_path, url, blind_share=0.0, bulk_alone=2) as made:
        yield made


def seen(client, query: str = "kind=hold&action=lift") -> dict:
    answer = client.get(f"{API}/bulks/preview?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(client, preview: dict, status: int = 201, **given) -> dict:
    cases = [item["id"] for item in preview["items"] if not item["why"]]
    answer = client.post(f"{API}/bulks", json={"id": preview["id"], "cases": cases, **LIFT, **given})
    assert answer.status_code == status, answer.text
    return answer.json()


def outcomes(client, id: str) -> dict[str, tuple]:
    return {item["id"]: (item["outcome"], item["why"]) for item in client.get(f"{API}/bulks/{id}").json()["items"]}


def standing(home, account: str) -> str:
    return home.key().get(f"/v1/accounts/{account}/standing").json()["standing"]


def trail(home, begins: str) -> list[tuple]:
    P = audit_pending.c
    with home.context.database.read() as connection:
        rows = connection.execute(select(audit_pending).where(P.action.startswith(begins)).order_by(P.number)).all()
    return [(row.action, row.actor, json.loads(row.facts)) for row in rows]


def test_a_few_holds_are_lifted_by_one_person_each_noted_by_itself(both):
    """Nothing happens by looking; each case waits for the time of undoing as if it had been decided by hand."""
    lin = both.person("xiaolin", "reviewer")
    made = [hold(both, name, rule="large_transaction") for name in ("mei", "lan")]
    hold(both, "zhu", rule="many_devices")
    preview = seen(lin, "kind=hold&rule=large_transaction&action=lift")
    assert ([item["id"] for item in preview["items"]], preview["able"], preview["second"]) == (made, 2, False)
    assert len(ids(lin)) == 3 and standing(both, "mei") == "abnormal"
    begun = asked(lin, preview, query="kind=hold&rule=large_transaction")
    assert (begun["state"], begun["counts"]) == ("running", {"waits": 2})
    both.later(seconds=1)
    assert outcomes(lin, begun["id"]) == dict.fromkeys(made, ("decided", None))
    assert standing(both, "mei") == "abnormal" and lin.get(f"{API}/bulks/{begun['id']}").json()["state"] == "done"
    both.later(seconds=31)
    assert [standing(both, name) for name in ("mei", "lan", "zhu")] == ["normal", "normal", "abnormal"]
    noted = trail(both, "case.lift")
    assert [(actor, facts["bulk"]) for _, actor, facts in noted] == [("xiaolin", begun["id"])] * 2
    assert [what for what, *_ in trail(both, "bulk.")] == ["bulk.asked", "bulk.done"]


def test_more_than_the_policy_s_number_take_a_second_person(few):
    """Never who asked; what is sent twice is done once; the second person sees every case before they confirm."""
    lin, wu = few.person("xiaolin", "reviewer"), few.person("xiaowu", "reviewer")
    made = [hold(few, f"account-{n}") for n in range(3)]
    preview = seen(lin)
    assert preview["second"] and preview["alone"] == 2
    waits = asked(lin, preview)
    assert waits["state"] == "waits" and asked(lin, preview)["id"] == waits["id"]
    few.later(minutes=5)
    assert set(outcomes(wu, waits["id"])) == set(made) and len(ids(wu)) == 3
    path = f"{API}/bulks/{waits['id']}"
    assert lin.post(f"{path}/confirm").json()["code"] == "four_eyes"
    assert wu.post(f"{path}/confirm").status_code == wu.post(f"{path}/confirm").status_code == 200
    few.later(seconds=40)
    assert {standing(few, f"account-{n}") for n in range(3)} == {"normal"}
    assert wu.get(path).json()["settled_by"] == "xiaowu"
    assert wu.delete(path).json()["code"] == "wrong_state"


def test_many_are_not_few_by_being_divided(few):
    """小林 lifts two alone, and two more of the same afternoon take 小吴; a day later two are few again."""
    lin = few.person("xiaolin", "reviewer")
    [hold(few, f"account-{n}") for n in range(2)]
    assert asked(lin, seen(lin))["state"] == "running"
    few.later(seconds=40)
    hold(few, "account-2")
    preview = seen(lin)
    assert (preview["alone"], preview["second"]) == (0, True) and asked(lin, preview)["state"] == "waits"
    few.later(hours=25)
    assert seen(few.person("laolin", "reviewer"))["alone"] == 2
    with few.context.database.read() as connection:
        assert bulk.alone(few.context, connection, "demo.test", "xiaolin") == 2


def test_it_is_taken_back_declined_or_lapses_and_nothing_has_happened(few):
    lin, wu = few.person("xiaolin", "reviewer"), few.person("xiaowu", "reviewer")
    [hold(few, f"account-{n}") for n in range(3)]
    for who, said in ((lin, "bulk.withdrawn"), (wu, "bulk.declined")):
        id = asked(lin, seen(lin))["id"]
        assert who.delete(f"{API}/bulks/{id}").status_code == 204
        assert wu.post(f"{API}/bulks/{id}/confirm").json()["code"] == "wrong_state"
        assert trail(few, "bulk.")[-1][0] == said
    late = asked(lin, seen(lin))["id"]
    few.later(days=8)
    wu = few.person("laowu", "reviewer")
    assert wu.post(f"{API}/bulks/{late}/confirm").status_code == 409
    assert wu.get(f"{API}/bulks/{late}").json()["state"] == "expired" and len(ids(wu)) == 3


def test_what_cannot_be_done_says_why_and_stops_nothing_else(few):
    """小吴 has taken one in between, 小林 decided on another one before: the preview and the result both tell."""
    lin, wu = few.person("xiaolin", "reviewer"), few.person("xiaowu", "reviewer")
    free, taken = hold(few, "mei"), hold(few, "lan")
    preview = seen(lin)
    assert wu.post(f"{API}/cases/{taken}/take").status_code == 200
    assert [item["why"] for item in seen(lin)["items"]] == [None, "case_taken"]
    id = asked(lin, preview)["id"]
    few.later(seconds=40)
    assert outcomes(lin, id) == {free: ("decided", None), taken: ("failed", "case_taken")}
    assert (standing(few, "mei"), standing(few, "lan")) == ("normal", "abnormal")
    sheet = lin.get(f"{API}/bulks/{id}?form=csv&locale=zh").text.removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(sheet))
    why = {row[head.index("id")]: row[head.index("why_words")] for row in rows}
    assert why[free] == "" and why[taken]


def test_a_batch_that_is_run_again_does_nothing_twice(few):
    """A worker that dies after a case and before the end of its batch leaves the rest to another one."""
    lin = few.person("xiaolin", "reviewer")
    [hold(few, name) for name in ("mei", "lan")]
    id = asked(lin, seen(lin))["id"]
    for _ in range(3):
        assert bulk.run(few.context, "demo.test", id, 0) == "done"
    few.later(minutes=5)
    assert len(trail(few, "case.lift")) == 2 and len(trail(few, "hold.lifted")) == 2
    assert len(trail(few, "bulk.done")) == 1


def test_large_ones_are_done_in_batches(few, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    lin, wu = few.person("xiaolin", "reviewer"), few.person("xiaowu", "reviewer")
    [hold(few, f"account-{n}") for n in range(5)]
    id = asked(lin, seen(lin), ground="nothing_wrong")["id"]
    wu.post(f"{API}/bulks/{id}/confirm")
    assert [bulk.run(few.context, "demo.test", id, turn) for turn in range(3)] == ["goes on", "goes on", "done"]
    assert lin.get(f"{API}/bulks/{id}").json()["counts"] == {"decided": 5}


def test_a_senior_assigns_them_to_a_colleague_who_has_time_for_all(few):
    zhou, lin = few.person("laozhou", "senior_reviewer"), few.person("xiaolin", "reviewer")
    made = {hold(few, name) for name in ("mei", "lan")}
    preview = seen(zhou, "kind=hold&action=assign&to=xiaolin")
    refused = asked(lin, preview, 403, action="assign", ground="", to="xiaolin")
    assert refused["code"] == "not_allowed"
    id = asked(zhou, preview, action="assign", ground="", to="xiaolin")["id"]
    few.later(minutes=15)
    assert set(outcomes(zhou, id).values()) == {("assigned", None)}
    assert set(ids(zhou, "person=xiaolin")) == made
    assert zhou.get(f"{API}/bulks/preview?kind=hold&action=assign&to=nobody").status_code == 422


def test_only_holds_on_this_side_by_people_who_work_on_cases(few):
    lin = few.person("xiaolin", "reviewer")
    case = hold(few, "mei")
    preview = seen(lin)
    for wrong in ({"cases": [case, case]}, {"cases": []}, {"cases": ["cas_" + "0" * 26]}, {"ground": "unsure"},
                  {"ground": ""}, {"action": "escalate"}, {"id": "blk_1"}):  # fmt: skip
        asked(lin, preview, 422, **wrong)
    others = (few.key("reviewer", "key"), few.key(), few.person("others", "support", "privacy", "policy", "admin"))
    for who in others:
        assert who.get(f"{API}/bulks/preview?action=lift").status_code == who.get(f"{API}/bulks").status_code == 403
        asked(who, preview, 403)
    id = asked(lin, preview)["id"]
    asked(few.person("xiaowu", "reviewer"), preview, 409)
    faraway = few.person("faraway", "reviewer", app="other.test")
    assert faraway.get(f"{API}/bulks/{id}").status_code == 404 == faraway.post(f"{API}/bulks/{id}/confirm").status_code
    assert faraway.delete(f"{API}/bulks/{id}").status_code == 404
    assert faraway.get(f"{API}/bulks").json() == {"items": []}


def test_who_may_not_any_more_does_nothing_by_what_they_asked_for(few):
    """小林 was shut out between asking and the batch."""
    lin, zhao = few.person("xiaolin", "reviewer"), few.person("xiaozhao", "admin")
    hold(few, "mei")
    id = asked(lin, seen(lin))["id"]
    assert zhao.post(f"{API}/staff/xiaolin/disable").status_code == 204
    few.later(minutes=2)
    assert standing(few, "mei") == "abnormal"
    (became,) = outcomes(few.person("xiaowu", "reviewer"), id).values()
    assert became == ("failed", "bad_input")
