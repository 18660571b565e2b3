"""A day at the desk: something behind every figure of the dashboard, seen two days later."""

from sqlalchemy import update

from shiming.store.account import accounts
from shiming.store.tables import holds
from shiming.store.verification import authority_calls, verifications
from shiming.store.verification.authority_calls import Inquiry
from shiming.workflows.support import appeals
from tests.holders import CHEN, holder, in_review

FATES = {"alone": {}, "met": {"lifted_by": "ver_1"}, "cleared": {"lifted_by": "reviewer:lin", "met": ["review"]},
         "upheld": {"lifted_by": "appeal:apl_1"}, "rolled": {"lifted_by": "rollback:p-1"},
         "over": {"lifted_by": "reviewer:lin"}}  # fmt: skip
"""What became of six holds of one rule, by whose account it was."""
FACTS = {"account_name": "陈", "name": CHEN.name, "number": CHEN.number, "prompt_seen": "审核未通过",
         "device_model": "phone", "app_version": "9.1", "contact": "13800000000"}  # fmt: skip
REJECT = {"verdict": "reject", "codes": ["rejected_by_reviewer"]}


def decided(home):
    """Three referrals, one of them approved by a person, one rejected, one waiting too long; somebody gave up."""
    ids, key = [in_review(home, holder(n)) for n in range(3)], home.key("reviewer", "k")
    key.post(f"/v1/verifications/{ids[0]}/verdict", json={"verdict": "approve"})
    key.post(f"/v1/verifications/{ids[1]}/verdict", json=REJECT)
    with home.context.database.write() as connection:
        now = home.context.now()
        account = accounts.get_or_open(connection, "demo.test", "gave-up", "personal", "zh-CN", now)
        verifications.create(connection, app="demo.test", account=account.id, level="basic", locale="zh-CN",
                             created_at=now, expires_at=now + 1)  # fmt: skip
    home.later(days=2)


def flagged(home):
    """Six holds that a rule opened: each became something else."""
    now = home.context.now()
    with home.context.database.write() as connection:
        for name, became in FATES.items():
            account = accounts.get_or_open(connection, "demo.test", name, "personal", "zh-CN", now)
            hold = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"],
                    "because": {"rule": "far_apart", "version": "p-1", "values": {}, "events": []}}  # fmt: skip
            id = accounts.open_hold(connection, account, hold, "rule:far_apart", now)
            values = {**became, **({"lifted_at": now} if became else {})}
            if values:
                connection.execute(update(holds).where(holds.c.id == id).values(**values))


def appealed(home):
    """Three people appeal against a rejection: one is right, one is not, one still collects. Another case waits."""
    first, second, key = home.key("reviewer", "lin"), home.key("reviewer", "wu"), home.key()
    for n, answer in ((10, "uphold"), (11, "turn_down"), (12, None)):
        id = in_review(home, holder(n))
        first.post(f"/v1/verifications/{id}/verdict", json=REJECT)
        appeal = filled(home, key, id)
        if answer:
            key.post(f"/v1/appeals/{appeal}/hand_in")
            assert second.post(f"/v1/appeals/{appeal}/answer", json={"answer": answer}).is_success
    in_review(home, holder(13))


def filled(home, key, verification):
    """An appeal with everything in it; what models would say of pictures is told elsewhere, here they are fine."""
    made = key.post(f"/v1/verifications/{verification}/appeals").json()
    for piece in made["missing"]:
        appeals.keep(home.context, "demo.test", made["id"], piece, f"{verification}/{piece}", ())
    key.post(f"/v1/appeals/{made['id']}/pieces/facts", json=FACTS)
    return made["id"]


def waited(home):
    """No authority answered about one person, and it took two calls."""
    id = in_review(home, holder(20))
    with home.context.database.write() as connection:
        row = verifications.get(connection, "demo.test", id)
        seen = {"outcome": "WAIT", "codes": ["authority_unavailable"], "counts": False, "attempts_before": 0}
        verifications.add_judgement(connection, row, "machine", home.context.now(), versions={}, **seen)
        about = Inquiry(id, row.round, row.app, row.account, "1:x")
        call = authority_calls.sent(connection, about, "live", "first", home.context.now())
        authority_calls.ended(connection, call, "unanswered")


def measured(home):
    """小林 decides a case, and 小吴 the same one blind."""
    in_review(home, holder(30))
    for name, verdict in (("xiaolin", {"verdict": "approve", "ground": "all_agree"}), ("xiaowu", REJECT)):
        decide(home, home.person(name, "reviewer"), verdict)


def decide(home, client, verdict):
    """The next case, taken, thought about for 40 seconds, and decided."""
    case = client.post("/console/api/queue/next").json()["case"]
    home.later(seconds=40)
    assert client.post(f"/console/api/cases/{case['id']}/ruling", json=verdict).status_code == 202
    home.later(seconds=31)
    return case
