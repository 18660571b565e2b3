"""Are the phone number and the bank card the holder's own? The carrier and the bank say."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Factors

CODES = {
    Piece.PHONE: {
        "mismatch": "phone_not_holders", "record_mismatch": "name_number_mismatch", "no_record": "phone_not_on_record",
        "unsupported": "phone_unsupported", "card_problem": "phone_unsupported",
    },
    Piece.BANK: {
        "mismatch": "bank_card_not_holders", "record_mismatch": "name_number_mismatch",
        "no_record": "bank_card_not_on_record", "unsupported": "bank_card_unsupported",
        "card_problem": "bank_card_unusable",
    },
}  # fmt: skip


def phone_is_holders(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The carrier has the phone number on record under this name and this ID number."""
    if seen.phone and _matched(seen):
        yield from _judged("phone_is_holders", seen, seen.authority.phone, Piece.PHONE, "carrier")


def bank_card_is_holders(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The bank has the card on record under this name, this ID number and this phone number."""
    if seen.bank and _matched(seen):
        yield from _judged("bank_card_is_holders", seen, seen.authority.bank, Piece.BANK, "bank")


def _matched(seen: Seen) -> bool:
    """Nobody else is asked about a name and a number that do not belong together."""
    return seen.authority is not None and seen.authority.record == "match"


def _judged(check: str, seen: Seen, said: Factors | None, piece: Piece, who: str) -> Iterator[Finding]:
    if said is None:
        yield Finding(check, seen.authority.silent, f"no {who} could answer")
    elif said.outcome != "match":
        code, differs = CODES[piece][said.outcome], ", ".join(said.differs)
        what = f"has another {differs} on record" if differs else f"says: {said.outcome}"
        facts = {"card_problem": said.problem or "abnormal"} if said.problem else {}
        lies_on = None if said.outcome == "record_mismatch" else piece
        yield Finding(check, code, f"{who} {said.source or '(none)'} {what}", lies_on, facts=facts)
