"""Two counts of the calls to outside sources. What was *sent* is the cost: a row for each, written before it goes out.
What is *reserved* is the cap: nobody may test people through us.

A place under the cap is reserved before a question is put, for its account, number, device and address at once. It
stays taken for a day where the source answered, for an hour where nobody knows whether it did, and is free again where
surely no answer came: so no outage locks anybody out for longer than that hour. A question put again takes one place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, text, update

from shiming.store.database import new_id, upsert
from shiming.store.tables import authority_answers, authority_calls, authority_reservations

HOUR, DAY = 3_600_000, 86_400_000
C, R = authority_calls.c, authority_reservations.c
OF_HOLDERS = ("begin", "result")
"""The way to a party that vouches for people, and what came of it: the holder's browser asks, as often as it looks."""
PLAY = "play"
"""A report of many people's play."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a round of questions is about: a verification (or a confirmation of a phone), and for whom it is asked.

    `device` and `address` are keyed hashes, where they are known.
    """

    about: str
    round: int
    app: str
    account: str
    number_hash: str
    device: str | None = None
    address: str | None = None


def reserve(
    connection: Connection, inquiry: Inquiry, questions: Sequence[str], most: Mapping[str, int], now: int
) -> int | None:
    """Reserve a place for each question under every cap, or none at all: then the time (ms) at which there is room.

    `most` names the caps: account, number_hash, device, address. Places that this round holds already are not counted
    twice. Only those who ask about the same account, number, device or address wait for each other.
    """
    held = {name: whose for name in most if (whose := getattr(inquiry, name))}
    if connection.dialect.name == "postgresql":  # on SQLite nobody else writes
        for key in sorted(f"{name} {whose}" for name, whose in held.items()):
            connection.execute(_LOCK, {"key": key})
    own = _own(inquiry)
    have = set(connection.scalars(select(R.question).where(own, _counts(now))))
    more = len(set(questions) - have)
    if more:
        waits = (_room(connection, and_(R[name] == whose, ~own), most[name] - len(have) - more, now)
                 for name, whose in held.items())  # fmt: skip
        if until := max(waits):
            return until
    for question in questions:
        _put(connection, inquiry, question, "reserved", now)
    return None


def answered(connection: Connection, inquiry: Inquiry, question: str, now: int) -> None:
    _put(connection, inquiry, question, "answered", now)


def release(connection: Connection, about: str, question: str | None = None) -> None:
    """Free what was reserved and surely not answered. Where a call went out of which nobody knows whether it was
    answered, since it timed out or a crash broke it off, its place stays taken for an hour from then on."""
    where = and_(R.about == about, R.state == "reserved", *([R.question == question] if question else ()))
    same = and_(C.about == R.about, C.round == R.round, C.question == R.question)
    doubtful = select(func.max(C.at)).where(same, C.outcome.in_(("sent", "unsure"))).scalar_subquery()
    places = update(authority_reservations)
    connection.execute(places.where(where, doubtful.is_not(None)).values(state="unsure", at=doubtful))
    connection.execute(places.where(where).values(state="released"))


def sweep(connection: Connection, now: int) -> None:
    """Forget places that count no more."""
    connection.execute(delete(authority_reservations).where(R.at < now - DAY))


def sent(connection: Connection, inquiry: Inquiry, question: str, source: str, now: int) -> str:
    """Write down that a source is being asked, before it is; returns the call's id. What a holder's browser asks a
    party that vouches for people is none of a round's questions, and neither is a report of play.
    """
    id = new_id("cal")
    whose = {"app": inquiry.app, "account": inquiry.account, "about": inquiry.about, "round": inquiry.round}
    row = {"id": id, **whose, "question": question, "source": source, "outcome": "sent", "at": now}
    connection.execute(insert(authority_calls).values(**row))
    if question not in (*OF_HOLDERS, PLAY):
        count(connection, inquiry, 1, now)
    return id


def ended(connection: Connection, id: str, outcome: str, **facts: Any) -> None:
    """How a call ended: `answered`, `unanswered`, `unsure`, or `not_sent`. One that stays `sent` was broken off by a
    crash. `facts` are further columns: why, whose request, what it cost, how long it took.
    """
    connection.execute(update(authority_calls).where(C.id == id).values(outcome=outcome, **facts))


def unname(connection: Connection, about: str) -> None:
    """Forget by which request a vendor finds the person again; what it cost stays."""
    connection.execute(update(authority_calls).where(C.about == about).values(request_id=None))


def count(connection: Connection, inquiry: Inquiry, calls: int, now: int) -> None:
    """Add to what the round has cost."""
    A = authority_answers.c
    named = {"verification": inquiry.about, "round": inquiry.round, "app": inquiry.app, "account": inquiry.account}
    first = upsert(connection, authority_answers).values(
        **named, number_hash=inquiry.number_hash, calls=calls, sealed_said=None, at=now)  # fmt: skip
    more = {"calls": A.calls + calls, "at": now}
    connection.execute(first.on_conflict_do_update(index_elements=[A.verification, A.round], set_=more))


def sent_since(connection: Connection, account: str, since: int) -> int:
    """How many calls of ours went out about this account since then, answered or not."""
    ours = and_(C.outcome != "not_sent", C.question.not_in(OF_HOLDERS))
    made = select(func.count()).select_from(authority_calls)
    return connection.scalar(made.where(C.account == account, C.at > since, ours))


def _own(inquiry: Inquiry) -> ColumnElement[bool]:
    return and_(R.about == inquiry.about, R.round == inquiry.round)


def _counts(now: int) -> ColumnElement[bool]:
    """Places that are taken."""
    day = and_(R.state.in_(("reserved", "answered")), R.at > now - DAY)
    return or_(day, and_(R.state == "unsure", R.at > now - HOUR))


def _room(connection: Connection, whose: ColumnElement[bool], most: int, now: int) -> int:
    """0 where no more than `most` places are taken; else when that will be so."""
    query = select(R.at, R.state).where(whose, R.at > now - DAY, _counts(now))
    ends = sorted(row.at + (HOUR if row.state == "unsure" else DAY) for row in connection.execute(query))
    over = len(ends) - most
    if over <= 0:
        return 0
    return ends[over - 1] if over <= len(ends) else now + DAY


def _put(connection: Connection, inquiry: Inquiry, question: str, state: str, now: int) -> None:
    """Write a place down; what is known of the device and the address stays known."""
    whose = {name: getattr(inquiry, name) for name in ("app", "account", "number_hash")}
    known = {name: known for name in ("device", "address") if (known := getattr(inquiry, name))}
    became = {"state": state, "at": now, **known}
    row = {"about": inquiry.about, "round": inquiry.round, "question": question, **whose, **became}
    put = upsert(connection, authority_reservations).values(**row)
    key = [R.about, R.round, R.question]
    connection.execute(put.on_conflict_do_update(index_elements=key, set_=became))
