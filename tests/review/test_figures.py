"""Dashboards: every number can be followed to what it stands for; on both databases."""

import csv
import io

import pytest

from shiming.store import accounts, verifications
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
    for row in [*seen["outcomes"], *seen["reasons"]]:
        items = zhou.get(row["cases"]).json()["items"]
        assert len([i for i in items if row.get("by") in (None, i["by"])]) == row["count"], row
    assert seen["first_pass"] == [{"judged": 3, "passed": 0, "rate": 0.0}]
    assert seen["drop_outs"] == [{"after": "nothing", "count": 1}]
    assert seen["backlog"][0]["count"] == 1 and seen["authority"][0]["calls"] == 3


def test_the_same_as_csv(busy):
    text = busy.person("laozhou", "policy").get(f"{API}/figures?form=csv").text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["figure", "of", "field", "value"]
    assert ["reasons", "rejected_by_reviewer", "count", "1"] in rows
    assert busy.person("xiaolin", "reviewer").get(f"{API}/figures").status_code == 403
