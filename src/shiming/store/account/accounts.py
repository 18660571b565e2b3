"""Accounts: opened at their first mention, what is known of them, and how they end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from shiming.account import ref as new_ref
from shiming.account.capabilities import Level
from shiming.errors import Conflict
from shiming.store.account.holds import open_hold as open_hold
from shiming.store.database import insert_if_new, new_id, one_row, upsert
from shiming.store.tables import accounts, phones, pledges

A, P = accounts.c, phones.c
NO_AGE = {"sealed_age": None, "age_mark": None, "age_day": None}
NO_IMPORT = {"imported": None, "sealed_imported": None}
AT_ONCE = 500
# Built once: building a statement takes longer than running it.
_BY_ID, _BY_REF = (
    select(accounts).where(A.id == bindparam("whose")),
    select(accounts).where(A.app == bindparam("side"), A.ref == bindparam("called")),
)
_BY_ID_LOCKED, _BY_REF_LOCKED = _BY_ID.with_for_update(), _BY_REF.with_for_update()


def get_or_open(connection: Connection, app: str, ref: str, kind: str, locale: str, now: int) -> Row:
    """The account that the platform calls `ref`, opened at its first mention.

    Raises BadRef for a new one that no address could reach, or that looks like another.
    """
    found = find(connection, app, ref)
    if found is None:
        new_ref.check(ref)
        row = {"id": new_id("acc"), "app": app, "ref": ref, "kind": kind, "locale": locale, "created_at": now}
        insert_if_new(connection, accounts, {**row, "state": "active", "level": "none"})
        found = by_ref(connection, app, ref)
    return found


def locked_or_opened(connection: Connection, app: str, kinds: Mapping[str, str], now: int) -> dict[str, Row]:
    """The accounts that the platform calls so, by their names, locked; new ones are opened with the kind given.

    As `get_or_open`, for many in few statements. All names have been checked (account/ref.py).
    """
    found = _locked_by_ref(connection, app, list(kinds))
    fresh = [{"id": new_id("acc"), "app": app, "ref": ref, "kind": kind, "locale": "zh-CN", "created_at": now,
              "state": "active", "level": "none"} for ref, kind in kinds.items() if ref not in found]  # fmt: skip
    if fresh:
        connection.execute(upsert(connection, accounts).on_conflict_do_nothing(), fresh)
        found |= _locked_by_ref(connection, app, [row["ref"] for row in fresh])
    return found


def _locked_by_ref(connection: Connection, app: str, refs: Sequence[str]) -> dict[str, Row]:
    """In the order of their ids, as everybody locks several."""
    found = {}
    for start in range(0, len(refs), AT_ONCE):
        query = select(accounts).where(A.app == app, A.ref.in_(refs[start : start + AT_ONCE])).order_by(A.id)
        found |= {row.ref: row for row in connection.execute(query.with_for_update())}
    return found


def find(connection: Connection, app: str, ref: str) -> Row | None:
    return connection.execute(_BY_REF, {"side": app, "called": ref}).first()


def by_ref(connection: Connection, app: str, ref: str, lock: bool = False) -> Row:
    missing = f"There is no account '{ref}'. It is opened with its first verification or hold."
    return one_row(connection, _BY_REF_LOCKED if lock else _BY_REF, missing, side=app, called=ref)


def by_id(connection: Connection, id: str, lock: bool = False) -> Row:
    return connection.execute(_BY_ID_LOCKED if lock else _BY_ID, {"whose": id}).one()


def by_ids(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Accounts by their ids, in one statement."""
    return {row.id: row for row in connection.execute(select(accounts).where(A.id.in_(list(ids))))}


def state(row: Row, now: int) -> str:
    """`active`, `cancelling` (it can still be taken back), `cancelled`, or `erased`. Derived: nothing has to run."""
    if row.state != "active" or row.cancel_at is None:
        return row.state
    return "cancelling" if row.cancel_at > now else "cancelled"


def raise_level(connection: Connection, account: str, level: str, now: int) -> None:
    """Note a verification that proved no person; it never lowers what was proved before."""
    row = by_id(connection, account, lock=True)
    if Level(level).rank >= Level(row.level).rank:
        connection.execute(update(accounts).where(A.id == account).values(level=level, verified_at=now))


def note_import(
    connection: Connection, id: str, level: str, at: int | None, imported: Mapping[str, Any], sealed: bytes | None
) -> None:
    """Keep where else the holder was verified, and the level that this gives the account here.

    `imported`: the import, and level, when and by whom it was there; `kept` is the level given here. `sealed`: who it
    was, sealed under the account.
    """
    values = {"level": level, "verified_at": at, "imported": dict(imported), "sealed_imported": sealed}
    connection.execute(update(accounts).where(A.id == id).values(**values))


def own_level(row: Row) -> str:
    """The level that the account has by being verified here: what an import gave is not counted."""
    given = (row.imported or {}).get("kept"), (row.imported or {}).get("verified_at")
    return Level.NONE if row.in_person_at is None and given == (row.level, row.verified_at) else row.level


def level_elsewhere(row: Row) -> str:
    """The level that an import says the holder has elsewhere."""
    return (row.imported or {}).get("level", Level.NONE)


def note_document(connection: Connection, account: str, until: str) -> bool:
    """Keep the day until which the holder's card is valid (9999-12-31: for good); whether that is later than before."""
    before = by_id(connection, account).document_until
    connection.execute(update(accounts).where(A.id == account).values(document_until=until, reminded_for=None))
    return before is None or until > before


def cancel(connection: Connection, account: Row, at: int, now: int) -> None:
    """Cancel an account as of `at`; until then it can be taken back, and its slot stays taken."""
    if state(account, now) != "active":
        raise Conflict(f"This account is {state(account, now)} already.", "wrong_state")
    connection.execute(update(accounts).where(A.id == account.id).values(cancel_at=at))


def keep(connection: Connection, account: Row, now: int) -> None:
    """Take a cancellation back."""
    if state(account, now) != "cancelling":
        raise Conflict(f"There is no cancellation to take back: this account is {state(account, now)}.", "wrong_state")
    connection.execute(update(accounts).where(A.id == account.id).values(cancel_at=None))


def ended(connection: Connection, now: int, limit: int) -> Sequence[Row]:
    """Accounts whose cooling-off period is over and not yet written down as cancelled, locked."""
    query = select(accounts).where(A.state == "active", A.cancel_at <= now).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def write_ended(connection: Connection, id: str) -> None:
    connection.execute(update(accounts).where(A.id == id).values(state="cancelled", document_until=None, **NO_AGE))


def cancelled(connection: Connection, app: str, limit: int) -> Sequence[Row]:
    """Accounts that are cancelled and not erased, the longest so first."""
    query = select(accounts).where(A.app == app, A.state == "cancelled").order_by(A.cancel_at)
    return connection.execute(query.limit(limit)).all()


def cancelled_one(connection: Connection, app: str, id: str) -> Row | None:
    """The account of this id, where it is cancelled and not erased."""
    query = select(accounts).where(A.id == id, A.app == app, A.state == "cancelled")
    return connection.execute(query).first()


def erase(connection: Connection, id: str) -> None:
    """Leave of an account only that there was one. Its name is free again, for somebody new."""
    person = {"subject": None, "level": "none", "verified_at": None, "in_person_at": None}
    rest = {"profile": None, "document_until": None, "reminded_for": None, "state": "erased", **NO_AGE, **NO_IMPORT}
    rest["ref"] = f"{new_ref.ERASED}{id}"
    connection.execute(update(accounts).where(A.id == id).values(**person, **rest))


def lapsing(connection: Connection, until: str, limit: int) -> Sequence[Row]:
    """Active accounts whose card is valid until that day or shorter, and whose holders were not told so, locked."""
    query = select(accounts).where(A.state == "active", A.document_until <= until, A.reminded_for.is_(None))
    return connection.execute(query.limit(limit).with_for_update(skip_locked=True)).all()


def lapsed(connection: Connection, today: str, limit: int) -> Sequence[Row]:
    """Active accounts whose card has lapsed, and that are not held for it yet, locked."""
    query = select(accounts).where(A.state == "active", A.document_until < today, A.reminded_for != "lapsed")
    return connection.execute(query.limit(limit).with_for_update(skip_locked=True)).all()


def note_age(connection: Connection, id: str, sealed: bytes, mark: str, day: str) -> None:
    """Keep what workflows/account/ages.py seals of the holder's age, and the keyed hashes beside it."""
    connection.execute(update(accounts).where(A.id == id).values(sealed_age=sealed, age_mark=mark, age_day=day))


def forget_age(connection: Connection, id: str) -> None:
    connection.execute(update(accounts).where(A.id == id).values(**NO_AGE))


def coming_of_age(connection: Connection, days: Sequence[str], limit: int) -> Sequence[Row]:
    """Active accounts whose holder's band changes on one of these days (keyed hashes), locked."""
    query = select(accounts).where(A.state == "active", A.age_day.in_(days)).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def note_reminded(connection: Connection, id: str, what: str) -> None:
    """Note of what the holder was told: the day on which the card lapses, or `lapsed`."""
    connection.execute(update(accounts).where(A.id == id).values(reminded_for=what))


def note_profile(connection: Connection, id: str, filled: Sequence[str]) -> None:
    """Keep which fields of the profile are filled in; never what they say."""
    connection.execute(update(accounts).where(A.id == id).values(profile=sorted(set(filled))))


def bind_phone(connection: Connection, account: Row, number_hash: str, at: int) -> None:
    """Note that a phone number was bound, by its keyed hash; the one before it is no longer bound."""
    unbind_phone(connection, account, at)
    row = {"id": new_id("phn"), "app": account.app, "account": account.id, "number_hash": number_hash, "bound_at": at}
    connection.execute(insert(phones).values(**row))


def unbind_phone(connection: Connection, account: Row, at: int) -> None:
    connection.execute(update(phones).where(P.account == account.id, P.unbound_at.is_(None)).values(unbound_at=at))


def phone_changed_since(connection: Connection, account: str, at: int) -> bool:
    """Whether a number was bound or unbound later than `at` (ms)."""
    later = or_(P.bound_at > at, P.unbound_at > at)
    return connection.execute(select(P.id).where(P.account == account, later).limit(1)).first() is not None


def bound_before(connection: Connection, account: str, hashes: Iterable[str], moment: int) -> bool:
    """Whether this number was the bound one at that moment (ms): the one that a thief could not have put there yet."""
    was = (P.account == account, P.bound_at < moment, P.unbound_at.is_(None) | (P.unbound_at >= moment))
    query = select(P.id).where(*was, P.number_hash.in_(list(hashes)))
    return connection.execute(query.limit(1)).first() is not None


def add_pledge(connection: Connection, account: Row, version: str, on: Sequence[str], now: int) -> str:
    """Keep that the holder made the pledge, which text of it was shown, and for which holds."""
    id = new_id("plg")
    row = {"id": id, "app": account.app, "account": account.id, "text_version": version, "holds": list(on), "at": now}
    connection.execute(insert(pledges).values(**row))
    return id
