"""Dashboards: every number can be followed to what it stands for; on both databases."""

import csv
import io

import pytest

from shiming.review.precision import FATES
from tests.application import application
from tests.review import day

API = "/console/api"


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request, tmp_path):
    """A day with three referrals, one of them approved by a person, one rejected; and somebody who never went on."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with application(tmp_path, url) as home:
        day.decided(home)
        yield home


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
    sheet = list(csv.reader(io.StringIO(zhou.get(f"{waiting['cases']}&form=csv").text.removeprefix("\ufeff"))))
    assert {"id", "codes_words"} <= set(sheet[0]) and len(sheet) == 2
    assert zhou.get(f"{API}/behind/people").status_code == 404


def test_the_same_as_csv(busy):
    text = busy.person("laozhou", "policy").get(f"{API}/figures?form=csv").text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["figure", "of", "field", "value"]
    assert ["reasons", "rejected_by_reviewer", "count", "1"] in rows
    assert busy.person("xiaolin", "reviewer").get(f"{API}/figures").status_code == 403


def test_a_rule_is_right_as_far_as_its_holds_stood(busy):
    """Of six holds one stands, one was met, one cleared, and three were wrong; each fate has its rows."""
    zhou = busy.person("laozhou", "policy")
    day.flagged(busy)
    (rule,) = [r for r in zhou.get(f"{API}/figures").json()["rules"] if r["rule"] == "far_apart"]
    assert [rule[f] for f in ("opened", *FATES)] == [6, 1, 1, 1, 1, 1, 1]
    assert rule["precision"] == round(1 / 3, 4)
    for fate, link in rule["behind"].items():
        assert [r["fate"] for r in zhou.get(link).json()["items"]] == [fate]
    text = zhou.get(f"{API}/figures?form=csv").text
    assert "rules,far_apart p-1,precision,0.3333" in text
