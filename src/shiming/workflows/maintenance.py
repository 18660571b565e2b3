"""Maintenance, every minute in one of the workers: expire, serve, end, remind."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from shiming.errors import Unavailable
from shiming.store.access import idempotency, launch_clients
from shiming.store.account import accounts
from shiming.store.staff import login_attempts, one_time_tokens
from shiming.store.verification import authority_calls, face_templates, verifications
from shiming.verification.states import Event
from shiming.workflows import admission
from shiming.workflows.account import ages, holds, persons
from shiming.workflows.context import Context
from shiming.workflows.messaging import resting
from shiming.workflows.messaging.notify import announce, announce_account
from shiming.workflows.privacy import retention
from shiming.workflows.risk import plays, policy_rollout, rings, trial_history
from shiming.workflows.support import appeals, mail_intake
from shiming.workflows.verification import face_order, guardians, intake

log = logging.getLogger("shiming.workflows")
AT_ONCE = 100
SEEN_BY_ALL = 24 * 3_600_000  # milliseconds after which every process has followed a change


def run(context: Context) -> None:
    """One round. Two workers doing it at the same moment do no harm: rows are locked."""
    for task in (expire, serve, end, remind, lapse, grow, attend, appeals.keep_up, mail_intake.keep_up):
        _unless_down(partial(_all, task), context)
    kept = (retention.events, retention.parts, intake.make_found)
    told = (resting.keep_up, plays.keep_up)
    for task in (*told, policy_rollout.advance, rings.look, trial_history.sweep, face_order.tidy, *kept):
        _unless_down(task, context)
    with context.database.write() as connection:
        face_templates.sweep(connection, context.now() - SEEN_BY_ALL)
        login_attempts.sweep(connection, context.shared_clock(connection))
        launch_clients.sweep_launches(connection, context.now())
        idempotency.sweep(connection)
        authority_calls.sweep(connection, context.shared_clock(connection))
        one_time_tokens.sweep(connection, context.shared_clock(connection))


def _all(task: Callable[[Context], int], context: Context) -> None:
    while task(context) == AT_ONCE:
        pass


def _unless_down(task: Callable[[Context], object], context: Context) -> None:
    """A neighbour that does not answer keeps its own task waiting, until the next minute, and no other."""
    try:
        task(context)
    except Unavailable as down:
        log.warning("upkeep: %s", down)


def expire(context: Context) -> int:
    """Expire verifications that nobody finished in time, and tell their holders; returns how many."""
    with context.database.write() as connection:
        rows = verifications.overdue(connection, context.now(), AT_ONCE)
        for row in rows:
            verifications.move(connection, row, Event.EXPIRE, codes=["session_expired"], decided_at=context.now())
            announce(context, connection, row, "expired", {"codes": ["session_expired"]})
        for row in rows:
            context.note(connection, row.app, "machine", "verification.expired", row.id)
    return len(rows)


def serve(context: Context) -> int:
    """Write down holds whose period is over; they have not held anything back since then."""
    return holds.serve(context, AT_ONCE)


def end(context: Context) -> int:
    """Write down cancellations that can no longer be taken back."""
    return persons.end(context, AT_ONCE)


def grow(context: Context) -> int:
    """Turn those whose birthday it is to the next age band."""
    return ages.keep_up(context, AT_ONCE)


def attend(context: Context) -> int:
    """End guardians' invitations that nobody took up, and erase papers that were decided about."""
    return guardians.keep_up(context, AT_ONCE)


def remind(context: Context) -> int:
    """Tell holders whose ID card lapses soon, once; returns how many."""
    until = context.today() + timedelta(days=context.policy_in("").document_reminder_days)
    with context.database.write() as connection:
        rows = accounts.lapsing(connection, until.isoformat(), AT_ONCE)
        for row in rows:
            if not admission.barred(context, connection, row):  # who cannot be verified is not asked to renew
                announce_account(context, connection, row, "document_expiring", {"codes": ["document_expiring"]})
            accounts.note_reminded(connection, row.id, row.document_until)
    return len(rows)


def lapse(context: Context) -> int:
    """Hold accounts whose ID card has lapsed, until it is updated; returns how many."""
    with context.database.write() as connection:
        rows = accounts.lapsed(connection, context.today().isoformat(), AT_ONCE)
        for row in rows:
            policy = context.policy_for(row)
            because = {"rule": "document_holds", "version": policy.version}
            asked = {"capabilities": policy.document_holds, "requirements": ["update_document"]}
            hold = {"reason": "document_lapsed", **asked, "because": because}
            accounts.note_reminded(connection, row.id, "lapsed")
            holds.open_hold(context, connection, row, hold, "policy")
    return len(rows)
