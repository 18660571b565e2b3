"""What rules found and whether they were right: 小林 judges flags, 老周 sees each rule and turns one off in a draft."""

import csv
import io

import pytest

from shiming.store.account import accounts
from shiming.store.risk import events
from tests.application import application
from tests.review import day

API = "/console/api"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


def flagged(home, account: str, amount: int = 9_000_000) -> None:
    """A transaction that the shipped rule on large ones speaks of."""
    told = {"id": f"e-{account}", "account": account, "type": "transaction", "amount": amount}
    answer = home.key().post("/v1/events", json={**told, "at": home.moment[0].isoformat()})
    assert answer.status_code == 202, answer.text


def items(client, query: str = "") -> list[dict]:
    answer = client.get(f"{API}/flags?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def raised(home, account: str, rule: str = "large_transaction", does: str = "review") -> str:
    """A flag by itself, for what is only listed."""
    with home.context.database.write() as connection:
        now = home.context.now()
        row = accounts.get_or_open(connection, "demo.test", account, "personal", "zh-CN", now)
        said = {"policy": "default-1", "event": f"e-{account}", "said": {"amount": 1}, "events": [], "at": now}
        return events.raise_flag(connection, "demo.test", now, account=row.id, rule=rule, does=does, **said)


def test_flags_are_filtered_and_judged_and_a_wrong_one_lifts_its_hold(home):
    """The console had no list of flags, and nobody at it could say whether one was right."""
    lin = home.person("xiaolin", "reviewer")
    flagged(home, "mei")
    (flag,) = items(lin, "rule=large_transaction")
    assert (flag["state"], flag["account"]["ref"], flag["values"]["amount"]) == ("noted", "m***", 9_000_000)
    assert home.key().get("/v1/accounts/mei/standing").json()["standing"] == "abnormal"
    assert lin.post(f"{API}/flags/{flag['id']}/word", json={"word": "overturned"}).json()["state"] == "overturned"
    assert home.key().get("/v1/accounts/mei/standing").json()["standing"] == "normal"
    (kept,) = home.key().get("/v1/flags?account=mei").json()["items"]
    assert (kept["state"], kept["decided_by"]) == ("overturned", "xiaolin")
    assert lin.post(f"{API}/flags/{flag['id']}/word", json={"word": "upheld"}).json()["code"] == "wrong_state"
    assert items(lin, "person=xiaolin&state=overturned")[0]["id"] == flag["id"] and items(lin, "does=note") == []


def test_flags_page_by_date_and_leave_as_a_sheet(home):
    lin = home.person("xiaolin", "reviewer")
    made = [raised(home, f"account-{n}", rule) for n, rule in enumerate(("a_rule", "a_rule", "b_rule"))]
    page = lin.get(f"{API}/flags?limit=2").json()
    assert [one["id"] for one in page["items"]] == made[:0:-1]
    assert [one["id"] for one in items(lin, f"after={page['next']}")] == made[:1]
    assert len(items(lin, "until=2026-11-20&since=2026-11-20")) == 3 and items(lin, "since=2026-11-21") == []
    head, *rows = csv.reader(io.StringIO(lin.get(f"{API}/flags?rule=a_rule&form=csv").text.removeprefix("\ufeff")))
    assert len(rows) == 2 and rows[0][head.index("does_words")] and rows[0][head.index("state_words")]


def test_flags_are_for_who_works_on_cases_of_that_side(home):
    id = raised(home, "mei")
    for who in (home.key(), home.person("others", "support", "privacy", "senior_policy", "admin")):
        assert who.get(f"{API}/flags").status_code == 403
        assert who.post(f"{API}/flags/{id}/word", json={"word": "upheld"}).status_code == 403
    faraway = home.person("faraway", "reviewer", app="other.test")
    assert items(faraway) == [] and faraway.post(f"{API}/flags/{id}/word", json={"word": "upheld"}).status_code == 404


def test_each_rule_says_how_often_it_spoke_how_often_it_was_right_and_what_it_cost(home):
    zhou, lin = home.person("laozhou", "policy"), home.person("xiaolin", "reviewer")
    day.flagged(home)
    flagged(home, "mei")
    first, second = raised(home, "lan"), raised(home, "zhu")
    lin.post(f"{API}/flags/{first}/word", json={"word": "upheld"})
    lin.post(f"{API}/flags/{second}/word", json={"word": "overturned"})
    home.later(days=2)
    zhou = home.person("laozhou-2", "policy")
    seen = zhou.get(f"{API}/rules?days=30").json()
    of = {row["rule"]: row for row in seen["items"]}
    assert seen["version"] == "default-1" and of["far_apart"]["state"] == "gone"
    large = of["large_transaction"]
    counted = {name: large[name] for name in ("state", "hits", "flags", "noted", "upheld", "overturned")}
    assert counted == {"state": "on", "hits": 3, "flags": 3, "noted": 1, "upheld": 1, "overturned": 1}
    far = of["far_apart"]
    assert far["holds"]["opened"] == 6 and far["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert far["cost"]["held_days"] == 2 and large["holds"]["open"] == 1
    sheet = zhou.get(f"{API}/rules?form=csv").text
    assert "far_apart" in sheet and "does_words" in sheet


def test_a_rule_is_off_in_a_draft_and_on_again_and_nothing_is_published(home):
    zhou = home.person("laozhou", "policy")
    made = zhou.post(f"{API}/policies/default-1/rules/many_devices", json={"on": False})
    assert made.status_code == 201, made.text
    version = made.json()["version"]
    of = {row["rule"]: row["state"] for row in zhou.get(f"{API}/rules?version={version}").json()["items"]}
    assert of["many_devices"] == "off" and of["large_transaction"] == "on"
    kept = home.key("operator", "audits").get("/v1/policies").json()
    assert kept["in_force"] == "default-1"
    assert [(p["version"], p["state"]) for p in kept["items"]] == [(version, "draft")]
    back = zhou.post(f"{API}/policies/{version}/rules/many_devices", json={"on": True}).json()["version"]
    of = {row["rule"]: row["state"] for row in zhou.get(f"{API}/rules?version={back}").json()["items"]}
    assert of["many_devices"] == "on" and back != version
    for wrong in ("nobody", "violations_30d"):
        assert zhou.post(f"{API}/policies/default-1/rules/{wrong}", json={"on": False}).status_code == 422


def test_rules_are_read_by_policy_and_admin_and_drafted_by_policy_alone(home):
    switch = f"{API}/policies/default-1/rules/many_devices"
    admin = home.person("xiaozhao", "admin")
    assert admin.get(f"{API}/rules").status_code == 200 and admin.post(switch, json={"on": False}).status_code == 403
    for who in (home.key(), home.person("others", "reviewer", "support", "privacy")):
        assert who.get(f"{API}/rules").status_code == who.post(switch, json={"on": False}).status_code == 403
    assert admin.get(f"{API}/rules?version=nothing-7").status_code == 404
    assert admin.get(f"{API}/policy_words").status_code == home.key().get(f"{API}/policy_words").status_code == 403
    words = home.person("laozhou", "policy").get(f"{API}/policy_words").json()
    assert "amount" in words["events"]["transaction"] and {"code", "zh", "en"} <= words["reasons"][0].keys()
