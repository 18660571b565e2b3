"""M16: 陈无照 asks; 小何 and 小许 of support answer, live, with the whole story before them."""

import json

import pytest

from shiming.web.api import conversations
from tests.application import jpeg, on_a_loop
from tests.holders import CHEN, in_review

API = "/console/api"


@pytest.fixture
def asked(home):
    """陈无照's ticket, opened by the platform without naming her verification."""
    in_review(home)
    home.platform = home.key()
    given = {"account": CHEN.account, "topic": "result_unclear", "text": "我等了很久"}
    return home.platform.post("/v1/tickets", json=given).json()["id"]


def test_the_agent_has_the_whole_story_masked_and_no_case(home, asked):
    """The ticket carries account, holds and verification by itself."""
    held = {"reason": "login_risk", "capabilities": ["withdraw"]}
    home.platform.post(f"/v1/accounts/{CHEN.account}/holds", json=held)
    he = home.person("xiaohe", "support")
    assert [t["id"] for t in he.get(f"{API}/tickets").json()["items"]] == [asked]
    seen = he.get(f"{API}/tickets/{asked}").json()
    assert seen["verification"]["state"] == "in_review" and seen["holds"][0]["reason"] == "login_risk"
    assert CHEN.account not in json.dumps(seen) and CHEN.name not in json.dumps(seen) and "case" not in seen
    both = home.person("laozhou", "support", "senior_reviewer")
    assert both.get(f"{API}/tickets/{asked}").json()["case"].startswith("cas_")


def test_answered_from_the_catalogue_handed_over_closed_and_rated(home, asked):
    he, xu = home.person("xiaohe", "support"), home.person("xiaoxu", "support")
    (answer,) = he.get(f"{API}/canned?code=authority_photo_missing").json()["items"]
    said = he.post(f"{API}/tickets/{asked}/messages", json={"text": answer["zh"]}).json()
    assert (said["state"], said["messages"][-1]["author"]) == ("answered", "xiaohe")
    assert home.platform.get(f"/v1/accounts/{CHEN.account}/inbox").json()["items"][0]["event"] == "ticket.answered"
    assert xu.post(f"{API}/tickets/{asked}/messages", json={"text": "x"}).json()["code"] == "ticket_taken"
    assert he.post(f"{API}/tickets/{asked}/hand_over", json={"to": "xiaoxu"}).status_code == 204
    assert xu.post(f"{API}/tickets/{asked}/close").json()["state"] == "closed"
    assert home.platform.post(f"/v1/tickets/{asked}/rating", json={"score": 6}).status_code == 422
    assert home.platform.post(f"/v1/tickets/{asked}/rating", json={"score": 4}).status_code == 204
    assert xu.get(f"{API}/tickets?state=closed").json()["mean_rating"] == 4.0


def test_a_ticket_is_rated_after_somebody_answered_and_handed_to_support_only(home, asked):
    he = home.person("xiaohe", "support")
    home.person("xiaolin", "reviewer")
    assert home.platform.post(f"/v1/tickets/{asked}/rating", json={"score": 1}).json()["code"] == "wrong_state"
    assert he.post(f"{API}/tickets/{asked}/hand_over", json={"to": "xiaolin"}).status_code == 422


def test_pictures_are_part_of_the_conversation(home, asked):
    shown = home.platform.post(f"/v1/tickets/{asked}/pictures", files={"picture": ("p.jpg", jpeg(), "image/jpeg")})
    last = shown.json()["messages"][-1]
    assert last["picture"] and last["text"] == ""
    answer = home.platform.get(f"/v1/tickets/{asked}/pictures/{last['id']}")
    assert (answer.content, answer.headers["cache-control"]) == (jpeg(), "no-store")
    assert home.platform.get(f"/v1/tickets/{asked}/pictures/tms_other").status_code == 404
    assert home.key(app="other").get(f"/v1/tickets/{asked}/pictures/{last['id']}").status_code == 404


class Listening:
    """A browser that goes away after so many looks."""

    def __init__(self, looks):
        self.looks = looks

    async def is_disconnected(self):
        self.looks -= 1
        return self.looks < 0


def heard(home, ticket, after=None, looks=1):
    """What a stream tells before its listener leaves; in a thread, for a test's browser may hold this one's loop."""

    async def listen():
        answer = await conversations.stream(Listening(looks), home.context, "demo.test", ticket, after)
        return [event async for event in answer.body_iterator]

    return on_a_loop(listen)


def test_the_conversation_is_live_and_who_comes_back_misses_nothing(home, asked, monkeypatch):
    monkeypatch.setattr(conversations, "EVERY", 0.01)
    first, state = heard(home, asked)
    assert "我等了很久" in first and '"open"' in state
    seen = first.split("\n")[0].removeprefix("id: ")
    home.key("support", "agent").post(f"/v1/tickets/{asked}/messages", json={"text": "正在看"})
    again = heard(home, asked, after=seen, looks=2)
    assert "正在看" in again[0] and "我等了很久" not in again[0] and again[-1].startswith(": still")


def test_contact_points_are_settings(home):
    assert home.key().get("/v1/contact_points").json() == {}
