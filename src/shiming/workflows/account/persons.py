"""One person's accounts: their slots, seen and freed with a live face in the same session; claims, moves."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming.account.slots import keeps_place, scope
from shiming.account.standing import day_of, open_on
from shiming.checks import CHECKS, Stage
from shiming.errors import Conflict, NotFound
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.review.queue import Kind
from shiming.store.account import accounts, holds, subjects
from shiming.store.review import four_eyes
from shiming.store.verification import verifications
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen, Typed
from shiming.verification.source_answers import SubjectFacts
from shiming.verification.states import State
from shiming.workflows import case_queue, loading, serialization
from shiming.workflows.account import ages, provenance
from shiming.workflows.account.holds import happened, open_hold
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce_account

SESSION_MS = 3_600_000
FULL = {"subject_quota_reached", "platform_quota_reached"}


def locked(context: Context, connection: Connection, app: str, typed: Typed) -> Row:
    """The subject behind a name and number, locked; made at its first mention."""
    where = scope(app, context.policy_in(app).subject_scope)
    return subjects.locked_subject(connection, where, context.lookup.candidates(*typed.key), context.now())


def known(context: Context, connection: Connection, app: str, typed: Typed) -> Row | None:
    """The subject behind a name and number, for looking only."""
    where = scope(app, context.policy_in(app).subject_scope)
    return subjects.known(connection, where, context.lookup.candidates(*typed.key))


def findings(context: Context, policy: Policy, seen: Seen) -> tuple[Finding, ...]:
    """What the checks about the person's other accounts say of binding one more."""
    found: list[Finding] = []
    for check in CHECKS:
        if check.stage is Stage.SUBJECT:
            found += check.judge(seen, policy, context.today())
    return tuple(found)


def objections(context: Context, policy: Policy, seen: Seen) -> tuple[Finding, ...]:
    """What of that is against it; a referral is not."""
    return tuple(f for f in findings(context, policy, seen) if f.outcome is not Outcome.REFER)


def in_session(context: Context, connection: Connection, app: str, id: str) -> tuple[Row, Row]:
    """The verification and its person, where that person has shown up in it within the hour. Raises Conflict."""
    row = verifications.alive(connection, app, id, lock=True)
    recent = row.decided_at and row.decided_at > context.now() - SESSION_MS
    if not recent or not _in_person(context, connection, row):
        raise Conflict("A person's accounts are shown only after the face check (or the review without one) has "
                       "passed, for an hour. Verify first.", "live_face_needed")  # fmt: skip
    return row, locked(context, connection, app, loading.typed(context.sealer, row))


def _in_person(context: Context, connection: Connection, row: Row) -> bool:
    """Facts about other accounts were gathered, so the face had passed; or a person saw that the slots are full."""
    if row.level == "basic" or row.state not in (State.APPROVED, State.REJECTED):
        return False
    judged = verifications.judgements_of(connection, row.id)[-1]
    seen = serialization.load(Seen, context.sealer.open(row.id, "judgement.seen", judged.sealed_seen))
    return seen.subject is not None or (judged.by != "machine" and bool(FULL & set(judged.codes)))


def slots(context: Context, connection: Connection, app: str, subject: Row) -> tuple[list[tuple[Row, str | None]], int]:
    """This app's accounts of the person, each with why its slot must stay taken; how many other apps have."""
    found = subjects.slots(connection, subject.id, context.now())
    mine = [row for row in found if row.app == app]
    return [(row, kept(context, connection, row)) for row in mine], len(found) - len(mine)


def kept(context: Context, connection: Connection, account: Row) -> str | None:
    """Why this account has to keep its slot: a ban, violations, an appeal. None where it need not."""
    own = open_on(holds.open_holds(connection, account.id), day_of(context.now()))
    return keeps_place(own, subjects.in_appeal(connection, account.id))


def slot(context: Context, connection: Connection, app: str, subject: Row, id: str) -> Row:
    """One of this person's accounts, locked; anybody else's is as unknown as one that never was."""
    if id not in {row.id for row in subjects.slots(connection, subject.id, context.now()) if row.app == app}:
        raise NotFound(f"'{id}' is none of this person's accounts.")
    return accounts.by_id(connection, id, lock=True)


def cancel(context: Context, connection: Connection, account: Row, by: str, at_once: bool = False) -> None:
    """Start the cooling-off period, after which the account is cancelled and its place is free."""
    subjects.frees(connection, account, context.now())
    at = context.now() + (0 if at_once else context.policy_for(account).cooling_off_days * 86_400_000)
    accounts.cancel(connection, account, at, context.now())
    announce_account(context, connection, account, "cancelled" if at_once else "cancelling", {})
    if at_once:
        accounts.write_ended(connection, account.id)
    context.note(connection, account.app, by, "account.cancelled" if at_once else "account.cancelling", account.id)


def keep(context: Context, connection: Connection, account: Row, by: str) -> None:
    """Take a cancellation back."""
    accounts.keep(connection, account, context.now())
    announce_account(context, connection, account, "kept", {})
    context.note(connection, account.app, by, "account.kept", account.id)


def not_mine(context: Context, connection: Connection, account: Row, verification: Row) -> str:
    """The person says that an account under their name is not theirs: somebody has to look. Returns the claim's id."""
    id = subjects.claim(connection, account, verification.id, context.now())
    case_queue.open_case(
        context, connection, account.app, Kind.CLAIM, id, account.id, ["identity_disputed"], verification.id
    )
    context.note(connection, account.app, f"holder:{verification.account}", "claim.made", id, account=account.id)
    return id


def decide_claim(context: Context, connection: Connection, app: str, id: str, verdict: str, by: str) -> str:
    """`free`: the account loses its person and has to be verified again. `keep`: all stays as it is."""
    claim = subjects.locked_claim(connection, app, id)
    if verdict == "free":
        subjects.lock(connection, claim.subject)
        account = accounts.by_id(connection, claim.account, lock=True)
        subjects.frees(connection, account, context.now())
        subjects.unbind(connection, account.id)
        asked = {"capabilities": ["*"], "requirements": ["verify:standard"], "because": {"claim": id}}
        bare = accounts.by_id(connection, account.id)
        open_hold(context, connection, bare, {"reason": "identity_disputed", **asked}, f"reviewer:{by}")
    state = "freed" if verdict == "free" else "kept"
    subjects.decide_claim(connection, id, state, by, context.now())
    case_queue.close_case(connection, id)
    context.note(connection, app, by, f"claim.{state}", id, account=claim.account)
    return state


def may_move(verification: Row) -> bool:
    """Whether a full quota is all that stood against it: who is blocked, too, has nothing to gain by a place."""
    return verification.state == State.REJECTED and set(verification.codes) <= FULL


def move_here(context: Context, connection: Connection, row: Row, subject: Row, old: Row) -> None:
    """With the person there: take the slot from an account of theirs and give it to the one just verified."""
    account = accounts.by_id(connection, row.account, lock=True)
    if not may_move(row) or account.id == old.id:
        raise Conflict("A place can be moved here only where a full quota is all that stood against it.", "wrong_state")
    subjects.frees(connection, old, context.now())
    subjects.unbind(connection, old.id)
    refuse(context, account.app, subjects.facts(connection, subject, account, context.now()))
    subjects.bind(connection, account.id, subject.id, row.level, context.now())
    ages.note(context, connection, account, loading.typed(context.sealer, row).number, proved=True)
    happened(context, connection, account, f"verify:{row.level}", row.id)
    _moved(context, connection, old, account, f"holder:{row.account}")


def ask_move(context: Context, connection: Connection, app: str, old: str, new: str, by: str) -> str:
    """First of two people: move a binding from one account to another, unverified one."""
    source, target = accounts.by_ref(connection, app, old), accounts.by_ref(connection, app, new)
    if source.subject is None or target.subject is not None:
        raise Conflict("A binding moves from a verified account to one that has no person yet.", "wrong_state")
    id = four_eyes.ask(connection, app, "move", source.id, target.id, by, context.now())
    context.note(connection, app, by, "move.asked", id, account=source.id, to=target.id)
    return id


def confirm_move(context: Context, connection: Connection, app: str, id: str, by: str,
                 key: bool = False) -> tuple[Row, Row]:  # fmt: skip
    """Second of two people. The new account takes over the person, the level, and when they last showed up."""
    order = four_eyes.confirm(connection, app, "move", id, by, context.now(), key)
    subject = subjects.lock(connection, bound(accounts.by_id(connection, order.about)))
    old, new = (accounts.by_id(connection, each, lock=True) for each in (order.about, order.ground))
    if old.subject != subject.id or new.subject is not None:
        raise Conflict("These accounts have changed since the move was asked for.", "wrong_state")
    subjects.frees(connection, old, context.now())
    subjects.unbind(connection, old.id)
    refuse(context, new.app, subjects.facts(connection, subject, new, context.now()))
    subjects.take_over(connection, old, new.id)
    ages.take_over(context, connection, old, new.id)
    provenance.take_over(context, connection, old, new.id)
    _moved(context, connection, old, new, by)
    return old, new


def bound(account: Row) -> str:
    """The person of an account. Raises Conflict where it has none."""
    if account.subject is None:
        raise Conflict("This account has no verified person.", "wrong_state")
    return account.subject


def refuse(context: Context, app: str, facts: SubjectFacts) -> None:
    """Raise Conflict with the first objection to binding one more account."""
    if found := objections(context, context.policy_in(app), replace(Seen(), subject=facts)):
        raise Conflict(f"This account cannot be bound: {', '.join(f.code for f in found)}.", found[0].code)


def _moved(context: Context, connection: Connection, old: Row, new: Row, by: str) -> None:
    announce_account(context, connection, old, "unbound", {})
    announce_account(context, connection, new, "bound", {})
    context.note(connection, old.app, by, "account.moved", old.id, to=new.id)


def end(context: Context, at_once: int) -> int:
    """Write down the cancellations whose cooling-off period is over; returns how many."""
    with context.database.write() as connection:
        rows: Sequence[Row] = accounts.ended(connection, context.now(), at_once)
        for row in rows:
            accounts.write_ended(connection, row.id)
            announce_account(context, connection, row, "cancelled", {})
        for row in rows:
            context.note(connection, row.app, "time", "account.cancelled", row.id)
    return len(rows)
