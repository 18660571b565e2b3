"""小林 and 小吴 look for their cases: by whatever a filter names, those of their own, and as a sheet with words."""

import csv
import io
import json

from sqlalchemy import select

from shiming.store.audit.audit_log import audit_pending
from shiming.store.staff import members
from shiming.store.tables import cases
from tests.holders import holder, in_review

API = "/console/api"
KEEP = {"verdict": "keep", "ground": "still_holds"}


def hold(home, account: str, reason: str = "login_risk", rule: str | None = None) -> str:
    """A hold that a person has to review; the id of its case."""
    because = {"because": {"rule": rule, "version": "default-1", "values": {}}} if rule else {}
    given = {"reason": reason, "requirements": ["review"], **because}
    made = home.key().post(f"/v1/accounts/{account}/holds", json=given)
    assert made.status_code == 201, made.text
    C = cases.c
    with home.context.database.read() as connection:
        return connection.scalar(select(C.id).where(C.about == made.json()["holds"][-1]["id"]))


def ids(client, query: str = "") -> list[str]:
    answer = client.get(f"{API}/cases?{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


def test_each_filter_finds_what_it_names_and_nothing_else(home):
    """Reason, rule, date and risk could not be filtered by, nor who has a case."""
    mei, lan = hold(home, "mei", rule="large_transaction"), hold(home, "lan", "large_transaction")
    home.later(hours=30)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    in_review(home)
    assert ids(lin, "kind=hold") == [mei, lan]
    assert ids(lin, "reason=login_risk") == ids(lin, "rule=large_transaction") == [mei]
    assert ids(lin, "until=2026-11-20&kind=hold") == [mei, lan] and ids(lin, "since=2026-11-21&kind=hold") == []
    assert ids(lin, "risk=21") == [] and len(ids(lin, "risk=20")) == 3
    assert lin.post(f"{API}/cases/{lan}/take").status_code == 200
    assert ids(wu, "person=xiaolin") == [lan] and ids(wu, "person=xiaowu") == []
    assert ids(wu, "person=%E2%80%AAxiaolin%E2%80%AC%20") == [lan], "as it was pasted out of a chat (issue 14)"
    assert ids(lin, "kind=hold&order=newest") == [lan, mei]
    for wrong in ("reason=Login%20risk", "risk=101", "since=yesterday", "order=best", "colour=red", "after=x"):
        assert lin.get(f"{API}/cases?{wrong}").status_code == 422, wrong


def test_pages_lose_no_case_of_the_same_moment(home):
    """Cases of one urgency were lost where a page ended between them."""
    lin, made = home.person("xiaolin", "reviewer"), {hold(home, f"account-{n}") for n in range(5)}
    for order in ("urgent", "newest"):
        found, after = [], ""
        for _ in range(4):
            page = lin.get(f"{API}/cases?limit=2&order={order}{after}").json()
            found += [row["id"] for row in page["items"]]
            after = f"&after={page['next']}"
            if page["next"] is None:
                break
        assert len(found) == 5 and set(found) == made


def test_what_one_decided_put_off_and_passed_on_oneself_has_lists(home):
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    decided, snoozed, escalated, undone = (hold(home, f"account-{n}") for n in range(4))
    for case in (decided, snoozed, escalated, undone):
        assert lin.post(f"{API}/cases/{case}/take").status_code == 200
    assert lin.post(f"{API}/cases/{undone}/ruling", json=KEEP).status_code == 202
    assert lin.post(f"{API}/cases/{undone}/undo").status_code == 204
    assert lin.post(f"{API}/cases/{decided}/ruling", json=KEEP).status_code == 202
    assert lin.post(f"{API}/cases/{snoozed}/snooze?minutes=20").status_code == 204
    passed = {"verdict": "escalate", "ground": "unsure"}
    assert lin.post(f"{API}/cases/{escalated}/ruling", json=passed).status_code == 202
    home.later(seconds=40)
    own = {name: ids(lin, f"own={name}") for name in ("decided", "snoozed", "escalated")}
    assert own == {"decided": [decided], "snoozed": [snoozed], "escalated": [escalated]}
    assert all(ids(wu, f"own={name}") == [] for name in own)
    home.later(minutes=21)
    assert ids(lin, "own=snoozed") == []


def test_a_sheet_has_words_beside_its_codes_and_is_kept_in_the_trail(home):
    """CSV of case lists did not exist; of what there was, words were missing and nobody could tell who took it."""
    lin = home.person("xiaolin", "reviewer")
    hold(home, "mei", rule="=cmd|1")
    answer = lin.get(f"{API}/cases?kind=hold&form=csv&locale=zh")
    assert answer.headers["content-type"].startswith("text/csv") and answer.text.startswith("\ufeff")
    head, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    told = dict(zip(head, row, strict=True))
    assert (told["kind"], told["kind_words"], told["state_words"]) == ("hold", "账号限制", "等待处理")
    assert told["codes"] == "login_risk" and told["codes_words"] and told["ref"] == "m***" and told["rule"] == "'=cmd|1"
    assert "risk" in lin.get(f"{API}/cases?form=csv&locale=en").text
    P = audit_pending.c
    with home.context.database.read() as connection:
        kept = connection.execute(select(audit_pending).where(P.action == "list.exported").order_by(P.number)).all()
    assert [(row.actor, row.object) for row in kept] == [("xiaolin", "cases")] * 2
    assert json.loads(kept[0].facts) == {"rows": 1, "chosen": {"kind": "hold"}}
    secret = lin.get(f"{API}/cases?form=csv&person=170213199103140138")
    assert secret.status_code == 200 and len(secret.text.splitlines()) == 1


def test_lists_are_for_who_works_on_cases_and_of_sides_where_they_do(home):
    lin = home.person("xiaolin", "reviewer")
    case = hold(home, "mei")
    others = home.key(), home.person("others", "support", "privacy", "senior_policy", "admin")
    for who in others:
        assert who.get(f"{API}/cases").status_code == who.get(f"{API}/cases?form=csv").status_code == 403
    assert ids(home.person("faraway", "reviewer", app="other.test")) == []
    assert lin.get(f"{API}/cases?app=other.test").status_code == 403
    assert ids(lin, "app=demo.test") == [case]
    assert home.key("reviewer", "key").get(f"{API}/cases?app=other.test").status_code == 403


def test_somebody_of_two_sides_looks_through_both(home):
    case = hold(home, "mei")
    faraway = home.person("faraway", "reviewer", app="other.test")
    assert faraway.get(f"{API}/cases?app=demo.test").status_code == 403
    with home.context.database.write() as connection:
        members.give(connection, members.find(connection, "faraway"), "demo.test", ("reviewer",))
    (row,) = faraway.get(f"{API}/cases?app=demo.test").json()["items"]
    assert (row["id"], row["app"]) == (case, "demo.test")


def test_every_other_list_leaves_as_a_sheet_too(home):
    """Conversations, looks, deliveries, keys and sources, each for the role that sees it."""
    in_review(home, holder(1))
    zhao = home.person("xiaozhao", "admin")
    lists = {"tickets": home.person("xiaohe", "support"), "looks": home.person("laosun", "privacy"),
             "webhook_deliveries": zhao, "api_keys": zhao, "sources": zhao}  # fmt: skip
    for name, who in lists.items():
        answer = who.get(f"{API}/{name}?form=csv")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv"), name
    nobody = home.person("nobody", "reviewer")
    assert {nobody.get(f"{API}/{name}?form=csv").status_code for name in lists} == {403}
    rows = list(csv.reader(io.StringIO(zhao.get(f"{API}/api_keys?form=csv").text.removeprefix("\ufeff"))))
    assert ("state_words" in rows[0] and len(rows) > 1) or rows == [[]]
