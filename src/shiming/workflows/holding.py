"""Opening and lifting a hold from a rule or a policy wave: the hold, what the holder is told, the trail."""

from sqlalchemy import Connection, Row, update

from shiming.store import accounts, messages
from shiming.store.tables import holds
from shiming.workflows.parts import Parts


def open_hold(parts: Parts, connection: Connection, account: Row, hold: dict, source: str) -> str:
    """Open a hold; returns its id. `hold` may say under `because` what a rule saw."""
    kept = {name: value for name, value in hold.items() if name in holds.c}
    id = accounts.open_hold(connection, account, kept, source, parts.now())
    _tell(parts, connection, account, "held", {"hold": id, "reason": hold["reason"]})
    parts.note(connection, account.app, source, "hold.opened", id, account=account.id, reason=hold["reason"])
    return id


def lift(parts: Parts, connection: Connection, account: Row, id: str, by: str) -> None:
    """Lift a hold whatever is outstanding."""
    lifted = {"lifted_at": parts.now(), "lifted_by": by}
    connection.execute(update(holds).where(holds.c.id == id, holds.c.lifted_at.is_(None)).values(**lifted))
    _tell(parts, connection, account, "hold_lifted", {"hold": id})
    parts.note(connection, account.app, by, "hold.lifted", id, account=account.id)


def _tell(parts: Parts, connection: Connection, account: Row, event: str, payload: dict) -> None:
    told = messages.tell(connection, account.app, account.id, account.id, f"account.{event}", payload, parts.now())
    for delivery in told:
        parts.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)
