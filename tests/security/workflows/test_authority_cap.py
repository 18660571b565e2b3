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
from shiming.store.tables import accounts, authority_answers, authority_calls
from shiming.store.verification import verifications
from shiming.workflows.account import phone as phones
from shiming.workflows.verification import verify
from tests.account.application import ZHANG, Person
from tests.account.application import application as opened

AT_ONCE, MANY, CAP = 8, 16, 6  # the first eight come past the cap
CARRIER_CAP = 20  # more than may be unanswered in ten minutes
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
def application(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with opened(tmp_path, url, authority_calls_per_day=CAP) as made:
        made.register = Register()
        made.context.authorities[:] = [made.register]
        yield made


@pytest.fixture
def plain(tmp_path):
    with opened(tmp_path, "", authority_calls_per_day=CARRIER_CAP, authority_calls_per_device=2) as made:
        made.register = Register()
        made.context.authorities[:] = [made.register]
        yield made


def begun(application, ref, by="platform", person=ZHANG):
    """A verification of basic level that only has to be submitted."""
    id = application.post("/verifications", {"account": ref, "level": "basic"}, by=by)["id"]
    application.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number}, by=by)
    return id


def turn(application, id, number=0):
    """What a worker does in one turn; returns what it says about the asking."""
    with application.context.database.read() as connection:
        row = connection.execute(select(verifications.verifications).where(verifications.V.id == id)).one()
    said = verify.consult(application.context, row.app, id, row.round)
    verify.conclude(application.context, row.app, id, row.round, number)
    return said


def shown(application, id):
    return application.get(f"/verifications/{id}")


def test_the_cap_holds_however_many_submit_at_once(application):
    """王冒用 tries to find out at two platforms, with sixteen accounts, what name belongs to a number."""
    ids = [(begun(application, f"acc-{n}", by), by) for n in range(MANY // 2) for by in MANY_APPS]
    together = threading.Barrier(AT_ONCE)

    def submit(one):
        together.wait(60)
        return application.http.post(f"/v1/verifications/{one[0]}/submit",
                               headers={"Authorization": f"Bearer {application.keys[one[1]]}"})  # fmt: skip

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(submit, ids))
    assert Counter(answer.status_code for answer in answers) == {202: CAP, 429: MANY - CAP}
    for (id, _), answer in zip(ids, answers, strict=True):
        if answer.status_code == 202:
            turn(application, id)
    assert application.register.asked == {"record": CAP}
    assert all(0 < int(a.headers["retry-after"]) <= 86_400 for a in answers if a.status_code == 429)


def test_who_is_refused_can_submit_when_there_is_room(application):
    for n in range(CAP):
        turn(application, submitted(application, f"acc-{n}"))
        application.later(minutes=1)
    late = begun(application, "late")
    refused = application.http.post(f"/v1/verifications/{late}/submit",
                              headers={"Authorization": f"Bearer {application.keys['platform']}"})  # fmt: skip
    assert (refused.status_code, shown(application, late)["state"]) == (429, "collecting")
    application.later(seconds=int(refused.headers["retry-after"]))
    application.post(f"/verifications/{late}/submit")


def submitted(application, ref, **more):
    id = begun(application, ref, **more)
    application.post(f"/verifications/{id}/submit")
    return id


def test_an_outage_locks_nobody_out(application):
    """赵超时 waits through a long outage, gives up again and again, and is verified in the first minute after it."""
    application.register.faults["record"] = Unavailable("down")
    for n in range(2 * CAP):
        id = submitted(application, "zhao")
        for number in range(3):
            assert turn(application, id, number) == "down"
        if n + 1 < 2 * CAP:
            application.post(f"/verifications/{id}/cancel")
    application.register.faults.clear()
    assert turn(application, id, 3) == "answered"
    assert shown(application, id)["state"] == "approved"
    assert submitted(application, "zhao")
    assert application.register.asked["record"] == 6 * CAP + 1
    assert cost(application) == 6 * CAP + 1  # what was sent is paid for, answered or not


def cost(application):
    """What the figures count, which is what was written down one by one."""
    with application.context.database.read() as connection:
        total = sum(connection.scalars(select(authority_answers.c.calls)))
        assert total == len(connection.scalars(select(authority_calls.c.id)).all())
    return total


def test_calls_that_may_have_been_answered_count_for_an_hour(application):
    """A source that takes the question and then says nothing may have been asked in earnest."""
    application.register.faults["record"] = Unavailable("timed out", unsure=True)
    for n in range(CAP):
        id = submitted(application, f"acc-{n}")
        for number in range(3):
            turn(application, id, number)
        application.post(f"/verifications/{id}/cancel")
    id = begun(application, "one-more")
    application.post(f"/verifications/{id}/submit", expect=429)
    application.later(minutes=61)
    application.post(f"/verifications/{id}/submit")


def test_a_half_answer_is_gone_on_with_and_not_asked_again(application):
    """The register of faces was down: name and number had been answered, and were asked and paid for in every turn."""
    application.register.faults["face"] = Unavailable("down")
    id = application.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
    application.hand_in(id, ZHANG, "standard")
    application.post(f"/verifications/{id}/submit")
    for number in range(3):
        turn(application, id, number)
    assert application.register.asked["record"] == 1
    application.register.faults.clear()
    application.register.asked.clear()
    turn(application, id, 3)
    assert application.register.asked == {"face": 2}
    assert shown(application, id)["state"] == "approved"


def test_a_crash_between_two_questions_forgets_no_answer(application):
    application.register.faults["face"] = SystemExit("the worker dies here")
    id = application.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
    application.hand_in(id, ZHANG, "standard")
    application.post(f"/verifications/{id}/submit")
    with pytest.raises(SystemExit):
        turn(application, id)
    application.register.faults.clear()
    turn(application, id)
    assert application.register.asked == {"record": 1, "face": 3}
    assert cost(application) == 4
    assert shown(application, id)["state"] == "approved"


def test_where_the_places_went_during_an_outage_the_holder_waits_and_is_told(application):
    """钱等候 had a place and lost it to the outage; others took all there are. It costs no attempt, only time."""
    application.register.faults["record"] = Unavailable("down")
    waiting = submitted(application, "qian")
    assert turn(application, waiting) == "down"
    application.register.faults.clear()
    for n in range(CAP):
        turn(application, submitted(application, f"acc-{n}"))
    assert turn(application, waiting, 1) == "capped"
    held = shown(application, waiting)
    assert (held["state"], held["reasons"][0]["code"]) == ("checking", "authority_calls_capped")
    assert "不占用尝试次数" in held["reasons"][0]["zh"]["next"]
    args = next(args for args in reversed(application.queued) if args[0] == "verify" and args[3] == waiting)
    assert args[-1] == 2  # another turn is queued
    application.later(days=1, minutes=1)
    assert turn(application, waiting, 2) == "answered"
    assert shown(application, waiting)["state"] == "approved"


def test_what_was_reserved_and_not_needed_is_free_again(application):
    """Each of these rounds reserves three questions; the name does not match, and one is put."""
    application.register.check = lambda name, number: "mismatch"
    for n in range(CAP):
        id = application.post("/verifications", {"account": f"acc-{n}", "level": "standard"})["id"]
        application.hand_in(id, ZHANG, "standard")
        if n >= CAP - 2:  # two places are left, three would be needed
            application.post(f"/verifications/{id}/submit", expect=429)
        else:
            application.post(f"/verifications/{id}/submit")
            turn(application, id)


def test_one_device_cannot_test_many_people(plain):
    people = [Person("张合格", number) for number in ("170213199103140138", "24081719881102026X", "280504198604170643")]
    for n, person in enumerate(people):
        event = {"id": f"e{n}", "type": "login", "account": f"acc-{n}", "device": "IMEI-1", "at": now(plain)}
        plain.post("/events", {"events": [event]})
        id = begun(plain, f"acc-{n}", person=person)
        plain.post(f"/verifications/{id}/submit", expect=429 if n == 2 else None)


def now(application):
    return application.at[0].strftime("%Y-%m-%dT%H:%M:%SZ")


def test_one_browsers_address_cannot_either(tmp_path):
    with opened(tmp_path, "", authority_calls_per_address=1) as application:
        application.http = TestClient(application.http.app, client=("203.0.113.7", 50000))
        for n, number in enumerate(("170213199103140138", "24081719881102026X")):
            made = application.post("/verifications", {"account": f"acc-{n}", "level": "basic"})
            path = f"/verifications/{made['id']}"
            application.post(f"{path}/identity", {"name": "张合格", "number": number}, by=made["token"])
            application.post(f"{path}/submit", by=made["token"], expect=429 if n else None)
        application.post(f"{path}/submit")  # a platform's own server asks from one address for all of its people


def test_confirming_a_phone_goes_by_the_same_cap(plain):
    """The carrier can be used to test people as well; one that does not answer locks nobody out."""
    plain.post("/accounts/zhang/phone", {"phone": "12012340404"})
    with plain.context.database.read() as connection:
        account = connection.execute(select(accounts).where(accounts.c.ref == "zhang")).one()
    for _ in range(2 * CARRIER_CAP):
        assert phones._ask(plain.context, account, "12012340404", ZHANG) is None
        plain.later(minutes=2)
    plain.later(minutes=11)
    for _ in range(CARRIER_CAP):
        assert phones._ask(plain.context, account, "12012340000", ZHANG)
    plain.later(minutes=11)
    with pytest.raises(TooMany):
        phones._ask(plain.context, account, "12012340000", ZHANG)
