"""Nobody may test people through us, and no outage may lock anybody out.

200 simultaneous submissions made 600 calls to the authority against a cap of 20, since calls were counted after they
had been made; and 20 calls that nobody answered locked a holder out for a day, since those were counted as well.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from shiming.errors import TooMany, Unavailable
from shiming.providers.contracts import Match
from shiming.store import verifications
from shiming.store.tables import accounts, authority_answers, authority_calls
from shiming.workflows import phone as phones
from shiming.workflows import verify
from tests.account.house import ZHANG, Person
from tests.account.house import house as opened

MANY, CAP = 40, 20
MANY_APPS = ("platform", "sister")


class Register:
    """An authority that counts what it is asked, and is told how to fail: `faults` of each kind of question."""

    name, simulated = "register", True

    def __init__(self):
        self.asked: Counter[str] = Counter()
        self.faults: dict[str, Exception] = {}
        self._lock = threading.Lock()

    def check(self, name, number):
        self._ask("record")
        return "match"

    def compare(self, name, number, face):
        self._ask("face")
        return Match(0.8, 0.42)

    def _ask(self, kind):
        with self._lock:
            self.asked[kind] += 1
        if kind in self.faults:
            raise self.faults[kind]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    with opened(tmp_path, url, authority_calls_per_day=CAP) as made:
        made.register = Register()
        made.parts.authorities[:] = [made.register]
        yield made


@pytest.fixture
def plain(tmp_path):
    with opened(tmp_path, "", authority_calls_per_day=CAP, authority_calls_per_device=2) as made:
        made.register = Register()
        made.parts.authorities[:] = [made.register]
        yield made


def begun(house, ref, by="platform", person=ZHANG):
    """A verification of basic level that only has to be submitted."""
    id = house.post("/verifications", {"account": ref, "level": "basic"}, by=by)["id"]
    house.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number}, by=by)
    return id


def turn(house, id, number=0):
    """What a worker does in one turn; returns what it says about the asking."""
    with house.parts.database.read() as connection:
        row = connection.execute(select(verifications.verifications).where(verifications.V.id == id)).one()
    said = verify.consult(house.parts, row.app, id, row.round)
    verify.conclude(house.parts, row.app, id, row.round, number)
    return said


def shown(house, id):
    return house.get(f"/verifications/{id}")


def test_the_cap_holds_however_many_submit_at_once(house):
    """王冒用 tries to find out at two platforms, with forty accounts, what name belongs to a number."""
    ids = [(begun(house, f"acc-{n}", by), by) for n in range(MANY // 2) for by in MANY_APPS]
    together = threading.Barrier(8)

    def submit(one):
        together.wait(60)
        return house.http.post(f"/v1/verifications/{one[0]}/submit",
                               headers={"Authorization": f"Bearer {house.keys[one[1]]}"})  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, ids))
    assert Counter(answer.status_code for answer in answers) == {202: CAP, 429: MANY - CAP}
    for (id, _), answer in zip(ids, answers, strict=True):
        if answer.status_code == 202:
            turn(house, id)
    assert house.register.asked == {"record": CAP}
    assert all(0 < int(a.headers["retry-after"]) <= 86_400 for a in answers if a.status_code == 429)


def test_who_is_refused_can_submit_when_there_is_room(house):
    for n in range(CAP):
        turn(house, submitted(house, f"acc-{n}"))
        house.later(minutes=1)
    late = begun(house, "late")
    refused = house.http.post(f"/v1/verifications/{late}/submit",
                              headers={"Authorization": f"Bearer {house.keys['platform']}"})  # fmt: skip
    assert (refused.status_code, shown(house, late)["state"]) == (429, "collecting")
    house.later(seconds=int(refused.headers["retry-after"]))
    house.post(f"/verifications/{late}/submit")


def submitted(house, ref, **more):
    id = begun(house, ref, **more)
    house.post(f"/verifications/{id}/submit")
    return id


def test_an_outage_locks_nobody_out(house):
    """赵超时 waits through a long outage, gives up again and again, and is verified in the first minute after it."""
    house.register.faults["record"] = Unavailable("down")
    for n in range(2 * CAP):
        id = submitted(house, "zhao")
        for number in range(3):
            assert turn(house, id, number) == "down"
        if n + 1 < 2 * CAP:
            house.post(f"/verifications/{id}/cancel")
    house.register.faults.clear()
    assert turn(house, id, 3) == "answered"
    assert shown(house, id)["state"] == "approved"
    assert submitted(house, "zhao")
    assert house.register.asked["record"] == 6 * CAP + 1
    assert cost(house) == 6 * CAP + 1  # what was sent is paid for, answered or not


def cost(house):
    """What the figures count, which is what was written down one by one."""
    with house.parts.database.read() as connection:
        total = sum(connection.scalars(select(authority_answers.c.calls)))
        assert total == len(connection.scalars(select(authority_calls.c.id)).all())
    return total


def test_calls_that_may_have_been_answered_count_for_an_hour(house):
    """A source that takes the question and then says nothing may have been asked in earnest."""
    house.register.faults["record"] = Unavailable("timed out", unsure=True)
    for n in range(CAP):
        id = submitted(house, f"acc-{n}")
        for number in range(3):
            turn(house, id, number)
        house.post(f"/verifications/{id}/cancel")
    id = begun(house, "one-more")
    house.post(f"/verifications/{id}/submit", expect=429)
    house.later(minutes=61)
    house.post(f"/verifications/{id}/submit")


def test_a_half_answer_is_gone_on_with_and_not_asked_again(house):
    """The register of faces was down: name and number had been answered, and were asked and paid for in every turn."""
    house.register.faults["face"] = Unavailable("down")
    id = house.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
    house.hand_in(id, ZHANG, "standard")
    house.post(f"/verifications/{id}/submit")
    for number in range(3):
        turn(house, id, number)
    assert house.register.asked["record"] == 1
    house.register.faults.clear()
    house.register.asked.clear()
    turn(house, id, 3)
    assert house.register.asked == {"face": 2}
    assert shown(house, id)["state"] == "approved"


def test_a_crash_between_two_questions_forgets_no_answer(house):
    house.register.faults["face"] = RuntimeError("the worker dies here")
    id = house.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
    house.hand_in(id, ZHANG, "standard")
    house.post(f"/verifications/{id}/submit")
    with pytest.raises(RuntimeError):
        turn(house, id)
    house.register.faults.clear()
    turn(house, id)
    assert house.register.asked == {"record": 1, "face": 3}
    assert cost(house) == 4
    assert shown(house, id)["state"] == "approved"


def test_where_the_places_went_during_an_outage_the_holder_waits_and_is_told(house):
    """钱等候 had a place and lost it to the outage; others took all there are. It costs no attempt, only time."""
    house.register.faults["record"] = Unavailable("down")
    waiting = submitted(house, "qian")
    assert turn(house, waiting) == "down"
    house.register.faults.clear()
    for n in range(CAP):
        turn(house, submitted(house, f"acc-{n}"))
    assert turn(house, waiting, 1) == "capped"
    held = shown(house, waiting)
    assert (held["state"], held["reasons"][0]["code"]) == ("checking", "authority_calls_capped")
    assert "不占用尝试次数" in held["reasons"][0]["zh"]["next"]
    args = next(args for args in reversed(house.queued) if args[0] == "verify" and args[3] == waiting)
    assert args[-1] == 2  # another turn is queued
    house.later(days=1, minutes=1)
    assert turn(house, waiting, 2) == "answered"
    assert shown(house, waiting)["state"] == "approved"


def test_what_was_reserved_and_not_needed_is_free_again(house):
    """Each of these rounds reserves three questions; the name does not match, and one is put."""
    house.register.check = lambda name, number: "mismatch"
    for n in range(CAP):
        id = house.post("/verifications", {"account": f"acc-{n}", "level": "standard"})["id"]
        house.hand_in(id, ZHANG, "standard")
        if n >= CAP - 2:  # two places are left, three would be needed
            house.post(f"/verifications/{id}/submit", expect=429)
        else:
            house.post(f"/verifications/{id}/submit")
            turn(house, id)


def test_one_device_cannot_test_many_people(plain):
    people = [Person("张合格", number) for number in ("170213199103140138", "24081719881102026X", "280504198604170643")]
    for n, person in enumerate(people):
        event = {"id": f"e{n}", "type": "login", "account": f"acc-{n}", "device": "IMEI-1", "at": now(plain)}
        plain.post("/events", {"events": [event]})
        id = begun(plain, f"acc-{n}", person=person)
        plain.post(f"/verifications/{id}/submit", expect=429 if n == 2 else None)


def now(house):
    return house.at[0].strftime("%Y-%m-%dT%H:%M:%SZ")


def test_one_browsers_address_cannot_either(tmp_path):
    with opened(tmp_path, "", authority_calls_per_address=1) as house:
        house.http = TestClient(house.http.app, client=("203.0.113.7", 50000))
        for n, number in enumerate(("170213199103140138", "24081719881102026X")):
            made = house.post("/verifications", {"account": f"acc-{n}", "level": "basic"})
            path = f"/verifications/{made['id']}"
            house.post(f"{path}/identity", {"name": "张合格", "number": number}, by=made["token"])
            house.post(f"{path}/submit", by=made["token"], expect=429 if n else None)
        house.post(f"{path}/submit")  # a platform's own server asks from one address for all of its people


def test_confirming_a_phone_goes_by_the_same_cap(plain):
    """The carrier can be used to test people as well; one that does not answer locks nobody out."""
    plain.post("/accounts/zhang/phone", {"phone": "12012340404"})
    with plain.parts.database.read() as connection:
        account = connection.execute(select(accounts).where(accounts.c.ref == "zhang")).one()
    for _ in range(2 * CAP):
        assert phones._ask(plain.parts, account, "12012340404", ZHANG) is None
        plain.later(minutes=2)
    plain.later(minutes=11)
    for _ in range(CAP):
        assert phones._ask(plain.parts, account, "12012340000", ZHANG)
    plain.later(minutes=11)
    with pytest.raises(TooMany):
        phones._ask(plain.parts, account, "12012340000", ZHANG)
