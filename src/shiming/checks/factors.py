"""Are the phone number and the bank card the holder's own? The carrier and the bank say."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Factors


def phone_is_holders(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The carrier has the phone number on record under this name and this ID number."""
    if seen.phone and _matched(seen):
        yield from _judged("phone_is_holders", "phone_not_holders", seen.authority.phone, Piece.PHONE, "carrier")


def bank_card_is_holders(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The bank has the card on record under this name, this ID number and this phone number."""
    if seen.bank and _matched(seen):
        yield from _judged("bank_card_is_holders", "bank_card_not_holders", seen.authority.bank, Piece.BANK, "bank")


def _matched(seen: Seen) -> bool:
    """Nobody else is asked about a name and a number that do not belong together."""
    return seen.authority is not None and seen.authority.record == "match"


def _judged(check: str, code: str, said: Factors | None, piece: Piece, who: str) -> Iterator[Finding]:
    if said is None:
        yield Finding(check, "authority_unavailable", f"no {who} could answer")
    elif said.differs:
        yield Finding(check, code, f"{who} {said.source} has another {', '.join(said.differs)} on record", piece)
