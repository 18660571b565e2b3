"""Under 14 no face is taken without a guardian (order 19 of 2025): whether one is asked for, and what follows for a
verification. What a guardian does is in workflows/account/guardians.py.

How old somebody is says the number, as typed or read from the card; before there is one, the age that is known of the
account. A number that was mistyped can be corrected; everything else waits for the guardian.
"""

from sqlalchemy import Connection, Row, delete

from shiming.account.age import birthday
from shiming.account.guardians import UNDER
from shiming.account.standing import day_of
from shiming.errors import Conflict
from shiming.levels import Level
from shiming.names import BadNumber, IdNumber
from shiming.store.account import accounts, guardians, subjects
from shiming.store.tables import challenges, evidence
from shiming.store.verification import verifications
from shiming.verification.recipients import Recipient
from shiming.verification.seen import Typed
from shiming.verification.states import MACHINE, Event
from shiming.workflows import admission, loading, recipients
from shiming.workflows.account import ages
from shiming.workflows.admission import Refusal
from shiming.workflows.context import Context
from shiming.workflows.verification import parts

NEEDED = "guardian_consent_needed"
VOIDED = "under_14"
"""The text of a consent that a child gave before the age was known: it counts for nothing."""


def refusal(
    context: Context, connection: Connection, row: Row, account: Row, read: Typed | None = None
) -> Refusal | None:
    """That a guardian has to agree first, or again: to somebody new who would be sent the face. `read`: who this is by
    the card, where that counts in place of what was typed. At the basic level no face is taken, and nothing is asked.
    """
    if row.level == Level.BASIC:
        return None
    typed = read or loading.typed(context.sealer, row)
    if not _young(context, connection, account, typed):
        return None
    given = _given(context, connection, row, typed)
    again = given and row.face_consent and recipients.unnamed(context, connection, row)
    return Refusal(NEEDED) if given is None or again else None


def admit(context: Context, connection: Connection, row: Row, account: Row) -> None:
    """Raises Conflict where a guardian has to agree first."""
    if refusal(context, connection, row, account):
        raise error()


def error() -> Conflict:
    return Conflict(
        "Under 14 no face is taken without a guardian's consent: invite one (POST …/guardian), or correct the number.",
        NEEDED,
    )


def young(context: Context, connection: Connection, row: Row, account: Row) -> bool:
    """Whether the law asks for a guardian here. At the basic level no face is taken, but for an appeal."""
    faces = row.level != Level.BASIC or Event.APPEAL in MACHINE.events(row.state)
    return faces and _young(context, connection, account, loading.typed(context.sealer, row))


def lacking(context: Context, connection: Connection, account: Row, typed: Typed | None) -> bool:
    """Whether somebody with this number (None: whoever the account is known to be) is under 14, and no guardian has
    agreed to their being verified.
    """
    if not _young(context, connection, account, typed):
        return False
    return guardians.given(connection, account.id, typed and context.lookup.candidates(*typed.key)) is None


def _young(context: Context, connection: Connection, account: Row, typed: Typed | None) -> bool:
    if typed:
        return _under(context, connection, typed)
    return account.age_mark is not None and not ages.at_least(context.lookup, account.id, account.age_mark, UNDER)


def _under(context: Context, connection: Connection, typed: Typed) -> bool:
    """Whether this number is a child's. Where nobody tells one, or none that can be right, it is nobody's."""
    try:
        birth = IdNumber.parse(typed.number).birth
    except BadNumber:
        return False
    return birthday(birth, UNDER) > day_of(context.shared_clock(connection))


def settle(context: Context, connection: Connection, row: Row, typed: Typed) -> bool:
    """After this number was typed or read: where a guardian has agreed, that counts from now on. Else what the child
    agreed to counts for nothing, and what was taken goes; whether there are pictures whose files have to go, too.
    """
    if row.level == Level.BASIC or not _under(context, connection, typed):
        return False
    if given := _given(context, connection, row, typed):
        apply(context, connection, given, row, row.face_consent is not False)
        return False
    void(context, connection, row)
    _end_earlier(context, connection, row)
    return True


def _end_earlier(context: Context, connection: Connection, row: Row) -> None:
    """Of verifications of the account that came to nothing the faces and pictures end, too: whatever number they were
    under, any of the faces may be the child's. Not of an account that must keep what it was held for."""
    account = accounts.by_id(connection, row.account)
    keeps = any(hold.keeps_place for hold in admission.still_open(context, connection, account))
    if keeps or subjects.in_appeal(connection, account.id):
        return
    for earlier in verifications.unbound(connection, account.id):
        parts.withdraw(context, connection, earlier, parts.OF_A_FACE, "machine", VOIDED)


def not_the_guardians(context: Context, connection: Connection, row: Row, typed: Typed) -> None:
    """Raises Conflict where a child's account would be verified with the number of the guardian who was asked."""
    if guardians.are_behind(connection, row.account, context.lookup.candidates(*typed.key)):
        raise Conflict("This is the guardian's number. Type the child's own.", "guardians_number")


def start_over(context: Context, connection: Connection, row: Row) -> None:
    """A (locked) verification that is still filled is a child's, by another's number: nothing of it stays."""
    void(context, connection, row)
    context.files.delete(row.id)
    verifications.change(connection, row.id, sealed_typed=None, name_hash="", number_hash=None)


def seen_by_a_person(context: Context, connection: Connection, row: Row, by: str) -> None:
    """Somebody saw that whoever is on the pictures of a (locked) verification, just decided, is a child: they go."""
    row = verifications.get(connection, row.app, row.id)
    if Event.HAND_IN in MACHINE.events(row.state):
        start_over(context, connection, row)
    else:
        parts.withdraw(context, connection, row, parts.OF_A_FACE, by, VOIDED)


def void(context: Context, connection: Connection, row: Row) -> None:
    """What a child agreed to counts for nothing, and what was taken of a (locked) verification that is still filled
    goes; its files the caller deletes."""
    context.sealer.list_ended(row.id, parts.OF_A_FACE)
    if row.face_consent:
        verifications.add_consent(connection, row, "face", False, VOIDED, context.now())
    verifications.change(connection, row.id, face_consent=None)
    for gone in (evidence, challenges):
        connection.execute(delete(gone).where(gone.c.verification == row.id))
    parts.forget_rounds(connection, row)
    context.note(connection, row.app, "machine", "verification.minor", row.id)


def taken_over(context: Context, connection: Connection, row: Row, face: bool) -> bool:
    """Whether a guardian has answered already what a child was asked just now: then that counts, unless the child wants
    no `face` recognition."""
    if row.level == Level.BASIC or not young(context, connection, row, accounts.by_id(connection, row.account)):
        return False
    given = _given(context, connection, row, loading.typed(context.sealer, row))
    if given:
        apply(context, connection, given, row, face)
    return given is not None


def apply(context: Context, connection: Connection, given: Row, row: Row, wanted: bool = True) -> None:
    """A guardian's choice counts as the consent of this (locked) verification; `wanted`: nor does the child decline."""
    face = bool(given.face) and wanted
    if row.face_consent and not face:
        parts.drop_faces(context, connection, row)
    named = [Recipient(**each) for each in given.recipients] if face else []
    verifications.change(connection, row.id, face_consent=face)
    version = f"guardian-{given.text_version}"
    verifications.add_consent(connection, row, "face", face, version, context.now(), named, given.id)


def _given(context: Context, connection: Connection, row: Row, typed: Typed | None) -> Row | None:
    child = typed and context.lookup.candidates(*typed.key)
    return guardians.given(connection, row.account, child)
