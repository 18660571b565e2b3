"""Passkeys of staff: what an authenticator's public key is, and how often it has signed."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, insert, select, update

from shiming.errors import Conflict, NotFound
from shiming.store.database import new_id
from shiming.store.tables import staff_passkeys

P = staff_passkeys.c
MOST = 10


def credential_hash(credential_id: bytes) -> str:
    """By which a passkey is found; ids of credentials may be a thousand bytes long."""
    return hashlib.sha256(credential_id).hexdigest()


def of(connection: Connection, staff: str) -> Sequence[Row]:
    return connection.execute(select(staff_passkeys).where(P.staff == staff).order_by(P.id)).all()


def known(connection: Connection, hash: str) -> Row | None:
    return connection.execute(select(staff_passkeys).where(P.credential_hash == hash)).first()


def add(connection: Connection, staff: str, label: str, hash: str, credential: bytes, counter: int, now: int) -> str:
    """One more passkey of this person, `credential` being its id and public key as WebAuthn writes them."""
    if known(connection, hash) is not None:
        raise Conflict("This passkey is registered already.")
    if len(of(connection, staff)) >= MOST:
        raise Conflict(f"There are {MOST} passkeys already. Remove one that you no longer use.")
    row = {"id": new_id("pky"), "staff": staff, "label": label, "credential_hash": hash, "credential": credential}
    connection.execute(insert(staff_passkeys).values(**row, counter=counter, created_at=now))
    return row["id"]


def used(connection: Connection, id: str, counter: int, now: int) -> None:
    connection.execute(update(staff_passkeys).where(P.id == id).values(counter=counter, used_at=now))


def remove(connection: Connection, staff: str, id: str) -> None:
    gone = connection.execute(delete(staff_passkeys).where(P.id == id, P.staff == staff)).rowcount
    if not gone:
        raise NotFound("You have no such passkey.")


def remove_all(connection: Connection, staff: str) -> None:
    connection.execute(delete(staff_passkeys).where(P.staff == staff))
