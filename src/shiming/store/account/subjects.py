"""The person behind accounts, known by a keyed hash only: slots taken and freed, blocks, claims of "not mine"."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from shiming.account import guardians
from shiming.account.slots import keeps_place
from shiming.account.standing import day_of, open_on
from shiming.errors import Conflict
from shiming.store.account import holds
from shiming.store.account.accounts import NO_AGE, NO_IMPORT
from shiming.store.database import new_id, one_row, upsert
from shiming.store.tables import accounts, appeals, claims, subjects
from shiming.verification.source_answers import SubjectFacts

A = accounts.c


def locked_subject(connection: Connection, scope: str, hashes: Iterable[str], now: int) -> Row:
    """The subject behind a number, made at its first mention, locked until the transaction ends.

    `scope` is an app, or all of them where an operator's apps share their people (account/slots.py). `hashes` are the
    number's keyed hashes under all versions of the look-up key, newest first.
    """
    hashes = tuple(hashes)
    return locked_subjects(connection, scope, [hashes], now)[hashes[0]]


def locked_subjects(connection: Connection, scope: str, people: Iterable[Sequence[str]], now: int) -> dict[str, Row]:
    """The same for several people, each by the hashes of their number; by the newest hash of each.

    They are locked in the order of their ids, and before any account: else two transactions would wait for each other.
    """
    newest = {hash: hashes[0] for hashes in people for hash in hashes}
    found = _locked(connection, scope, newest)
    missing = [hash for hash in dict.fromkeys(newest.values()) if hash not in found]
    if missing:
        rows = [{"id": new_id("sub"), "app": scope, "number_hash": hash, "created_at": now} for hash in missing]
        connection.execute(upsert(connection, subjects).on_conflict_do_nothing(), rows)
        found |= _locked(connection, scope, {hash: hash for hash in missing})
    return found


def _locked(connection: Connection, scope: str, newest: Mapping[str, str]) -> dict[str, Row]:
    query = select(subjects).where(subjects.c.app == scope, subjects.c.number_hash.in_(list(newest)))
    rows = connection.execute(query.order_by(subjects.c.id).with_for_update())
    return {newest[row.number_hash]: row for row in rows}


def known(connection: Connection, scope: str, hashes: Iterable[str]) -> Row | None:
    """The subject behind a number, as above, where it was mentioned before; nothing is locked or made."""
    query = select(subjects).where(subjects.c.app == scope, subjects.c.number_hash.in_(list(hashes)))
    return connection.execute(query).first()


def lock(connection: Connection, id: str) -> Row:
    """Lock a subject before any of its accounts: always in this order, or two transactions wait for each other."""
    return connection.execute(select(subjects).where(subjects.c.id == id).with_for_update()).one()


def _takes_place(now: int):
    """An account takes its slot until the cooling-off period of its cancellation is over."""
    mine = (A.state == "active", A.kind != guardians.KIND)  # who agrees for a child uses no place for that
    return and_(*mine, or_(A.cancel_at.is_(None), A.cancel_at > now))


def facts(connection: Connection, subject: Row, account: Row, now: int) -> SubjectFacts:
    """What is known of a person's other accounts, for the checks of the last stage."""
    others = (
        select(func.count()).select_from(accounts).where(A.subject == subject.id, A.id != account.id, _takes_place(now))
    )
    own = open_on(holds.open_holds(connection, account.id), day_of(now))
    return SubjectFacts(
        places_taken=connection.scalar(others.where(A.kind == account.kind)),
        places_on_platform=0 if account.kind == guardians.KIND else connection.scalar(others),
        account_kind=account.kind,
        blocked=blocked(subject, now),
        bound_to_other_subject=account.subject not in (None, subject.id),
        account_barred=any(hold.bars for hold in own),
        takeover_suspected=account.subject is None and any(
            hold.takeover and any("confirm_phone" in r for r in hold.outstanding) for hold in own
        ),
    )  # fmt: skip


def behind(connection: Connection, account: Row) -> Row | None:
    """The person who was verified for this account, for looking only; None where nobody was."""
    return connection.execute(select(subjects).where(subjects.c.id == account.subject)).first()


def is_behind(connection: Connection, id: str, hashes: Iterable[str]) -> bool:
    """Whether this subject is the one whose number has one of these hashes."""
    query = select(subjects.c.id).where(subjects.c.id == id, subjects.c.number_hash.in_(list(hashes)))
    return connection.execute(query).first() is not None


def blocked(subject: Row, now: int) -> bool:
    return bool(subject.blocked_for) and (subject.blocked_until is None or subject.blocked_until > now)


def slots(connection: Connection, subject: str, now: int) -> Sequence[Row]:
    """The accounts that take a slot of this person, oldest first; of all apps that share it."""
    return connection.execute(select(accounts).where(A.subject == subject, _takes_place(now)).order_by(A.id)).all()


def frees(connection: Connection, account: Row, now: int) -> None:
    """Whether this account's slot may be freed. Raises Conflict: a slot must not be laundered."""
    own = open_on(holds.open_holds(connection, account.id), day_of(now))
    if why := keeps_place(own, in_appeal(connection, account.id)):
        raise Conflict(why, "place_kept")


def in_appeal(connection: Connection, account: str) -> bool:
    """Whether an appeal about this account is being put together or waits for its answer."""
    query = select(appeals.c.id).where(appeals.c.account == account, appeals.c.state.in_(("collecting", "waiting")))
    return connection.execute(query.limit(1)).first() is not None


def bind(connection: Connection, account: str, subject: str, level: str, now: int | None,
         in_person: bool = True) -> None:  # fmt: skip
    """Bind an account to its subject, which takes a slot; in the same transaction as the count that allowed it.

    Without `in_person` nobody was seen here: somebody else's word is taken for it, by an import.
    """
    here = {"in_person_at": now, "sealed_imported": None} if in_person else {}
    shown = {"level": level, "verified_at": now, **here}
    connection.execute(update(accounts).where(A.id == account).values(subject=subject, **shown))


def unbind(connection: Connection, account: str) -> None:
    """Free the slot; what the account was verified as goes with the person."""
    gone = {"subject": None, "level": "none", "verified_at": None, "in_person_at": None, "document_until": None}
    connection.execute(update(accounts).where(A.id == account).values(**gone, **NO_AGE, **NO_IMPORT))


def forget_unbound(connection: Connection, id: str) -> None:
    """Delete a (locked) person to whom no account is bound; a blocked one stays, by hash, ground and expiry."""
    bound = select(accounts.c.id).where(accounts.c.subject == id).exists()
    gone = (subjects.c.id == id, subjects.c.blocked_for.is_(None), ~bound)
    connection.execute(delete(subjects).where(*gone))


def take_over(connection: Connection, old: Row, new: str) -> None:
    """Bind another account as this one was bound."""
    names = ("subject", "level", "verified_at", "in_person_at", "document_until", "imported")
    connection.execute(update(accounts).where(A.id == new).values(**{name: getattr(old, name) for name in names}))


def block(connection: Connection, id: str, ground: str | None) -> None:
    """Block the person (or, with None, lift the block)."""
    connection.execute(update(subjects).where(subjects.c.id == id).values(blocked_for=ground))


def claim(connection: Connection, account: Row, verification: str, now: int) -> str:
    """Note that the person says an account of theirs is not theirs; a person looks at it. One at a time."""
    same = (claims.c.account == account.id, claims.c.state == "waiting")
    found = connection.scalar(select(claims.c.id).where(*same))
    if found is None:
        found = new_id("clm")
        row = {"id": found, "app": account.app, "account": account.id, "subject": account.subject}
        values = {"verification": verification, "state": "waiting", "created_at": now}
        connection.execute(insert(claims).values(**row, **values))
    return found


def locked_claim(connection: Connection, app: str, id: str) -> Row:
    query = select(claims).where(claims.c.id == id, claims.c.app == app)
    row = one_row(connection, query, f"There is no claim '{id}' here.", lock=True)
    if row.state != "waiting":
        raise Conflict(f"This claim has been decided: {row.state}.", "wrong_state")
    return row


def claims_of(connection: Connection, app: str, state: str, after: str | None, limit: int) -> Sequence[Row]:
    """Claims in a state, oldest first."""
    query = select(claims).where(claims.c.app == app, claims.c.state == state)
    query = query.where(claims.c.id > after) if after else query
    return connection.execute(query.order_by(claims.c.id).limit(limit)).all()


def decide_claim(connection: Connection, id: str, state: str, by: str, now: int) -> None:
    connection.execute(update(claims).where(claims.c.id == id).values(state=state, decided_by=by, decided_at=now))


def number_hash(connection: Connection, subject: str) -> str | None:
    """The keyed hash of the number of this subject."""
    return connection.scalar(select(subjects.c.number_hash).where(subjects.c.id == subject))
