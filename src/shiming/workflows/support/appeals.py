"""Appeals: opened, filled piece by piece, handed in, answered, reopened once; reminded of, and ended when left lying.

Each piece is looked at when it comes in, so that what is missing or cannot be used is told at once.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming import checks
from shiming.checks import Stage
from shiming.errors import AppealUnderWay, Conflict
from shiming.reasons import AppealPiece
from shiming.review.queue import Kind
from shiming.store.account import accounts, holds
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.support import appeals
from shiming.support.appeals import MACHINE, NOTHING
from shiming.verification.evidence import Piece
from shiming.verification.seen import Seen, Side
from shiming.verification.states import Event, State
from shiming.workflows import case_queue, loading
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import tell
from shiming.workflows.review import human_decision
from shiming.workflows.support import minors
from shiming.workflows.verification import face_admission, guardian_consent

DAY = 86_400_000
AT_ONCE = 100
_FACELESS = (AppealPiece.CARD_BACK, AppealPiece.ERROR_SCREENSHOT)
_CARD = {AppealPiece.CARD_FRONT: Piece.CARD_FRONT, AppealPiece.CARD_BACK: Piece.CARD_BACK}


def open_one(context: Context, app: str, verification: str, by: str) -> Row:
    """Start an appeal against the latest decision. Raises Conflict where none is offered (yet), or one is under way."""
    with context.database.write() as connection:
        row = verifications.alive(connection, app, verification, lock=True)
        _none_under_way(connection, row.id)
        if row.names_ended_at is not None:
            raise Conflict("Nothing is kept any more of what was decided on: begin a new verification.", *NOTHING[:1])
        if against := appeals.objection(row.codes, row.state, row.round):
            code, words = against
            raise Conflict(words, code)
        decider = verifications.judgements_of(connection, verification)[-1].by
        return _open(context, connection, row, row.codes, decider, by)


def open_about_hold(context: Context, app: str, ref: str, hold: str, by: str) -> Row:
    """Start an appeal against an open hold of this account."""
    with context.database.write() as connection:
        owner = accounts.by_ref(connection, app, ref, lock=True)
        row = holds.get(connection, app, hold, lock=True)
        if row.account != owner.id or row.lifted_at:
            raise Conflict(f"'{hold}' is no open hold of this account.", "wrong_state")
        return _open(context, connection, row, [row.reason], row.source.removeprefix("reviewer:"), by)


def _open(context: Context, connection: Connection, about: Row, codes: Sequence[str], decider: str, by: str) -> Row:
    appeals.required(codes)
    _none_under_way(connection, about.id)
    made = appeal_rows.open_appeal(connection, about, codes, decider, context.now(), _until(context, about))
    context.note(connection, about.app, by, "appeal.opened", made.id, about=about.id)
    return made


def _none_under_way(connection: Connection, about: str) -> None:
    for row in appeal_rows.appeals_of(connection, about):
        if row.state in appeals.UNDER_WAY:
            raise AppealUnderWay(f"An appeal against this is under way already: {row.id}.", row.id)


def _about(row: Row) -> dict[str, str]:
    """What an appeal is about, as messages and the trail name it."""
    return {"verification": row.verification} if row.verification else {"hold": row.hold}


def _until(context: Context, about: Row) -> int:
    return context.now() + context.policy_of(about).appeal_collect_days * DAY


def add_picture(context: Context, app: str, id: str, piece: AppealPiece, data: bytes) -> Row:
    """Take in a picture of the package, and note what is wrong with it. Raises Conflict where it shows a face of
    somebody who may be under 14, or is.
    """
    row = _collecting(context, app, id)
    if piece not in _FACELESS:
        admit(context, row)
    clean, codes = _looked_at(context, row, piece, data)
    key = context.files.put(appeal_rows.owner(row), f"{id}-{piece}", clean)
    kept = keep(context, app, id, piece, key, codes)
    if piece not in kept.pieces:
        raise guardian_consent.error()
    return kept


def _looked_at(context: Context, row: Row, piece: AppealPiece, data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The cleaned picture, and the reasons why it cannot be used."""
    if piece in _CARD:
        found = context.look("card", data)
        minors.not_a_childs(context, row, found.seen)
        return found.clean, flaws(context, row, {loading.SLOT_OF[_CARD[piece]]: found.seen})
    if piece is AppealPiece.HANDHELD_FRONT:
        found = context.look("handheld", data, False)
        minors.not_a_childs(context, row, found.seen)
        return found.clean, flaws(context, row, {"handheld": found.seen})
    return context.look("clean", data), ()


def admit(context: Context, row: Row) -> None:
    """See `face_admission.admit_to_appeal`."""
    with context.database.read() as connection:
        face_admission.admit_to_appeal(context, connection, row)


def flaws(context: Context, row: Row, slots: dict) -> tuple[str, ...]:
    """What the checks say of one piece alone: the same as for a verification's own pictures."""
    alone = Seen(face_consent=True, test_mode=row.app.endswith(".test"), **slots)
    found = checks.judge(alone, context.policy_of(row), context.today(), Stage.MATERIALS)
    codes = [f.code for f in found if f.code]
    wrong = [side for side in (Side.FRONT, Side.BACK) if getattr(alone, side) and getattr(alone, side).side != side]
    return tuple(dict.fromkeys([*codes, *(("wrong_side",) if wrong and not codes else ())]))


def add_facts(context: Context, app: str, id: str, facts: dict[str, str]) -> Row:
    """Take in the listed facts, sealed, each in its one form where it has one. Where they are a child's, what the
    appeal held of its face is gone."""
    facts = appeals.in_one_form(facts)
    row = _collecting(context, app, id)
    sealed = context.sealer.seal_json(appeal_rows.owner(row), "appeal.facts", facts)
    return keep(context, app, id, AppealPiece.FACTS, sealed, appeals.fact_flaws(facts))


def _collecting(context: Context, app: str, id: str) -> Row:
    """Refuse before any work is done."""
    with context.database.read() as connection:
        row = appeal_rows.appeal(connection, app, id)
    MACHINE.move(row.state, "add")
    return row


def keep(context: Context, app: str, id: str, piece: AppealPiece, kept: str | bytes, codes: Iterable[str]) -> Row:
    """Keep a piece (the key of a file, or sealed facts) with what was seen of it; the appeal with what it has now."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, id, lock=True)
        appeal_rows.add_to_appeal(connection, row, piece, kept, appeals.noted(row.seen.get(piece, {}), codes))
        return minors.settle(context, connection, appeal_rows.appeal(connection, app, id))


def hand_in(context: Context, app: str, id: str, by: str) -> Row:
    """Hand the package over to a person. Raises Conflict naming what is missing, unusable, or still looked at."""
    with context.database.write() as connection:
        made = appeal_rows.appeal(connection, app, id, lock=True)
        _complete(made)
        appeal_rows.move_appeal(connection, made, "hand_in")
        if made.verification:
            row = verifications.alive(connection, app, made.verification, lock=True)
            if row.state != State.IN_REVIEW:  # asked for more, it never left
                verifications.move(connection, row, Event.APPEAL)
        not_by = (made.first_decider, made.answered_by or "")
        case_queue.open_case(
            context, connection, app, Kind.APPEAL, id, made.account, made.codes, made.verification, not_by
        )
        tell(context, connection, app, made.account, id, "appeal.handed_in", _about(made))
        context.note(connection, app, by, "appeal.handed_in", id, **_about(made))
        return appeal_rows.appeal(connection, app, id)


def _complete(row: Row) -> None:
    if lacking := appeals.missing(row.codes, row.pieces):
        raise Conflict(f"Still missing: {', '.join(lacking)}.", "pieces_missing")
    if any(said["codes"] == [appeals.LOOKING] for said in row.seen.values()):
        raise Conflict("The video is still being looked at; try again in a minute.", "still_looking")
    if bad := appeals.unusable(row.seen):
        named = "; ".join(f"{piece}: {', '.join(codes)}" for piece, codes in bad.items())
        raise Conflict(f"These cannot be used as they are; please take them again: {named}.", "pieces_unusable")


def withdraw(context: Context, app: str, id: str, by: str) -> Row:
    """End an appeal; the decision that it was against stands."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, id, lock=True)
        _end(context, connection, row, "withdraw", by)
        return appeal_rows.appeal(connection, app, id)


def _end(context: Context, connection: Connection, row: Row, event: str, by: str) -> None:
    """Withdraw or expire: out of the queue, and the verification back to what was decided."""
    held = verifications.get(connection, row.app, row.verification, lock=True) if row.verification else None
    state = appeal_rows.move_appeal(connection, row, event, answered_at=context.now())
    case_queue.close_case(connection, row.id)
    tell(context, connection, row.app, row.account, row.id, f"appeal.{state}", _about(row))
    if held and held.state == State.IN_REVIEW:
        human_decision.decide_verification(context, connection, held, "reject", row.codes, (), by)
    context.note(connection, row.app, by, f"appeal.{state}", row.id, **_about(row))


def reopen(context: Context, app: str, id: str, by: str) -> Row:
    """Open an appeal that was turned down once more, with something new to show; somebody else will answer."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, id, lock=True)
        if row.reopened_at:
            raise Conflict("An appeal is reopened once. If there is something else, please write to support.", "once")
        _none_under_way(connection, row.verification or row.hold)
        appeal_rows.move_appeal(connection, row, "reopen", reopened_at=context.now(),
                                collect_until=_until(context, row), reminded_at=None)  # fmt: skip
        context.note(connection, app, by, "appeal.reopened", id, **_about(row))
        return appeal_rows.appeal(connection, app, id)


def keep_up(context: Context) -> int:
    """Remind of appeals that wait for pieces, and end those whose time is over; returns how many it moved."""
    now = context.now()
    with context.database.write() as connection:
        for row in appeal_rows.lying(connection, now + DAY, now, AT_ONCE):
            facts = {**_about(row), "missing": list(appeals.missing(row.codes, row.pieces))}
            tell(context, connection, row.app, row.account, row.id, "appeal.reminder", facts)
            appeal_rows.change_appeal(connection, row.id, reminded_at=now)
        over = appeal_rows.overdue_appeals(connection, now, AT_ONCE)
        for row in over:
            _end(context, connection, row, "expire", "machine")
    return len(over)
