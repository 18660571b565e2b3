"""Ends parts of a verification for good: its face templates, its pictures, its names; the rest stays."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from shiming.store.support import appeals as appeal_rows
from shiming.store.tables import authority_answers, cases, evidence, external_results, judgements, rulings
from shiming.store.verification import face_templates, verifications
from shiming.verification.evidence import Piece
from shiming.verification.parts import COLUMNS, Part, judged_without, without
from shiming.verification.seen import Seen
from shiming.workflows import loading, serialization
from shiming.workflows.context import Context

_LOOKED_AT = (Piece.CARD_FRONT, Piece.CARD_BACK, Piece.FACE, Piece.HANDHELD)
_TYPED = (Piece.PHONE, Piece.BANK)
OF_A_FACE = (Part.FACES, Part.PICTURES)


def end(context: Context, connection: Connection, row: Row, gone: Collection[Part], by: str) -> None:
    """End these parts of a (locked) verification that is over; may run twice. Its data key stays with the rest.

    Files go within the transaction: broken off, rows may name a file that is gone, and no file is left that none names.
    """
    if Part.FACES in gone:
        face_templates.remove(connection, row.app, row.id, context.now())
    if Part.PICTURES in gone:
        context.files.delete(row.id)
    _evidence(context, connection, row, gone)
    _judgements(context, connection, row, gone)
    _appeals(connection, row, gone)
    ended: dict[str, Any] = {COLUMNS[part]: context.now() for part in gone}
    if Part.NAMES in gone:
        _names(connection, row)
        ended |= {"sealed_typed": None, "name_hash": None}
    verifications.change(connection, row.id, **ended)
    context.note(connection, row.app, by, "verification.parts_ended", row.id, parts=sorted(map(str, gone)))


def _evidence(context: Context, connection: Connection, row: Row, gone: Collection[Part]) -> None:
    for each in verifications.every_evidence(connection, row.id):
        if each.piece in _TYPED and Part.NAMES in gone:
            connection.execute(delete(evidence).where(evidence.c.id == each.id))
        elif each.piece in _LOOKED_AT:
            seen = without(loading.seen_of(context.sealer, each), gone)
            sealed = context.sealer.seal(row.id, f"seen.{each.piece}", serialization.dump(seen))
            files = {} if Part.PICTURES in gone else each.files
            verifications.change_evidence(connection, each.id, sealed_seen=sealed, files=files)


def _judgements(context: Context, connection: Connection, row: Row, gone: Collection[Part]) -> None:
    if not {Part.FACES, Part.NAMES} & {*gone}:
        return
    J = judgements.c
    for each in verifications.judgements_of(connection, row.id):
        if each.sealed_seen is not None:
            seen = serialization.load(Seen, context.sealer.open(row.id, "judgement.seen", each.sealed_seen))
            left = serialization.dump(judged_without(seen, gone))
            less: dict[str, Any] = {"sealed_seen": context.sealer.seal(row.id, "judgement.seen", left)}
            if Part.NAMES in gone:
                less["sealed_findings"] = None  # they quote what was read
            connection.execute(update(judgements).where(J.id == each.id).values(**less))


def _appeals(connection: Connection, row: Row, gone: Collection[Part]) -> None:
    """What appeals against it held: pictures and film beside its own, name and number among the facts."""
    for each in appeal_rows.appeals_of(connection, row.id):
        facts = {name: key for name, key in each.pieces.items() if key == "sealed"}
        if Part.PICTURES in gone:
            appeal_rows.change_appeal(connection, each.id, pieces=facts, seen={})
        if Part.NAMES in gone:
            appeal_rows.change_appeal(connection, each.id, sealed_facts=None)


def _names(connection: Connection, row: Row) -> None:
    """Where else names may stand: what authorities and identity providers said, and what reviewers wrote."""
    said = update(authority_answers).where(authority_answers.c.verification == row.id)
    connection.execute(said.values(sealed_said=None))
    connection.execute(delete(external_results).where(external_results.c.verification == row.id))
    mine = select(cases.c.id).where(cases.c.verification == row.id)
    connection.execute(update(rulings).where(rulings.c.case.in_(mine)).values(sealed_note=None))


def withdraw(
    context: Context, connection: Connection, row: Row, gone: Collection[Part], by: str, text: str = "withdrawn"
) -> None:
    """The consent to face data of a (locked) verification that is over is taken back, and these parts end."""
    context.sealer.list_ended(row.id, gone)
    if row.face_consent:
        verifications.add_consent(connection, row, "face", False, text, context.now())
        verifications.change(connection, row.id, face_consent=False)
        context.note(connection, row.app, by, "verification.consent_withdrawn", row.id)
    end(context, connection, row, gone, by)


def drop_faces(context: Context, connection: Connection, row: Row) -> None:
    """The consent to face data has ended while a (locked) verification is still filled: the face goes, and templates of
    what may stay, the card and the photo with it, go too.
    """
    context.sealer.list_ended(row.id, OF_A_FACE)
    for each in verifications.every_evidence(connection, row.id):
        if each.piece == Piece.FACE:
            for key in each.files.values():
                context.files.remove(row.id, key)
            connection.execute(delete(evidence).where(evidence.c.id == each.id))
    _evidence(context, connection, row, (Part.FACES,))
    forget_rounds(connection, row)


def forget_rounds(connection: Connection, row: Row) -> None:
    """What earlier rounds of a verification that is still filled were judged by holds templates, too."""
    mine = update(judgements).where(judgements.c.verification == row.id)
    connection.execute(mine.values(sealed_seen=None, sealed_findings=None))
