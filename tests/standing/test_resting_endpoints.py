"""An endpoint that fails again and again rests; one asks how it is. What was given up can be sent again."""

from collections import Counter
from dataclasses import replace

import pytest

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.workflows.messaging import resting
from tests.application import application
from tests.standing.slow_receivers import receivers

MANY, DAY = 12, 24 * 60
HOLD = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"]}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        made.context = made.web.state.context = replace(made.context, egress=Egress(Allowed.of("127.0.0.1")))
        yield made


@pytest.fixture
def there():
    with receivers() as made:
        yield made


def endpoint(key, url: str) -> str:
    answer = key.post("/v1/webhook_endpoints", json={"url": url})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def happens(key, times: int = 1, ref: str = "sun") -> None:
    for n in range(times):
        assert key.post(f"/v1/accounts/{ref}{n}/holds", json=HOLD).status_code == 201


def minutes(home, some: int, step: int = 1) -> None:
    """Let time pass, with maintenance each minute (each `step`)."""
    for _ in range(0, some, step):
        home.later(minutes=step)
        resting.keep_up(home.context)
    home.later(seconds=1)


def log(key, **asked) -> list[dict]:
    answer = key.get("/v1/webhook_deliveries", params={"limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def states(key, **asked) -> Counter:
    return Counter(each["state"] for each in log(key, **asked))


@pytest.fixture
def key(home):
    return home.key()


def test_of_many_deliveries_a_few_are_tried_and_one_finds_that_it_is_well_again(home, key, there):
    """孙生病's receiver is down for a minute."""
    ill = endpoint(key, there.url("down"))
    happens(key, MANY)
    home.later(seconds=1)
    assert there.came["/down"] == 3, "then it rests"
    assert Counter(each["answer"] for each in log(key))[resting.RESTING] == MANY - 3
    (shown,) = key.get("/v1/webhook_endpoints").json()["items"]
    assert (shown["id"], shown["failures"], shown["rests_until"] is None) == (ill, 3, False)
    minutes(home, 2)
    assert 4 <= there.came["/down"] <= 8, "each time it is asked by one only"
    there.sick = False
    minutes(home, 6)
    assert states(key) == {"delivered": MANY}
    assert key.get("/v1/webhook_endpoints").json()["items"][0]["failures"] == 0


def test_a_neighbour_does_not_rest_with_it(home, key, there):
    endpoint(key, there.url("down"))
    well = endpoint(key, there.url("ok"))
    happens(key, MANY)
    home.later(seconds=1)
    assert states(key, endpoint=well) == {"delivered": MANY}


def test_a_receiver_that_refuses_one_thing_is_not_ill(home, key, there):
    """A redirect, a 404: the answer is about what was sent, and costs no time."""
    endpoint(key, there.url("away"))
    happens(key, 5)
    home.later(seconds=1)
    assert there.came["/away"] == 5


def test_what_was_given_up_is_listed_and_sent_again_all_at_once(home, key, there):
    ill = endpoint(key, there.url("down"))
    happens(key, MANY)
    minutes(home, 2 * DAY, 20)
    assert states(key, state="failed") == {"failed": MANY}
    untried = [each["answer"] for each in log(key) if not each["tries"]]
    assert set(untried) <= {resting.RESTING}, "what was never tried says why"
    first = log(key, state="failed", limit=5)
    page = log(key, state="failed", limit=5, after=first[-1]["id"])
    assert [each["id"] for each in first + page] == [each["id"] for each in log(key)][:10]
    there.sick = False
    answer = key.post("/v1/webhook_deliveries/resend", json={"endpoint": ill})
    assert (answer.status_code, answer.json()) == (202, {"endpoint": ill, "resent": MANY, "more": False})
    home.later(seconds=1)
    assert states(key) == {"delivered": MANY}, "nor does the endpoint rest any longer"


def test_what_waits_for_an_endpoint_that_is_ill_is_in_no_queue(home, key, there):
    """Each took its turns in the queue and cost as much as one that was sent: three hundred for a receiver that dripped
    took half a core from the workers, and the webhooks of others came half as fast.
    """
    endpoint(key, there.url("down"))
    happens(key, MANY)
    home.later(seconds=1)
    assert len(home.queued) == 3, "the three that were tried"
    minutes(home, 10)
    assert len(home.queued) < MANY


def test_what_waits_comes_when_somebody_says_that_it_is_well(home, key, there):
    ill = endpoint(key, there.url("down"))
    happens(key, MANY)
    home.later(seconds=1)
    there.sick = False
    assert key.post(f"/v1/webhook_endpoints/{ill}/test").status_code == 202
    home.later(seconds=1)
    assert states(key)["delivered"] == MANY - 3 + 1, "those that were tried come at their time"
    home.later(seconds=10)
    assert states(key) == {"delivered": MANY + 1}


def test_what_is_sent_again_to_an_endpoint_that_is_still_ill_has_its_day(home, key, there):
    ill = endpoint(key, there.url("down"))
    happens(key, MANY)
    minutes(home, 2 * DAY, 20)
    key.post("/v1/webhook_deliveries/resend", json={"endpoint": ill})
    assert Counter(each["answer"] for each in log(key))[None] == MANY, "none of them is parked any longer"
    minutes(home, 60)
    assert not states(key, state="failed")


def test_nobody_sends_again_what_is_anothers(home, key, there):
    """An endpoint of another app, or a key without the scope."""
    ill = endpoint(key, there.url("down"))
    happens(key)
    minutes(home, 2 * DAY, 20)
    path, body = "/v1/webhook_deliveries/resend", {"endpoint": ill}
    assert home.key(app="other").post(path, json=body).status_code == 404
    for role in ("reviewer", "support", "operator"):
        assert home.key(role, f"{role}-one").post(path, json=body).status_code == 403
    assert states(key) == {"failed": 1}
