"""老周 looks at what is coming: waves and notices of a month, on every side on which he works, and what may be done."""

import csv
import io
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from shiming.risk import waves
from shiming.store.staff import members
from shiming.workflows.risk import policy_rollout
from tests.application import START, application
from tests.risk.test_policy_console import API, proposed, published, said

AHEAD = {"waves": [{"share": 10}, {"share": 100, "at": (START + timedelta(days=9)).isoformat(),
                                   "notice_at": (START + timedelta(days=2)).isoformat()}]}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


def drawn(who, month: str = "") -> list[tuple]:
    found = said(who.get(f"{API}/policy_waves{month and f'?month={month}'}"))
    return [(one["day"], one["what"], one["share"], one["stage"]) for one in found["items"]]


@pytest.mark.parametrize(("state", "row", "stage"), [
    ("proposed", {"at": 1}, "planned"), ("rolled_back", {"at": 1}, "ended"), ("published", {"at": 1}, "running"),
    ("published", {"at": 9}, "coming"), ("published", {"at": 9, "paused": 3}, "paused"),
    ("published", {"at": 1, "done": "acc_7"}, "running"), ("published", {"at": 1, "paused": 3, "done": "all"}, "done"),
    ("rolled_back", {"at": 1, "done": "all"}, "done"),
])  # fmt: skip
def test_how_far_a_wave_is_follows_from_its_row(state, row, stage):
    assert waves.stage(state, row, "done", 5) == stage


def test_waves_notices_and_ends_stand_on_their_days_with_how_far_they_are(home):
    zhou, qian = home.person("laozhou", "policy"), home.person("laoqian", "senior_policy")
    version = published(home, zhou, qian, AHEAD)
    assert drawn(zhou) == [("2026-11-20", "wave", 10, "running"), ("2026-11-22", "notice", 100, "coming"),
                           ("2026-11-29", "wave", 100, "coming")]  # fmt: skip
    policy_rollout.advance(home.context)
    assert drawn(zhou)[0][3] == "done" and drawn(zhou, "2026-12") == []
    (item, *_) = said(zhou.get(f"{API}/policy_waves"))["items"]
    assert item["can"] == [] and item["version"] == version
    assert said(qian.get(f"{API}/policy_waves"))["items"][0]["can"] == ["pause", "rollback"]
    said(qian.post(f"{API}/policies/{version}/pause"))
    assert [one[3] for one in drawn(qian)] == ["done", "paused", "paused"]
    said(qian.post(f"{API}/policies/{version}/rollback"))
    assert [one[1:] for one in drawn(qian)] == [
        ("wave", 10, "done"), ("end", 0, "done"), ("notice", 100, "ended"), ("wave", 100, "ended")]  # fmt: skip


def test_the_day_is_that_in_china(home):
    """18:00 UTC on the last of November is December in Beijing."""
    late = {"waves": [{"share": 100, "at": "2026-11-30T18:00:00Z"}]}
    zhou = home.person("laozhou", "policy")
    proposed(home, zhou, late)
    assert drawn(zhou) == [] and drawn(zhou, "2026-12") == [("2026-12-01", "wave", 100, "planned")]


def test_every_side_is_drawn_on_which_one_reads_policies_and_no_other(home):
    other = home.person("laosun", "policy", app="shop.test")
    proposed(home, other, app="shop.test")
    zhou = home.person("laozhou", "policy")
    proposed(home, zhou)
    assert {one["app"] for one in said(zhou.get(f"{API}/policy_waves"))["items"]} == {"demo.test"}
    with home.context.database.write() as connection:
        row = members.named(connection, "laozhou")
        members.give(connection, row, "shop.test", ["senior_policy"])
        members.give(connection, members.named(connection, "laozhou"), "third.test", ["reviewer"])
    found = said(zhou.get(f"{API}/policy_waves"))["items"]
    assert {(one["app"], "approve" in one["can"]) for one in found} == {("demo.test", False), ("shop.test", True)}


def test_a_month_is_taken_away_as_a_sheet(home):
    zhou = home.person("laozhou", "policy")
    proposed(home, zhou)
    answer = zhou.get(f"{API}/policy_waves?form=csv&locale=zh")
    head, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    told = dict(zip(head, row, strict=True))
    assert (told["what_words"], told["stage_words"], told["state_words"]) == ("生效", "计划", "等第二人批准")


def test_who_may_not(home):
    others = home.person("others", "senior_reviewer", "support", "privacy")
    assert others.get(f"{API}/policy_waves").status_code == 403
    assert home.key("operator", "ops").get(f"{API}/policy_waves").status_code == 403
    assert TestClient(home.web).get(f"{API}/policy_waves").status_code == 401
    for wrong in ("2026-13", "2026", "26-01", "x"):
        assert others.get(f"{API}/policy_waves?month={wrong}").status_code in (403, 422)
    assert home.person("laozhou", "policy").get(f"{API}/policy_waves?month=2026-13").status_code == 422
