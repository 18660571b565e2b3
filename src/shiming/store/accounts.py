"""Accounts, the subjects behind them, their places, blocks and holds."""

from collections.abc import Iterable

from sqlalchemy import Connection, Row, func, insert, select, update

from shiming.account.standing import Hold
from shiming.errors import Conflict, NotFound
from shiming.store.database import moment, new_id
from shiming.store.tables import accounts, blocks, holds, subjects
from shiming.verification.seen import SubjectFacts


def get_or_open(connection: Connection, app: str, ref: str, kind: str, locale: str, now: int) -> Row:
    """The account that the platform calls `ref`, opened at its first mention."""
    found = find(connection, app, ref)
    if found is None:
        row = {"id": new_id("acc"), "app": app, "ref": ref, "kind": kind, "locale": locale, "created_at": now}
        connection.execute(insert(accounts).values(**row, state="active", level="none"))
        found = by_id(connection, row["id"])
    return found


def find(connection: Connection, app: str, ref: str) -> Row | None:
    return connection.execute(select(accounts).where(accounts.c.app == app, accounts.c.ref == ref)).first()


def by_ref(connection: Connection, app: str, ref: str) -> Row:
    row = find(connection, app, ref)
    if row is None:
        raise NotFound(f"There is no account '{ref}'. It is opened with its first verification or hold.")
    return row


def by_id(connection: Connection, id: str) -> Row:
    return connection.execute(select(accounts).where(accounts.c.id == id)).one()


def locked_subject(connection: Connection, app: str, hashes: Iterable[str], now: int) -> Row:
    """The subject behind a number, made at its first mention, locked until the transaction ends.

    `hashes` are the number's keyed hashes under all versions of the look-up key, newest first.
    """
    hashes = list(hashes)
    query = select(subjects).where(subjects.c.app == app, subjects.c.number_hash.in_(hashes)).with_for_update()
    found = connection.execute(query).first()
    if found is None:
        row = {"id": new_id("sub"), "app": app, "number_hash": hashes[0], "created_at": now}
        _insert_if_new(connection, row)
        found = connection.execute(query).one()
    return found


def _insert_if_new(connection: Connection, row: dict) -> None:
    """Two verifications may meet a new number at the same moment; the second waits for the first and uses its row."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert
    connection.execute(upsert(subjects).values(**row).on_conflict_do_nothing())


def subject_facts(connection: Connection, subject: Row, account: Row, now: int) -> SubjectFacts:
    """What is known of a person's other accounts, for the checks of the last stage."""
    others = (
        select(func.count())
        .select_from(accounts)
        .where(accounts.c.subject == subject.id, accounts.c.id != account.id, accounts.c.state != "cancelled")
    )
    same_kind = connection.scalar(others.where(accounts.c.kind == account.kind))
    blocked = bool(subject.blocked_for) and (subject.blocked_until is None or subject.blocked_until > now)
    return SubjectFacts(
        places_taken=same_kind,
        places_on_platform=connection.scalar(others),
        account_kind=account.kind,
        blocked=blocked,
        bound_to_other_subject=account.subject not in (None, subject.id),
        account_barred=account.state == "banned",
    )


def bind(connection: Connection, account: str, subject: str, level: str, now: int) -> None:
    """Bind an account to its subject, which takes a place; in the same transaction as the count that allowed it."""
    connection.execute(
        update(accounts).where(accounts.c.id == account).values(subject=subject, level=level, verified_at=now)
    )


def raise_level(connection: Connection, account: str, level: str, now: int) -> None:
    connection.execute(update(accounts).where(accounts.c.id == account).values(level=level, verified_at=now))


def cancel(connection: Connection, account: Row) -> None:
    """Cancel an account, which frees its place; never one that is banned, since a place must not be laundered."""
    if account.state == "banned":
        raise Conflict("A banned account cannot be cancelled: its place stays taken until an appeal is upheld.")
    if any(hold.reason.startswith("violation") for hold in open_holds(connection, account.id)):
        raise Conflict("This account has open violation holds; it can be cancelled once they are lifted.")
    connection.execute(update(accounts).where(accounts.c.id == account.id).values(state="cancelled"))


def ask_block(connection: Connection, account: Row, ground: str, by: str, now: int) -> str:
    """First of two people: ban this account and block the person behind it."""
    if account.subject is None:
        raise Conflict("Nobody has been verified for this account, so there is no person to block.")
    id = new_id("blk")
    row = {"id": id, "app": account.app, "account": account.id, "ground": ground, "asked_by": by, "created_at": now}
    connection.execute(insert(blocks).values(**row))
    return id


def confirm_block(connection: Connection, app: str, id: str, by: str) -> Row:
    """Second of two people. The account is banned and its subject blocked."""
    block = connection.execute(select(blocks).where(blocks.c.id == id, blocks.c.app == app).with_for_update()).first()
    if block is None:
        raise NotFound("There is no such request to block a person.")
    if block.confirmed_by:
        raise Conflict("This block has been confirmed already.")
    if block.asked_by == by:
        raise Conflict("A block needs two people: someone other than the one who asked must confirm it.", "four_eyes")
    account = by_id(connection, block.account)
    connection.execute(update(blocks).where(blocks.c.id == id).values(confirmed_by=by))
    connection.execute(update(accounts).where(accounts.c.id == account.id).values(state="banned"))
    connection.execute(update(subjects).where(subjects.c.id == account.subject).values(blocked_for=block.ground))
    return account


def open_hold(connection: Connection, account: Row, hold: dict, source: str, now: int) -> str:
    """Open a hold: why, from what source, what it holds back, and all that must be met to lift it."""
    id = new_id("hld")
    row = {"id": id, "app": account.app, "account": account.id, "source": source, "opened_at": now, "met": []}
    connection.execute(insert(holds).values(**row, **hold))
    return id


def open_holds(connection: Connection, account: str) -> tuple[Hold, ...]:
    rows = connection.execute(
        select(holds).where(holds.c.account == account, holds.c.lifted_at.is_(None)).order_by(holds.c.id)
    )
    return tuple(
        Hold(r.id, r.reason, r.source, moment(r.opened_at), tuple(r.capabilities), tuple(r.requirements), tuple(r.met))
        for r in rows
    )


def meet(connection: Connection, account: str, requirement: str, by: str, now: int) -> list[str]:
    """Mark a requirement as met on every open hold that asks for it; holds with nothing left are lifted."""
    lifted = []
    for hold in open_holds(connection, account):
        after = hold.meeting(requirement)
        if after == hold:
            continue
        values = {"met": list(after.met)} | ({"lifted_at": now, "lifted_by": by} if after.over else {})
        connection.execute(update(holds).where(holds.c.id == hold.id).values(**values))
        lifted += [hold.id] if after.over else []
    return lifted


def subject_number(connection: Connection, subject: str) -> str | None:
    """The keyed hash of the number of this subject."""
    return connection.scalar(select(subjects.c.number_hash).where(subjects.c.id == subject))
