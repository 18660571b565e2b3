"""A person decides: the same settling as the machine's, with the facts about other accounts looked up then."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming import checks
from shiming.errors import Conflict
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.review.verdict import decision
from shiming.store import accounts, support, verifications
from shiming.support.appeals import MACHINE as APPEAL
from shiming.support.appeals import at_fault, different_decider
from shiming.verification.decide import Decision
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.states import MACHINE
from shiming.workflows import admission, faces, gather, holds, queue, records
from shiming.workflows.notify import tell
from shiming.workflows.parts import Parts
from shiming.workflows.persons import locked, objections
from shiming.workflows.verify import settle, with_subject


def verdict(parts: Parts, app: str, id: str, verdict: str, codes: Sequence[str], redo: Sequence[str], by: str) -> None:
    """Settle a verification in review by a person's verdict; where an appeal waits, its answer settles it."""
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        if waiting := [a.id for a in support.appeals_of(connection, id) if a.state == "waiting"]:
            raise Conflict(f"An appeal waits here: answer it (POST /v1/appeals/{waiting[0]}/answer).", "appeal_waiting")
        decide_verification(parts, connection, row, verdict, codes, redo, by)
        queue.past(parts, connection, id, verdict, by)


def answer_appeal(parts: Parts, app: str, id: str, answer: str, by: str) -> None:
    """Uphold: the verification is approved, or the hold lifted. Turn down: all stays. Never by the first decider."""
    with parts.database.write() as connection:
        answer_in(parts, connection, support.appeal(connection, app, id, lock=True), answer, by)
        queue.past(parts, connection, id, answer, by)


def answer_in(parts: Parts, connection: Connection, appeal: Row, answer: str, by: str, ground: str = "") -> None:
    """Answer a (locked) appeal in the caller's transaction. Upheld, it is counted against what was wrong."""
    not_by_who_decided(connection, appeal, by)
    upheld = answer == "uphold"
    found_by = _found_by(parts, connection, appeal)
    wrong = {"wrong": at_fault(appeal.first_decider, appeal.codes, found_by)} if upheld else {}
    state = support.move_appeal(
        connection, appeal, answer, answered_by=by, answered_at=parts.now(), ground=ground or None, **wrong
    )
    about = {"verification": appeal.verification, "hold": appeal.hold, "codes": list(appeal.codes), "ground": ground}
    tell(parts, connection, appeal.app, appeal.account, appeal.id, f"appeal.{state}", about)
    if appeal.hold:
        holds.after_appeal(parts, connection, appeal, upheld)
    else:
        row = verifications.alive(connection, appeal.app, appeal.verification, lock=True)
        codes = () if upheld else tuple(appeal.codes)
        decide_verification(parts, connection, row, "approve" if upheld else "reject", codes, (), by)
    parts.note(connection, appeal.app, by, f"appeal.{answer}", appeal.id, about=appeal.verification or appeal.hold)


def _found_by(parts: Parts, connection: Connection, appeal: Row) -> dict[str, str]:
    """Which check gave which reason, in the decision that an appeal is against."""
    made = verifications.judgements_of(connection, appeal.verification) if appeal.verification else ()
    sealed = next((j.sealed_findings for j in reversed(made) if j.by == appeal.first_decider), None)
    if sealed is None:
        return {}
    kept = parts.sealer.open(appeal.verification, "judgement.findings", sealed)
    return {f.code: f.check for f in records.load(tuple[Finding, ...], kept) if f.code}


def not_by_who_decided(connection: Connection, appeal: Row, by: str) -> None:
    """Raise Conflict where this person took part in the decision that the appeal is against."""
    for decider in (appeal.first_decider, *(holds.openers(connection, appeal) if appeal.hold else ())):
        different_decider(decider, by)


def ask_more(parts: Parts, connection: Connection, appeal: Row, pieces: Sequence[str], by: str) -> None:
    """Ask for pieces of a (locked) appeal again; the holder has the full time for them once more."""
    left = {piece: key for piece, key in appeal.pieces.items() if piece not in pieces}
    until = parts.now() + parts.policy_of(appeal).appeal_collect_days * 86_400_000
    support.move_appeal(connection, appeal, "ask_again", pieces=left, collect_until=until, reminded_at=None)
    about = {"verification": appeal.verification, "hold": appeal.hold, "missing": list(pieces)}
    tell(parts, connection, appeal.app, appeal.account, appeal.id, "appeal.pieces_needed", about)
    parts.note(connection, appeal.app, by, "appeal.pieces_asked", appeal.id, pieces=list(pieces))


def answerable(parts: Parts, connection: Connection, appeal: Row, answer: str, by: str) -> None:
    """Raise Conflict or NotAllowedMove where a (locked) appeal cannot be answered so by this person."""
    not_by_who_decided(connection, appeal, by)
    APPEAL.move(appeal.state, answer)
    if answer == "ask_again" or appeal.hold:
        return
    row = verifications.alive(connection, appeal.app, appeal.verification, lock=True)
    possible(parts, connection, row, Decision(Outcome.PASS if answer == "uphold" else Outcome.REJECT))


def decide_verification(parts: Parts, connection: Connection, row: Row, verdict: str, codes: Sequence[str],
                        redo: Sequence[str], by: str) -> None:  # fmt: skip
    """Settle a (locked) verification in the caller's transaction."""
    made = decision(verdict, codes, redo)
    seen, policy = possible(parts, connection, row, made), parts.policy_of(row)
    findings = tuple(f for f in checks.judge(seen, policy, parts.today()) if f.code)
    settle(parts, connection, row, made, by, seen, findings, 0, policy)


def possible(parts: Parts, connection: Connection, row: Row, made: Decision) -> Seen:
    """What the decision would be made on. Raises Conflict where a (locked) verification cannot be decided so now."""
    MACHINE.move(row.state, made.event)
    seen = gather.seen(connection, parts, row)
    if made.outcome is Outcome.PASS and row.level == "basic":
        seen = _account_open(parts, connection, row, seen)
    elif made.outcome is Outcome.PASS:
        seen = _account_open(parts, connection, row, with_subject(parts, connection, row, seen))
        _nothing_against(parts, parts.policy_of(row), seen)
        if faces.wanted(parts, row, seen):  # whoever else has this face is kept with the judgement, and stops nobody
            seen = faces.look_up(parts, connection, row, locked(parts, connection, row.app, seen.typed), seen)
    return seen


def _account_open(parts: Parts, connection: Connection, row: Row, seen: Seen) -> Seen:
    """A ban takes two people or an upheld appeal to lift; approving what the account's holder handed in does not.

    The account is locked, after its person where there is one: a ban that comes now waits.
    """
    seen = replace(seen, account=gather.account_facts(connection, parts, row, lock=True))
    if admission.ended(parts, accounts.by_id(connection, row.account)):
        raise Conflict("This account is cancelled: there is nothing left to approve.", "account_cancelled")
    if seen.account.barred:
        raise Conflict("This cannot be approved: the account is banned. First two people lift the ban, or an appeal "
                       "against it is upheld; or reject it with account_barred.", "account_barred")  # fmt: skip
    return seen


def _nothing_against(parts: Parts, policy: Policy, seen: Seen) -> None:
    """A person may overrule what the pictures seemed to say; never a block, a quota or another owner."""
    if found := objections(parts, policy, seen):
        codes = ", ".join(f.code for f in found)
        raise Conflict(f"This cannot be approved: {codes}. Reject it with that reason instead.", found[0].code)
