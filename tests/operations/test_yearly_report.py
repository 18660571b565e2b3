"""The year's compliance report: counts by purpose, looks of staff, erasures with times, incidents, faces (M45)."""

import json

import pytest
from sqlalchemy import insert

from shiming.__main__ import main
from shiming.commands import yearly_page
from shiming.errors import BadInput
from shiming.store.account import accounts
from shiming.store.audit import access_log
from shiming.store.database import new_id
from shiming.store.tables import messages
from shiming.workflows.operations import yearly_report
from shiming.workflows.privacy import erasure_requests
from tests.account.application import ZHANG, application


def test_a_year_is_one_of_china():
    """Midnight on New Year's Day in Beijing is 16:00 of the old year by UTC."""
    assert yearly_report.bounds(2026) == (1_767_196_800_000, 1_798_732_800_000)
    with pytest.raises(BadInput):
        yearly_report.bounds(26)


def test_the_page_says_nothing_where_there_is_nothing():
    empty = {"year": 2026, "side": "live", "made_at": "m", "over": False, "incidents": [],
             "purposes": dict.fromkeys(yearly_page.TITLES, ()), "faces": {"people": {}, "templates": 0},
             "staff": {"people": 0, "looks": [], "searches": {}},
             "erasures": {"asked": 0, "declined": 0, "done": {}, "hours": None, "items": [], "more": 0}}  # fmt: skip
    page = yearly_page.written(empty)
    assert page.count("（无）") == len(yearly_page.TITLES) + 4 and "截至目前" in page and "None" not in page


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, "") as made:
        yield made


def test_it_counts_what_was_done_with_whose_data_and_names_nobody(home):
    id = home.verify("zhang")["id"]
    with home.context.database.write() as connection:
        row = accounts.by_ref(connection, "demo.test", "zhang")
        for what in ("name", "name", "card_front/portrait"):
            access_log.add(connection, "demo.test", row.id, id, "lin", "reviewer", what, "appeal", home.context.now())
        told = {"id": new_id("msg"), "app": "demo.test", "account": "", "about": "alarm", "event": "operations.alarm"}
        payload = {"alarm": "disk_low", "of": "files"}
        connection.execute(insert(messages).values(**told, payload=payload, sequence=1, at=home.context.now()))
    home.get("/accounts/zhang/standing")
    erasure_requests.ask(home.context, "demo.test", "zhang", id, "请删除", "holder")
    home.later(hours=5)
    home.post(f"/verifications/{id}/redact")
    report = yearly_report.report(home.context, 2026, "test")
    assert {"level": "standard", "state": "erased", "count": 1} in report["purposes"]["verifications"]
    assert {"outcome": "PASS", "count": 1} in report["purposes"]["decisions"]
    assert [(row["given"], row["count"]) for row in report["purposes"]["consents"]] == [(False, 1), (True, 1)]
    assert {row["question"] for row in report["purposes"]["sources"]} >= {"record", "live"}
    assert (report["staff"]["people"], sum(row["count"] for row in report["staff"]["looks"])) == (1, 3)
    erased = report["erasures"]
    assert (erased["asked"], erased["hours"]["median"], erased["done"]["verification.erased"]) == (1, 5.0, 1)
    assert [row["alarm"] for row in report["incidents"]] == ["disk_low"]
    live = yearly_report.report(home.context, 2026)["purposes"]
    assert not any(live.values()), "what was tried on the test side is nobody's"
    said = json.dumps(report, ensure_ascii=False) + yearly_page.written(report)
    assert not {word for word in (ZHANG.name, ZHANG.number, 'lin"') if word in said}
    with pytest.raises(BadInput):
        yearly_report.report(home.context, 2027)


def test_it_is_a_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SHIMING_DATA", str(tmp_path))
    main(["report", "yearly", "--json"])
    assert json.loads(capsys.readouterr().out)["erasures"]["asked"] == 0
