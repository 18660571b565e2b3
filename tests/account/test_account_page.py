"""陈无照's account on one page: what 小林 sees of it, what she has to give a reason for, and who sees nothing."""

import pytest
from sqlalchemy import func, select, update

from shiming.store.account import accounts
from shiming.store.risk import events
from shiming.store.tables import accounts as account_rows
from shiming.store.tables import cases, looks
from tests.application import application
from tests.holders import CHEN, holder, in_review
from tests.statements import counted

API = "/console/api"
PHONE, MAIL = "13812345678", "chen@example.test"
HOLD = {"reason": "login_risk", "requirements": ["verify:standard"], "capabilities": ["live"]}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def both(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with application(tmp_path, url, blind_share=0.0) as made:
        yield made


def lived(home) -> str:
    """An account to which everything happened; its id."""
    verification, key = in_review(home), home.key()
    at = home.moment[0].isoformat()
    reports = [
        {"id": f"e-{len(who)}-{n}", "account": who, "type": "login", "at": at, "device": "phone-1",
         "ip": f"192.0.2.{n + 1}"}
        for who in (CHEN.account, "friend") for n in range(2)
    ]  # fmt: skip
    assert key.post("/v1/events", json={"events": reports}).status_code == 202
    for channel, address in (("sms", PHONE), ("mail", MAIL)):
        body = {"channel": channel, "address": address, "verified": True}
        assert key.post(f"/v1/accounts/{CHEN.account}/contact", json=body).is_success
    assert key.post(f"/v1/accounts/{CHEN.account}/holds", json=HOLD).status_code == 201
    opened = {"account": CHEN.account, "text": "为什么", "topic": "account", "verification": verification}
    assert key.post("/v1/tickets", json=opened).status_code == 201
    return account_of(home)


def account_of(home, ref: str = CHEN.account) -> str:
    with home.context.database.read() as connection:
        return accounts.by_ref(connection, "demo.test", ref).id


def page(client, id: str) -> dict:
    answer = client.get(f"{API}/accounts/{id}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_one_answer_has_standing_history_and_what_hangs_together(both):
    """M23: nothing of it tells who the holder is; each hold says what lifts it; messages say what became of them."""
    id = lived(both)
    answer = both.person("xiaolin", "reviewer").get(f"{API}/accounts/{id}")
    shown = answer.json()
    assert shown["account"]["ref"] == "ch***el" and shown["account"]["person"]["name"] == "陈*照"
    assert shown["standing"] == "abnormal" and [h["lifted_by"] for h in shown["holds"]] == [["verify:standard"]]
    kinds = {moment["kind"] for moment in shown["timeline"]["items"]}
    assert kinds == {"event", "hold", "judgement", "look", "message", "ticket", "verification"}
    login = next(m for m in shown["timeline"]["items"] if m["kind"] == "event" and m["type"] == "login")
    assert "北京" in login["facts"]["place"] and len(login["device"]) == 6
    held = next(m for m in shown["timeline"]["items"] if m["kind"] == "message" and m["event"] == "account.held")
    assert held["zh"] and held["en"] and {d["channel"] for d in held["deliveries"]} <= {"sms", "mail", "webhook"}
    assert held["deliveries"]
    (friend,) = shown["linked"]["items"]
    assert friend["ref"] == "f***" and {link["how"] for link in friend["links"]} == {"device", "address"}
    assert [case["kind"] for case in shown["work"]["cases"]] == ["verification"] and not shown["work"]["tickets"]
    assert not [
        text for text in (CHEN.name, CHEN.number, PHONE, MAIL, CHEN.account, "192.0.2.1") if text in answer.text
    ]


def test_a_reveal_shows_what_was_hidden_and_is_kept(home):
    """With a reason, for whom the role allows it; the receipt and the trail say which fields, to which role, why."""
    id = lived(home)
    lin, asked = home.person("xiaolin", "reviewer"), {"fields": ["name", "number", "sms", "ref"], "why": "holder_asks"}
    said = lin.post(f"{API}/accounts/{id}/reveal", json=asked).json()["fields"]
    assert said == {"name": CHEN.name, "number": CHEN.number, "sms": PHONE, "ref": CHEN.account}
    told = home.key().get(f"/v1/accounts/{CHEN.account}/receipt").json()["looks"]
    assert [(look["what"], look["why"]) for look in told] == [(name, "holder_asks") for name in asked["fields"]]
    for wrong in ({**asked, "why": "curious"}, {**asked, "fields": ["address"]}, {**asked, "fields": []}):
        assert lin.post(f"{API}/accounts/{id}/reveal", json=wrong).status_code == 422
    for n, role in enumerate(("support", "privacy")):
        assert home.person(f"other{n}", role).post(f"{API}/accounts/{id}/reveal", json=asked).status_code == 403


def test_who_may_not_see_an_account(home):
    """Neither roles without people, nor platforms, nor the staff of another app: to them there is no such account."""
    id = lived(home)
    for path in (f"accounts/{id}", f"accounts/{id}/timeline"):
        for role in ("policy", "admin"):
            assert home.person(f"{role}{path.count('/')}", role).get(f"{API}/{path}").status_code == 403
        assert home.key().get(f"{API}/{path}").status_code == 403
        assert home.key("reviewer", "elsewhere", "other").get(f"{API}/{path}").status_code == 404
        assert home.key("reviewer", "here").get(f"{API}/{path}").status_code == 200
    wu = home.person("xiaowu", "reviewer", app="other.test")
    assert wu.get(f"{API}/accounts/{id}").status_code == 404
    given = {"fields": ["name"], "why": "holder_asks"}
    assert wu.post(f"{API}/accounts/{id}/reveal", json=given).status_code == 404
    with home.context.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(looks).where(looks.c.by == "xiaowu")) == 0


def test_each_look_is_kept_once_an_hour_and_named_to_those_alone_who_watch(home):
    id = lived(home)
    lin, officer = home.person("xiaolin", "reviewer"), home.person("xiaogu", "privacy")
    for _ in range(3):
        page(lin, id)
    seen = [m for m in page(officer, id)["timeline"]["items"] if m["kind"] == "look"]
    assert [(m["by"], m["role"], m["what"], m["why"]) for m in seen if m["by"] == "xiaolin"] == [
        ("xiaolin", "reviewer", "account", "account_page")
    ]
    assert {m["by"] for m in page(lin, id)["timeline"]["items"] if m["kind"] == "look"} == {None}


def test_the_timeline_is_gone_through_page_by_page_without_gap_or_double(both):
    """Also where much happened in the same millisecond; a kind that is asked for comes alone."""
    id = lived(both)
    lin = both.person("xiaolin", "reviewer")
    whole, path = page(lin, id)["timeline"]["items"], f"{API}/accounts/{id}/timeline"
    found, before = [], None
    for _ in range(100):
        answer = lin.get(path, params={"limit": 2, **({"before": before} if before else {})}).json()
        found, before = found + answer["items"], answer["next"]
        if before is None:
            break
    assert [m["id"] for m in found] == [m["id"] for m in whole] and len(whole) > 6
    logins = lin.get(path, params={"kind": "event", "limit": 100}).json()["items"]
    assert {m["kind"] for m in logins} == {"event"} and len(logins) >= 2
    for wrong in ("before=x", "before=1.nothing.x", "limit=1000", "kind=nothing"):
        assert lin.get(f"{path}?{wrong}").status_code == 422, wrong


def test_what_is_asked_of_the_database_does_not_grow_with_the_account(home):
    id = lived(home)
    lin = home.person("xiaolin", "reviewer")
    page(lin, id)
    with counted(home.context.database.engine) as few:
        page(lin, id)
    key, at = home.key(), home.moment[0].isoformat()
    friends = [{"id": f"f-{n}", "account": f"friend-{n}", "type": "login", "device": "phone-1", "at": at}
               for n in range(20)]  # fmt: skip
    assert key.post("/v1/events", json={"events": friends}).status_code == 202
    for capability in ("withdraw", "publish", "comment"):
        hold = {**HOLD, "capabilities": [capability]}
        assert key.post(f"/v1/accounts/{CHEN.account}/holds", json=hold).status_code == 201
    with counted(home.context.database.engine) as many:
        shown = page(lin, id)
    assert len(shown["linked"]["items"]) == 21 and len(shown["holds"]) == 4
    assert len(many) <= len(few) <= 40


def test_a_case_that_measures_is_not_given_away_by_the_page(home):
    """小吴 measures what 小林 decided: to him it is as undecided as it was."""
    verification, lin = in_review(home), home.person("xiaolin", "reviewer")
    lin.post(f"{API}/queue/next")
    (case,) = lin.get(f"{API}/cases").json()["items"]
    home.later(seconds=5)
    ruled = {"verdict": "reject", "codes": ["rejected_by_reviewer"]}
    assert lin.post(f"{API}/cases/{case['id']}/ruling", json=ruled).status_code == 202
    home.later(seconds=31)
    senior = home.person("senior", "senior_reviewer")
    known = senior.post(f"{API}/cases/known", json={"case": case["id"], "verdict": "reject"}).json()["case"]
    wu = home.person("xiaowu", "reviewer")
    assert wu.post(f"{API}/cases/{known}/take").status_code == 200
    with home.context.database.read() as connection:
        assert connection.scalar(select(cases.c.measures).where(cases.c.id == known)) == "known"
    shown = page(wu, account_of(home))
    path, asked = f"{API}/accounts/{account_of(home)}/bans", {"kind": "ban", "ground": "violation_fraud"}
    assert lin.post(path, json=asked).status_code == 201
    assert wu.get(path).json() == {"items": [], "can": []} and lin.get(path).json()["items"]
    assert verification in [m["id"] for m in shown["timeline"]["items"]]
    assert "rejected" not in str(shown["timeline"]["items"])
    assert "rejected" in str(page(lin, account_of(home))["timeline"]["items"])


def test_the_same_person_and_members_of_a_ring_are_linked(home):
    """Two accounts of one person, and a ring whose flag names its members; what the flag says of others is masked."""
    mine, other, ring = in_review(home), holder(1), holder(2)
    in_review(home, other), in_review(home, ring)
    ids = {ref: account_of(home, ref) for ref in (CHEN.account, other.account, ring.account)}
    A = account_rows.c
    with home.context.database.write() as connection:
        same = update(account_rows).where(A.id.in_([ids[CHEN.account], ids[other.account]]))
        connection.execute(same.values(subject="sub_1"))
        said = {"ring": "ring-1a2b", "members": [CHEN.account, ring.account], "member_count": 2, "days": 30}
        events.raise_flag(connection, "demo.test", 0, account=ids[CHEN.account], rule="engagement_ring", policy="p-1",
                          does="review", event="", said=said, events=[], hold=None, at=home.context.now())  # fmt: skip
    shown = page(home.person("xiaolin", "reviewer"), ids[CHEN.account])
    found = {each["id"]: [link["how"] for link in each["links"]] for each in shown["linked"]["items"]}
    assert found == {ids[other.account]: ["subject"], ids[ring.account]: ["ring"]} and mine
    (flag,) = [m for m in shown["timeline"]["items"] if m["kind"] == "flag"]
    assert flag["rule"] == "engagement_ring" and flag["values"]["members"] == ["ch***el", "ac***-2"]


def test_a_hold_placed_from_the_page_holds_and_is_told(home):
    """小林's word holds the account; never a ban, never for what the machine alone may say, and not by support."""
    id = lived(home)
    lin, path = home.person("xiaolin", "reviewer"), f"{API}/accounts/{id}/holds"
    choices = lin.get(f"{API}/hold_choices").json()
    assert {"code", "zh", "en"} == choices["reasons"][0].keys() and "*" in choices["capabilities"]
    asked = {"reason": "violation_abuse", "capabilities": ["live"], "requirements": ["pledge"]}
    made = lin.post(path, json=asked)
    assert made.status_code == 201, made.text
    standing = home.key().get(f"/v1/accounts/{CHEN.account}/standing").json()
    assert [(h["source"], h["lifted_by"]) for h in standing["holds"] if h["id"] == made.json()["hold"]] == [
        ("reviewer:xiaolin", ["pledge"])
    ]
    told = [m for m in page(lin, id)["timeline"]["items"] if m["kind"] == "message" and m["event"] == "account.held"]
    assert len(told) == 2
    for wrong in ({"requirements": []}, {"reason": "photo_dark"}, {"capabilities": []}, {"requirements": ["x"]}):
        assert lin.post(path, json={**asked, **wrong}).status_code == 422, wrong
    assert home.person("xiaozhou", "support").post(path, json=asked).status_code == 403
    assert home.key("reviewer", "elsewhere", "other").post(path, json=asked).status_code == 404
