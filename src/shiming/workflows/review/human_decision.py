"""A person decides: the same settling as the machine's, with the facts about other accounts looked up then."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming import checks
from shiming.errors import Conflict
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.review.verdict import decision
from shiming.store.account import accounts
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.support.appeals import MACHINE as APPEAL
from shiming.support.appeals import at_fault, different_decider
from shiming.verification.decide import Decision
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.states import MACHINE
from shiming.workflows import admission, case_queue, loading, serialization
from shiming.workflows.account import holds
from shiming.workflows.account.persons import locked, objections
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import tell
from shiming.workflows.verification import face_search, guardian_consent
from shiming.workflows.verification.verify import settle, with_subject


def verdict(
    context: Context, app: str, id: str, verdict: str, codes: Sequence[str], redo: Sequence[str], by: str
) -> None:
    """Settle a verification in review by a person's verdict; where an appeal waits, its answer settles it."""
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        if waiting := [a.id for a in appeal_rows.appeals_of(connection, id) if a.state == "waiting"]:
            raise Conflict(f"An appeal waits here: answer it (POST /v1/appeals/{waiting[0]}/answer).", "appeal_waiting")
        decide_verification(context, connection, row, verdict, codes, redo, by)
        case_queue.past(context, connection, id, verdict, by)


def answer_appeal(context: Context, app: str, id: str, answer: str, by: str) -> None:
    """Uphold: the verification is approved, or the hold lifted. Turn down: all stays. Never by the first decider."""
    with context.database.write() as connection:
        answer_in(context, connection, appeal_rows.appeal(connection, app, id, lock=True), answer, by)
        case_queue.past(context, connection, id, answer, by)


def answer_in(context: Context, connection: Connection, appeal: Row, answer: str, by: str, ground: str = "") -> None:
    """Answer a (locked) appeal in the caller's transaction. Upheld, it is counted against what was wrong."""
    not_by_who_decided(connection, appeal, by)
    upheld = answer == "uphold"
    found_by = _found_by(context, connection, appeal)
    wrong = {"wrong": at_fault(appeal.first_decider, appeal.codes, found_by)} if upheld else {}
    state = appeal_rows.move_appeal(
        connection, appeal, answer, answered_by=by, answered_at=context.now(), ground=ground or None, **wrong
    )
    about = {"verification": appeal.verification, "hold": appeal.hold, "codes": list(appeal.codes), "ground": ground}
    tell(context, connection, appeal.app, appeal.account, appeal.id, f"appeal.{state}", about)
    if appeal.hold:
        holds.after_appeal(context, connection, appeal, upheld)
    else:
        row = verifications.alive(connection, appeal.app, appeal.verification, lock=True)
        codes = () if upheld else tuple(appeal.codes)
        decide_verification(context, connection, row, "approve" if upheld else "reject", codes, (), by)
    context.note(connection, appeal.app, by, f"appeal.{answer}", appeal.id, about=appeal.verification or appeal.hold)


def _found_by(context: Context, connection: Connection, appeal: Row) -> dict[str, str]:
    """Which check gave which reason, in the decision that an appeal is against."""
    made = verifications.judgements_of(connection, appeal.verification) if appeal.verification else ()
    sealed = next((j.sealed_findings for j in reversed(made) if j.by == appeal.first_decider), None)
    if sealed is None:
        return {}
    kept = context.sealer.open(appeal.verification, "judgement.findings", sealed)
    return {f.code: f.check for f in serialization.load(tuple[Finding, ...], kept) if f.code}


def not_by_who_decided(connection: Connection, appeal: Row, by: str) -> None:
    """Raise Conflict where this person took part in the decision that the appeal is against."""
    for decider in (appeal.first_decider, *(holds.openers(connection, appeal) if appeal.hold else ())):
        different_decider(decider, by)


def ask_more(context: Context, connection: Connection, appeal: Row, pieces: Sequence[str], by: str) -> None:
    """Ask for pieces of a (locked) appeal again; the holder has the full time for them once more."""
    left = {piece: key for piece, key in appeal.pieces.items() if piece not in pieces}
    until = context.now() + context.policy_of(appeal).appeal_collect_days * 86_400_000
    appeal_rows.move_appeal(connection, appeal, "ask_again", pieces=left, collect_until=until, reminded_at=None)
    about = {"verification": appeal.verification, "hold": appeal.hold, "missing": list(pieces)}
    tell(context, connection, appeal.app, appeal.account, appeal.id, "appeal.pieces_needed", about)
    context.note(connection, appeal.app, by, "appeal.pieces_asked", appeal.id, pieces=list(pieces))


def answerable(context: Context, connection: Connection, appeal: Row, answer: str, by: str) -> None:
    """Raise Conflict or NotAllowedMove where a (locked) appeal cannot be answered so by this person."""
    not_by_who_decided(connection, appeal, by)
    APPEAL.move(appeal.state, answer)
    if answer == "ask_again" or appeal.hold:
        return
    row = verifications.alive(connection, appeal.app, appeal.verification, lock=True)
    possible(context, connection, row, Decision(Outcome.PASS if answer == "uphold" else Outcome.REJECT))


def decide_verification(context: Context, connection: Connection, row: Row, verdict: str, codes: Sequence[str],
                        redo: Sequence[str], by: str) -> None:  # fmt: skip
    """Settle a (locked) verification in the caller's transaction."""
    made = decision(verdict, codes, redo)
    seen, policy = possible(context, connection, row, made), context.policy_of(row)
    findings = tuple(f for f in checks.judge(seen, policy, context.today()) if f.code)
    settle(context, connection, row, made, by, seen, findings, 0, policy)
    if guardian_consent.NEEDED in made.codes:
        guardian_consent.seen_by_a_person(context, connection, row, by)


def possible(context: Context, connection: Connection, row: Row, made: Decision) -> Seen:
    """What the decision would be made on. Raises Conflict where a (locked) verification cannot be decided so now."""
    MACHINE.move(row.state, made.event)
    seen = loading.seen(connection, context, row)
    if made.outcome is Outcome.PASS and row.level == "basic":
        seen = _account_open(context, connection, row, seen)
    elif made.outcome is Outcome.PASS:
        seen = _account_open(context, connection, row, with_subject(context, connection, row, seen))
        _nothing_against(context, context.policy_of(row), seen)
        if face_search.wanted(
            context, row, seen
        ):  # whoever else has this face is kept with the judgement, and stops nobody
            seen = face_search.look_up(context, connection, row, locked(context, connection, row.app, seen.typed), seen)
    return seen


def _account_open(context: Context, connection: Connection, row: Row, seen: Seen) -> Seen:
    """A ban takes two people or an upheld appeal to lift; approving what the account's holder handed in does not.

    The account is locked, after its person where there is one: a ban that comes now waits.
    """
    seen = replace(seen, account=loading.account_facts(connection, context, row, lock=True))
    if admission.ended(context, accounts.by_id(connection, row.account)):
        raise Conflict("This account is cancelled: there is nothing left to approve.", "account_cancelled")
    if seen.account.barred:
        raise Conflict("This cannot be approved: the account is banned. First two people lift the ban, or an appeal "
                       "against it is upheld; or reject it with account_barred.", "account_barred")  # fmt: skip
    return seen


def _nothing_against(context: Context, policy: Policy, seen: Seen) -> None:
    """A person may overrule what the pictures seemed to say; never a block, a quota or another owner."""
    if found := objections(context, policy, seen):
        codes = ", ".join(f.code for f in found)
        raise Conflict(f"This cannot be approved: {codes}. Reject it with that reason instead.", found[0].code)
