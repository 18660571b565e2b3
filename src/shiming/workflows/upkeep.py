"""What the house does by itself, every minute in one of the workers: expire, serve, end, remind, sign the trail."""

from datetime import timedelta

from shiming.store import (
    accounts,
    authority_calls,
    clients,
    face_templates,
    idempotency,
    staff_tokens,
    tries,
    verifications,
)
from shiming.store.audit import checkpoint
from shiming.verification.states import Event
from shiming.workflows import admission, appeals, forget, holds, mail_in, persons, rings, rollout
from shiming.workflows.notify import announce, announce_account
from shiming.workflows.parts import Parts

AT_ONCE = 100
SEEN_BY_ALL = 24 * 3_600_000  # milliseconds after which every process has followed a change


def run(parts: Parts) -> None:
    """One round. Two workers doing it at the same moment do no harm: rows are locked, heads are signed once."""
    for task in (expire, serve, end, remind, lapse, appeals.keep_up, mail_in.keep_up):
        while task(parts) == AT_ONCE:
            pass
    rollout.advance(parts)
    rings.look(parts)
    forget.events(parts)
    with parts.database.write() as connection:
        face_templates.sweep(connection, parts.now() - SEEN_BY_ALL)
        tries.sweep(connection, parts.shared_clock(connection))
        clients.sweep_launches(connection, parts.now())
        idempotency.sweep(connection)
        authority_calls.sweep(connection, parts.shared_clock(connection))
        staff_tokens.sweep(connection, parts.shared_clock(connection))
        checkpoint(connection, parts.audit_key, parts.now())


def expire(parts: Parts) -> int:
    """Expire verifications that nobody finished in time, and tell their holders; returns how many."""
    with parts.database.write() as connection:
        rows = verifications.overdue(connection, parts.now(), AT_ONCE)
        for row in rows:
            verifications.move(connection, row, Event.EXPIRE, codes=["session_expired"], decided_at=parts.now())
            announce(parts, connection, row, "expired", {"codes": ["session_expired"]})
        for row in rows:
            parts.note(connection, row.app, "machine", "verification.expired", row.id)
    return len(rows)


def serve(parts: Parts) -> int:
    """Write down holds whose period is over; they have not held anything back since then."""
    return holds.serve(parts, AT_ONCE)


def end(parts: Parts) -> int:
    """Write down cancellations that can no longer be taken back."""
    return persons.end(parts, AT_ONCE)


def remind(parts: Parts) -> int:
    """Tell holders whose ID card lapses soon, once; returns how many."""
    until = parts.today() + timedelta(days=parts.policy_in("").document_reminder_days)
    with parts.database.write() as connection:
        rows = accounts.lapsing(connection, until.isoformat(), AT_ONCE)
        for row in rows:
            if not admission.barred(parts, connection, row):  # who cannot be verified is not asked to renew
                announce_account(parts, connection, row, "document_expiring", {"codes": ["document_expiring"]})
            accounts.note_reminded(connection, row.id, row.document_until)
    return len(rows)


def lapse(parts: Parts) -> int:
    """Hold accounts whose ID card has lapsed, until it is updated; returns how many."""
    with parts.database.write() as connection:
        rows = accounts.lapsed(connection, parts.today().isoformat(), AT_ONCE)
        for row in rows:
            policy = parts.policy_for(row)
            because = {"rule": "document_holds", "version": policy.version}
            asked = {"capabilities": policy.document_holds, "requirements": ["update_document"]}
            hold = {"reason": "document_lapsed", **asked, "because": because}
            accounts.note_reminded(connection, row.id, "lapsed")
            holds.open_hold(parts, connection, row, hold, "policy")
    return len(rows)
