"""My account over HTTP: who comes in, what is shown, and that every act is the platform's own call."""

import pytest
from fastapi.testclient import TestClient

from shiming.store.account import accounts
from shiming.store.tables import links, sessions
from tests.application import jpeg
from tests.holders import CHEN, in_review

FACTS = {"account_name": "陈", "name": CHEN.name, "number": CHEN.number, "prompt_seen": "没有通过",
         "device_model": "phone", "app_version": "9.1", "contact": "13800000000"}  # fmt: skip


class Me:
    """陈无照's browser in her own pages."""

    def __init__(self, home, url: str):
        self.http = TestClient(home.web, base_url="https://id.test")
        page, _, self.secret = url.partition("#")
        self.path = "/me/" + page.rpartition("/me/")[2]

    def comes_in(self, **more):
        return self.post("/open", {"link": self.secret, **more}, headers={"Idempotency-Key": "as the script sends it"})

    def get(self, path: str, **more):
        return self.http.get(self.path + path, **more)

    def post(self, path: str, json=None, **more):
        return self.http.post(self.path + path, json=json, **more)


@pytest.fixture
def key(home):
    return home.key()


@pytest.fixture
def held(key):
    """Her account, held until she pledges, and until a person has looked."""
    asked = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}
    return key.post(f"/v1/accounts/{CHEN.account}/holds", json=asked).json()["holds"][0]


def inside(home, key, **ways) -> Me:
    me = Me(home, key.post(f"/v1/accounts/{CHEN.account}/me", json=ways).json()["url"])
    assert me.comes_in().status_code == 200
    return me


def test_a_link_lets_one_browser_in_for_minutes_and_is_kept_as_a_hash(home, key):
    made = key.post(f"/v1/accounts/{CHEN.account}/me", json={}).json()
    me, other = Me(home, made["url"]), Me(home, made["url"])
    assert me.comes_in().status_code == 200 and me.get("/state").status_code == 200
    assert other.comes_in().json()["code"] == "link_used" and other.get("/state").status_code == 401
    late = Me(home, key.post(f"/v1/accounts/{CHEN.account}/me", json={}).json()["url"])
    home.later(minutes=11)
    assert late.comes_in().json()["code"] == "link_expired"
    with home.context.database.read() as connection:
        kept = str(connection.execute(links.select()).all()) + str(connection.execute(sessions.select()).all())
    assert me.secret not in kept and next(iter(me.http.cookies.values())) not in kept


def test_a_holder_reaches_no_call_of_the_platform_and_no_other_account(home, key):
    me = inside(home, key)
    secret = {"Authorization": f"Bearer {next(iter(me.http.cookies.values()))}"}
    for path in (f"/v1/accounts/{CHEN.account}/standing", f"/v1/accounts/{CHEN.account}/inbox", "/v1/verifications"):
        assert me.http.get(path, headers=secret).status_code == 403
    key.post("/v1/accounts/somebody-else/holds", json={"reason": "login_risk"})
    other = key.post("/v1/accounts/somebody-else/me", json={}).json()["for"]
    assert me.http.get(f"/me/{other}/state", headers=secret).status_code == 403
    evil = {"Origin": "https://evil.test"}
    assert me.post("/pledge", {}, headers=evil).status_code == 401


def test_visits_end_when_the_platform_says_so(home, key):
    me = inside(home, key)
    waiting = Me(home, key.post(f"/v1/accounts/{CHEN.account}/me", json={}).json()["url"])
    assert key.delete(f"/v1/accounts/{CHEN.account}/me").status_code == 204
    assert me.get("/state").status_code == 401 and waiting.comes_in().status_code == 410


def test_a_hold_says_what_lifts_it_and_a_pledge_lifts_it(home, key, held):
    """M15, M31: why, since when, what is held back, and the text to be pledged; then the account is normal."""
    me = inside(home, key, profile_url="https://app.test/profile")
    shown = me.get("/state").json()
    (hold,) = shown["standing"]["holds"]
    assert hold["capabilities"] == ["publish"] and "我保证" in hold["requirements"][0]["pledge"]["zh"]
    assert shown["back"] == {"profile": "https://app.test/profile"} and shown["unread"] == 1
    assert me.post("/pledge", {"text_version": "1"}).json()["standing"] == "normal"
    inbox = me.get("/inbox").json()["items"]
    assert [m["zh"]["title"] for m in inbox][:2] == ["账号恢复正常", "一项限制已经解除"]
    assert me.post(f"/inbox/{inbox[0]['id']}/read").status_code == 204
    assert me.get("/state").json()["unread"] == 2


def test_what_a_hold_says_is_backed_by_its_records(home, key):
    """Issue 18: "when and how often is listed on the page", and nothing was: each record with time, place, content."""
    login = {"type": "login", "account": CHEN.account, "device": "p1"}
    bad = {"type": "violation", "account": CHEN.account, "category": "fraud", "severity": 4, "content": "video-7"}
    for n, event in enumerate([bad] + [login | {"ip": ip} for ip in ("192.0.2.7", "203.0.113.7") * 4]):
        home.later(minutes=1)
        said = key.post("/v1/events", json={"id": f"e{n}", "at": home.moment[0].isoformat(), **event})
        assert said.is_success, said.text
    holds = {each["reason"]: each for each in inside(home, key).get("/state").json()["standing"]["holds"]}
    fraud, risk = holds["violation_fraud"], holds["login_risk"]
    (record,) = fraud["records"]
    assert record["content"] == "video-7" and record["at"] and fraud["more_records"] == 0 and "because" not in fraud
    assert {each["place"] for each in risk["records"]} == {"北京", "美国"} and len(risk["records"]) <= 5


def test_who_waits_for_a_person_is_told_until_when(home, key):
    """Issue 18: of the time nothing was said at all. Past it, nothing is promised any more."""
    id = in_review(home)
    link = key.post(f"/v1/verifications/{id}/links").json()["url"].partition("#")[2]
    phone = TestClient(home.web, base_url="https://id.test")
    assert phone.post(f"/v/{id}/open", json={"link": link}).status_code == 200
    wait = phone.get(f"/v/{id}/state").json()["wait"]
    assert wait["usually"] is None and wait["late"] is False and wait["latest"] > home.moment[0].isoformat()
    home.later(hours=25)
    link = key.post(f"/v1/verifications/{id}/links").json()["url"].partition("#")[2]
    assert phone.post(f"/v/{id}/open", json={"link": link}).status_code == 200
    assert phone.get(f"/v/{id}/state").json()["wait"]["late"] is True


def test_an_appeal_against_a_hold_names_its_pieces(home, key, held):
    """M26: what is missing is named at once; handed in, it waits for a person, with a time."""
    me = inside(home, key)
    appeal = me.post("/appeals", {"hold": held["id"]}).json()
    assert appeal["missing"] == ["facts"] and appeal["names"]["facts"]["zh"] and appeal["reasons"][0]["zh"]["title"]
    assert me.post(f"/appeals/{appeal['id']}/hand_in").json()["code"] == "pieces_missing"
    assert me.post(f"/appeals/{appeal['id']}/facts", FACTS).json()["missing"] == []
    assert me.post(f"/appeals/{appeal['id']}/hand_in").json()["state"] == "waiting"
    assert me.get("/state").json()["appeals"][0]["answer_by"]
    stranger = in_review(home, CHEN.__class__("李某某", "170213199103140219", "li-channel"))
    assert me.post("/appeals", {"verification": stranger}).status_code == 404


def test_from_a_result_only_what_belongs_to_it(home, key, held):
    """The link to one verification opens no inbox and no receipt, and an appeal only where one is offered."""
    id = in_review(home)
    link = key.post(f"/v1/verifications/{id}/links").json()["url"].partition("#")[2]
    phone = Me(home, f"https://id.test/me/{id}#x")
    assert phone.http.post(f"/v/{id}/open", json={"link": link}).status_code == 200
    shown = phone.get("/state").json()
    assert shown["narrow"] == id and CHEN.account not in str(shown) and len(shown["verifications"]) == 1
    assert {phone.get(path).status_code for path in ("/inbox", "/receipt")} == {403}
    assert phone.post("/cancel").status_code == 403
    assert phone.post("/appeals", {}).json()["code"] == "appeal_not_offered"
    assert phone.post("/appeals", {"hold": held["id"]}).json()["code"] == "appeal_not_offered"
    assert phone.get("/places").json()["code"] == "live_face_needed"


def test_a_conversation_carries_the_account_and_is_nobody_else_s(home, key):
    """M16: asked, shown a picture, answered by 小何, rated."""
    in_review(home)
    me, he = inside(home, key), home.person("xiaohe", "support")
    ticket = me.post("/tickets", {"text": "要等多久？"}).json()
    me.post(f"/tickets/{ticket['id']}/pictures", files={"picture": ("p.jpg", jpeg(), "image/jpeg")})
    seen = he.get(f"/console/api/tickets/{ticket['id']}").json()
    assert seen["verification"]["state"] == "in_review" and len(seen["messages"]) == 2
    he.post(f"/console/api/tickets/{ticket['id']}/messages", json={"text": "今天之内。"})
    said = me.get(f"/tickets/{ticket['id']}").json()
    assert said["state"] == "answered" and said["messages"][-1]["text"] == "今天之内。"
    assert me.get(f"/tickets/{ticket['id']}/pictures/{said['messages'][1]['id']}").content[:2] == b"\xff\xd8"
    assert me.post(f"/tickets/{ticket['id']}/rating", {"score": 5}).status_code == 204
    foreign = key.post("/v1/accounts/li-channel/me", json={}).json()["url"]
    li = Me(home, foreign)
    li.comes_in()
    assert li.get(f"/tickets/{ticket['id']}").status_code == 404
    assert li.post("/tickets", {"text": "?", "verification": seen["verification"]["id"]}).json()["verification"] is None


def test_verify_from_here_goes_on_with_what_was_begun_and_leads_back(home, key):
    """M9, M18: one tap; nothing is handed in twice; this browser is let in at once."""
    me = inside(home, key)
    again = {"Idempotency-Key": "sent again, as the first answer was lost"}
    first = me.post("/verify", {"level": "standard"}, headers=again).json()
    del me.http.cookies[f"shiming_{first['id']}"]
    second = me.post("/verify", {"level": "standard"}, headers=again).json()
    assert first["id"] == second["id"] and me.http.get(f"/v/{first['id']}/state").status_code == 200
    made = key.get(f"/v1/verifications/{first['id']}").json()
    assert made["return_url"].endswith(me.path) and made["state"] == "open"
    framed = Me(home, key.post(f"/v1/accounts/{CHEN.account}/me", json={}).json()["url"])
    secret = framed.comes_in(framed=True).json()["secret"]
    assert framed.get("/state", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    framed = Me(home, key.post(f"/v1/accounts/{CHEN.account}/me", json={}).json()["url"])
    kept = framed.comes_in(framed=True).headers["set-cookie"]
    assert all(word in kept for word in ("Partitioned", "SameSite=None", "Secure", "HttpOnly"))


def test_a_card_that_lapses_soon_is_named(home, key):
    """M18: from a month before its last day on, with the way to update it; for good: nothing is said."""
    me = inside(home, key)
    for until, soon in (("2026-12-01", True), ("2031-12-01", False), ("9999-12-31", None)):
        with home.context.database.write() as connection:
            accounts.note_document(connection, accounts.by_ref(connection, "demo.test", CHEN.account).id, until)
        said = me.get("/state").json()["document"]
        assert (said and said["soon"]) == soon


def test_the_account_is_cancelled_and_kept_and_its_privacy_is_told(home, key):
    """M28, M39: a cancellation can be taken back; the receipt says what was collected and who looked."""
    in_review(home)
    me = inside(home, key)
    assert me.post("/cancel").json()["state"] == "cancelling" and me.post("/keep").json()["state"] == "active"
    told = me.get("/receipt").json()
    assert {"card_front", "face"} <= {c["piece"] for c in told["verifications"][0]["collected"]}


def test_help_finds_a_reason(home, key):
    me = inside(home, key)
    found = me.post("/help", {"words": "身份证过期"}).json()["items"]
    assert "document_expired" in [reason["code"] for reason in found[:3]] and found[0]["zh"]["remedy"]
