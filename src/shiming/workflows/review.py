"""A person decides: the same settling as the machine's, with the facts about other accounts looked up then."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming import checks
from shiming.checks import CHECKS, Stage
from shiming.errors import Conflict
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.review.verdict import decision
from shiming.store import support, verifications
from shiming.support.appeals import different_decider
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.states import MACHINE
from shiming.workflows import gather
from shiming.workflows.parts import Parts
from shiming.workflows.verify import settle, with_subject


def verdict(parts: Parts, app: str, id: str, verdict: str, codes: Sequence[str], redo: Sequence[str], by: str) -> None:
    """Settle a verification in review by a person's verdict; where an appeal waits, its answer settles it."""
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        if waiting := [a.id for a in support.appeals_of(connection, id) if a.state == "waiting"]:
            raise Conflict(f"An appeal waits here: answer it (POST /v1/appeals/{waiting[0]}/answer).", "appeal_waiting")
        _decide(parts, connection, row, verdict, codes, redo, by)


def answer_appeal(parts: Parts, app: str, id: str, answer: str, by: str) -> None:
    """Uphold: the verification is approved. Turn down: it is rejected as it was. Never by the first decider."""
    with parts.database.write() as connection:
        appeal = support.appeal(connection, app, id, lock=True)
        different_decider(appeal.first_decider, by)
        row = verifications.alive(connection, app, appeal.verification, lock=True)
        support.move_appeal(connection, appeal, answer, answered_by=by, answered_at=parts.now())
        upheld = answer == "uphold"
        _decide(parts, connection, row, "approve" if upheld else "reject", () if upheld else tuple(row.codes), (), by)
        parts.note(connection, app, by, f"appeal.{answer}", id, verification=row.id)


def _decide(parts: Parts, connection: Connection, row: Row, verdict: str, codes: Sequence[str], redo: Sequence[str],
            by: str) -> None:  # fmt: skip
    made = decision(verdict, codes, redo)
    MACHINE.move(row.state, made.event)
    seen, policy = gather.seen(connection, parts.sealer, row), parts.policy_of(row)
    if made.outcome is Outcome.PASS and row.level != "basic":
        seen = with_subject(parts, connection, row, seen)
        _nothing_against(parts, policy, seen)
    findings = tuple(f for f in checks.judge(seen, policy, parts.today()) if f.code)
    settle(parts, connection, row, made, by, seen, findings, 0, policy)


def _nothing_against(parts: Parts, policy: Policy, seen: Seen) -> None:
    """A person may overrule what the pictures seemed to say; never a block, a quota or another owner."""
    found: list[Finding] = []
    for check in CHECKS:
        if check.stage is Stage.SUBJECT:
            found += check.judge(seen, policy, parts.today())
    if found:
        codes = ", ".join(f.code for f in found)
        raise Conflict(f"This cannot be approved: {codes}. Reject it with that reason instead.", found[0].code)
