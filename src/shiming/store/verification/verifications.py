"""Verifications, what was handed in for them, what authorities said, and every judgement made."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from shiming.errors import Gone
from shiming.store.access.idempotency import made
from shiming.store.database import new_id, one_row
from shiming.store.tables import appeals, authority_answers, challenges, consents, evidence, judgements, verifications
from shiming.store.verification import authority_calls
from shiming.store.verification.authority_calls import Inquiry
from shiming.support.appeals import UNDER_WAY
from shiming.verification.challenge import Challenge
from shiming.verification.evidence import Piece
from shiming.verification.recipients import Recipient
from shiming.verification.states import MACHINE, Event, State

V, E, J = verifications.c, evidence.c, judgements.c
# Built once: building a statement takes longer than running it.
_ADD, _CHANGE = insert(verifications), update(verifications).where(V.id == bindparam("whose"))
_GET = select(verifications).where(V.id == bindparam("whose"), V.app == bindparam("side"))
_GET_LOCKED = _GET.with_for_update()
_EVIDENCE = select(evidence).where(E.verification == bindparam("whose"), E.current)
_PIECES = select(E.piece).where(E.verification == bindparam("whose"), E.current)
_ATTEMPTS = select(J.at).where(J.account == bindparam("whose"), J.counts, J.at > bindparam("since")).order_by(J.at)


def create(connection: Connection, **values: Any) -> Row:
    id = new_id("ver")
    made(verification=id)
    connection.execute(_ADD, {"id": id, "state": State.OPEN, "round": 0, "codes": [], "redo": [], **values})
    return get(connection, values["app"], id)


def get(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    """One verification of this app; someone else's is as unknown as one that never was."""
    missing = f"There is no verification '{id}' here. Check the id, and that the key belongs to the same app."
    return one_row(connection, _GET_LOCKED if lock else _GET, missing, whose=id, side=app)


def alive(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    """Like `get`, for uses that need the contents."""
    row = get(connection, app, id, lock)
    if row.state == State.ERASED:
        raise Gone("This verification was erased. Start a new one if it is still needed.")
    return row


def page(connection: Connection, app: str, filters: dict[str, str], after: str | None, limit: int) -> Sequence[Row]:
    """Newest first; `after` is the last id of the page before."""
    query = select(verifications).where(V.app == app, *(V[name] == value for name, value in filters.items()))
    query = query.where(V.id < after) if after else query
    return connection.execute(query.order_by(V.id.desc()).limit(limit)).all()


def overdue(connection: Connection, now: int, limit: int) -> Sequence[Row]:
    """Unfinished verifications whose time is over, locked; rows that another process has locked are left to it."""
    where = and_(V.expires_at < now, V.state.in_([state for state in State if Event.EXPIRE in MACHINE.events(state)]))
    return connection.execute(select(verifications).where(where).limit(limit).with_for_update(skip_locked=True)).all()


def unbound(connection: Connection, account: str) -> Sequence[Row]:
    """Those of an account that are over, came to nothing and have faces or pictures left; locked, oldest first."""
    over = V.state.in_((State.REJECTED, State.EXPIRED, State.CANCELLED))
    left = or_(V.faces_ended_at.is_(None), V.pictures_ended_at.is_(None))
    query = select(verifications).where(V.account == account, over, left).order_by(V.id)
    return connection.execute(query.with_for_update()).all()


def unhashed(connection: Connection, limit: int) -> Sequence[Row]:
    """Verifications that nobody can find by what was typed for them, locked; by an index that has no others."""
    where = (V.sealed_typed.is_not(None), V.name_hash.is_(None))
    query = select(verifications).where(*where).order_by(V.id).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def move(connection: Connection, row: Row, event: Event, **values: Any) -> str:
    """Move a (locked) verification by the table; returns the new state."""
    state = MACHINE.move(row.state, event)
    if state != row.state == State.CHECKING:
        authority_calls.release(connection, row.id)  # nothing is asked any more
    change(connection, row.id, state=state, **values)
    return state


def change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(_CHANGE, {"whose": id, **values})


def add_evidence(
    connection: Connection, row: Row, piece: Piece, files: dict[str, str], sealed_seen: bytes, now: int
) -> str:
    """Keep a piece; an earlier one of the same kind is kept too, but is no longer the current one."""
    connection.execute(update(evidence).where(E.verification == row.id, E.piece == piece).values(current=False))
    id = new_id("evi")
    values = {"id": id, "app": row.app, "verification": row.id, "piece": piece, "round": row.round, "files": files}
    connection.execute(insert(evidence).values(**values, sealed_seen=sealed_seen, current=True, at=now))
    made(evidence=id)
    return id


def change_evidence(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(evidence).where(E.id == id).values(**values))


def evidence_of(connection: Connection, verification: str, id: str) -> Row:
    return connection.execute(select(evidence).where(E.id == id, E.verification == verification)).one()


def current_evidence(connection: Connection, id: str) -> dict[str, Row]:
    return {row.piece: row for row in connection.execute(_EVIDENCE, {"whose": id})}


def every_evidence(connection: Connection, id: str) -> Sequence[Row]:
    """All pieces, those too that were handed in again."""
    return connection.execute(select(evidence).where(E.verification == id).order_by(E.id)).all()


def outlived(connection: Connection, app: str, column: str, before: int, limit: int) -> Sequence[Row]:
    """Verifications that were decided before then, have a part still (`column` says when it ended), and are in no
    appeal; locked, by an index that has only those with the part."""
    appealed = select(appeals.c.id).where(appeals.c.verification == V.id, appeals.c.state.in_(UNDER_WAY)).exists()
    over = V.state.in_([state for state in State if Event.ERASE in MACHINE.events(state)])
    where = (V.app == app, V[column].is_(None), V.decided_at < before, over, ~appealed)
    query = select(verifications).where(*where).order_by(V.decided_at).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def current_pieces(connection: Connection, id: str) -> set[Piece]:
    """Which pieces of evidence are there."""
    return set(map(Piece, connection.scalars(_PIECES, {"whose": id})))


def add_consent(connection: Connection, row: Row, kind: str, given: bool, text_version: str, now: int,
                recipients: Sequence[Recipient] = (), guardian: str | None = None) -> None:  # fmt: skip
    """`guardian`: the guardian's consent (guardians) that this is of."""
    values = {"id": new_id("con"), "app": row.app, "verification": row.id, "kind": kind, "given": given}
    named = [asdict(each) for each in recipients]
    connection.execute(
        insert(consents).values(**values, recipients=named, text_version=text_version, at=now, guardian=guardian)
    )


def recipients_named(connection: Connection, verification: str) -> tuple[Recipient, ...]:
    """Whom the consent to face data names as it stands; nobody, where it was given before any was named."""
    C = consents.c
    query = select(C.given, C.recipients).where(C.verification == verification, C.kind == "face")
    last = connection.execute(query.order_by(C.id.desc()).limit(1)).first()
    return tuple(Recipient(**each) for each in last.recipients or ()) if last and last.given else ()


def add_challenge(connection: Connection, row: Row, challenge: Challenge, now: int, until: int) -> None:
    values = {"id": challenge.id, "app": row.app, "verification": row.id, "turns": [str(t) for t in challenge.turns],
              "show_ms": list(challenge.show_ms), "colours": list(challenge.colours)}  # fmt: skip
    connection.execute(insert(challenges).values(**values, issued_at=now, expires_at=until))
    made(challenge=challenge.id)


def challenges_since(connection: Connection, verification: str, since: int) -> int:
    """How many challenges were issued for it since then."""
    C = challenges.c
    query = select(func.count()).select_from(challenges)
    return connection.scalar(query.where(C.verification == verification, C.issued_at > since))


def broke_off(connection: Connection, verification: str) -> bool:
    """Whether the last challenge was begun and never answered: its film has not come."""
    C = challenges.c
    query = select(C.used_at.is_(None)).where(C.verification == verification)
    return bool(connection.scalar(query.order_by(C.issued_at.desc(), C.id.desc()).limit(1)))


def use_challenge(connection: Connection, verification: str, id: str, now: int) -> tuple[Challenge, int] | None:
    """Use up a challenge: the challenge and when it was issued, or None when it is unknown, expired or used already."""
    C = challenges.c
    where = and_(C.id == id, C.verification == verification, C.used_at.is_(None), C.expires_at > now)
    if connection.execute(update(challenges).where(where).values(used_at=now)).rowcount != 1:
        return None
    made(answered=id)
    return challenge(connection, verification, id)


def challenge(connection: Connection, verification: str, id: str) -> tuple[Challenge, int]:
    """A challenge, used up or not, and when it was issued."""
    C = challenges.c
    row = connection.execute(select(challenges).where(C.id == id, C.verification == verification)).one()
    return Challenge.of(row.id, row.turns, row.show_ms, row.colours), row.issued_at


def authority_answer(connection: Connection, id: str, round: int) -> Row | None:
    A = authority_answers.c
    return connection.execute(select(authority_answers).where(A.verification == id, A.round == round)).first()


def keep_authority_answer(
    connection: Connection, row: Row, number_hash: str, sealed: bytes, calls: int, now: int
) -> None:
    """Keep what the authority said in this round; a fuller answer of the same round replaces it, calls add up."""
    authority_calls.count(connection, Inquiry(row.id, row.round, row.app, row.account, number_hash), calls, now)
    A = authority_answers.c
    same = and_(A.verification == row.id, A.round == row.round)
    connection.execute(update(authority_answers).where(same).values(sealed_said=sealed, at=now))


def attempt_times(connection: Connection, account: str, since: int) -> Sequence[int]:
    """When this account used an attempt since then (ms), the first one first."""
    return connection.scalars(_ATTEMPTS, {"whose": account, "since": since}).all()


def add_judgement(connection: Connection, row: Row, by: str, now: int, **values: Any) -> str:
    id = new_id("jud")
    named = {"id": id, "app": row.app, "account": row.account, "verification": row.id, "round": row.round}
    connection.execute(insert(judgements).values(**named, by=by, at=now, **values))
    return id


def judgements_of(connection: Connection, id: str) -> Sequence[Row]:
    query = select(judgements).where(judgements.c.verification == id).order_by(judgements.c.id)
    return connection.execute(query).all()


def approved(connection: Connection, account: str) -> Row | None:
    """The newest verification by which this account was verified, where it was not erased."""
    where = (verifications.c.account == account, verifications.c.state == "approved")
    return connection.execute(select(verifications).where(*where).order_by(verifications.c.id.desc()).limit(1)).first()
