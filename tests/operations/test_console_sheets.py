"""Every list of the console as a sheet: for who may see the list, kept in the trail, whole, with words beside codes."""

import csv
import io
import json

import pytest
from sqlalchemy import insert, select

from shiming.review.roles import ROLES
from shiming.store.audit import sequencer
from shiming.store.audit.audit_log import audit_pending
from shiming.store.database import id_at
from shiming.store.tables import accounts, deliveries, messages
from tests.application import application
from tests.holders import in_review
from tests.review.test_erasures import WISH
from tests.risk.test_policy_console import proposed
from tests.web.test_me import inside

API = "/console/api"
SHEETS = {
    "policies": "policy.read", "policy_waves": "policy.read", "staff": "staff.manage", "erasures": "erasure.work",
    "notices": "notices.read", "audit": "audit.read", "webhook_endpoints": "operations.read",
    "clients": "operations.read", "settings": "operations.read", "bulks": "case.work", "cases/known": "case.seed",
}  # fmt: skip
"""Lists that could not be taken away, and what whoever takes them must be allowed."""


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


def sheet(who, path: str) -> list[dict[str, str]]:
    mark = "&" if "?" in path else "?"
    answer = who.get(f"{API}/{path}{mark}form=csv&locale=zh")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv") and answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", SHEETS)
def test_each_is_for_who_may_see_the_list_and_is_kept(home, path):
    able = [role for role, may in ROLES.items() if SHEETS[path] in may]
    mine, others = home.person("mine", able[0]), home.person("others", *(set(ROLES) - set(able)))
    sheet(mine, path)
    assert others.get(f"{API}/{path}?form=csv").status_code == 403
    P = audit_pending.c
    with home.context.database.read() as connection:
        kept = connection.execute(select(P.actor).where(P.action == "list.exported")).all()
    assert [row.actor for row in kept] == ["mine"]


def test_versions_and_people_stand_there_in_words(home):
    version = proposed(home, home.person("laozhou", "policy"))["version"]
    (row,) = sheet(home.person("laoqian", "senior_policy"), "policies")
    assert (row["version"], row["state_words"], row["proposed_by"]) == (version, "等第二人批准", "laozhou")
    told = {row["name"]: row for row in sheet(home.person("xiaozhao", "admin"), "staff")}
    assert told["laozhou"]["roles"] == "policy" and told["laozhou"]["roles_words"]


def test_the_trail_is_taken_away_whole_with_words_and_as_json(home):
    """It ended at a thousand rows, and said so nowhere."""
    context = home.context
    with context.database.write() as connection:
        for n in range(1_100):
            context.note(connection, "demo.test", "=cmd|1", "case.taken", f"cas_{n}", about="ver_1")
    with context.database.write() as connection:
        sequencer.catch_up(connection, context.audit_key, context.now())
    rows = sheet(home.person("laozhou", "privacy"), "audit?action=case.")
    assert len(rows) == 1_100 and json.loads(rows[0]["facts"]) == {"about": "ver_1"}
    assert rows[0]["action_words"] == "领取审核件" and rows[0]["actor"] == "'=cmd|1"


def test_lists_of_what_is_to_be_erased_go_on_and_the_sheet_has_all_but_what_holders_wrote(home):
    """They stopped at fifty in silence; the fifty-first account could not be erased."""
    key, officer = home.key(), home.person("laozhou", "privacy")
    id = in_review(home)
    home.key("reviewer", "lin").post(f"/v1/verifications/{id}/verdict", json={"verdict": "approve"})
    inside(home, key).post("/erasures", {"verification": id, **WISH})
    gone = {"app": "demo.test", "kind": "personal", "locale": "zh-CN", "state": "cancelled", "level": "none"}
    with home.context.database.write() as connection:
        rows = [{"id": f"acc_{n:026d}", "ref": f"over-{n}", "created_at": 1, "cancel_at": n + 1} for n in range(55)]
        connection.execute(insert(accounts), [{**row, **gone} for row in rows])
    first = officer.get(f"{API}/erasures").json()
    assert len(first["cancelled"]) == 50 and first["more"] == ["cancelled"]
    rest = officer.get(f"{API}/erasures?limit=60").json()
    assert len(rest["cancelled"]) == 55 and rest["more"] == []
    assert officer.post(f"{API}/erasures/accounts/acc_{54:026d}").status_code == 200
    rows = sheet(officer, "erasures")
    assert sum(row["list"] == "cancelled" for row in rows) == 54
    (wish,) = [row for row in rows if row["list"] == "asked"]
    assert wish["list_words"] == "申请" and wish["state_words"] and WISH["text"] not in str(rows)


def test_notices_say_what_became_of_those_that_were_sent(home):
    """There were previews alone: nobody saw that text messages did not arrive."""
    now, sent = home.context.now(), {"app": "demo.test", "tries": 1, "channel": "sms"}
    with home.context.database.write() as connection:
        for n, (state, ago, payload) in enumerate((("delivered", 0, {}), ("failed", 0, {}), ("delivered", 40, {}),
                                                   ("delivered", 0, {"ban": "all"}))):  # fmt: skip
            at = now - ago * 86_400_000
            about = {"account": "acc_1", "about": f"hld_{n}", "event": "account.held", "sequence": 1, "at": at}
            connection.execute(insert(messages).values(id=f"msg_{n}", app="demo.test", payload=payload, **about))
            connection.execute(insert(deliveries).values(id=id_at("dlv", at) + str(n), message=f"msg_{n}", endpoint="c",
                                                         state=state, at=at, **sent))  # fmt: skip
    agent = home.person("xiaohe", "support")
    found = {one["event"]: one["sent"] for one in agent.get(f"{API}/notices").json()["items"]}
    assert found["account.held"] == {"sms": {"delivered": 1, "failed": 1}, "mail": {}}
    assert found["account.held.ban"]["sms"] == {"delivered": 1}
    (row,) = [r for r in sheet(agent, "notices") if (r["event"], r["channel"]) == ("account.held", "sms")]
    assert (row["sent"], row["delivered"], row["failed"], row["channel_words"]) == ("2", "1", "1", "短信")
    with home.context.database.write() as connection:
        connection.execute(messages.delete())
