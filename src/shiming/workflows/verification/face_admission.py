"""Before a face is taken, and before one is made into numbers: whose it is has to be known, and agreed to.

Order 19 of 2025: nothing of a face of anybody under 14 without a guardian. How old somebody is says the number, as
typed or read from the card; so no face is taken before there is one that can be right, and no template is made, not of
the portrait on the card either. The card itself may come first: its number is read, and nothing is made of its face
until that is known to be nobody's under 14 (or a guardian has agreed) and the holder has consented.

Where no number is ever told, no face is taken: the basic level asks for none, and takes none; somebody whom an outside
party vouches for under an id of its own (external identity) can have no other level; a phone's carrier tells no age.
Who is known of the account from before is no help: it may be another who sits before the camera.

An appeal's pictures and film are looked at by people, and nothing is made of their faces; they wait for the number all
the same: that of the verification, of the listed facts, or (against a hold) of the person that the account is bound to.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming.errors import Conflict
from shiming.levels import Level
from shiming.names import possible
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardSeen, HandheldSeen, Typed
from shiming.workflows import loading, recipients, serialization
from shiming.workflows.context import Context
from shiming.workflows.verification import guardian_consent

PICTURES = (Piece.CARD_FRONT, Piece.CARD_BACK, Piece.HANDHELD, Piece.FACE)
_FACES = (Piece.HANDHELD, Piece.FACE)
NUMBER_NEEDED = "number_needed"


def admit(context: Context, connection: Connection, row: Row, piece: Piece) -> None:
    """Raises Conflict, saying what comes first, where a picture may not be taken (yet)."""
    if row.level == Level.BASIC:
        raise Conflict("The basic level asks for no pictures, and takes none; leave this out.", "not_asked_for")
    if piece not in _FACES:
        return
    if _age_unknown(context, connection, row, loading.typed(context.sealer, row)):
        raise no_number()
    if row.face_consent is None or (piece is Piece.FACE and not row.face_consent):
        raise Conflict("Face data needs the holder's own consent first (POST …/consent).", "consent_missing")
    if piece is Piece.FACE and (unnamed := recipients.unnamed(context, connection, row)):
        names = ", ".join(each.source for each in unnamed)
        raise Conflict(f"The holder's consent to face data does not name {names}. Ask for it again (POST …/consent).",
                       "consent_missing")  # fmt: skip


def no_number() -> Conflict:
    return Conflict(
        "Say first who this is: by a photo of the card on which the number can be read, or by POST …/identity with a "
        "number that can be right. Before the age is known no face is taken.",
        NUMBER_NEEDED,
    )


def unknown(context: Context, connection: Connection, row: Row) -> bool:
    """Whether who this is has to be told (again) before a face can be asked for: what was typed has no name, or neither
    it nor the card has a number that can be right.
    """
    typed = loading.typed(context.sealer, row)
    if row.level == Level.BASIC or typed is None or typed.vouched:
        return False
    return not typed.name or _age_unknown(context, connection, row, typed)


def _age_unknown(context: Context, connection: Connection, row: Row, typed: Typed | None) -> bool:
    if typed and possible(typed.number):
        return False
    front = verifications.current_evidence(connection, row.id).get(Piece.CARD_FRONT)
    return front is None or _number(context, row, loading.seen_of(context.sealer, front)) is None


def told_by(seen: CardSeen | HandheldSeen) -> Typed | None:
    """Who this is by the card on a picture, however well it was read; a name that was not is asked for again."""
    fields = seen.fields if isinstance(seen, CardSeen) else {"number": seen.number}
    number, name = fields.get("number"), fields.get("name")
    return Typed(name.text if name else "", number.text, confirmed=True) if number else None


def _number(context: Context, row: Row, card: CardSeen) -> str | None:
    """The number of a card, where it was read well enough to be believed."""
    read = card.fields.get("number")
    good = read and read.confidence >= context.policy_of(row).number_trusted_at and possible(read.text)
    return read.text if read and good else None


def templates(context: Context, row: Row) -> bool:
    """Whether faces of this verification, whose age is known, may be made into numbers: by its consent, as it stands
    now. Of a child `row` has a guardian's, or none."""
    if not row.face_consent or row.level == Level.BASIC:
        return False
    with context.database.read() as connection:
        return not recipients.unnamed(context, connection, row)


def with_portrait(context: Context, app: str, id: str, card: CardSeen, portrait: bytes | None) -> CardSeen:
    """A card that was just read, with its portrait's template where that may be made now: else `catch_up` does it."""
    if portrait is None or card.portrait is not None or not card.portrait_found:
        return card
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        read = _number(context, row, card)
        typed = Typed("", read) if read else loading.typed(context.sealer, row)
        known = typed is not None and possible(typed.number) and _nobodys(context, connection, row, typed)
    return _made(context, card, portrait) if known and templates(context, row) else card


def _nobodys(context: Context, connection: Connection, row: Row, typed: Typed) -> bool:
    """Whether no guardian is lacking for whoever has this number."""
    account = accounts.by_id(connection, row.account)
    return guardian_consent.refusal(context, connection, row, account, typed) is None


def _made(context: Context, card: CardSeen, portrait: bytes) -> CardSeen:
    template = context.look("portrait", portrait)
    return replace(card, portrait=template, portrait_found=template is not None)


def admit_to_appeal(context: Context, connection: Connection, appeal: Row) -> None:
    """Raises Conflict where a picture with a face may not be added to an appeal (yet)."""
    account = accounts.by_id(connection, appeal.account)
    typed = _of_appeal(context, connection, appeal)
    if guardian_consent.lacking(context, connection, account, typed):
        raise guardian_consent.error()
    if typed is None and (account.subject is None or account.age_mark is None):
        raise no_number()


def is_childs(context: Context, connection: Connection, appeal: Row) -> bool:
    """Whether an appeal is about somebody under 14 of whom no guardian has agreed to their being verified."""
    account = accounts.by_id(connection, appeal.account)
    return guardian_consent.lacking(context, connection, account, _of_appeal(context, connection, appeal))


def _of_appeal(context: Context, connection: Connection, appeal: Row) -> Typed | None:
    """Who an appeal is about, by the first number that can be right."""
    row = verifications.get(connection, appeal.app, appeal.verification) if appeal.verification else None
    found = [loading.typed(context.sealer, row)] if row else []
    if facts := loading.facts(context.sealer, appeal):
        found.insert(0, Typed(facts.get("name", ""), facts.get("number", "")))
    if row and (front := verifications.current_evidence(connection, row.id).get(Piece.CARD_FRONT)):
        found.append(Typed("", _number(context, row, loading.seen_of(context.sealer, front)) or ""))
    return next((each for each in found if each and possible(each.number)), None)


def catch_up(context: Context, row: Row) -> None:
    """Make the templates that could not be made when their pictures came in, as it was not known yet whose they are, or
    the holder had not agreed. Before a (submitted) verification is judged; may run twice.
    """
    if not templates(context, row):
        return
    with context.database.read() as connection:
        kept = verifications.current_evidence(connection, row.id)
        typed = loading.typed(context.sealer, row)
        if _age_unknown(context, connection, row, typed) or (typed and not _nobodys(context, connection, row, typed)):
            return
    for piece, seen in _made_up(context, row, kept).items():
        with context.database.write() as connection:
            sealed = context.sealer.seal(row.id, f"seen.{piece}", serialization.dump(seen))
            verifications.change_evidence(connection, kept[piece].id, sealed_seen=sealed)


def _made_up(context: Context, row: Row, kept: Mapping[str, Row]) -> dict[Piece, object]:
    """What lacked its template, with it."""
    made: dict[Piece, object] = {}
    if front := kept.get(Piece.CARD_FRONT):
        card = loading.seen_of(context.sealer, front)
        if card.portrait is None and card.portrait_found and "portrait" in front.files:
            made[Piece.CARD_FRONT] = _made(context, card, context.files.get(row.id, front.files["portrait"]))
    if held := kept.get(Piece.HANDHELD):
        seen = loading.seen_of(context.sealer, held)
        if seen.faces and seen.template is None and "clean" in held.files:
            made[Piece.HANDHELD] = context.look("handheld", context.files.get(row.id, held.files["clean"]), True).seen
    return made
