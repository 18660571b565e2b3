"""After a restore: whoever was erased is erased again, with all that the backup brought back of them."""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Row, Table, select

from shiming.store.tables import accounts, verifications
from shiming.store.verification import verifications as rows
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure
from shiming.workflows.verification import intake

ACTOR, PAGE = "restore", 500


def run(context: Context) -> dict[str, int]:
    """Erase what hangs on every owner who has a tombstone; returns how many of each kind there were. May be repeated.

    Owners of other kinds (a ticket, a mail, a day of addresses) end with their key: what they sealed opens no more.
    """
    done = {"accounts": 0, "verifications": 0}
    for owners in _pages(context):
        done["verifications"] += _each(context, verifications, owners, State.ERASED, _verification)
        done["accounts"] += _each(context, accounts, owners, "erased", _account)
    return done


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
    """In the backup it may not have been decided yet; then it is ended first, as only ended ones are erased."""
    with context.database.write() as connection:
        held = rows.get(connection, row.app, row.id, lock=True)
        if Event.CANCEL in MACHINE.events(held.state):
            intake.cancel(context, connection, held, ACTOR)
    erasure.verification(context, row.app, row.id, ACTOR)


def _account(context: Context, row: Row) -> None:
    erasure.account(context, row.app, row.ref, ACTOR, again=True)
