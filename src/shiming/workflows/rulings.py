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
from shiming.store import accounts, cases, subjects, support, verifications
from shiming.workflows import holds, persons, queue, review
from shiming.workflows.parts import Parts


def decide(parts: Parts, app: str, id: str, by: str, given: Verdict, note: str | None = None) -> str:
    """Decide a case that `by` holds; returns the ruling's id. It is carried out after the policy's `undo_seconds`."""
    with parts.database.write() as connection:
        row = queue.mine(parts, connection, app, id, by)
        verdicts.check(row.kind, given)
        if row.measures is None and given.verdict != "escalate" and row.kind in _TRY:
            _TRY[row.kind](parts, connection, row, given, by)
        now, wait = parts.shared_clock(connection), parts.policy_in(app).undo_seconds
        sealed = note and parts.sealer.seal(row.verification or row.account, "ruling.note", note.encode())
        ruling = cases.add_ruling(
            connection, row, by, verdict=given.verdict, ground=given.ground, codes=list(given.codes),
            redo=list(given.redo), sealed_note=sealed, at=now, concludes_at=now + wait * 1000,
        )  # fmt: skip
        cases.change(connection, id, state=MACHINE.move(row.state, "decide"), locked_until=None)
        parts.enqueue(connection, "conclude", f"conclude:{ruling}", app, ruling, delay=wait)
        parts.note(connection, app, by, f"case.{given.verdict}", id, about=row.about, ruling=ruling)
    return ruling


def undo(parts: Parts, app: str, id: str, by: str) -> None:
    """Take back one's own ruling while it waits; the case is in one's hands again."""
    with parts.database.write() as connection:
        row = cases.case(connection, app, id, lock=True)
        pending = [r for r in cases.rulings_of(connection, id) if r.state == "pending" and r.by == by]
        if not pending or pending[0].concludes_at <= parts.shared_clock(connection):
            raise Conflict("There is nothing of yours here that can still be undone.", "too_late")
        cases.set_ruling(connection, pending[0].id, "undone")
        until = parts.shared_clock(connection) + parts.policy_in(app).case_lock_minutes * queue.MINUTE
        cases.change(connection, id, state=MACHINE.move(row.state, "undo"), assigned=by, locked_until=until)
        parts.note(connection, app, by, "case.undone", id, ruling=pending[0].id)


def conclude(parts: Parts, app: str, id: str) -> str:
    """Carry out a ruling that nobody has undone; does nothing when it is over already."""
    try:
        with parts.database.write() as connection:
            case = queue.locked(connection, app, cases.ruling(connection, id).case)
            ruling = cases.ruling(connection, id, lock=True)
            if ruling.state != "pending" or case.state != "pending":
                return "over"
            now = parts.shared_clock(connection)
            if ruling.concludes_at > now:  # the queue goes by its own clock, and one that is ahead comes too early
                left = (ruling.concludes_at - now) / 1000
                parts.enqueue(connection, "conclude", f"conclude:{id}:{now}", app, id, delay=left)
                return "early"
            return _conclude(parts, connection, case, ruling)
    except ShimingError:
        return _fail(parts, app, id)


def _conclude(parts: Parts, connection: Connection, case: Row, ruling: Row) -> str:
    """Carry out, or pass on; returns the ruling's new state."""
    if ruling.verdict == "escalate":
        not_by = order.barred(*order.names(case.not_by), ruling.by)
        return _back(parts, connection, case, ruling, "escalate", "escalated", senior=True, not_by=not_by)
    if case.measures:
        return _done(parts, connection, case, ruling)
    asks = parts.policy_in(case.app).four_eyes
    if order.needs_second(case.kind, ruling.verdict, case.four_eyes, asks):
        before = [r for r in cases.rulings_of(connection, case.id) if r.state == "first" and r.by != ruling.by]
        if all(r.verdict != ruling.verdict for r in before):
            return _to_second(parts, connection, case, ruling, disagreed=bool(before))
    _CARRY_OUT[case.kind](parts, connection, case, ruling)
    return _done(parts, connection, case, ruling)


def _to_second(parts: Parts, connection: Connection, case: Row, ruling: Row, disagreed: bool) -> str:
    """Pass on to somebody else; where two have disagreed, to a senior, for whom either's verdict can be the second."""
    not_by = order.barred(*order.names(case.not_by), ruling.by)
    values = {"not_by": not_by, "four_eyes": True, "senior": case.senior or disagreed}
    return _back(parts, connection, case, ruling, "second", "first", **values)


def _back(parts: Parts, connection: Connection, case: Row, ruling: Row, event: str, state: str,
          **values) -> str:  # fmt: skip
    cases.set_ruling(connection, ruling.id, state)
    free = {"assigned": None, "assigned_at": None, "locked_until": None}
    cases.change(connection, case.id, state=MACHINE.move(case.state, event), **free, **values)
    parts.note(connection, case.app, "machine", f"case.{event}", case.id, ruling=ruling.id)
    return state


def _done(parts: Parts, connection: Connection, case: Row, ruling: Row) -> str:
    cases.set_ruling(connection, ruling.id, "concluded")
    cases.change(connection, case.id, state=MACHINE.move(case.state, "conclude"), decided_at=parts.now())
    share = parts.policy_in(case.app).blind_share
    if case.measures is None and case.kind == Kind.VERIFICATION and order.chosen(case.id, share):
        measure(parts, connection, case, "blind", {"verdict": ruling.verdict, "by": ruling.by})
    parts.note(connection, case.app, "machine", "case.concluded", case.id, ruling=ruling.id)
    return "concluded"


def measure(parts: Parts, connection: Connection, case: Row, measures: str, expected: dict) -> str:
    """Open a case that looks like this one but settles nothing: to see whether another person decides the same."""
    not_by = order.barred(*order.names(case.not_by), expected["by"])
    expected = {**expected, "until": case.opened_at}
    return cases.add(
        connection, case.app, case.kind, case.about, case.account, parts.now(),
        parts.now() + parts.policy_in(case.app).case_hours * order.HOUR, case.codes, risk=case.risk, not_by=not_by,
        verification=case.verification, measures=measures, expected=expected,
    )  # fmt: skip


def _fail(parts: Parts, app: str, id: str) -> str:
    """What was decided cannot be carried out any more: the case is open again, and its rulings say so."""
    with parts.database.write() as connection:
        ruling = cases.ruling(connection, id)
        case = cases.case(connection, app, ruling.case, lock=True)
        if case.state == "pending":
            _back(parts, connection, case, ruling, "fail", "failed")
    return "failed"


def _verification(parts: Parts, connection: Connection, case: Row, ruling: Row) -> None:
    row = verifications.alive(connection, case.app, case.about, lock=True)
    review.decide_verification(parts, connection, row, ruling.verdict, ruling.codes, ruling.redo, ruling.by)


def _appeal(parts: Parts, connection: Connection, case: Row, ruling: Row) -> None:
    appeal = support.appeal(connection, case.app, case.about, lock=True)
    if ruling.verdict == "ask_again":
        review.ask_more(parts, connection, appeal, ruling.redo, ruling.by)
    else:
        review.answer_in(parts, connection, appeal, ruling.verdict, ruling.by, ruling.ground)


def _hold(parts: Parts, connection: Connection, case: Row, ruling: Row) -> None:
    if ruling.verdict == "lift":
        account = accounts.by_id(connection, case.account, lock=True)
        holds.lift(parts, connection, account, case.about, f"reviewer:{ruling.by}")


def _claim(parts: Parts, connection: Connection, case: Row, ruling: Row) -> None:
    said = "free" if ruling.verdict == "free" else "keep"
    persons.decide_claim(parts, connection, case.app, case.about, said, ruling.by)


_CARRY_OUT: dict[str, Callable[[Parts, Connection, Row, Row], None]] = {
    Kind.VERIFICATION: _verification, Kind.APPEAL: _appeal, Kind.HOLD: _hold,
    Kind.CLAIM: _claim,
}  # fmt: skip


def _try_verification(parts: Parts, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    """Tell the reviewer now what would stop the decision later."""
    row = verifications.alive(connection, case.app, case.about, lock=True)
    review.possible(parts, connection, row, verdicts.decision(given.verdict, given.codes, given.redo))


def _try_appeal(parts: Parts, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    appeal = support.appeal(connection, case.app, case.about, lock=True)
    review.answerable(parts, connection, appeal, given.verdict, by)


def _try_claim(parts: Parts, connection: Connection, case: Row, given: Verdict, by: str) -> None:
    if given.verdict == "free":
        subjects.frees(connection, accounts.by_id(connection, case.account), parts.now())


_TRY: dict[str, Callable[[Parts, Connection, Row, Verdict, str], None]] = {
    Kind.VERIFICATION: _try_verification, Kind.APPEAL: _try_appeal, Kind.CLAIM: _try_claim,
}  # fmt: skip
