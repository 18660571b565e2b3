"""What the house does by itself, every minute in one of the workers: expire what was left lying, sign the trail."""

from shiming.store import verifications
from shiming.store.audit import checkpoint
from shiming.verification.states import Event
from shiming.workflows import appeals, mail_in
from shiming.workflows.notify import announce
from shiming.workflows.parts import Parts

AT_ONCE = 100


def run(parts: Parts) -> None:
    """One round. Two workers doing it at the same moment do no harm: rows are locked, heads are signed once."""
    while expire(parts) == AT_ONCE or appeals.keep_up(parts) == appeals.AT_ONCE:
        pass
    while mail_in.keep_up(parts) == mail_in.AT_ONCE:
        pass
    with parts.database.write() as connection:
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
