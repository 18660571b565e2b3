"""Rulings: what reviewers decide. A ruling waits for the time of undoing; a workflow then carries it out, or passes on.

Nothing is lifted, bound or sent before. The ruling's row is locked and must still be pending, so that undoing and
concluding exclude each other however they race.
"""

from collections.abc import Callable

from sqlalchemy import Connection, Row

from shiming.errors import Conflict, ShimingError
from shiming.review import queue as order
from shiming.review import verdict as verdicts
from shiming.review.queue import MACHINE, Kind
from shiming.review.verdict import Verdict
from shiming.store.account import accounts, subjects
from shiming.store.account import guardians as guardian_rows
from shiming.store.review import cases
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.workflows import case_queue
from shiming.workflows.account import holds, persons
from shiming.workflows.context import Context
from shiming.workflows.review import human_decision
from shiming.workflows.verification import guardians


def decide(context: Context, app: str, id: str, by: str, given: Verdict, note: str | None = None) -> str:
    """Decide a case that `by` holds; returns the ruling's id. It is carried out after the policy's `undo_seconds`."""
    with context.database.write() as connection:
        return decide_in(context, connection, app, id, by, given, note)


def decide_in(context: Context, connection: Connection, app: str, id: str, by: str, given: Verdict,
              note: str | None = None, **facts: str) -> str:  # fmt: skip
    """The same in the caller's transaction; `facts` stand in the audit trail beside the verdict."""
    row = case_queue.mine(context, connection, app, id, by)
    verdicts.check(row.kind, given)
    if row.measures is None and given.verdict != "escalate" and row.kind in _TRY:
        _TRY[row.kind](context, connection, row, given, by)
    now, wait = context.shared_clock(connection), context.policy_in(app).undo_seconds
    sealed = note and context.sealer.seal(row.verification or row.account, "ruling.note", note.encode())
    ruling = cases.add_ruling(
        connection, row, by, verdict=given.verdict, ground=given.ground, codes=list(given.codes),
        redo=list(given.redo), sealed_note=sealed, at=now, concludes_at=now + wait * 1000,
    )  # fmt: skip
    cases.change(connection, id, state=MACHINE.move(row.state, "decide"), locked_until=None)
    context.enqueue(connection, "conclude", f"conclude:{ruling}", app, ruling, delay=wait)
    context.note(connection, app, by, f"case.{given.verdict}", id, about=row.about, ruling=ruling, **facts)
    return ruling


def undo(context: Context, app: str, id: str, by: str) -> None:
    """Take back one's own ruling while it waits; the case is in one's hands again."""
    with context.database.write() as connection:
        row = cases.case(connection, app, id, lock=True)
        pending = [r for r in cases.rulings_of(connection, id) if r.state == "pending" and r.by == by]
        if not pending or pending[0].concludes_at <= context.shared_clock(connection):
            raise Conflict("There is nothing of yours here that can still be undone.", "too_late")
        cases.set_ruling(connection, pending[0].id, "undone")
        until = context.shared_clock(connection) + context.policy_in(app).case_lock_minutes * case_queue.MINUTE
        cases.change(connection, id, state=MACHINE.move(row.state, "undo"), assigned=by, locked_until=until)
        context.note(connection, app, by, "case.undone", id, ruling=pending[0].id)


def conclude(context: Context, app: str, id: str) -> str:
    """Carry out a ruling that nobody has undone; does nothing when it is over already."""
    try:
        with context.database.write() as connection:
            case = case_queue.locked(connection, app, cases.ruling(connection, id).case)
            ruling = cases.ruling(connection, id, lock=True)
            if ruling.state != "pending" or case.state != "pending":
                return "over"
            now = context.shared_clock(connection)
            if ruling.concludes_at > now:  # the queue goes by its own clock, and one that is ahead comes too early
                left = (ruling.concludes_at - now) / 1000
                context.enqueue(connection, "conclude", f"conclude:{id}:{now}", app, id, delay=left)
                return "early"
            return _conclude(context, connection, case, ruling)
    except ShimingError:
        return _fail(context, app, id)


def _conclude(context: Context, connection: Connection, case: Row, ruling: Row) -> str:
    """Carry out, or pass on; returns the ruling's new state."""
    if ruling.verdict == "escalate":
        not_by = order.barred(*order.names(case.not_by), ruling.by)
        return _back(context, connection, case, ruling, "escalate", "escalated", senior=True, not_by=not_by)
    if case.measures:
        return _done(context, connection, case, ruling)
    asks = context.policy_in(case.app).four_eyes
    if order.needs_second(case.kind, ruling.verdict, case.four_eyes, asks):
        before = [r for r in cases.rulings_of(connection, case.id) if r.state == "first" and r.by != ruling.by]
        if all(r.verdict != ruling.verdict for r in before):
            return _to_second(context, connection, case, ruling, disagreed=bool(before))
    _CARRY_OUT[case.kind](context, connection, case, ruling)
    return _done(context, connection, case, ruling)


def _to_second(context: Context, connection: Connection, case: Row, ruling: Row, disagreed: bool) -> str:
    """Pass on to somebody else; where two have disagreed, to a senior, for whom either's verdict can be the second."""
    not_by = order.barred(*order.names(case.not_by), ruling.by)
    values = {"not_by": not_by, "four_eyes": True, "senior": case.senior or disagreed}
    return _back(context, connection, case, ruling, "second", "first", **values)


def _back(context: Context, connection: Connection, case: Row, ruling: Row, event: str, state: str,
          **values) -> str:  # fmt: skip
    cases.set_ruling(connection, ruling.id, state)
    free = {"assigned": None, "assigned_at": None, "locked_until": None}
    cases.change(connection, case.id, state=MACHINE.move(case.state, event), **free, **values)
    context.note(connection, case.app, "machine", f"case.{event}", case.id, ruling=ruling.id)
    return state


def _done(context: Context, connection: Connection, case: Row, ruling: Row) -> str:
    cases.set_ruling(connection, ruling.id, "concluded")
    cases.change(connection, case.id, state=MACHINE.move(case.state, "conclude"), decided_at=context.now())
    share = context.policy_in(case.app).blind_share
    if case.measures is None and case.kind == Kind.VERIFICATION and order.chosen(case.id, share):
        measure(context, connection, case, "blind", {"verdict": ruling.verdict, "by": ruling.by})
    context.note(connection, case.app, "machine", "case.concluded", case.id, ruling=ruling.id)
    return "concluded"


def measure(context: Context, connection: Connection, case: Row, measures: str, expected: dict) -> str:
    """Open a case that looks like this one but settles nothing: to see whether another person decides the same."""
    not_by = order.barred(*order.names(case.not_by), expected["by"])
    expected = {**expected, "until": case.opened_at}
    return cases.add(
        connection, case.app, case.kind, case.about, case.account, context.now(),
        context.now() + context.policy_in(case.app).case_hours * order.HOUR, case.codes, risk=case.risk, not_by=not_by,
        verification=case.verification, measures=measures, expected=expected,
    )  # fmt: skip


def _fail(context: Context, app: str, id: str) -> str:
    """What was decided cannot be carried out any more: the case is open again, and its rulings say so."""
    with context.database.write() as connection:
        ruling = cases.ruling(connection, id)
        case = cases.case(connection, app, ruling.case, lock=True)
        if case.state == "pending":
            _back(context, connection, case, ruling, "fail", "failed")
    return "failed"


def _verification(context: Context, connection: Connection, case: Row, ruling: Row) -> None:
    row = verifications.alive(connection, case.app, case.about, lock=True)
    human_decision.decide_verification(context, connection, row, ruling.verdict, ruling.codes, ruling.redo, ruling.by)


def _appeal(context: Context, connection: Connection, case: Row, ruling: Row) -> None:
    appeal = appeal_rows.appeal(connection, case.app, case.about, lock=True)
    if ruling.verdict == "ask_again":
        human_decision.ask_more(context, connection, appeal, ruling.redo, ruling.by)
    else:
        human_decision.answer_in(context, connection, appeal, ruling.verdict, ruling.by, ruling.ground)


def _hold(context: Context, connection: Connection, case: Row, ruling: Row) -> None:
    if ruling.verdict == "lift":
        account = accounts.by_id(connection, case.account, lock=True)
        holds.lift(context, connection, account, case.about, f"reviewer:{ruling.by}")


def _claim(context: Context, connection: Connection, case: Row, ruling: Row) -> None:
    said = "free" if ruling.verdict == "free" else "keep"
    persons.decide_claim(context, connection, case.app, case.about, said, ruling.by)


def _guardian(context: Context, connection: Connection, case: Row, ruling: Row) -> None:
    guardians.decide(context, connection, case.app, case.about, ruling.verdict, ruling.by, ruling.ground)


_CARRY_OUT: dict[str, Callable[[Context, Connection, Row, Row], None]] = {
    Kind.VERIFICATION: _verification, Kind.APPEAL: _appeal, Kind.HOLD: _hold,
    Kind.CLAIM: _claim, Kind.GUARDIAN: _guardian,
}  # fmt: skip


def _try_verification(context: Context, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    """Tell the reviewer now what would stop the decision later."""
    row = verifications.alive(connection, case.app, case.about, lock=True)
    human_decision.possible(context, connection, row, verdicts.decision(given.verdict, given.codes, given.redo))


def _try_appeal(context: Context, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    appeal = appeal_rows.appeal(connection, case.app, case.about, lock=True)
    human_decision.answerable(context, connection, appeal, given.verdict, by)


def _try_claim(context: Context, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    if given.verdict == "free":
        subjects.frees(connection, accounts.by_id(connection, case.account), context.now())


def _try_guardian(context: Context, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    if given.verdict == "accept":
        guardians.acceptable(context, connection, guardian_rows.get(connection, case.app, case.about))


_TRY: dict[str, Callable[[Context, Connection, Row, Verdict, str], None]] = {
    Kind.VERIFICATION: _try_verification, Kind.APPEAL: _try_appeal, Kind.CLAIM: _try_claim,
    Kind.GUARDIAN: _try_guardian,
}  # fmt: skip
