"""Every POST that takes an Idempotency-Key survives a crash between its last transaction and its answer.

Stories, some of them from other folders, are told by a client whose server dies after each request; it asks again with
the same key, is answered, and nothing is there twice.
"""

from types import SimpleNamespace

import pytest

from shiming.verification.seen import CardSeen, HandheldSeen, LiveSeen, Side
from shiming.workflows.privacy import erasure_requests
from shiming.workflows.support import uploads
from tests.account import test_erasure, test_guardians, test_hold_appeals, test_takeover
from tests.account import test_slots as test_places
from tests.account.application import ZHANG
from tests.account.application import application as people
from tests.account.guardians import house
from tests.application import application as open_house
from tests.application import jpeg
from tests.holders import CHEN, in_review
from tests.review.day import FACTS, REJECT, filled
from tests.risk import test_policy_life
from tests.risk.watchtower import watchtower
from tests.security.idempotency.crashing import POSTS, crashing
from tests.security.processes.installation import opened
from tests.support.test_mail import appeal_of, arrives, ruled, written
from tests.web import test_film
from tests.web.test_me import Me, inside

PICTURE = {"picture": ("p.jpg", jpeg(), "image/jpeg")}
VIDEO = b"\0\0\0\x18ftypmp42" + b"\0" * 300
HOLD = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}


def looked(task, data, *more):
    """What models would say."""
    seen = {"card": CardSeen(Side.FRONT, 1, {}), "handheld": HandheldSeen(1, 1), "face": LiveSeen((1,), (), 0.8)}
    return data if task == "clean" else SimpleNamespace(seen=seen[task], clean=b"c", frames=[b"f"], best=b"b")


def pieces_are_handed_in(home):
    """A verification from its beginning to its end."""
    key, holds = home.key(), {**HOLD, "requirements": ["verify:standard"]}
    key.post("/v1/accounts/zhang/holds", json=holds)
    assert key.post("/v1/accounts/zhang/prompt", json={}).json()["verification"]
    path = f"/v1/verifications/{key.post('/v1/verifications', json={'account': 'zhang'}).json()['id']}"
    assert key.post(f"{path}/links").status_code == 201
    assert key.post(f"{path}/consent", json={"face": True}).json()["face_consent"] is True
    assert key.post(f"{path}/identity", json={"name": ZHANG.name, "number": ZHANG.number}).status_code == 200
    assert key.post(f"{path}/evidence/card_front", files=PICTURE).json()["side"] == "front"
    drawn = key.post(f"{path}/challenge").json()
    home.later(seconds=9)
    frames = [("frames", ("f.jpg", jpeg(), "image/jpeg"))] * 3
    given = {"challenge": drawn["challenge"], "times_ms": "0,500,900"}
    assert key.post(f"{path}/evidence/face", data=given, files=frames).json()["piece"] == "face"
    assert key.post(f"{path}/evidence/face", data=given, files=frames).json()["code"] == "challenge_over"
    assert key.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert key.post(f"{path}/redact").json()["state"] == "erased"


def a_platform_does_its_housework(home):
    """Webhooks, clients, contacts, tickets, inbox, policies, my account."""
    key, boss = home.key(), home.key("operator", "boss")
    assert key.post("/v1/webhook_endpoints", json={"url": "https://platform.test/hook"}).json()["secret"]
    (hook,) = key.get("/v1/webhook_endpoints").json()["items"]
    assert key.post(f"/v1/webhook_endpoints/{hook['id']}/rotate").json()["secret"]
    sent = key.post(f"/v1/webhook_endpoints/{hook['id']}/test").json()["delivery"]
    assert [each["id"] for each in key.get("/v1/webhook_deliveries").json()["items"]] == [sent]
    fired = key.post("/v1/webhook_messages", json={"event": "account.normal"}).json()
    assert [each["id"] for each in key.get("/v1/webhook_messages").json()["items"]].count(fired["id"]) == 1
    assert key.post("/v1/clients", json={"name": "android"}).json()["secret"]
    key.post("/v1/accounts/zhang/holds", json=HOLD)
    (sent, *_) = key.get("/v1/webhook_deliveries").json()["items"]
    waiting = len(home.queued)
    assert key.post(f"/v1/webhook_deliveries/{sent['id']}/resend").json()["state"] == "waiting"
    assert len(home.queued) == waiting + 1
    asked = {"endpoint": sent["endpoint"]}
    assert key.post("/v1/webhook_deliveries/resend", json=asked).json() == {**asked, "resent": 0, "more": False}
    told = key.get("/v1/accounts/zhang/inbox").json()["items"][0]["id"]
    assert key.post(f"/v1/accounts/zhang/inbox/{told}/read").status_code == 204
    contact = {"channel": "sms", "address": "12012345678"}
    assert len(key.post("/v1/accounts/zhang/contact", json=contact).json()["contacts"]) == 1
    assert key.post("/v1/accounts/zhang/phone", json={"phone": "12012345678"}).status_code == 200
    assert key.post("/v1/accounts/zhang/profile", json={"filled": ["avatar"]}).status_code == 200
    left = key.post("/v1/accounts/zhang/pledge", json={}).json()["holds"]
    assert "violation_rumour" not in {hold["reason"] for hold in left}
    asked = {"account": "zhang", "topic": "result_unclear", "text": "为什么？"}
    path = f"/v1/tickets/{key.post('/v1/tickets', json=asked).json()['id']}"
    agent = home.key("support", "xiaoqin")
    assert len(agent.post(f"{path}/messages", json={"text": "今天之内。"}).json()["messages"]) == 2
    assert len(key.post(f"{path}/pictures", files=PICTURE).json()["messages"]) == 3
    assert agent.post(f"{path}/close").json()["state"] == "closed"
    assert key.post(f"{path}/rating", json={"score": 5}).status_code == 204
    rows = [{"account": "li", "level": "basic", "verified_at": 1_700_000_000_000, "verified_by": "old-system"}]
    assert boss.post("/v1/imports", json={"kind": "verified", "rows": rows}).json()["counts"]["taken"] == 1
    assert boss.post("/v1/policies/check", json={"text": test_policy_life.STRICT}).json()["name"] == "strict"


def an_appeal_is_filled(home):
    """陈无照 was rejected; she appeals piece by piece, withdraws; appeals again, is turned down, and comes back."""
    key, lin, wu = home.key(), home.key("reviewer", "lin"), home.key("reviewer", "wu")
    id = in_review(home)
    assert lin.post(f"/v1/verifications/{id}/verdict", json=REJECT).json()["state"] == "rejected"
    path = f"/v1/appeals/{key.post(f'/v1/verifications/{id}/appeals').json()['id']}"
    assert key.post(f"{path}/uploads", json={"size": 300}).json()["chunk_bytes"] == uploads.CHUNK
    video = {"video": ("v.mp4", VIDEO, "video/mp4")}
    assert "failure_video" in key.post(f"{path}/pieces/failure_video", files=video).json()["pieces"]
    assert "error_screenshot" in key.post(f"{path}/pieces/error_screenshot", files=PICTURE).json()["pieces"]
    assert {"card_front", "card_back"} <= set(key.post(f"{path}/reuse").json()["pieces"])
    assert key.post(f"{path}/withdraw").json()["state"] == "withdrawn"
    path = f"/v1/appeals/{filled(home, key, id)}"
    assert key.post(f"{path}/hand_in").json()["state"] == "waiting"
    assert wu.post(f"{path}/answer", json={"answer": "turn_down"}).json()["state"] == "turned_down"
    assert key.post(f"{path}/reopen").json()["state"] == "collecting"


def in_her_own_pages(home):
    """陈无照 in "my account": her hold, her appeals, her conversation, her account."""
    key, lin = home.key(), home.key("reviewer", "lin")
    (hold,) = key.post(f"/v1/accounts/{CHEN.account}/holds", json=HOLD).json()["holds"]
    id = in_review(home)
    lin.post(f"/v1/verifications/{id}/verdict", json=REJECT)
    me = inside(home, key)
    path = f"/appeals/{me.post('/appeals', {'verification': id}).json()['id']}"
    assert me.post(f"{path}/facts", FACTS).status_code == 201
    assert me.post(f"{path}/pictures/error_screenshot", files=PICTURE).status_code == 201
    assert "card_front" in me.post(f"{path}/reuse").json()["pieces"]
    assert me.post(f"{path}/uploads", {"size": 300}).json()["offset"] == 0
    filming = test_film.comes_in(home, me, path.rpartition("/")[2])
    assert filming.post(f"/film{path.removeprefix('/appeals')}/uploads", json={"size": 300}).json()["offset"] == 0
    assert me.post(f"{path}/withdraw").json()["state"] == "withdrawn"
    path = f"/appeals/{me.post('/appeals', {'hold': hold['id']}).json()['id']}"
    me.post(f"{path}/facts", FACTS)
    assert me.post(f"{path}/hand_in").json()["state"] == "waiting"
    lin.post(f"/v1{path}/answer", json={"answer": "turn_down"})
    assert me.post(f"{path}/reopen").json()["state"] == "collecting"
    assert me.post(f"{path}/withdraw").json()["state"] == "withdrawn"
    assert me.post("/pledge", {}).json()["standing"] == "normal"
    told = me.get("/inbox").json()["items"][0]["id"]
    assert me.post(f"/inbox/{told}/read").status_code == 204
    wish = me.post("/erasures", {"verification": id, "text": "请删除。"}).json()["ticket"]
    assert me.get(f"/tickets/{wish}").json()["topic"] == erasure_requests.TOPIC
    path = f"/tickets/{me.post('/tickets', {'text': '？'}).json()['id']}"
    assert len(me.post(f"{path}/messages", {"text": "在吗？"}).json()["messages"]) == 2
    assert len(me.post(f"{path}/pictures", files=PICTURE).json()["messages"]) == 3
    home.key("support", "qin").post(f"/v1{path}/messages", json={"text": "在。"})
    assert me.post(f"{path}/close").json()["state"] == "closed"
    assert me.post(f"{path}/rating", {"score": 5}).status_code == 204
    assert me.post("/cancel").json()["state"] == "cancelling" and me.post("/keep").json()["state"] == "active"


def a_mail_is_claimed(home):
    """It was kept back, as its sender could not be believed; she signs in and follows the reply's link."""
    key = ruled(home, {"verdict": "reject", "codes": ["identity_not_found"]})
    arrives(home, written(sender="chen@other.test", pictures=("截图.jpg",)))
    token = home.sent[0][1].partition("#mail=")[2].split()[0]
    path = f"/v1/accounts/{CHEN.account}/mail"
    assert key.post(path, json={"token": token}).json() == {"state": "taken"}
    assert {"facts", "error_screenshot"} <= set(appeal_of(home, key)["pieces"])


def in_the_pages_of_her_result(application):
    """In my account of one verification: her other accounts."""
    tried = test_places.full(application)
    link = application.post(f"/verifications/{tried['id']}/links")["url"]
    application.web = application.http.app
    me = Me(application, f"https://id.test/me/{tried['id']}#")
    opened = {"link": link.partition("#")[2]}
    assert me.http.post(f"/v/{tried['id']}/open", json=opened).status_code == 200
    (old,) = me.get("/places").json()["items"]
    assert me.post(f"/places/{old['place']}/cancel").json()["items"][0]["state"] == "cancelling"


def a_block_is_lifted(application):
    """And what else is done to an account, and taken back."""
    made = application.verify("zhang")
    for ask, first, second in (("blocks", "one", "two"), ("unblocks", "two", "three")):
        order = application.post(f"/subjects/{ask}", {"account": "zhang", "ground": "violation_fraud"}, first)
        assert application.post(f"/subjects/{ask}/{order['id']}/confirm", by=second)["account"] == "zhang"
    application.post("/accounts/zhang/holds", HOLD)
    assert application.post(f"/verifications/{made['id']}/pledge", {}, by=made["token"])["standing"] == "normal"
    (hold,) = application.post("/accounts/zhang/holds", {"reason": "login_risk", "requirements": ["review"]})["holds"]
    assert application.post(f"/holds/{hold['id']}/verdict", {"verdict": "lift"}, "one")["state"] == "lifted"
    assert application.post("/accounts/zhang/cancel")["state"] == "cancelling"
    assert application.post("/accounts/zhang/keep")["state"] == "active"


def a_binding_is_moved(application):
    application.verify("zhang")
    application.post("/accounts/new/holds", HOLD)
    asked = application.post("/subjects/moves", {"source": "zhang", "target": "new"}, "one")
    assert application.post(f"/subjects/moves/{asked['id']}/confirm", by="two")["target"] == "new"


def factors_are_given(application):
    made = application.post("/verifications", {"account": "zhang", "level": "enhanced"})
    application.post(f"/verifications/{made['id']}/phone", {"phone": "12012345678"})
    card = {"card": "6222020111122220002", "phone": "12012345678"}
    application.post(f"/verifications/{made['id']}/bank-card", card)


def asking(folder):
    return people(folder, "", factors_at={"enhanced": frozenset({"phone", "bank"})})


STORIES = [
    (lambda folder: opened(folder, look=looked), pieces_are_handed_in),
    (lambda folder: open_house(folder), a_platform_does_its_housework),
    (lambda folder: open_house(folder, blind_share=0.0), an_appeal_is_filled),
    (lambda folder: open_house(folder, blind_share=0.0), in_her_own_pages),
    (lambda folder: open_house(folder, blind_share=0.0), a_mail_is_claimed),
    (lambda folder: people(folder, ""), in_the_pages_of_her_result),
    (lambda folder: people(folder, ""), a_binding_is_moved),
    (asking, factors_are_given),
    (lambda folder: house(folder), test_guardians.a_guardian_is_asked),
    (lambda folder: people(folder, ""), a_block_is_lifted),
    (lambda folder: people(folder, ""), test_hold_appeals.test_an_upheld_appeal_lifts_its_hold_and_no_other),
    (lambda folder: people(folder, ""), test_places.test_not_mine_opens_a_review_that_may_free_the_place),
    (lambda folder: people(folder, ""), test_takeover.test_the_holder_confirms_the_old_phone_and_verifies),
    (lambda folder: people(folder, ""), test_erasure.test_nothing_of_it_is_left_that_names_anybody),
    (watchtower, test_policy_life.test_a_version_that_asks_to_verify_tells_ahead_holds_in_its_wave_and_takes_it_back),
    (watchtower, test_policy_life.test_a_stricter_limit_tells_whom_it_would_hold_and_who_of_them_was_innocent),
]  # fmt: skip
TRIED: dict[str, set[str]] = {}


@pytest.mark.parametrize(("application", "story"), STORIES, ids=[story.__name__ for _, story in STORIES])
def test_a_story_goes_on_through_a_crash_after_each_request(tmp_path, application, story):
    with application(tmp_path) as home, crashing() as tried:
        story(home)
    TRIED[story.__name__] = tried


def test_the_stories_reach_every_post():
    """A new one needs a story of its own, or a place in one of these."""
    if len(TRIED) < len(STORIES):
        pytest.skip("Only where all the stories were told before, in this process.")
    reached = set().union(*TRIED.values())
    assert {route.path for route in POSTS} - reached == set()
