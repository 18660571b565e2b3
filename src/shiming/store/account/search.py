"""Accounts found by what staff know of them, on those sides of apps alone that are named; people by keyed hashes."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, or_, select

from shiming.account.slots import scope
from shiming.store.tables import accounts, appeals, cases, contacts, holds, phones, subjects, tickets, verifications

A = accounts.c
OWNED: Mapping[str, Table] = {
    "verification": verifications, "case": cases, "ticket": tickets, "appeal": appeals, "hold": holds,
}  # fmt: skip
"""What is some account's, by the word for it."""


def by_reading(connection: Connection, sides: Sequence[str], kind: str, value: str, hashes: Mapping[str, Sequence[str]],
               limit: int) -> Sequence[Row]:  # fmt: skip
    """Accounts of these sides that a reading (review/search.py) means, newest first; erased ones only by an id.

    `hashes` has those of the value under all versions of the look-up key, by the kinds that it was hashed as.
    """
    query = select(accounts).where(A.app.in_(sides), _meant(kind, value, hashes, sides))
    return connection.execute(query.order_by(A.id.desc()).limit(limit)).all()


def _meant(kind: str, value: str, hashes: Mapping[str, Sequence[str]], sides: Sequence[str]) -> ColumnElement[bool]:
    if kind == "id":
        return A.id == value
    if kind == "ref":
        return A.ref == value
    if kind in OWNED:
        table = OWNED[kind].c
        return A.id.in_(select(table.account).where(table.id == value, table.app.in_(sides)))
    return or_(*(A.id.in_(each) for each in _of_person(kind, hashes, sides)))


def _of_person(kind: str, hashes: Mapping[str, Sequence[str]], sides: Sequence[str]) -> list[Select]:
    V, P, C, S = verifications.c, phones.c, contacts.c, subjects.c
    if kind == "name":
        return [select(V.account).where(V.app.in_(sides), V.name_hash.in_(hashes["name"]))]
    if kind == "phone":
        reached = (C.app.in_(sides), C.address_hash.in_(hashes["contact.sms"]), C.removed_at.is_(None))
        bound = (P.app.in_(sides), P.number_hash.in_(hashes["phone"]))
        return [select(P.account).where(*bound), select(C.account).where(*reached)]
    known = [*sides, *{scope(side, "operator") for side in sides}]
    person = select(S.id).where(S.app.in_(known), S.number_hash.in_(hashes["number"]))
    typed = select(V.account).where(V.app.in_(sides), V.number_hash.in_(hashes["number"]))
    return [typed, select(A.id).where(A.app.in_(sides), A.subject.in_(person))]
