"""Opens what was kept of a verification and puts it together as one `Seen`."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming.store.account import accounts
from shiming.store.crypto.sealed import Sealer
from shiming.store.support import appeals
from shiming.store.verification import verifications
from shiming.verification.evidence import Piece
from shiming.verification.seen import BankGiven, CardSeen, HandheldSeen, LiveSeen, PhoneGiven, Seen, Typed
from shiming.verification.source_answers import AccountFacts, AuthoritySaid
from shiming.vision.calibration import thresholds
from shiming.workflows import admission, recipients, serialization
from shiming.workflows.context import Context

KIND_OF = {
    Piece.CARD_FRONT: CardSeen,
    Piece.CARD_BACK: CardSeen,
    Piece.FACE: LiveSeen,
    Piece.HANDHELD: HandheldSeen,
    Piece.PHONE: PhoneGiven,
    Piece.BANK: BankGiven,
}
SLOT_OF = {
    Piece.CARD_FRONT: "front",
    Piece.CARD_BACK: "back",
    Piece.FACE: "live",
    Piece.HANDHELD: "handheld",
    Piece.PHONE: "phone",
    Piece.BANK: "bank",
}


def typed(sealer: Sealer, row: Row) -> Typed | None:
    """Name and number as the holder gave them."""
    return serialization.load(Typed, sealer.open(row.id, "typed", row.sealed_typed)) if row.sealed_typed else None


def seen_of(sealer: Sealer, evidence: Row) -> CardSeen | LiveSeen | HandheldSeen | PhoneGiven | BankGiven:
    """What models saw on one piece of evidence, or what was typed as one."""
    piece = Piece(evidence.piece)
    return serialization.load(KIND_OF[piece], sealer.open(evidence.verification, f"seen.{piece}", evidence.sealed_seen))


def facts(sealer: Sealer, appeal: Row) -> dict[str, str]:
    """The facts that an appeal lists; empty where it has none (yet)."""
    sealed = appeal.sealed_facts
    return sealer.open_json(appeals.owner(appeal), "appeal.facts", sealed) if sealed else {}


def authority_said(connection: Connection, sealer: Sealer, row: Row) -> AuthoritySaid | None:
    """What the authority answered in this round, if it was asked and that is known."""
    answer = verifications.authority_answer(connection, row.id, row.round)
    said = answer and answer.sealed_said
    return serialization.load(AuthoritySaid, sealer.open(row.id, "authority", said)) if said else None


def attempts(context: Context, connection: Connection, row: Row) -> Sequence[int]:
    """When the holder's account used attempts in the policy's window, over all its verifications (ms)."""
    since = context.now() - context.policy_of(row).attempts_window_hours * 3_600_000
    return verifications.attempt_times(connection, row.account, since)


def attempts_used(context: Context, connection: Connection, row: Row) -> int:
    """How many these are."""
    return len(attempts(context, connection, row))


def account_facts(connection: Connection, context: Context, row: Row, lock: bool = False) -> AccountFacts:
    """What the account alone says. With `lock`, whoever would change that now waits until the transaction ends."""
    account = accounts.by_id(connection, row.account, lock=lock)
    return AccountFacts(barred=admission.barred(context, connection, account))


def seen(connection: Connection, context: Context, row: Row) -> Seen:
    """All that is known now, except facts about other accounts, which only `conclude` may gather."""
    sealer, policy = context.sealer, context.policy_of(row)
    evidence = verifications.current_evidence(connection, row.id)
    return Seen(
        typed=typed(sealer, row),
        account=account_facts(connection, context, row),
        authority=authority_said(connection, sealer, row),
        level=row.level,
        face_consent=row.face_consent,
        test_mode=row.app.endswith(".test"),
        recipients_gone=recipients.none_named(context, connection, row),
        thresholds=thresholds(*policy.match_rates),
        **{SLOT_OF[Piece(piece)]: seen_of(sealer, piece_row) for piece, piece_row in evidence.items()},
    )
