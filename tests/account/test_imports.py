"""The first day of an adopter: users who were verified elsewhere come along, trusted for what the policy says of it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from shiming.errors import Conflict
from shiming.store.access import api_keys
from shiming.store.account import accounts
from shiming.store.audit.audit_log import audit_pending
from shiming.store.tables import accounts as account_rows
from shiming.store.tables import import_rows, subjects
from shiming.workflows.imports import run
from tests import leaks
from tests.account.application import ZHANG, ZHOU
from tests.account.application import application as opened
from tests.application import application as house

LAST_YEAR = "2025-03-01T08:00:00+08:00"


def row(account="zhang", person=ZHANG, **more):
    said = {"level": "standard", "verified_at": LAST_YEAR, "verified_by": "old-system"}
    return {"account": account, "number": person.number, "name": person.name, **said, **more}


def taken(application, *rows, kind="verified", by="boss", **more):
    """By the API; its key is an operator's."""
    if by == "boss" and by not in application.keys:
        application.keys["boss"] = key(application, "operator")
    return application.post("/imports", {"kind": kind, "rows": list(rows), **more}, by)


def key(application, role):
    with application.context.database.write() as connection:
        return api_keys.make(connection, "demo", False, role, "boss", 0)


def by_command(application, kind, *rows, by="lin", file="f"):
    """As the command does it: begun under the file's digest, gone on with."""
    problems, context = [], application.context
    begun = run.begin(context, "demo.test", kind, by, file)
    done = run.go_on(context, "demo.test", begun.id, enumerate(rows, 1), problems.append)
    return done.counts, [problem.code for problem in problems]


def why(application, ref, capability):
    return [each["code"] for each in application.get(f"/accounts/{ref}/may/{capability}")["reasons"]]


def account(application, ref="zhang"):
    with application.context.database.read() as connection:
        return accounts.by_ref(connection, "demo.test", ref)


def test_whoever_was_verified_elsewhere_is_known_here_and_trusted_for_what_the_policy_says(application):
    """Basic by default: no face came along, so what asks for one says that they verify once more, here."""
    done = taken(application, row())
    assert (done["state"], done["counts"]["taken"], done["problems"]) == ("done", 1, [])
    shown = application.get("/accounts/zhang/standing")
    assert (shown["level"], shown["in_person_at"], shown["standing"]) == ("basic", None, "normal")
    elsewhere = {"run": done["id"], "level": "standard", "at": "2025-03-01T00:00:00.000Z", "by": "old-system"}
    assert shown["verified_elsewhere"] == elsewhere
    receipt = application.get("/accounts/zhang/receipt")
    assert receipt["verified_elsewhere"] == {**elsewhere, "person_kept": True} and receipt["age_band_kept"]
    assert application.may("zhang", "publish") and application.may("zhang", "gift")  # basic; and of age by the number
    assert why(application, "zhang", "withdraw") == why(application, "zhang", "live") == ["reverify"]
    assert application.events("zhang") == []  # they know it from before
    assert application.verify("zhang", ZHOU)["reasons"][0]["code"] == "subject_mismatch"
    assert application.verify("zhang")["state"] == "approved"
    assert application.may("zhang", "withdraw") and account(application).sealed_imported is None


def test_a_policy_may_trust_more_but_never_a_face(tmp_path):
    with opened(tmp_path, "", imported_level="standard") as trusting:
        taken(trusting, row(level="enhanced"))
        assert trusting.get("/accounts/zhang/standing")["level"] == "standard"
        assert trusting.may("zhang", "withdraw") and why(trusting, "zhang", "live") == ["reverify"]


def test_a_policy_may_trust_imports_for_nothing_and_the_same_rows_follow_it(plain, monkeypatch):
    """What an import gave is taken back by the next one; what the holder showed here is not."""
    taken(plain, row(), row("zhou", ZHOU))
    plain.verify("zhou", ZHOU)
    less = replace(plain.context.policy_in("demo.test"), imported_level="none")
    monkeypatch.setattr(type(plain.context), "policy_in", lambda *_: less)
    assert taken(plain, row(), row("zhou", ZHOU))["counts"]["changed"] == 1
    levels = [plain.get(f"/accounts/{ref}/standing")["level"] for ref in ("zhang", "zhou")]
    assert levels == ["none", "standard"] and account(plain).subject


def test_a_full_quota_is_listed_for_people_who_decide(application):
    """By the rule of every binding. A dry run says the same, and writes nothing."""
    rows = [row("first"), row("second"), row("third", ZHOU)]
    tried = taken(application, *rows, dry_run=True)
    assert application.get("/accounts/first/standing", expect=404)
    done = taken(application, *rows)
    assert tried["counts"] == done["counts"] and tried["problems"] == done["problems"] and tried["id"] is None
    assert [(p["line"], p["code"]) for p in done["problems"]] == [(2, "subject_quota_reached")]
    (found,) = application.get("/import_conflicts", "one")["items"]
    assert (found["account"], found["places_of"], found["run"]) == ("second", ["first"], done["id"])
    assert "moves" in found["do"][0] and application.get("/accounts/second/standing")["level"] == "none"
    application.post("/accounts/first/cancel", {"at_once": True})
    again = taken(application, *rows)
    assert (again["counts"]["taken"], again["counts"]["unchanged"], again["counts"]["against"]) == (1, 2, 0)
    assert application.get("/import_conflicts", "one")["items"] == [] and account(application, "second").subject


def test_the_same_row_is_never_done_twice_whatever_people_have_decided_since(application):
    """He says that it is not his, a person frees it: the next import of the same file does not bind it again."""
    taken(application, row("old-account"))
    tried = application.verify("new-account")
    (place,) = application.get(f"/verifications/{tried['id']}/places")["items"]
    application.post(f"/verifications/{tried['id']}/places/{place['place']}/not_mine")
    (claim,) = application.get("/claims", "one")["items"]
    application.post(f"/claims/{claim['id']}/verdict", {"verdict": "free"}, "one")
    freed = account(application, "old-account")
    assert (freed.subject, freed.imported, freed.sealed_imported, freed.level) == (None, None, None, "none")
    assert taken(application, row("old-account"))["counts"]["unchanged"] == 1
    assert account(application, "old-account") == freed


def test_what_was_shown_here_counts_more_than_anybodys_word(plain):
    plain.verify("zhang")
    done = taken(plain, row(level="enhanced"), row("zhang-2"))
    assert (done["counts"]["unchanged"], done["counts"]["against"]) == (1, 1)
    assert (account(plain).level, account(plain).imported) == ("standard", None)
    assert taken(plain, row("zhang", ZHOU))["problems"][0]["code"] == "subject_mismatch"


def test_a_binding_takes_a_place_and_gives_no_level(plain):
    bound = {"account": "zhang", "number": ZHANG.number, "by": "old-system", "since": LAST_YEAR}
    assert taken(plain, bound, kind="bindings")["counts"]["taken"] == 1
    shown = plain.get("/accounts/zhang/standing")
    assert (shown["level"], shown["verified_elsewhere"]["level"]) == ("none", "none")
    assert plain.verify("zhang-2")["reasons"][0]["code"] == "subject_quota_reached"
    assert why(plain, "zhang", "withdraw") == ["verification_needed"]


def test_a_keyed_hash_is_as_good_as_the_number_but_says_no_age(plain):
    made = ";".join(plain.context.lookup.candidates("number", ZHANG.number))
    given = {**row(), "number_hash": made, "number": None, "name": None}
    assert taken(plain, given)["counts"]["taken"] == 1
    assert why(plain, "zhang", "gift") == ["age_unknown"] and plain.may("zhang", "publish")
    assert taken(plain, row("zhang-2"))["problems"][0]["code"] == "subject_quota_reached"
    wrong = [{**given, "account": "a", "number_hash": text} for text in ("1:abc", "7" + made[1:], made + ";" + made)]
    assert {each["code"] for each in taken(plain, *wrong)["problems"]} == {"hash_invalid"}


def test_blocks_take_two_people_and_keep_the_person_out(plain):
    """The second one begins the same file. Whom it blocks stays blocked whatever account they bring."""
    given = {"number": ZHANG.number, "ground": "violation_fraud", "by": "old-system"}
    for _ in range(2):
        with pytest.raises(Conflict, match="somebody else") as refused:
            by_command(plain, "blocks", given, by="lin")
        assert refused.value.code == "four_eyes"
    assert by_command(plain, "blocks", given, by="wu") == ({"taken": 1}, [])
    assert plain.verify("zhang")["reasons"][0]["code"] == "subject_blocked"
    assert taken(plain, row())["problems"][0]["code"] == "subject_blocked"
    plain.keys["boss"] = key(plain, "operator")
    plain.post("/imports", {"kind": "blocks", "rows": [given]}, "boss", expect=422)


def test_a_block_of_an_account_bans_it_and_two_people_lift_both(plain):
    taken(plain, row())
    given = {"account": "zhang", "ground": "violation_fraud", "by": "old-system"}
    unknown = {**given, "account": "nobody"}
    with pytest.raises(Conflict):
        by_command(plain, "blocks", given, unknown, by="lin")
    assert by_command(plain, "blocks", given, unknown, by="wu") == ({"taken": 1, "against": 1}, ["no_person"])
    assert plain.holds("zhang")["violation_fraud"]["ban"] and plain.events("zhang") == []
    back = plain.post("/subjects/unblocks", {"account": "zhang", "ground": "appeal"}, "one")
    plain.post(f"/subjects/unblocks/{back['id']}/confirm", by="two")
    assert plain.get("/accounts/zhang/standing")["standing"] == "normal"


def test_holds_come_along_once_and_their_holders_are_not_told_again(application):
    given = {"id": "h-1", "account": "zhang", "reason": "violation_fraud", "capabilities": ["withdraw"],
             "requirements": ["verify:standard", "review"], "by": "old-system", "since": LAST_YEAR}  # fmt: skip
    for became in ("taken", "unchanged"):
        assert taken(application, given, kind="holds")["counts"][became] == 1
    hold = application.holds("zhang")["violation_fraud"]
    assert (hold["source"], hold["because"]["values"]["id"], hold["ban"]) == ("import:old-system", "h-1", False)
    assert application.events("zhang") == [] and not application.may("zhang", "withdraw")
    changed = {**given, "requirements": "pledge"}
    assert taken(application, changed, kind="holds")["problems"][0]["code"] == "changed_since"
    ban = {**given, "id": "h-2", "account": "zhou", "requirements": "ban"}
    taken(application, ban, kind="holds")
    assert application.holds("zhou")["violation_fraud"]["ban"]


def test_history_counts_in_windows_and_raises_nothing(application):
    """Two slight violations of last week, elsewhere: neither is flagged here; the third, here, is the repeated one."""
    slight = {"account": "zhang", "type": "violation", "category": "rumour", "severity": "1"}
    old = [{**slight, "id": f"old-{n}", "at": f"2026-11-1{n}T08:00:00+08:00"} for n in (3, 4)]
    ancient = {**slight, "id": "ancient", "at": "2024-01-01T08:00:00+08:00"}
    assert by_command(application, "events", *old, ancient, old[0], {**old[1], "severity": "2"}) == (
        {"taken": 2, "left_out": 1, "unchanged": 1, "wrong": 1}, ["event_too_old", "id_used_before"],
    )  # fmt: skip
    assert by_command(application, "events", *old, file="g")[0] == {"unchanged": 2}
    assert application.get("/flags")["items"] == []
    now = {**slight, "id": "new", "severity": 1, "at": int(application.context.now())}
    application.post("/events", now)
    assert "violation_rumour" in application.holds("zhang")


def test_wrong_rows_are_named_by_line_and_column_and_say_nothing_of_what_stood_there(plain):
    """What a spreadsheet did to a number is told in its own words; the rest is taken all the same."""
    numbers = {"rewritten": "1.70213E+17", "apostrophe": "'" + ZHANG.number, "quantity": 17021319, "needed": "",
               "full_width": "\uff11\uff17" + ZHANG.number[2:], "invalid": ZHANG.number[:-1] + "7"}  # fmt: skip
    cells = [("number", f"number_{code}", given) for code, given in numbers.items()]
    cells += [("verified_at", "time_invalid", "2025-03-01"), ("level", "missing", None),
              ("verified_at", "time_ahead", "2030-01-01T00:00:00Z"), ("level", "level_unknown", "gold"),
              ("account", "ref_invalid", "a/b"), ("verified_by", "source_invalid", ZHANG.number),
              ("name", "name_invalid", "12"), ("account_kind", "kind_invalid", "大号"),
              ("account_kind", "kind_invalid", "guardian_of_minor")]  # fmt: skip
    rows = [{**row(f"user-{n}"), column: given} for n, (column, _, given) in enumerate(cells)]
    done = taken(plain, *rows, row(), {**row("x"), "salary": 1})
    found = [(each["column"], each["code"]) for each in done["problems"]]
    assert found == [*((column, code) for column, code, _ in cells), ("", "column_unknown")]
    assert done["counts"]["taken"] == 1 and all(each["text"] for each in done["problems"])
    assert not any(given in str(done) for given in (ZHANG.number, "1.70213E+17", "17021319", "2030-01-01", "gold"))


def test_a_synthetic_number_is_nobody_in_live_mode(plain):
    problems = []
    counts = run.rehearse(plain.context, "demo.live", "verified", "lin", [(1, row())], problems.append)
    assert (dict(counts), [each.code for each in problems]) == ({"wrong": 1}, ["number_invalid"])


def test_who_may_not(plain):
    """Levels without a verification are an operator's to give; conflicts a reviewer's to read, too; no sister's."""
    given = {"kind": "verified", "rows": [row()]}
    for by in ("platform", "one", "agent"):
        plain.post("/imports", given, by, expect=403)
        plain.get("/imports", by, expect=403)
    done = taken(plain, row("first"), row("second"))
    for by in ("platform", "agent"):
        plain.get("/import_conflicts", by, expect=403)
        plain.get(f"/imports/{done['id']}", by, expect=403)
    with plain.context.database.write() as connection:
        sister = api_keys.make(connection, "sister", False, "operator", "boss", 0)
    plain.get(f"/imports/{done['id']}", sister, expect=404)
    assert plain.get("/imports", sister)["items"] == plain.get("/import_conflicts", sister)["items"] == []
    assert plain.get(f"/imports/{done['id']}", "boss") == plain.get("/imports", "boss")["items"][0]


def test_no_number_or_name_lies_in_the_clear_and_each_row_stands_in_the_trail(plain, tmp_path):
    taken(plain, row(), row("zhang-2"), row("bad", ZHOU, number="'" + ZHOU.number))
    assert leaks.search([tmp_path], {"number": ZHANG.number, "name": ZHANG.name, "other": ZHOU.number}) == []
    with plain.context.database.read() as connection:
        noted = list(connection.scalars(select(audit_pending.c.action)))
        (done,) = connection.scalars(select(import_rows.c.account).where(import_rows.c.codes.is_(None)))
        assert done == account(plain).id and len(connection.execute(select(subjects)).all()) == 1
    assert [noted.count(each) for each in ("import.begun", "account.imported", "import.done")] == [1, 1, 1]


def test_an_erased_account_takes_its_import_along(plain):
    taken(plain, row())
    plain.post("/accounts/zhang/cancel", {"at_once": True})
    plain.post("/accounts/zhang/erase")
    with plain.context.database.read() as connection:
        assert connection.execute(select(import_rows)).all() == connection.execute(select(subjects)).all() == []
        (left,) = connection.execute(select(account_rows))
    assert (left.imported, left.sealed_imported, left.subject) == (None, None, None)


def test_a_moved_binding_takes_its_provenance_along(plain):
    """Two people move it: what is sealed for one account opens for no other."""
    taken(plain, row("old"))
    plain.post("/accounts/new/holds", {"reason": "legal_duty"})
    asked = plain.post("/subjects/moves", {"source": "old", "target": "new"}, "one")
    plain.post(f"/subjects/moves/{asked['id']}/confirm", by="two")
    assert plain.get("/accounts/new/standing")["verified_elsewhere"]["by"] == "old-system"
    receipt = plain.get("/accounts/new/receipt")["verified_elsewhere"]
    assert receipt["person_kept"] and plain.get("/accounts/old/receipt")["verified_elsewhere"] is None


def test_the_console_shows_where_a_level_comes_from_and_masks_who_it_is(tmp_path):
    """On the account's page; shown in full to whoever may, with a reason that is kept."""
    with house(tmp_path) as home:
        boss = home.key("operator", "boss")
        assert boss.post("/v1/imports", json={"kind": "verified", "rows": [row()]}).status_code == 201
        lin, id = home.person("xiaolin", "reviewer"), account(home).id
        about = lin.get(f"/console/api/accounts/{id}").json()["account"]
        assert about["verified_elsewhere"]["by"] == "old-system" and about["level"] == "basic" and about["bound"]
        assert about["person"] == {"name": "张*格", "number": "1****************8"}
        asked = {"fields": ["number"], "why": "holder_asks"}
        assert lin.post(f"/console/api/accounts/{id}/reveal", json=asked).json()["fields"]["number"] == ZHANG.number
