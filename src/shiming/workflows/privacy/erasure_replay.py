"""After a restore: whoever was erased is erased again, with all that the backup brought back of them; and what had
ended of others ends again, by a consent taken back or by its period.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, Row, Table, select

from shiming.store.support import appeals as appeal_rows
from shiming.store.tables import accounts, appeals, guardians, verifications
from shiming.store.verification import verifications as rows
from shiming.support.appeals import UNDER_WAY
from shiming.verification.parts import COLUMNS, Part
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import case_queue
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure, guardian_withdrawal, retention
from shiming.workflows.support import minors
from shiming.workflows.verification import intake, parts

ACTOR, PAGE = "restore", 500


def run(context: Context, ended: Iterable[tuple[str, Sequence[str]]] = ()) -> dict[str, int]:
    """Erase what hangs on every owner who has a tombstone, end what `ended` says of others (erasures.py), and what has
    outlived its period; returns how many of each kind there were. May be repeated.

    Owners of other kinds (a ticket, a mail, a day of addresses) end with their key: what they sealed opens no more.
    """
    done = {"accounts": 0, "verifications": 0}
    for owners in _pages(context):
        done["verifications"] += _each(context, verifications, owners, State.ERASED, _verification)
        done["accounts"] += _each(context, accounts, owners, "erased", _account)
    withdrawn = sum(_ended(context, owner, gone) for owner, gone in ended)
    retention.events(context, at_once=True)
    return done | {"withdrawn": withdrawn, "outlived": retention.parts(context, at_once=True)}


def _pages(context: Context) -> Iterator[Sequence[str]]:
    last = ""
    while owners := context.sealer.erased(last, PAGE):
        yield owners
        last = owners[-1]


def _each(
    context: Context, table: Table, owners: Sequence[str], gone: str, erase: Callable[[Context, Row], None]
) -> int:
    with context.database.read() as connection:
        left = connection.execute(select(table).where(table.c.id.in_(owners), table.c.state != gone)).all()
    for row in left:
        erase(context, row)
    return len(left)


def _verification(context: Context, row: Row) -> None:
    with context.database.write() as connection:
        _over(context, connection, row)
    erasure.verification(context, row.app, row.id, ACTOR)


def _over(context: Context, connection: Connection, row: Row) -> Row:
    """In the backup it may not have been decided yet; then it is ended first, as only ended ones are erased."""
    held = rows.get(connection, row.app, row.id, lock=True)
    if Event.CANCEL not in MACHINE.events(held.state):
        return held
    intake.cancel(context, connection, held, ACTOR)
    return rows.get(connection, row.app, row.id)


def _account(context: Context, row: Row) -> None:
    erasure.account(context, row.app, row.ref, ACTOR, again=True)


def _ended(context: Context, owner: str, gone: Sequence[str]) -> bool:
    """End once more what a holder or a guardian has taken back since the backup; whether there was anything."""
    with context.database.write() as connection:
        tables = (guardians, appeals, verifications)
        given, appeal, row = (connection.execute(select(each).where(each.c.id == owner)).first() for each in tables)
        if appeal and appeal.pieces:
            minors.drop_pictures(context, connection, appeal)
            return True
    if given and given.state == "given":
        guardian_withdrawal.withdraw(context, given.guardian)
        return True
    return bool(row) and row.state != State.ERASED and _parts(context, row, [Part(each) for each in gone])


def _parts(context: Context, row: Row, gone: Sequence[Part]) -> bool:
    """Of one that goes on in the backup nothing is left to go on with: it is cancelled, and its holder begins anew."""
    left = [part for part in gone if getattr(row, COLUMNS[part]) is None]
    if not left:
        return False
    with context.database.write() as connection:
        for appeal in appeal_rows.appeals_of(connection, row.id):
            if appeal.state in UNDER_WAY:
                appeal_rows.move_appeal(connection, appeal, "withdraw", answered_at=context.now())
                case_queue.close_case(connection, appeal.id)
        parts.withdraw(context, connection, _over(context, connection, row), left, ACTOR)
    return True
