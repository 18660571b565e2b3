"""What was handed in for a verification, taken over into an appeal against its decision: nobody does it twice.

Only what is in order by itself, and only what the package still lacks. The picture stays where it lies: an appeal's
pieces are sealed under its verification's key, and end with it.
"""

from sqlalchemy import Connection, Row

from shiming.reasons import AppealPiece
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.support import appeals as rules
from shiming.support.appeals import MACHINE
from shiming.verification.evidence import Piece
from shiming.verification.states import State
from shiming.workflows import loading
from shiming.workflows.context import Context
from shiming.workflows.support import appeals
from shiming.workflows.verification import face_admission

FROM = {
    AppealPiece.HANDHELD_FRONT: Piece.HANDHELD, AppealPiece.CARD_FRONT: Piece.CARD_FRONT,
    AppealPiece.CARD_BACK: Piece.CARD_BACK,
}  # fmt: skip
"""The pieces of a package that are the same as one of a verification."""


def offered(context: Context, connection: Connection, row: Row) -> list[str]:
    """What of an appeal's package need not be handed in again. `facts`: name and number need not be typed."""
    about = _verification(connection, row)
    if about is None:
        return []
    typed = loading.typed(context.sealer, about) if _lacks(row, AppealPiece.FACTS) else None
    facts = [AppealPiece.FACTS] if typed and not typed.vouched else []
    return [*_pictures(context, connection, row), *facts]


def take_over(context: Context, app: str, id: str) -> Row:
    """Add all pictures that are offered."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, id, lock=True)
        MACHINE.move(row.state, "add")
        face_admission.admit_to_appeal(context, connection, row)
        found = _pictures(context, connection, row) if _verification(connection, row) else {}
        for piece, key in found.items():
            row = appeal_rows.appeal(connection, app, id)
            appeal_rows.add_to_appeal(connection, row, piece, key, rules.noted(row.seen.get(piece, {}), ()))
        return appeal_rows.appeal(connection, app, id)


def with_typed(context: Context, app: str, id: str, facts: dict[str, str]) -> dict[str, str]:
    """The facts with name and number as they were typed for the verification, where it has any."""
    with context.database.read() as connection:
        about = _verification(connection, appeal_rows.appeal(connection, app, id))
    typed = loading.typed(context.sealer, about) if about else None
    return facts | {"name": typed.name, "number": typed.number} if typed and not typed.vouched else facts


def _verification(connection: Connection, row: Row) -> Row | None:
    """What a collecting appeal is against, where that still has its evidence."""
    if row.verification is None or row.state != "collecting":
        return None
    about = verifications.get(connection, row.app, row.verification)
    return None if about.state == State.ERASED else about


def _pictures(context: Context, connection: Connection, row: Row) -> dict[str, str]:
    """The pictures that the package lacks and the verification has in order: piece → where it lies."""
    kept = verifications.current_evidence(connection, row.verification)
    found = {}
    for piece, source in FROM.items():
        if source in kept and kept[source].files and _lacks(row, piece):
            seen = loading.seen_of(context.sealer, kept[source])
            if not appeals.flaws(context, row, {loading.SLOT_OF[source]: seen}):
                found[piece] = kept[source].files["clean"]
    return found


def _lacks(row: Row, piece: str) -> bool:
    """Whether the package must hold this, and has none that can be used."""
    wanted = piece in rules.required(row.codes)
    return wanted and (piece not in row.pieces or piece in rules.unusable(row.seen))
