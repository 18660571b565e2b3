"""An endpoint that fails again and again rests; one asks how it is. What was given up can be sent again."""

from collections import Counter
from dataclasses import replace

import pytest

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.workflows.messaging import notify
from tests.application import application
from tests.standing.slow_receivers import receivers

MANY, DAY = 12, 48 * 3600
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
    assert Counter(each["answer"] for each in log(key))[notify.RESTING] == MANY - 3
    (shown,) = key.get("/v1/webhook_endpoints").json()["items"]
    assert (shown["id"], shown["failures"], shown["rests_until"] is None) == (ill, 3, False)
    home.later(seconds=60)
    assert there.came["/down"] <= 6, "each time it is asked by one only"
    there.sick = False
    home.later(minutes=30)
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
    home.later(seconds=DAY)
    assert states(key, state="failed") == {"failed": MANY}
    assert all(each["tries"] for each in log(key)), "nothing is given up that was never tried"
    first = log(key, state="failed", limit=5)
    page = log(key, state="failed", limit=5, after=first[-1]["id"])
    assert [each["id"] for each in first + page] == [each["id"] for each in log(key)][:10]
    there.sick = False
    answer = key.post("/v1/webhook_deliveries/resend", json={"endpoint": ill})
    assert (answer.status_code, answer.json()) == (202, {"endpoint": ill, "resent": MANY, "more": False})
    home.later(seconds=1)
    assert states(key) == {"delivered": MANY}, "nor does the endpoint rest any longer"


def test_nobody_sends_again_what_is_anothers(home, key, there):
    """An endpoint of another app, or a key without the scope."""
    ill = endpoint(key, there.url("down"))
    happens(key)
    home.later(seconds=DAY)
    path, body = "/v1/webhook_deliveries/resend", {"endpoint": ill}
    assert home.key(app="other").post(path, json=body).status_code == 404
    for role in ("reviewer", "support", "operator"):
        assert home.key(role, f"{role}-one").post(path, json=body).status_code == 403
    assert states(key) == {"failed": 1}
