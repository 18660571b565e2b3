"""Taking in what a holder hands in: look at it in a worker process, seal it, keep it, say at once what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import Any

from sqlalchemy import Connection, Row

from shiming import checks, levels
from shiming.checks import Stage
from shiming.errors import BadInput, Conflict, TooMany
from shiming.names import name_key
from shiming.store.access.idempotency import made_before
from shiming.store.account import accounts
from shiming.store.crypto.sealed import Erased
from shiming.store.database import new_id
from shiming.store.verification import verifications
from shiming.verification.challenge import MAX_SECONDS, UPLOAD_SECONDS, Challenge, draw
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.recipients import Recipient
from shiming.verification.seen import BankGiven, Camera, CardSeen, HandheldSeen, LiveSeen, PhoneGiven, Seen, Typed
from shiming.verification.states import MACHINE, Event
from shiming.workflows import admission, case_queue, geolocation, loading, recipients, serialization, source_calls
from shiming.workflows.context import Context
from shiming.workflows.verification import face_admission, frame_times, guardian_consent, parts

HOUR = 3_600_000
DAY = 24 * HOUR
CHALLENGES_AN_HOUR, HASHED_AT_ONCE = 12, 500


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece that was taken in, with what was seen on it and what is wrong with it taken by itself."""

    piece: Piece
    seen: CardSeen | LiveSeen | HandheldSeen
    findings: tuple[Finding, ...] = ()


def picture(context: Context, app: str, id: str, piece: Piece, data: bytes) -> Taken:
    """Take in one picture: card front, card back, or hand-held."""
    row = may_take(context, app, id, piece)
    if piece is Piece.HANDHELD:
        result = context.look("handheld", data, face_admission.templates(context, row))
    else:
        result = context.look("card", data)
    seen = result.seen
    _not_a_childs(context, app, id, seen)
    if piece is Piece.CARD_FRONT:
        seen = face_admission.with_portrait(context, app, id, seen, getattr(result, "portrait", None))
    extra = {name: getattr(result, name, None) for name in ("rectified", "portrait")}
    taken = _keep(context, app, id, piece, seen, {"clean": result.clean, **extra})
    return replace(taken, findings=_by_itself(context, app, piece, seen))


def face(
    context: Context,
    app: str,
    id: str,
    challenge: str,
    frames: list[bytes],
    times_ms: list[int],
    camera: Camera | None = None,
) -> Taken:
    """Take in the timed frames of a live face, which answer a challenge of ours."""
    may_take(context, app, id, Piece.FACE)
    with context.database.write() as connection:
        now = context.shared_clock(connection)
        if made_before("answered") == challenge:  # the same request, broken off by a crash of ours
            used = verifications.challenge(connection, id, challenge)
        else:
            used = verifications.use_challenge(connection, id, challenge, now)
    if used is None:
        raise Conflict("This challenge is unknown, expired or used already. Ask for a new one.", "challenge_over")
    asked, issued = used
    frame_times.check(times_ms, len(frames), now - issued)
    result = context.look("face", frames, times_ms, asked, camera)
    return _keep(context, app, id, Piece.FACE, result.seen, {"frames": b"".join(result.frames), "best": result.best})


def taken_before(context: Context, app: str, id: str, evidence: str) -> Taken:
    """A piece that was taken in before, as it was told then."""
    with context.database.read() as connection:
        verifications.alive(connection, app, id)
        row = verifications.evidence_of(connection, id, evidence)
    piece, seen = Piece(row.piece), loading.seen_of(context.sealer, row)
    return Taken(piece, seen, () if piece is Piece.FACE else _by_itself(context, app, piece, seen))


def cleaned(context: Context, data: bytes) -> bytes:
    """A picture that is only to be looked at by people: checked, turned upright, without metadata."""
    return context.look("clean", data)


def identity(context: Context, app: str, id: str, given: Typed) -> None:
    """Take in name and number as typed, or as confirmed from the card."""
    with context.database.read() as connection:  # before a key is made for it; what the account says comes below
        MACHINE.move((row := verifications.alive(connection, app, id)).state, Event.HAND_IN)
        guardian_consent.not_the_guardians(context, connection, row, given)
    sealed = context.sealer.seal(id, "typed", serialization.dump(given))
    with context.database.write() as connection:
        row = _hand_in(context, connection, app, id, Piece.IDENTITY, sealed_typed=sealed, **found_by(context, given))
        context.note(connection, app, f"holder:{row.account}", "verification.identity", id)
        erased = guardian_consent.settle(context, connection, row, given)
    if erased:
        context.files.delete(id)


def _not_a_childs(context: Context, app: str, id: str, seen: CardSeen | HandheldSeen) -> None:
    """A card that turns out to be of a child under 14, on whichever picture, is not kept before a guardian has agreed;
    only what it says of who this is. Raises Conflict.
    """
    read = face_admission.told_by(seen)
    if read is None:
        return
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        guardian_consent.not_the_guardians(context, connection, row, read)
        refused = guardian_consent.refusal(context, connection, row, accounts.by_id(connection, row.account), read)
        before = loading.typed(context.sealer, row)
    if refused:
        identity(context, app, id, before if before and before.number == read.number else read)
        raise guardian_consent.error()


def found_by(context: Context, given: Typed) -> dict[str, str]:
    """The keyed hashes by which staff find a verification: of the name, however it was written, and of the number;
    none where another party vouches for who it is, under an id of its own."""
    if not given.name:
        return {"name_hash": ""}
    name, number = context.lookup.hash("name", name_key(given.name)), context.lookup.hash("number", given.number)
    return {"name_hash": name, "number_hash": number}


def make_found(context: Context) -> int:
    """Give hashes to verifications from before there were any, some at a time; returns to how many."""
    with context.database.write() as connection:
        rows = verifications.unhashed(connection, HASHED_AT_ONCE)
        for row in rows:
            try:
                hashes = found_by(context, loading.typed(context.sealer, row))
            except (BadInput, Erased):  # no name that could be looked for, or an erasure that is under way
                hashes = {"name_hash": ""}
            verifications.change(connection, row.id, **hashes)
    return len(rows)


def factor(context: Context, app: str, id: str, piece: Piece, given: PhoneGiven | BankGiven) -> None:
    """Take in the bound phone number or a bank card, sealed; the carrier or the bank is asked at submitting."""
    row = may_take(context, app, id, piece)
    if piece not in levels.needs(row.level, row.face_consent, context.policy_of(row)):
        raise Conflict(f"The policy does not ask for this at level {row.level}.", "not_asked_for")
    _keep(context, app, id, piece, given, {})


def consent(context: Context, app: str, id: str, face: bool, text_version: str,
            shown: Sequence[Recipient] | None = None) -> None:  # fmt: skip
    """Record whether the holder agrees to face recognition; without it the route ends with a person.

    `shown` are the recipients that the holder was told of: only those that are configured like that are named. None:
    whoever asked says that it was told of all.
    """
    every = context.recipients(app.endswith(".test")) if face else ()
    named = [each for each in every if shown is None or each in shown]
    with context.database.write() as connection:
        row = _hand_in(context, connection, app, id, Piece.CONSENT, face_consent=face)
        if not face and row.face_consent:
            parts.drop_faces(context, connection, row)
        if guardian_consent.taken_over(context, connection, row, face):  # it is not the child's to give
            return
        verifications.add_consent(connection, row, "face", face, text_version, context.now(), named)
        context.note(connection, app, f"holder:{row.account}", "verification.consent", id, face=face)


def challenge(context: Context, app: str, id: str, light: bool) -> Challenge:
    """Draw and issue a challenge; only after consent, and only while a face can be handed in.

    `light` says that the holder's screen can be lit in colours and the holder agrees to it.
    """
    may_take(context, app, id, Piece.FACE)
    with context.database.write() as connection:
        row, now = verifications.alive(connection, app, id, lock=True), context.shared_clock(connection)
        if verifications.challenges_since(connection, id, now - HOUR) >= CHALLENGES_AN_HOUR:
            raise TooMany("Too many face checks were started in the last hour. Please rest a little.", 3600)
        drawn = draw(new_id("cha"), SystemRandom(), light and context.policy_of(row).colour_light)
        verifications.add_challenge(connection, row, drawn, now, now + (MAX_SECONDS + UPLOAD_SECONDS) * 1000)
    return drawn


def cancel(context: Context, connection: Connection, row: Row, by: str) -> None:
    """End a (locked) verification before it is decided; nobody has to look at it any more."""
    verifications.move(connection, row, Event.CANCEL, decided_at=context.now())
    case_queue.close_case(connection, row.id)
    context.note(connection, row.app, by, "verification.cancelled", row.id)


def submit(context: Context, app: str, id: str, address: str | None = None) -> None:
    """Hand the verification over for checking. Refused, with the names of the pieces, while anything is missing.

    `address` is the one that the holder's own browser asks from, where it is that which asks.
    """
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        if Event.HAND_IN in MACHINE.events(row.state):
            _admitted(context, connection, row)
            if lacking := pieces(context, connection, row)[1]:
                raise Conflict(f"Still to be handed in: {', '.join(lacking)}.", "pieces_missing")
        MACHINE.move(row.state, Event.SUBMIT)
        _within_limits(context, connection, row, address)
        round = row.round + 1
        verifications.move(connection, row, Event.SUBMIT, round=round, codes=[], submitted_at=context.now())
        context.enqueue(connection, "verify", f"verify:{id}:{round}:0", app, id, round, 0)
        context.note(connection, app, f"holder:{row.account}", "verification.submit", id, round=round)


def _within_limits(context: Context, connection: Any, row: Row, address: str | None) -> None:
    """Nobody may test people through us: what the round will ask is reserved now."""
    files = {Piece(piece): each.files for piece, each in verifications.current_evidence(connection, row.id).items()}
    typed, origin = loading.typed(context.sealer, row), geolocation.origin_hash(context.lookup, address)
    about = replace(source_calls.inquiry(context, connection, row, typed, origin), round=row.round + 1)
    policy = context.policy_of(row)
    questions = [] if typed.vouched else source_calls.planned(row, files, policy)
    source_calls.reserve(context, connection, about, questions, policy)


def pieces(
    context: Context, connection: Any, row: Row, account: Row | None = None
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """What is there, and what is still to be handed in (a piece to be redone counts as missing). `account`: its row,
    where it was read already."""
    present = verifications.current_pieces(connection, row.id)
    present |= {Piece.IDENTITY} if row.sealed_typed and not face_admission.unknown(context, connection, row) else set()
    asked_again = row.face_consent and recipients.unnamed(context, connection, row)
    present |= {Piece.CONSENT} if row.face_consent is not None and not asked_again else set()
    present -= {Piece(p) for p in row.redo}
    account = account or accounts.by_id(connection, row.account)
    known = account.subject is not None and account.in_person_at is not None  # an import has shown nobody
    needed = levels.needs(row.level, row.face_consent, context.policy_of(row), known)
    lacking = () if row.names_ended_at else levels.missing(needed, present)  # what has ended is not asked for again
    return tuple(p for p in Piece if p in present), lacking


def may_take(context: Context, app: str, id: str, piece: Piece) -> Row:
    """Refuse before any work is done: wrong state, or a face that may not be taken (yet). Returns the verification."""
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        _admitted(context, connection, row, piece)
    return row


def _admitted(context: Context, connection: Connection, row: Row, piece: Piece | None = None) -> None:
    """Refuse in the wrong state, where the account itself can no longer be verified, and all of a child's but who it is
    before a guardian has agreed."""
    MACHINE.move(row.state, Event.HAND_IN)
    account = accounts.by_id(connection, row.account)
    admission.admit(context, connection, account)
    if piece is not Piece.IDENTITY:
        guardian_consent.admit(context, connection, row, account)
    if piece in face_admission.PICTURES:
        face_admission.admit(context, connection, row, piece)


def _hand_in(context: Context, connection: Any, app: str, id: str, piece: Piece, **values: Any) -> Row:
    """Move on to collecting, and keep these values; what has been handed in again needs no redoing any more."""
    row = verifications.alive(connection, app, id, lock=True)
    _admitted(context, connection, row, piece)
    verifications.move(connection, row, Event.HAND_IN, redo=[p for p in row.redo if p != piece], **values)
    return row


def _keep(context: Context, app: str, id: str, piece: Piece, seen: Any, pictures: dict[str, bytes | None]) -> Taken:
    """Pictures go sealed to storage first; the row that names them comes last, so that no row points at nothing."""
    name = new_id("pic")
    files = {k: context.files.put(id, f"{name}-{k}", data) for k, data in pictures.items() if data}
    sealed = context.sealer.seal(id, f"seen.{piece}", serialization.dump(seen))
    with context.database.write() as connection:
        row = _hand_in(context, connection, app, id, piece)
        evidence = verifications.add_evidence(connection, row, piece, files, sealed, context.now())
        context.note(
            connection, app, f"holder:{row.account}", "verification.evidence", id, piece=piece, evidence=evidence
        )
    return Taken(piece, seen)


def _by_itself(context: Context, app: str, piece: Piece, seen: CardSeen | HandheldSeen) -> tuple[Finding, ...]:
    """What the checks say of one piece alone, so that a bad picture is taken again at once and costs nothing."""
    alone = Seen(face_consent=True, test_mode=app.endswith(".test"), **{loading.SLOT_OF[piece]: seen})
    return tuple(f for f in checks.judge(alone, context.policy_in(app), context.today(), Stage.MATERIALS) if f.code)
