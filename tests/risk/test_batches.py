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


def _sent(*events: str, **more: str) -> bytes:
    """A batch as JSON that no library would write."""
    said = {"partial": "true", **more}
    return ('{"events":[' + ",".join(events) + "]," + ",".join(f'"{k}":{v}' for k, v in said.items()) + "}").encode()


def _event(called: str, **more: str) -> str:
    given = {"id": f'"{called}"', "account": '"zhang-hege"', "type": '"login"', "at": f'"{WHEN}"', **more}
    return "{" + ",".join(f'"{name}":{value}' for name, value in given.items()) + "}"


def _post(tower, body: bytes, key: str = ""):
    headers = {"Authorization": f"Bearer {tower.keys['platform']}", "Content-Type": "application/json"}
    return tower.http.post("/v1/events", content=body, headers=headers | ({"Idempotency-Key": key} if key else {}))


UNFIT = {
    "half an emoji": ({"device": r'"phone\ud83d"'}, "device"), "its other half": ({"device": r'"\udc95"'}, "device"),
    "NUL": ({"device": r'"a\u0000"'}, "device"), "NaN": ({"amount": "NaN"}, "amount"),
    "1e400": ({"amount": "-1e400"}, "amount"), "19 digits": ({"amount": "1" * 19}, "amount"),
    "5,000 digits": ({"at": "1" * 5_000}, "at"), "a key twice": ({"id": '"f1","id":"f2"'}, "id"),
    "a key twice, within": ({"device": '{"a":1,"a":1}'}, "device.a"), "half a name": ({r"\ud83d": "1"}, ""),
    "deep": ({"device": "[" * 40 + "]" * 40}, ""),
    "very deep": ({"device": '{"a":' * 90_000 + '"}]"' + "}" * 90_000}, ""),
}  # fmt: skip


@pytest.mark.parametrize("wrong", UNFIT)
def test_one_event_that_no_store_can_hold_loses_no_other(tower, wrong):
    """The whole batch was refused before the route saw it, and `partial` was not asked."""
    more, field = UNFIT[wrong]
    body = _sent(_event("f0"), _event("f1", **more), _event("f2", type='"logon"'), _event("f3"))
    once, again = (_post(tower, body, "unfit") for _ in range(2))
    assert once.status_code == 202, once.text[:500]
    items = once.json()["items"]
    assert [each["state"] for each in items] == ["taken", "refused", "refused", "taken"]
    assert items[1]["problem"].startswith(f"events[1].{field} " if field else "events[1]"), items[1]["problem"]
    assert items[1]["id"] == (None if field == "id" else "f1") and items[2]["id"] == "f2"
    assert again.json() == once.json() and again.headers["Idempotent-Replay"] == "true"
    assert _post(tower, body.replace(b"true", b"false")).status_code == 422
    mended = _post(tower, _sent(_event("f0"), _event("f1"))).json()["items"]
    assert [each["state"] for each in mended] == ["duplicate", "taken"]


def test_another_fault_under_the_same_key_is_another_body(plain):
    bodies = [_sent(_event("f0"), _event("f1", device=device)) for device in (r'"\u0000"', r'"\ud83d"')]
    assert [_post(plain, body, "unfit").status_code for body in bodies] == [202, 409]


def test_bytes_of_another_charset_in_one_event_lose_no_other(tower):
    """A platform in C cuts a name by bytes; another writes one field in GBK."""
    body = _sent(_event("f0"), _event("f1", device='"DEVICE"'), _event("f2"))
    for n, device in enumerate(("格".encode()[:2], "格".encode("gbk"), b"\xff", b"\xed\xa0\x80")):
        items = _post(tower, body.replace(b"DEVICE", device)).json()["items"]
        assert items[1]["problem"].startswith("events[1].device holds")
        assert [each["state"] for each in items] == ["duplicate" if n else "taken", "refused"] + [items[0]["state"]]


@pytest.mark.parametrize("body", [
    _sent(_event("f0"), events="[]"), _sent(_event("f0"), partial='true,"partial":true'),
    _sent(_event("f0"), more="NaN"), _sent(_event("f0"), more="1"), _sent(_event("f0", device="NaN")),
    _sent(_event("f0"), partial="1e400"), b"[" * 99_000, _sent(_event("f0"), "{"), _sent(),
])  # fmt: skip
def test_what_is_wrong_beside_the_events_refuses_all(plain, body):
    assert _post(plain, body).json()["code"] in ("bad_input", "too_many_events")
    assert _post(plain, _sent(_event("f0"))).json()["items"][0]["state"] == "taken"


def test_a_stand_in_of_the_senders_own_is_an_event_that_cannot_be_read(plain):
    """What the gate puts in an event's place is known by what it noted, not by how it looks."""
    items = _post(plain, _sent(_event("f0"), '{"id":"f1","unfit":".device is what they say"}')).json()["items"]
    assert items[1]["problem"].startswith("events[1].type: there is no event type")
