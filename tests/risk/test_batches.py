"""One bad event among many: 张合格's platform is told which, and may have the rest taken."""

import pytest

from tests.risk.watchtower import START

WHEN = START.isoformat()
GOOD = [{"id": f"e{n}", "account": "zhang-hege", "type": "login", "at": WHEN} for n in range(3)]
GUARDIANS = {**GOOD[0], "id": "b4", "account": "new", "account_kind": "guardian_of_minor"}
BAD = [{**GOOD[0], "id": "b1", "ip": "unknown"}, {**GOOD[0], "id": "b2", "type": "logon"}]


def test_every_bad_event_is_named_and_none_is_taken(plain):
    """Only the first was named: each try found the next one."""
    said = plain.post("/events", {"events": [GOOD[0], BAD[0], GOOD[1], BAD[1]]}, expect=422)
    assert [each["field"] for each in said["fields"]] == ["events[1].ip", "events[3].type"]
    assert "2 of 4 events" in said["detail"] and '"partial": true' in said["detail"]
    assert plain.post("/events", {"events": GOOD})["items"][0]["state"] == "taken"


NAMELESS = {**GOOD[0], "id": "b3", "account": "tenant/42"}


def test_with_partial_the_rest_is_taken_and_a_replay_says_the_same(tower):
    sent = {"events": [GOOD[0], BAD[0], GOOD[1], "no event", {**GOOD[1]}], "partial": True}
    once = tower.post("/events", sent)["items"]
    assert [each["state"] for each in once] == ["taken", "refused", "taken", "refused", "refused"]
    assert [each["id"] for each in once] == ["e0", "b1", "e1", None, "e1"]
    assert "events[1].ip must be" in once[1]["problem"] and "same id" in once[4]["problem"]
    again = tower.post("/events", sent)["items"]
    assert [each["state"] for each in again] == ["duplicate", "refused", "duplicate", "refused", "refused"]


def test_an_account_that_cannot_be_opened_loses_no_other_event(tower):
    """Its id was found wrong only as the account was opened: the whole batch was refused, and nothing said which."""
    said = tower.post("/events", {"events": [GOOD[0], NAMELESS, BAD[1]]}, expect=422)
    assert [each["field"] for each in said["fields"]] == ["events[1].account", "events[2].type"]
    headers = {"Authorization": f"Bearer {tower.keys['platform']}", "Idempotency-Key": "batch-2"}
    sent = {"events": [NAMELESS, GOOD[0]], "partial": True}
    once, again = (tower.http.post("/v1/events", json=sent, headers=headers).json()["items"] for _ in range(2))
    assert [each["state"] for each in once] == ["refused", "taken"] and once == again
    assert once[0]["problem"].startswith("events[0].account: this id holds /")
    assert tower.post("/events", NAMELESS, expect=422)["fields"][0]["field"] == "event.account"


def test_an_event_opens_no_guardians_account(plain):
    """Every other door refused this kind: such an account takes no place, and is opened by an invitation only."""
    said = plain.post("/events", {"events": [GOOD[2], GUARDIANS]}, expect=422)
    assert said["fields"][0]["problem"].startswith("events[1].account_kind is the kind of guardians' own accounts")


@pytest.mark.parametrize("sent", [{"events": BAD, "partial": True}, {"events": GOOD, "partial": "yes"}])
def test_where_nothing_can_be_taken_nothing_is(plain, sent):
    assert plain.post("/events", sent, expect=422)["code"] == "bad_input"


def test_a_retry_under_the_same_key_is_told_the_same_of_the_refused(plain):
    """What was wrong is not kept, because it may repeat what was sent; it is read once more."""
    headers = {"Authorization": f"Bearer {plain.keys['platform']}", "Idempotency-Key": "batch-1"}
    sent = {"events": [BAD[0], GOOD[0], BAD[1]], "partial": True}
    once, again = (plain.http.post("/v1/events", json=sent, headers=headers) for _ in range(2))
    assert once.status_code == again.status_code == 202 and once.json() == again.json()
    assert again.headers["Idempotent-Replay"] == "true"
