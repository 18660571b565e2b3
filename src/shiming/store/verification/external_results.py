"""Results of outside identity providers: asked for, found, adopted once."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from shiming.store.database import new_id
from shiming.store.tables import external_results

X = external_results.c


class ExternalState(StrEnum):
    ASKED = "asked"
    FOUND = "found"
    ADOPTED = "adopted"
    REFUSED = "refused"  # about another person
    NOT_CONFIRMED = "not_confirmed"  # the party did not find them to be whom they typed
    REPLACED = "replaced"  # the holder went there again
    DECLINED = "declined"  # the holder goes on without being confirmed


def begin(connection: Connection, verification: Row, id: str, sealed_asked: bytes, now: int,
          state: ExternalState = ExternalState.ASKED) -> None:  # fmt: skip
    """Note that the holder goes there, or does without; what was under way before counts no more."""
    waiting = X.state.in_([ExternalState.ASKED, ExternalState.FOUND])
    before = update(external_results).where(X.verification == verification.id, waiting)
    connection.execute(before.values(state=ExternalState.REPLACED, sealed_asked=None, sealed_result=None))
    row = {"id": id, "app": verification.app, "verification": verification.id, "sealed_asked": sealed_asked}
    connection.execute(insert(external_results).values(**row, state=state, created_at=now))


def newest(connection: Connection, verification: str) -> Row | None:
    query = select(external_results).where(X.verification == verification).order_by(X.id.desc()).limit(1)
    return connection.execute(query).first()


def came_back(connection: Connection, row: Row, sealed_asked: bytes) -> None:
    """Keep what the browser came back with, until the result is there."""
    same = (X.id == row.id, X.state == ExternalState.ASKED)
    connection.execute(update(external_results).where(*same).values(sealed_asked=sealed_asked))


def move(connection: Connection, row: Row, to: ExternalState, **values: Any) -> bool:
    """Whether this call moved it: of two at the same time, one does."""
    where = (X.id == row.id, X.state == row.state)
    return connection.execute(update(external_results).where(*where).values(state=to, **values)).rowcount == 1


def fresh_id() -> str:
    return new_id("ext")
