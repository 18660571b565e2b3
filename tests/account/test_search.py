"""小林 finds an account by all that people tell her of it; never on a side where she has no role."""

import pytest
from sqlalchemy import func, select, update

from shiming.review.search import readings
from shiming.store.account import accounts
from shiming.store.staff import members
from shiming.store.tables import looks, verifications
from shiming.verification.seen import Typed
from shiming.workflows import serialization
from shiming.workflows.operations import alarms
from shiming.workflows.privacy import erasure
from shiming.workflows.staff import searches
from shiming.workflows.verification import intake
from tests.application import application
from tests.holders import CHEN, holder, in_review

API, WHY = "/console/api", "holder_asks"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


def finds(client, text: str, why: str | None = None) -> dict:
    answer = client.post(f"{API}/search", json={"text": text, "why": why})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("  chen-channel ", {"ref"}),
        ("ver_" + "0" * 26, {"verification"}),
        ("hld_" + "0" * 26, {"hold"}),
        ("hld_short", {"ref"}),
        (CHEN.number, {"ref", "number"}),
        (f"{CHEN.number[:6]} {CHEN.number[6:]}", {"ref", "number"}),
        (CHEN.number[:-1] + "0", {"ref"}),
        ("138 0000 0000", {"ref", "phone"}),
        ("+86 13800000000", {"ref", "phone"}),
        (CHEN.name, {"ref", "name"}),
        ("JOHN SMITH", {"ref", "name"}),
        ("john.smith", {"ref"}),
        ("   ", set()),
    ],
)
def test_a_text_has_these_readings(text, kinds):
    assert {each.kind for each in readings(text)} == kinds


ID = "cas_" + "0" * 26


@pytest.mark.parametrize("text", ["\u200b{}", "\u202d{}\u202c", "“{}”", "（{}）", "{}。", "\u3000{}\ufeff", "编号：{}"])
def test_an_id_and_a_reference_are_found_as_they_were_pasted(text):
    """Issue 14: out of a chat, a ticket or a sheet. A reference keeps every sign that is seen."""
    assert [(each.kind, each.value) for each in readings(text.format(ID))] == [("case", ID)]
    assert "店铺（一）" in [each.value for each in readings("\u202d店铺（一）\u202c\u00a0")]


def test_an_account_is_found_by_its_reference_and_every_id_of_its_own(home):
    """M23: none of it asks for a reason, and what is shown is masked."""
    verification = in_review(home)
    lin = home.person("xiaolin", "reviewer")
    (case,) = lin.get(f"{API}/cases").json()["items"]
    ticket = home.key().post("/v1/tickets", json={"account": "chen-channel", "text": "怎么办", "topic": "account"})
    assert ticket.status_code == 201, ticket.text
    found = finds(lin, "chen-channel")["items"]
    assert [(each["ref"], each["by"]) for each in found] == [("ch***el", "ref")]
    texts = (verification, case["id"], found[0]["id"], ticket.json()["id"])
    assert {finds(lin, text)["items"][0]["id"] for text in texts} == {found[0]["id"]}
    assert finds(lin, "nobody")["items"] == []


def test_a_person_is_found_with_a_reason_alone_which_is_kept_and_told(home):
    """The holder's receipt says that staff looked for them, in what role and why; the trail has no name in it."""
    in_review(home)
    with home.context.database.write() as connection:
        row = accounts.by_ref(connection, "demo.test", CHEN.account)
        accounts.bind_phone(connection, row, home.context.lookup.hash("phone", "13800000000"), home.context.now())
    agent = home.person("xiaozhou", "support")
    for text, kind in ((CHEN.name, "name"), (CHEN.number, "number"), ("13800000000", "phone")):
        assert finds(agent, text) == {"items": [], "more": False, "asks_why": [kind], "why": list(searches.WHY)}
        said = finds(agent, text, WHY)
        assert [(each["ref"], each["by"]) for each in said["items"]] == [("ch***el", kind)] and not said["asks_why"]
    told = home.key().get(f"/v1/accounts/{CHEN.account}/receipt").json()["looks"]
    assert {(look["role"], look["what"], look["why"]) for look in told} == {
        ("support", f"search/{kind}", WHY) for kind in ("name", "number", "phone")
    }
    assert agent.post(f"{API}/search", json={"text": CHEN.name, "why": "curious"}).status_code == 422


def test_many_of_one_name_are_found_up_to_a_limit(home, monkeypatch):
    monkeypatch.setattr(searches, "MOST", 2)
    for n in range(3):
        in_review(home, holder(n).__class__(CHEN.name, holder(n).number, f"channel-{n}"))
    said = finds(home.person("xiaolin", "reviewer"), CHEN.name, WHY)
    assert len(said["items"]) == 2 and said["more"]


def test_only_sides_on_which_one_has_a_role_are_searched(home):
    """小吴 of another app finds nobody here; 小林, who works on both sides, finds each on its own."""
    verification = in_review(home)
    wu = home.person("xiaowu", "reviewer", app="other.test")
    for text, why in ((CHEN.account, None), (verification, None), (CHEN.name, WHY), (CHEN.number, WHY)):
        assert finds(wu, text, why)["items"] == [], text
    both = home.person("xiaolin", "reviewer", app="other.test")
    with home.context.database.write() as connection:
        members.give(connection, members.named(connection, "xiaolin"), "demo.test", ["reviewer"])
    assert [each["app"] for each in finds(both, CHEN.account)["items"]] == ["demo.test"]
    with home.context.database.write() as connection:
        members.give(connection, members.named(connection, "xiaolin"), "demo.test", ["policy"])
    assert finds(both, CHEN.account)["items"] == []


def test_who_may_not_search(home):
    """Whoever sees no people finds none; neither does a platform's key, a holder, or somebody without a CSRF header."""
    for role in ("policy", "admin"):
        assert home.person(f"xiao{role}", role).post(f"{API}/search", json={"text": "x"}).status_code == 403
    for client in (home.key(), home.key("platform", "other", "other")):
        assert client.post(f"{API}/search", json={"text": "x"}).status_code == 403
    lin = home.person("xiaolin", "reviewer")
    del lin.headers["x-csrf"]
    assert lin.post(f"{API}/search", json={"text": "x"}).status_code == 403
    lin.cookies.clear()
    assert lin.post(f"{API}/search", json={"text": "x"}).status_code == 401


def test_searches_are_limited_and_many_a_day_are_an_alarm(home, monkeypatch):
    """Per person: 小吴 goes on where 小林 has to wait. What is told of it names nobody but her, by her id."""
    monkeypatch.setattr(searches, "PER_WINDOW", 3)
    monkeypatch.setattr(searches, "UNUSUAL", 2)
    told = []
    monkeypatch.setattr(alarms, "tell", lambda context, alarm: told.append(alarm))
    lin = home.person("xiaolin", "reviewer")
    for n in range(3):
        finds(lin, f"guess-{n}")
    refused = lin.post(f"{API}/search", json={"text": "guess-4"})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert [(alarm.name, alarm.facts) for alarm in told] == [("searches", {"today": 2}), ("searches", {"today": 3})]
    finds(home.person("xiaowu", "reviewer"), "guess")
    home.later(minutes=11)
    finds(lin, "guess-5")


def test_what_is_erased_is_found_no_more(home):
    verification = in_review(home)
    key = home.key("reviewer", "somebody")
    key.post(f"/v1/verifications/{verification}/verdict", json={"verdict": "reject", "codes": ["rejected_by_reviewer"]})
    erasure.verification(home.context, "demo.test", verification, "privacy")
    with home.context.database.read() as connection:
        row = connection.execute(select(verifications)).one()
        assert (row.name_hash, row.number_hash) == (None, None)
        assert connection.scalar(select(func.count()).select_from(looks)) == 0
    lin = home.person("xiaolin", "reviewer")
    assert finds(lin, CHEN.name, WHY)["items"] == finds(lin, CHEN.number, WHY)["items"] == []


def test_who_was_there_before_the_upgrade_is_found_after_a_round_of_maintenance(home):
    """Rows of an older version have no hashes; one whose name cannot be looked for is passed over, once."""
    first, second = in_review(home), in_review(home, holder(1))
    bad = home.context.sealer.seal(second, "typed", serialization.dump(Typed("?", "none")))
    with home.context.database.write() as connection:
        connection.execute(update(verifications).values(name_hash=None, number_hash=None))
        connection.execute(update(verifications).where(verifications.c.id == second).values(sealed_typed=bad))
    lin = home.person("xiaolin", "reviewer")
    assert finds(lin, CHEN.name, WHY)["items"] == []
    assert (intake.make_found(home.context), intake.make_found(home.context)) == (2, 0)
    assert finds(lin, CHEN.name, WHY)["items"] and finds(lin, CHEN.number, WHY)["items"] and first
