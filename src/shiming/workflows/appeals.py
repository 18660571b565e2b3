"""Appeals: opened, filled piece by piece, handed in, answered, reopened once; reminded of, and ended when left lying.

Each piece is looked at when it comes in, so that what is missing or cannot be used is told at once.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming import checks
from shiming.checks import Stage
from shiming.errors import Conflict
from shiming.reasons import AppealPiece
from shiming.review.queue import Kind
from shiming.store import accounts, holds, support, verifications
from shiming.support import appeals
from shiming.support.appeals import MACHINE
from shiming.verification.evidence import Piece
from shiming.verification.seen import Seen, Side
from shiming.verification.states import Event, State
from shiming.workflows import gather, queue, review
from shiming.workflows.notify import tell
from shiming.workflows.parts import Parts

DAY = 86_400_000
AT_ONCE = 100
_CARD = {AppealPiece.CARD_FRONT: Piece.CARD_FRONT, AppealPiece.CARD_BACK: Piece.CARD_BACK}


def open_one(parts: Parts, app: str, verification: str, by: str) -> Row:
    """Start an appeal against the latest decision. Raises Conflict where none is offered (yet), or one is under way."""
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, verification, lock=True)
        _none_under_way(connection, row.id)
        if against := appeals.objection(row.codes, row.state, row.round):
            code, words = against
            raise Conflict(words, code)
        decider = verifications.judgements_of(connection, verification)[-1].by
        return _open(parts, connection, row, row.codes, decider, by)


def open_about_hold(parts: Parts, app: str, ref: str, hold: str, by: str) -> Row:
    """Start an appeal against an open hold of this account."""
    with parts.database.write() as connection:
        owner = accounts.by_ref(connection, app, ref, lock=True)
        row = holds.get(connection, app, hold, lock=True)
        if row.account != owner.id or row.lifted_at:
            raise Conflict(f"'{hold}' is no open hold of this account.", "wrong_state")
        return _open(parts, connection, row, [row.reason], row.source.removeprefix("reviewer:"), by)


def _open(parts: Parts, connection: Connection, about: Row, codes: Sequence[str], decider: str, by: str) -> Row:
    appeals.required(codes)
    _none_under_way(connection, about.id)
    made = support.open_appeal(connection, about, codes, decider, parts.now(), _until(parts, about))
    parts.note(connection, about.app, by, "appeal.opened", made.id, about=about.id)
    return made


def _none_under_way(connection: Connection, about: str) -> None:
    if any(a.state in appeals.UNDER_WAY for a in support.appeals_of(connection, about)):
        raise Conflict("An appeal against this is under way already.", "appeal_under_way")


def _about(row: Row) -> dict[str, str]:
    """What an appeal is about, as messages and the trail name it."""
    return {"verification": row.verification} if row.verification else {"hold": row.hold}


def _until(parts: Parts, about: Row) -> int:
    return parts.now() + parts.policy_of(about).appeal_collect_days * DAY


def add_picture(parts: Parts, app: str, id: str, piece: AppealPiece, data: bytes) -> Row:
    """Take in a picture of the package, and note what is wrong with it."""
    row = _collecting(parts, app, id)
    clean, codes = _looked_at(parts, row, piece, data)
    key = parts.files.put(support.owner(row), f"{id}-{piece}", clean)
    return keep(parts, app, id, piece, key, codes)


def _looked_at(parts: Parts, row: Row, piece: AppealPiece, data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The cleaned picture, and the reasons why it cannot be used."""
    if piece in _CARD:
        found = parts.look("card", data)
        return found.clean, _flaws(parts, row, {gather.SLOT_OF[_CARD[piece]]: found.seen})
    if piece is AppealPiece.HANDHELD_FRONT:
        found = parts.look("handheld", data)
        return found.clean, _flaws(parts, row, {"handheld": found.seen})
    return parts.look("clean", data), ()


def _flaws(parts: Parts, row: Row, slots: dict) -> tuple[str, ...]:
    """What the checks say of one piece alone: the same as for a verification's own pictures."""
    alone = Seen(face_consent=True, test_mode=row.app.endswith(".test"), **slots)
    found = checks.judge(alone, parts.policy_of(row), parts.today(), Stage.MATERIALS)
    codes = [f.code for f in found if f.code]
    wrong = [side for side in (Side.FRONT, Side.BACK) if getattr(alone, side) and getattr(alone, side).side != side]
    return tuple(dict.fromkeys([*codes, *(("wrong_side",) if wrong and not codes else ())]))


def add_facts(parts: Parts, app: str, id: str, facts: dict[str, str]) -> Row:
    """Take in the listed facts, sealed."""
    row = _collecting(parts, app, id)
    sealed = parts.sealer.seal_json(support.owner(row), "appeal.facts", facts)
    return keep(parts, app, id, AppealPiece.FACTS, sealed, appeals.fact_flaws(facts))


def _collecting(parts: Parts, app: str, id: str) -> Row:
    """Refuse before any work is done."""
    with parts.database.read() as connection:
        row = support.appeal(connection, app, id)
    MACHINE.move(row.state, "add")
    return row


def keep(parts: Parts, app: str, id: str, piece: AppealPiece, kept: str | bytes, codes: Iterable[str]) -> Row:
    """Keep a piece (the key of a file, or sealed facts) with what was seen of it."""
    with parts.database.write() as connection:
        row = support.appeal(connection, app, id, lock=True)
        support.add_to_appeal(connection, row, piece, kept, appeals.noted(row.seen.get(piece, {}), codes))
        return support.appeal(connection, app, id)


def hand_in(parts: Parts, app: str, id: str, by: str) -> Row:
    """Hand the package over to a person. Raises Conflict naming what is missing, unusable, or still looked at."""
    with parts.database.write() as connection:
        made = support.appeal(connection, app, id, lock=True)
        _complete(made)
        support.move_appeal(connection, made, "hand_in")
        if made.verification:
            row = verifications.alive(connection, app, made.verification, lock=True)
            if row.state != State.IN_REVIEW:  # asked for more, it never left
                verifications.move(connection, row, Event.APPEAL)
        not_by = (made.first_decider, made.answered_by or "")
        queue.open_case(parts, connection, app, Kind.APPEAL, id, made.account, made.codes, made.verification, not_by)
        tell(parts, connection, app, made.account, id, "appeal.handed_in", _about(made))
        parts.note(connection, app, by, "appeal.handed_in", id, **_about(made))
        return support.appeal(connection, app, id)


def _complete(row: Row) -> None:
    if lacking := appeals.missing(row.codes, row.pieces):
        raise Conflict(f"Still missing: {', '.join(lacking)}.", "pieces_missing")
    if any(said["codes"] == [appeals.LOOKING] for said in row.seen.values()):
        raise Conflict("The video is still being looked at; try again in a minute.", "still_looking")
    if bad := appeals.unusable(row.seen):
        named = "; ".join(f"{piece}: {', '.join(codes)}" for piece, codes in bad.items())
        raise Conflict(f"These cannot be used as they are; please take them again: {named}.", "pieces_unusable")


def withdraw(parts: Parts, app: str, id: str, by: str) -> Row:
    """End an appeal; the decision that it was against stands."""
    with parts.database.write() as connection:
        row = support.appeal(connection, app, id, lock=True)
        _end(parts, connection, row, "withdraw", by)
        return support.appeal(connection, app, id)


def _end(parts: Parts, connection: Connection, row: Row, event: str, by: str) -> None:
    """Withdraw or expire: out of the queue, and the verification back to what was decided."""
    held = verifications.get(connection, row.app, row.verification, lock=True) if row.verification else None
    state = support.move_appeal(connection, row, event, answered_at=parts.now())
    queue.close_case(connection, row.id)
    tell(parts, connection, row.app, row.account, row.id, f"appeal.{state}", _about(row))
    if held and held.state == State.IN_REVIEW:
        review.decide_verification(parts, connection, held, "reject", row.codes, (), by)
    parts.note(connection, row.app, by, f"appeal.{state}", row.id, **_about(row))


def reopen(parts: Parts, app: str, id: str, by: str) -> Row:
    """Open an appeal that was turned down once more, with something new to show; somebody else will answer."""
    with parts.database.write() as connection:
        row = support.appeal(connection, app, id, lock=True)
        if row.reopened_at:
            raise Conflict("An appeal is reopened once. If there is something else, please write to support.", "once")
        _none_under_way(connection, row.verification or row.hold)
        support.move_appeal(connection, row, "reopen", reopened_at=parts.now(), collect_until=_until(parts, row),
                            reminded_at=None)  # fmt: skip
        parts.note(connection, app, by, "appeal.reopened", id, **_about(row))
        return support.appeal(connection, app, id)


def keep_up(parts: Parts) -> int:
    """Remind of appeals that wait for pieces, and end those whose time is over; returns how many it moved."""
    now = parts.now()
    with parts.database.write() as connection:
        for row in support.lying(connection, now + DAY, now, AT_ONCE):
            facts = {**_about(row), "missing": list(appeals.missing(row.codes, row.pieces))}
            tell(parts, connection, row.app, row.account, row.id, "appeal.reminder", facts)
            support.change_appeal(connection, row.id, reminded_at=now)
        over = support.overdue_appeals(connection, now, AT_ONCE)
        for row in over:
            _end(parts, connection, row, "expire", "machine")
    return len(over)
