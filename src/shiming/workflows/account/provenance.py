"""Where else an account's holder was verified: kept with the account, shown with it, gone with its person.

Who they were by that is sealed under the account. Nothing here says that the holder was ever seen: an import proves
no presence, and no face is imported.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from shiming.account.capabilities import Level
from shiming.store.account import accounts
from shiming.store.crypto.sealed import Erased
from shiming.store.database import iso, moment
from shiming.verification.seen import Typed
from shiming.workflows import serialization
from shiming.workflows.context import Context


def sealed(context: Context, account: str, name: str, number: str) -> bytes | None:
    """Name and number as a file had them; None where it had a keyed hash alone."""
    if not number:
        return None
    return context.sealer.seal(account, "account.imported", serialization.dump(Typed(name, number)))


def person(context: Context, account: Row) -> Typed | None:
    """Who the holder is by an import."""
    if account.sealed_imported is None:
        return None
    try:
        opened = context.sealer.open(account.id, "account.imported", account.sealed_imported)
    except Erased:
        return None
    return serialization.load(Typed, opened)


def take_over(context: Context, connection: Connection, old: Row, new: str) -> None:
    """The binding of `old` (as it was) has moved to the account `new`: what is sealed for one opens for no other."""
    if old.imported is not None:
        who = person(context, old)
        made = who and sealed(context, new, who.name, who.number)
        account = accounts.by_id(connection, new)
        accounts.note_import(connection, new, account.level, account.verified_at, old.imported, made)


def shown(account: Row) -> dict[str, Any] | None:
    """The level, when and by whom it was there, and by which import, as the API shows it; None: nowhere else."""
    said: Mapping[str, Any] | None = account.imported
    if said is None:
        return None
    at = iso(moment(said.get("verified_at")))
    return {"run": said["import"], "level": said.get("level", Level.NONE), "at": at, "by": said["by"]}
