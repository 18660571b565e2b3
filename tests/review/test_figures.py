"""Dashboards: every number can be followed to what it stands for; on both databases."""

import csv
import io

import pytest
from sqlalchemy import update

from shiming.review.precision import FATES
from shiming.store import accounts, verifications
from shiming.store.tables import holds
from tests.holders import holder, in_review
from tests.house import house

API = "/console/api"


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request, tmp_path):
    """A day with three referrals, one of them approved by a person, one rejected; and somebody who never went on."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    with house(tmp_path, url) as home:
        ids, key = [in_review(home, holder(n)) for n in range(3)], home.key("reviewer", "k")
        key.post(f"/v1/verifications/{ids[0]}/verdict", json={"verdict": "approve"})
        key.post(f"/v1/verifications/{ids[1]}/verdict", json={"verdict": "reject", "codes": ["rejected_by_reviewer"]})
        gave_up(home)
        home.later(days=2)
        yield home


def gave_up(home):
    with home.parts.database.write() as connection:
        now = home.parts.now()
        account = accounts.get_or_open(connection, "demo.test", "gave-up", "personal", "zh-CN", now)
        verifications.create(connection, app="demo.test", account=account.id, level="basic", locale="zh-CN",
                             created_at=now, expires_at=now + 1)  # fmt: skip


def test_each_number_leads_to_its_cases(busy):
    """M12, M36: outcomes, reasons, backlog, drop-outs, authority calls."""
    zhou = busy.person("laozhou", "policy")
    seen = zhou.get(f"{API}/figures").json()
    counted = {(r["outcome"], r["by"]): r["count"] for r in seen["outcomes"]}
    assert counted == {("refer", "machine"): 3, ("pass", "person"): 1, ("reject", "person"): 1}
    every = [row for figure in seen.values() if isinstance(figure, list) for row in figure if "count" in row]
    assert len(every) >= 9
    for row in every:
        items = zhou.get(row["cases"]).json()["items"]
        assert len(items) == row["count"], row
    assert seen["first_pass"][0] | {"judged": 3, "passed": 0, "rate": 0.0} == seen["first_pass"][0]
    assert len(zhou.get(seen["first_pass"][0]["cases"]).json()["items"]) == 3
    assert [(r["after"], r["count"]) for r in seen["drop_outs"]] == [("nothing", 1)]
    assert seen["backlog"][0]["count"] == 1 and seen["authority"][0]["calls"] == 3


def test_rows_lead_on_to_their_case_and_can_be_taken_away(busy):
    zhou = busy.person("laozhou", "policy")
    waiting = next(r for r in zhou.get(f"{API}/figures").json()["backlog"])
    (row,) = zhou.get(waiting["cases"]).json()["items"]
    assert row["case"].startswith("cas_") and "account" not in row
    judged = zhou.get(f"{API}/behind/judgements?days=30&limit=2").json()
    assert len(judged["items"]) == 2 and judged["next"] == 2
    more = zhou.get(f"{API}/behind/judgements?days=30&limit=2&offset=2").json()["items"]
    assert not {r["id"] for r in more} & {r["id"] for r in judged["items"]}
    sheet = list(csv.reader(io.StringIO(zhou.get(f"{waiting['cases']}&form=csv").text)))
    assert "id" in sheet[0] and len(sheet) == 2
    assert zhou.get(f"{API}/behind/people").status_code == 404


def test_the_same_as_csv(busy):
    text = busy.person("laozhou", "policy").get(f"{API}/figures?form=csv").text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["figure", "of", "field", "value"]
    assert ["reasons", "rejected_by_reviewer", "count", "1"] in rows
    assert busy.person("xiaolin", "reviewer").get(f"{API}/figures").status_code == 403


def test_a_rule_is_right_as_far_as_its_holds_stood(busy):
    """Of six holds one stands, one was met, one cleared, and three were wrong; each fate has its rows."""
    zhou, now = busy.person("laozhou", "policy"), busy.parts.now()
    fates = {"alone": {}, "met": {"lifted_by": "ver_1"}, "cleared": {"lifted_by": "reviewer:lin", "met": ["review"]},
             "upheld": {"lifted_by": "appeal:apl_1"}, "rolled": {"lifted_by": "rollback:p-1"},
             "over": {"lifted_by": "reviewer:lin"}}  # fmt: skip
    with busy.parts.database.write() as connection:
        for name, became in fates.items():
            account = accounts.get_or_open(connection, "demo.test", name, "personal", "zh-CN", now)
            hold = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"],
                    "because": {"rule": "far_apart", "version": "p-1", "values": {}, "events": []}}  # fmt: skip
            id = accounts.open_hold(connection, account, hold, "rule:far_apart", now)
            values = {**became, **({"lifted_at": now} if became else {})}
            if values:
                connection.execute(update(holds).where(holds.c.id == id).values(**values))
    (rule,) = [r for r in zhou.get(f"{API}/figures").json()["rules"] if r["rule"] == "far_apart"]
    assert [rule[f] for f in ("opened", *FATES)] == [6, 1, 1, 1, 1, 1, 1]
    assert rule["precision"] == round(1 / 3, 4)
    for fate, link in rule["behind"].items():
        assert [r["fate"] for r in zhou.get(link).json()["items"]] == [fate]
    text = zhou.get(f"{API}/figures?form=csv").text
    assert "rules,far_apart p-1,precision,0.3333" in text
