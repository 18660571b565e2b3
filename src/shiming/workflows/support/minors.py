"""An appeal that turns out to be a child's: no picture and no film of it is kept before a guardian has agreed (order 19
of 2025), whichever piece told how old it is: the listed facts, or a card on any picture, by page, API or mail.
"""

from sqlalchemy import Connection, Row

from shiming.reasons import AppealPiece
from shiming.store.account import accounts
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.verification.parts import Part
from shiming.verification.seen import CardSeen, HandheldSeen
from shiming.verification.states import MACHINE, Event
from shiming.workflows import admission, loading
from shiming.workflows.context import Context
from shiming.workflows.verification import face_admission, guardian_consent, parts


def not_a_childs(context: Context, row: Row, seen: CardSeen | HandheldSeen) -> None:
    """A child's card is not kept; its number is, as that of whom the appeal is about. Raises Conflict."""
    read = face_admission.told_by(seen)
    with context.database.read() as connection:
        account = accounts.by_id(connection, row.account)
        if read is None or not guardian_consent.lacking(context, connection, account, read):
            return
    facts = loading.facts(context.sealer, row) | {"number": read.number}
    sealed = context.sealer.seal_json(appeal_rows.owner(row), "appeal.facts", facts)
    with context.database.write() as connection:
        appeal_rows.appeal(connection, row.app, row.id, lock=True)
        appeal_rows.change_appeal(connection, row.id, sealed_facts=sealed)
        settle(context, connection, appeal_rows.appeal(connection, row.app, row.id))
    raise guardian_consent.error()


def settle(context: Context, connection: Connection, row: Row) -> Row:
    """After something was added to a (locked) appeal: the appeal as it is now. A child's has its facts only; and of the
    verification that it is against the child's own consent counts for nothing, so faces and pictures end there, too,
    unless the account has to keep what it was banned or held for.
    """
    if not face_admission.is_childs(context, connection, row):
        return row
    about = verifications.get(connection, row.app, row.verification, lock=True) if row.verification else None
    account = accounts.by_id(connection, row.account)
    if about is None or any(hold.keeps_place for hold in admission.still_open(context, connection, account)):
        context.sealer.list_ended(row.id, [Part.PICTURES])
    elif Event.HAND_IN in MACHINE.events(about.state):
        guardian_consent.void(context, connection, about)
        context.files.delete(about.id)
    else:
        parts.withdraw(context, connection, about, parts.OF_A_FACE, "machine", guardian_consent.VOIDED)
    return drop_pictures(context, connection, row)


def drop_pictures(context: Context, connection: Connection, row: Row) -> Row:
    """Remove all that a (locked) appeal was given but its facts, mails as they came with it; the appeal without it."""
    owner, films = appeal_rows.owner(row), row.seen.get(AppealPiece.FAILURE_VIDEO, {})
    for name in (row.id, *appeal_rows.drop_uploads(connection, row.id)):
        context.files.delete(owner, f"{name}-")
    for key in (row.pieces.get(AppealPiece.FAILURE_VIDEO), films.get("original")):
        if key:
            context.files.remove(owner, key)
    left = {piece: key for piece, key in row.pieces.items() if key == "sealed"}
    seen = {piece: said for piece, said in row.seen.items() if piece in left}
    appeal_rows.change_appeal(connection, row.id, pieces=left, seen=seen)
    context.note(connection, row.app, "machine", "appeal.minor", row.id)
    return appeal_rows.appeal(connection, row.app, row.id)
