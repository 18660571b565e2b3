"""How an account can be reached: phone and mail, sealed, as the platform gave them; found again by keyed hash."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, insert, select, update

from shiming.store.crypto.sealed import Lookup, Sealer
from shiming.store.database import new_id, one_row
from shiming.store.tables import contacts

C = contacts.c


def put(connection: Connection, sealer: Sealer, lookup: Lookup, account: Row, channel: str, address: str,
        verified: bool, now: int) -> None:  # fmt: skip
    """Keep an address in the place of the one before. Sealed for the account, so that erasing it reaches it."""
    remove(connection, account.id, channel, now)
    values = {"id": new_id("ctc"), "app": account.app, "account": account.id, "channel": channel, "verified": verified}
    sealed = sealer.seal(account.id, f"contact.{channel}", address.encode())
    hashed = lookup.hash(f"contact.{channel}", address.lower())
    connection.execute(insert(contacts).values(**values, address_hash=hashed, sealed_address=sealed, created_at=now))


def remove(connection: Connection, account: str, channel: str, now: int) -> int:
    """Forget an address; returns how many there were."""
    mine = update(contacts).where(C.account == account, C.channel == channel, C.removed_at.is_(None))
    return connection.execute(mine.values(removed_at=now, sealed_address=b"", address_hash="")).rowcount


def of_account(connection: Connection, account: str) -> Sequence[Row]:
    query = select(contacts).where(C.account == account, C.removed_at.is_(None)).order_by(C.channel)
    return connection.execute(query).all()


def contact(connection: Connection, id: str) -> Row:
    return one_row(connection, select(contacts).where(C.id == id), "There is no such contact.")


def accounts_at(connection: Connection, lookup: Lookup, app: str, channel: str, address: str) -> list[str]:
    """The accounts whose verified address this is."""
    hashes = lookup.candidates(f"contact.{channel}", address.lower())
    where = (C.app == app, C.channel == channel, C.address_hash.in_(hashes), C.verified, C.removed_at.is_(None))
    return list(connection.scalars(select(C.account).where(*where)))
