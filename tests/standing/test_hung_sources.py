"""An outside source that takes every question and answers none: who asks it is told in time, and has other ways."""

import threading
from dataclasses import replace

from starlette.testclient import TestClient

from shiming.dependencies import Dependencies
from shiming.errors import Unavailable
from shiming.providers.sms.simulated import Simulated
from shiming.store.tables import authority_calls
from shiming.workflows.channels import Channels
from shiming.workflows.verification import verify
from tests.security.processes.installation import opened
from tests.security.workflows.test_clock_skew import valid


class Hung:
    """It hangs, whatever it is asked for."""

    name, simulated, gives_roles = "hung", True, False

    def __init__(self):
        self.over, self.asked = threading.Event(), 0

    def check(self, *_, **__):
        self.asked += 1
        self.over.wait(60)
        raise Unavailable("at last")

    address = vouched = send = check


def test_an_authority_that_hangs_costs_no_attempt_and_is_left_alone_after_a_while(tmp_path):
    hung = Hung()
    with opened(tmp_path, dependencies=Dependencies(authority=1.2)) as home:
        home.context, key = replace(home.context, authorities=(hung,)), home.key()
        for n in range(5):
            made = key.post("/v1/verifications", json={"account": f"zhang{n}", "level": "basic"}).json()["id"]
            person = {"name": "张合格", "number": valid(f"1702131991031{n:04d}")}
            assert key.post(f"/v1/verifications/{made}/identity", json=person).is_success
            assert key.post(f"/v1/verifications/{made}/submit").is_success
            assert verify.consult(home.context, "demo.test", made, 1) == "down"
            shown = key.get(f"/v1/verifications/{made}").json()
            assert (shown["state"], shown["attempts"]["used"]) == ("checking", 0)
        with home.context.database.read() as connection:
            said = [row.outcome for row in connection.execute(authority_calls.select())]
    hung.over.set()
    assert hung.asked == 3 and sorted(said) == ["not_sent", "not_sent", "unsure", "unsure", "unsure"]


def test_a_sign_in_of_the_house_that_hangs_leaves_the_other_ways_open(tmp_path):
    hung = Hung()
    with opened(tmp_path, dependencies=Dependencies(directory=0.3)) as home:
        home.context = home.web.state.context = replace(home.context, directory=hung)
        browser = TestClient(home.web, base_url="https://console.test", follow_redirects=False)
        assert "outside-away" in browser.get("/console/outside").headers["location"]
        assert home.person("lin", "reviewer").get("/console/api/session").status_code == 200
    hung.over.set()


def test_a_text_message_that_may_have_gone_out_is_not_sent_by_the_next_provider(tmp_path):
    """陈等信's notice timed out at the first provider: nobody knows whether it went out, and nobody is told twice."""
    hung = Hung()
    channels = Channels((hung, Simulated("second")))
    with opened(tmp_path, dependencies=Dependencies(sms=0.3)) as home:
        home.context = home.web.state.context = replace(home.context, channels=channels)
        key, path = home.key(), "/v1/accounts/chen"
        held = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"]}
        key.post(f"{path}/holds", json={**held, "capabilities": ["publish"]})
        contact = {"channel": "sms", "address": "13800001234", "verified": True}
        assert key.post(f"{path}/contact", json=contact).status_code == 200
        key.post(f"{path}/holds", json=held)
        home.later(seconds=1)
        sent = [d for each in key.get(f"{path}/notices").json()["items"] for d in each["deliveries"]]
    hung.over.set()
    assert [(d["state"], d["answer"]) for d in sent] == [("unsure", "hung: unsure")]
