"""老周 drafts a policy at the console and proposes it; 老钱 looks at it, publishes it, stops it and ends it."""

from datetime import timedelta
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

from shiming.store.risk import policies
from shiming.workflows.risk import policy_rollout
from tests.application import START, application

API = "/console/api"
DEFAULT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
STRICT = DEFAULT.replace('name = "default"', 'name = "strict"').replace("amount >= 5000000", "amount >= 1000000")
ALL = {"waves": [{"share": 100}]}
HALVES = {"waves": [{"share": 50}, {"share": 100, "at": (START + timedelta(days=7)).isoformat()}]}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.fixture
def zhou(home):
    return home.person("laozhou", "policy")


@pytest.fixture
def qian(home):
    return home.person("laoqian", "senior_policy")


def said(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def drafted(who, text=STRICT) -> str:
    return said(who.post(f"{API}/policies", json={"text": text}), 201)["version"]


def tried(home, who, version) -> dict:
    asked = said(who.post(f"{API}/policies/{version}/try", json={"days": 90}), 202)
    assert (asked["state"], asked["percent"]) == ("waiting", 0)
    home.later(seconds=1)
    return said(who.get(f"{API}/policy_trials/{asked['id']}"))


def noted(home, version: str, app: str = "demo.test") -> None:
    with home.context.database.write() as connection:
        policies.note_tried(connection, app, version, "laozhou", home.context.now())


def proposed(home, who, waves=ALL, text=STRICT, app: str = "demo.test") -> dict:
    """As after a trial, which takes long."""
    version = drafted(who, text)
    noted(home, version, app)
    return said(who.post(f"{API}/policies/{version}/propose", json=waves))


def published(home, zhou, qian, waves=ALL, text=STRICT) -> str:
    asked = proposed(home, zhou, waves, text)
    path = f"{API}/policies/{asked['version']}"
    return said(qian.post(f"{path}/approve", json={"seen": asked["proposal"]}))["version"]


def in_force(home) -> str:
    """As the API's operators see it."""
    return home.key("operator", "audits").get("/v1/policies").json()["in_force"]


def spends(home, who: str, amount: int) -> None:
    event = {"id": f"e-{who}-{amount}", "account": who, "type": "transaction", "amount": amount}
    said(home.key().post("/v1/events", json={"events": [{**event, "at": home.moment[0].isoformat()}]}), 202)


def test_the_policy_in_force_is_read_as_a_form_whose_rows_name_their_lines(zhou):
    listed = said(zhou.get(f"{API}/policies"))
    assert listed["in_force"] == "default-1" and listed["items"] == []
    shown = said(zhou.get(f"{API}/policies/default-1"))
    lines = shown["text"].split("\n")
    form = shown["form"]
    (attempts,) = [row for row in form["limits"] if row["name"] == "attempts"]
    assert lines[attempts["line"] - 1].startswith("attempts = 5") and attempts["value"] == 5
    (unset,) = [row for row in form["limits"] if row["name"] == "undo_seconds"]
    assert (unset["line"], unset["value"]) == (None, 30)
    for part in ("features", "rules", "classes"):
        assert form[part] and all(lines[row["line"] - 1].startswith(f"[{part}.{row['name']}]") for row in form[part])
    (large,) = [rule for rule in form["rules"] if rule["name"] == "large_transaction"]
    assert "amount >= 5000000" in large["when"] and large["hold"]["reason"] == "large_transaction"


def test_what_is_typed_is_checked_with_the_place_of_the_first_fault(zhou):
    assert said(zhou.post(f"{API}/policies/check", json={"text": STRICT}))["form"]["name"] == "strict"
    bad = STRICT.replace("amount >= 1000000", "amont >= 1000000")
    wrong = said(zhou.post(f"{API}/policies/check", json={"text": bad}))["wrong"]
    line = bad.split("\n")[wrong["line"] - 1]
    assert line[wrong["column"] - 1 :].startswith("amont") and "amount" in wrong["what"]
    assert zhou.post(f"{API}/policies", json={"text": bad}).json()["code"] == "policy_wrong"


def test_a_draft_is_tried_and_says_whom_it_would_hold_by_rule(home, zhou):
    for who, amount in (("fu", 2_000_000), ("ju", 7_000_000)):
        spends(home, who, amount)
    version = drafted(zhou)
    done = tried(home, zhou, version)
    assert (done["state"], done["percent"], done["by"]) == ("done", 100, "laozhou")
    held = done["result"]["held"]
    assert (held["new"], held["no_longer"], held["both"]) == (1, 0, 1)
    (rule,) = done["result"]["by_rule"]
    assert (rule["rule"], rule["new"]) == ("large_transaction", 1)
    (example,) = done["result"]["examples"]
    assert "*" in example["account"] and example["id"] is None, "who may not find accounts is shown none"
    both = home.person("laowu", "policy", "reviewer")
    (example,) = said(both.get(f"{API}/policy_trials/{done['id']}"))["result"]["examples"]
    assert said(both.get(f"{API}/accounts/{example['id']}"))["account"]["id"] == example["id"]
    assert [row["id"] for row in said(zhou.get(f"{API}/policies/{version}/trials"))["items"]] == [done["id"]]
    assert zhou.get(f"{API}/policy_trials/{done['id']}/plot").content.startswith(b"\x89PNG")


def test_who_proposed_waits_for_somebody_who_has_seen_the_proposal(home, zhou, qian):
    """Neither who wrote nor who proposed it; and what was proposed may not have changed since it was looked at."""
    asked = proposed(home, zhou)
    path = f"{API}/policies/{asked['version']}"
    assert asked["can"] == ["try", "propose"] and asked["approvers"] == ["laoqian"]
    assert zhou.post(f"{path}/approve", json={"seen": asked["proposal"]}).status_code == 403
    seen = said(qian.get(path))
    assert (seen["proposed_by"], seen["waves"][0]["share"]) == ("laozhou", 100) and "approve" in seen["can"]
    said(zhou.post(f"{path}/propose", json=HALVES))
    assert said(qian.post(f"{path}/approve", json={"seen": seen["proposal"]}), 409)["code"] == "proposal_changed"
    assert in_force(home) == "default-1"
    seen = said(qian.get(path))
    done = said(qian.post(f"{path}/approve", json={"seen": seen["proposal"]}))
    assert (done["state"], done["approved_by"]) == ("published", "laoqian")
    home.later(days=8)
    assert in_force(home) == asked["version"]


def test_who_wrote_or_proposed_does_not_approve_though_they_may_publish(home, zhou, qian):
    version = drafted(qian)
    noted(home, version)
    asked = said(zhou.post(f"{API}/policies/{version}/propose", json=ALL))
    path, body = f"{API}/policies/{version}/approve", {"seen": asked["proposal"]}
    assert asked["approvers"] == [] and said(qian.post(path, json=body), 409)["code"] == "four_eyes"


def test_a_person_is_not_seconded_by_a_key_nor_by_anybody_after_a_week(home, zhou, qian):
    """A key of another name could be the same person's; and a proposal waited for ever."""
    asked = proposed(home, zhou)
    key = home.key("operator", "qian-fuhe")
    assert said(key.post(f"/v1/policies/{asked['version']}/approve"), 409)["code"] == "four_eyes"
    home.later(days=8)
    zhou, qian = home.person("laozhou2", "policy"), home.person("laoqian2", "senior_policy")
    path, body = f"{API}/policies/{asked['version']}", {"seen": asked["proposal"]}
    assert said(qian.post(f"{path}/approve", json=body), 409)["code"] == "request_expired"
    asked = said(zhou.post(f"{path}/propose", json=ALL))
    said(qian.post(f"{path}/approve", json={"seen": asked["proposal"]}))
    assert in_force(home) == asked["version"]


def test_waves_that_are_paused_do_not_begin_until_they_are_resumed(home, zhou, qian):
    version = published(home, zhou, qian, HALVES)
    path = f"{API}/policies/{version}"
    stopped = said(qian.post(f"{path}/pause"))
    assert stopped["waves"][1]["paused"] and "resume" in stopped["can"] and "pause" not in stopped["can"]
    assert said(qian.post(f"{path}/pause"), 409)["code"] == "wrong_state"
    home.later(days=8)
    policy_rollout.advance(home.context)
    assert in_force(home) == "default-1"
    qian = home.person("laoqian2", "senior_policy")
    going = said(qian.post(f"{path}/resume"))
    assert not any(wave["paused"] for wave in going["waves"])
    policy_rollout.advance(home.context)
    assert in_force(home) == version


def test_rolling_back_says_first_what_it_lifts_and_then_lifts_that(home, zhou, qian):
    version = published(home, zhou, qian)
    for n in range(3):
        spends(home, f"a{n}", 2_000_000)
    spends(home, "always", 9_000_000)
    path = f"{API}/policies/{version}/rollback"
    told = said(zhou.get(path))
    assert told == {"then": "default-1", "holds": 3, "by_rule": [{"rule": "large_transaction", "holds": 3}]}
    ended = said(qian.post(path))
    assert (ended["holds_lifted"], ended["state"], ended["ended_by"]) == (3, "rolled_back", "laoqian")
    key = home.key()
    assert not key.get("/v1/accounts/a1/standing").json()["holds"]
    assert key.get("/v1/accounts/always/standing").json()["holds"] and in_force(home) == "default-1"


def test_who_may_not(home, zhou, qian):
    """Reviewers, support and privacy see no policy; an admin reads; who drafts does not publish; keys are nobody."""
    version = proposed(home, zhou)["version"]
    path = f"{API}/policies/{version}"
    trial = said(zhou.post(f"{path}/try", json={"days": 1}), 202)["id"]
    reads = [("GET", f"{API}/policies"), ("GET", path), ("GET", f"{path}/rollback"), ("GET", f"{path}/trials"),
             ("GET", f"{API}/policy_trials/{trial}"), ("GET", f"{API}/policy_trials/{trial}/plot")]  # fmt: skip
    drafts = [("POST", f"{API}/policies", {"text": STRICT}), ("POST", f"{API}/policies/check", {"text": STRICT}),
              ("POST", f"{path}/try", {"days": 1}), ("POST", f"{path}/propose", ALL)]  # fmt: skip
    publishes = [("POST", f"{path}/approve", {"seen": ""}), *(("POST", f"{path}/{act}") for act in
                                                               ("pause", "resume", "rollback"))]  # fmt: skip

    def answers(client, calls) -> set[int]:
        return {client.request(method, at, json=body[0] if body else None).status_code for method, at, *body in calls}

    others = home.person("others", "senior_reviewer", "support", "privacy")
    assert answers(others, [*reads, *drafts, *publishes]) == {403}
    assert answers(home.key("reviewer", "desk"), [*reads, *drafts, *publishes]) == {403}
    assert answers(home.key("operator", "ops"), [*reads, *drafts, *publishes]) == {403}
    assert answers(TestClient(home.web), [*reads, *drafts, *publishes]) == {401}
    admin = home.person("xiaozhao", "admin")
    assert answers(admin, reads[:-1]) == {200} and answers(admin, [*drafts, *publishes]) == {403}
    assert answers(zhou, publishes) == {403}
    elsewhere = home.person("laosun", "senior_policy", app="other.test")
    assert answers(elsewhere, [*reads[1:], *drafts[2:], *publishes]) == {404}
    assert said(elsewhere.get(f"{API}/policies"))["items"] == []
    assert said(qian.get(path))["state"] == "proposed", "nothing of all this happened"
