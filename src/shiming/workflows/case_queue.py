"""The queue at work: cases are opened, taken, kept, handed over, put off and given back. A lock ends by itself, by the
database's clock: two servers that do not agree on the time still agree on who has a case."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming.errors import Conflict, NotAllowed, ShimingError
from shiming.review import queue, waiting
from shiming.review.queue import HOUR, MACHINE, Kind, Taker
from shiming.review.waiting import Wait
from shiming.store.account import guardians
from shiming.store.audit import access_log
from shiming.store.review import cases
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.workflows.context import Context

MINUTE = 60_000
LONGEST_SNOOZE_HOURS = 48
LATELY, SAMPLE = 7 * 24 * HOUR, 50  # what the queue's pace is told by: cases of a week (ms), so many at most


def open_case(context: Context, connection: Connection, app: str, kind: Kind, about: str, account: str,
              codes: Sequence[str], verification: str | None, not_by: Sequence[str] = ()) -> str:  # fmt: skip
    """Open the case of a thing that waits for a person, in the caller's transaction; the one that is open, if any.

    `codes` are the reasons that it is about, `not_by` those who may not have it.
    """
    if found := cases.alive_about(connection, about, lock=True):
        return found.id
    policy = context.policy_in(app)
    hours = policy.appeal_hours if kind is Kind.APPEAL else policy.case_hours
    risk, now = queue.risk(codes), context.now()
    return cases.add(
        connection, app, kind, about, account, now, now + hours * HOUR, codes, risk=risk,
        four_eyes=risk >= policy.four_eyes_risk, not_by=queue.barred(*not_by),
        verification=verification,
    )  # fmt: skip


def expected(context: Context, connection: Connection, id: str) -> Wait | None:
    """What whoever waits for a person may expect; None where nobody is to look at this verification or appeal."""
    case = cases.waits(connection, id)
    if case is None:
        return None
    now = context.now()
    lately = cases.decided_lately(connection, case, now - LATELY, SAMPLE)
    return waiting.expected(case.opened_at, case.deadline, cases.ahead(connection, case), lately, now)


def close_case(connection: Connection, about: str) -> None:
    """Take a thing out of the queue that needs nobody any more, in the caller's transaction."""
    if found := cases.alive_about(connection, about, lock=True):
        cases.change(connection, found.id, state=MACHINE.move(found.state, "withdraw"), locked_until=None)


def past(context: Context, connection: Connection, about: str, verdict: str, by: str) -> None:
    """A verdict by API key does not go round somebody who holds the case, nor round the second person that it takes."""
    case = cases.alive_about(connection, about, lock=True)
    if case is None:
        return
    if case.state == "pending" or ((case.locked_until or 0) > context.shared_clock(connection) and case.assigned != by):
        raise Conflict("Somebody is deciding this at the console just now.", "case_taken")
    asks = context.policy_of(case).four_eyes
    if queue.needs_second(case.kind, verdict, case.four_eyes, asks) or by in queue.names(case.not_by):
        raise Conflict("This case takes two people: decide it at the console.", "four_eyes")
    MACHINE.move(case.state, "decide")
    close_case(connection, about)


def forget(connection: Connection, verification: str) -> None:
    """Take every case of a verification out of the queue, those that measure too: there is nothing left to look at.

    A hold stays, and its case with it: somebody has to lift the one and close the other.
    """
    for row in cases.alive_of(connection, verification):
        if row.kind == Kind.HOLD:
            cases.change(connection, row.id, verification=None)
        else:
            cases.change(connection, row.id, state=MACHINE.move(row.state, "withdraw"), locked_until=None)


def take_next(context: Context, app: str, taker: Taker) -> Row | None:
    """The case that this person holds already, or the most urgent one that is free; None when nothing waits."""
    with context.database.write() as connection:
        now = context.shared_clock(connection)
        found = cases.held(connection, app, taker.name, now)
        fresh = found is None
        found = found or cases.next_free(connection, app, taker, now)
        return found and _lock(context, connection, found, taker, fresh)


def take(context: Context, app: str, id: str, taker: Taker) -> Row:
    """Take this very case. Raises Conflict where somebody else has it, NotAllowed where it is not for this person."""
    with context.database.write() as connection:
        return take_in(context, connection, app, id, taker)


def take_in(context: Context, connection: Connection, app: str, id: str, taker: Taker) -> Row:
    """The same in the caller's transaction."""
    row = cases.case(connection, app, id, lock=True)
    now = context.shared_clock(connection)
    if why := untakeable(row, taker, now):
        raise why
    return _lock(context, connection, row, taker, not holds(row, taker.name, now))


def untakeable(row: Row, taker: Taker, now: int) -> ShimingError | None:
    """Why this person cannot take a case now; None where they can."""
    if taker.name in queue.names(row.not_by) or (row.senior and not taker.senior):
        return NotAllowed("This case is for somebody else: an earlier decision in it is yours, or it was escalated.")
    if row.state != "open" or (row.assigned != taker.name and (row.locked_until or 0) > now):
        return Conflict("Somebody else has this case, or it is decided already. Take the next one.", "case_taken")
    return None


def _lock(context: Context, connection: Connection, row: Row, taker: Taker, fresh: bool, times: int = 1) -> Row:
    """Lock a case, or keep it locked. Taking one is a look at its holder's data, which the holder's receipt shows.

    `times`: so many times as long as usual, for who gets many at once.
    """
    now = context.shared_clock(connection)
    since = {"assigned_at": now, "snoozed_until": None, "snoozed_by": None} if fresh else {}
    until = now + context.policy_in(row.app).case_lock_minutes * MINUTE * times
    cases.change(connection, row.id, assigned=taker.name, locked_until=until, **since)
    if fresh:
        role, about = "senior_reviewer" if taker.senior else "reviewer", row.verification or row.account
        access_log.add(connection, row.app, row.account, about, taker.name, role, "case", "review", now)
        context.note(connection, row.app, taker.name, "case.taken", row.id, about=row.about)
    return cases.case(connection, row.app, row.id)


def holds(row: Row, name: str, now: int) -> bool:
    """Whether this person has the case locked now."""
    return row.state == "open" and row.assigned == name and (row.locked_until or 0) > now


def locked(connection: Connection, app: str, id: str) -> Row:
    """A case that is about to be decided, its row locked, and before it those that the decision will change.

    Everybody locks in this order, appeal or guardian, verification, case: two who do not wait for each other for ever.
    """
    row = cases.case(connection, app, id)
    if row.kind == Kind.APPEAL:
        appeal_rows.appeal(connection, app, row.about, lock=True)
    if row.kind == Kind.GUARDIAN:
        guardians.get(connection, app, row.about, lock=True)
    if row.verification:
        verifications.get(connection, app, row.verification, lock=True)
    return cases.case(connection, app, id, lock=True)


def mine(context: Context, connection: Connection, app: str, id: str, name: str) -> Row:
    """A case that this person holds, its row locked. Raises Conflict where the lock has run out or is another's."""
    return _held(context, connection, locked(connection, app, id), name)


def looking(context: Context, connection: Connection, app: str, id: str, name: str) -> Row:
    """The same without a lock on the row, for who only looks."""
    return _held(context, connection, cases.case(connection, app, id), name)


def _held(context: Context, connection: Connection, row: Row, name: str) -> Row:
    if not holds(row, name, context.shared_clock(connection)):
        raise Conflict("You do not hold this case (any more). Take it again, if it is still free.", "case_not_yours")
    return row


def keep(context: Context, app: str, id: str, name: str) -> Row:
    """Go on holding a case while working on it."""
    with context.database.write() as connection:
        return _lock(context, connection, mine(context, connection, app, id, name), Taker(name), fresh=False)


def release(context: Context, app: str, id: str, name: str) -> None:
    """Give a case back to the queue."""
    with context.database.write() as connection:
        row = mine(context, connection, app, id, name)
        cases.change(connection, row.id, locked_until=None, assigned=None, assigned_at=None)
        context.note(connection, app, name, "case.released", id)


def snooze(context: Context, app: str, id: str, name: str, minutes: int) -> None:
    """Put a case off, two days at most: it comes back by itself, to anybody."""
    with context.database.write() as connection:
        row = mine(context, connection, app, id, name)
        until = context.shared_clock(connection) + min(minutes, LONGEST_SNOOZE_HOURS * 60) * MINUTE
        free = {"locked_until": None, "assigned": None, "assigned_at": None}
        cases.change(connection, row.id, **free, snoozed_until=until, snoozed_by=name)
        context.note(connection, app, name, "case.snoozed", id, minutes=minutes)


def hand_over(context: Context, app: str, id: str, by: Taker, to: Taker) -> None:
    """Hand a case to a colleague, who holds it for as long as if they had taken it; seniors hand over any case."""
    with context.database.write() as connection:
        hand_over_in(context, connection, app, id, by, to)


def hand_over_in(
    context: Context, connection: Connection, app: str, id: str, by: Taker, to: Taker, times: int = 1
) -> None:
    """The same in the caller's transaction; `times` as in `_lock`."""
    row = cases.case(connection, app, id, lock=True)
    if not by.senior:
        row = mine(context, connection, app, id, by.name)
    if row.state != "open":
        raise Conflict("This case is decided; there is nothing to hand over.", "wrong_state")
    if to.name in queue.names(row.not_by) or (row.senior and not to.senior):
        raise Conflict("That colleague may not decide this case. Choose somebody else.", "four_eyes")
    _lock(context, connection, row, to, fresh=True, times=times)
    context.note(connection, app, by.name, "case.handed_over", id, to=to.name)
