"""Appeals and their uploads as they are kept. What an appeal must hold is in `support/appeals.py`."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from shiming.account.ways_out import UnderWay
from shiming.store.access.idempotency import made
from shiming.store.database import new_id, one_row
from shiming.store.tables import accounts, appeals, uploads, verifications
from shiming.support.appeals import MACHINE, UNDER_WAY


def open_appeal(connection: Connection, about: Row, codes: Sequence[str], decider: str, now: int, until: int) -> Row:
    """Open an appeal about a verification or a hold, whose pieces may be handed in until `until`.

    A slot in appeal stays taken: no cancellation goes on.
    """
    id, kind = new_id("apl"), "hold" if about.id.startswith("hld_") else "verification"
    made(appeal=id)
    row = {"id": id, "app": about.app, "account": about.account, kind: about.id}
    values = {"state": "collecting", "first_decider": decider, "codes": list(codes), "pieces": {}}
    values |= {"seen": {}, "created_at": now, "collect_until": until}
    connection.execute(insert(appeals).values(**row, **values))
    connection.execute(update(accounts).where(accounts.c.id == about.account, accounts.c.cancel_at > now)
                       .values(cancel_at=None))  # fmt: skip
    return appeal(connection, about.app, id)


def appeal(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(appeals).where(appeals.c.id == id, appeals.c.app == app)
    return one_row(connection, query, f"There is no appeal '{id}' here.", lock)


def owner(row: Row) -> str:
    """Under whose data key an appeal's pieces are sealed: its verification's, or its own where it is about a hold."""
    return row.verification or row.id


def appeals_of(connection: Connection, about: str) -> Sequence[Row]:
    """The appeals about a verification or a hold."""
    mine = or_(appeals.c.verification == about, appeals.c.hold == about)
    query = select(appeals).where(mine).order_by(appeals.c.id)
    return connection.execute(query).all()


def under_way(connection: Connection, account: str) -> dict[str, UnderWay]:
    """An account's appeals against holds that are under way, by the hold's id."""
    A = appeals.c
    query = select(A.hold, A.state, A.id).where(A.account == account, A.hold.is_not(None), A.state.in_(UNDER_WAY))
    return {row.hold: UnderWay(row.state, row.id) for row in connection.execute(query)}


def appeals_by(connection: Connection, account: str, limit: int) -> Sequence[Row]:
    """The latest appeals of an account's holder, newest first."""
    query = select(appeals).where(appeals.c.account == account).order_by(appeals.c.id.desc()).limit(limit)
    return connection.execute(query).all()


def listed(connection: Connection, app: str, account: str | None, state: str | None, after: str | None,
           limit: int) -> Sequence[Row]:  # fmt: skip
    """Appeals of an app, or of one account (by our id), newest first."""
    A = appeals.c
    query = select(appeals).where(A.app == app)
    query = query.where(A.account == account) if account else query
    query = query.where(A.state == state) if state else query
    query = query.where(A.id < after) if after else query
    return connection.execute(query.order_by(A.id.desc()).limit(limit)).all()


def add_to_appeal(connection: Connection, row: Row, piece: str, keep: str | bytes, seen: dict) -> None:
    """Add a piece: the storage key of a file, or the sealed facts; `seen` is what was noted of it.

    Where the pictures of its verification have ended, they begin anew with it, and end again in their time.
    """
    made(piece=piece)
    pieces = {**row.pieces, piece: keep if isinstance(keep, str) else "sealed"}
    values = {"pieces": pieces, "seen": {**row.seen, piece: seen}, "state": MACHINE.move(row.state, "add")}
    sealed = {"sealed_facts": keep} if isinstance(keep, bytes) else {}
    connection.execute(update(appeals).where(appeals.c.id == row.id).values(**values, **sealed))
    if isinstance(keep, str) and row.verification:
        ended = (verifications.c.id == row.verification, verifications.c.pictures_ended_at.is_not(None))
        connection.execute(update(verifications).where(*ended).values(pictures_ended_at=None))


def move_appeal(connection: Connection, row: Row, event: str, **values) -> str:
    state = MACHINE.move(row.state, event)
    connection.execute(update(appeals).where(appeals.c.id == row.id).values(state=state, **values))
    return state


def change_appeal(connection: Connection, id: str, **values) -> None:
    connection.execute(update(appeals).where(appeals.c.id == id).values(**values))


def lying(connection: Connection, before: int, now: int, limit: int) -> Sequence[Row]:
    """Appeals that still wait for pieces and end before that, of which nobody was reminded; locked."""
    A = appeals.c
    where = (A.state == "collecting", A.collect_until < before, A.collect_until >= now, A.reminded_at.is_(None))
    return connection.execute(select(appeals).where(*where).limit(limit).with_for_update(skip_locked=True)).all()


def overdue_appeals(connection: Connection, now: int, limit: int) -> Sequence[Row]:
    """Appeals whose pieces did not come in time; locked."""
    where = (appeals.c.state == "collecting", appeals.c.collect_until < now)
    return connection.execute(select(appeals).where(*where).limit(limit).with_for_update(skip_locked=True)).all()


def add_upload(connection: Connection, row: Row, piece: str, size: int, now: int) -> Row:
    id = new_id("upl")
    made(upload=id)
    values = {"id": id, "app": row.app, "appeal": row.id, "piece": piece, "size": size, "created_at": now}
    connection.execute(insert(uploads).values(**values, received=0, chunks=[]))
    return upload(connection, row.app, id)


def upload(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(uploads).where(uploads.c.id == id, uploads.c.app == app)
    missing = f"There is no upload '{id}' here. Begin one with POST /v1/appeals/…/uploads."
    return one_row(connection, query, missing, lock)


def drop_uploads(connection: Connection, appeal: str) -> Sequence[str]:
    """Forget what was begun to be sent for an appeal; the ids of it."""
    gone = delete(uploads).where(uploads.c.appeal == appeal).returning(uploads.c.id)
    return connection.scalars(gone).all()


def grow_upload(connection: Connection, row: Row, key: str, size: int, now: int) -> None:
    """Note a chunk that has arrived."""
    received = row.received + size
    done = {"completed_at": now} if received == row.size else {}
    values = {"received": received, "chunks": [*row.chunks, key], **done}
    connection.execute(update(uploads).where(uploads.c.id == row.id).values(**values))
