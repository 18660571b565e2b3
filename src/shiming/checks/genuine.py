"""Is it the card itself that was photographed, and a card that is accepted? Signs refer to a person; none rejects."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import CardKind, CardSeen, Seen


def accepted_kind(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The card is a resident ID card of the second generation, not a temporary or an old one."""
    for piece, card in _cards(seen):
        if card.kind is not CardKind.RESIDENT:
            facts = {"card_kind": card.kind}
            yield Finding("accepted_kind", "document_not_accepted", f"a {card.kind} card", piece, facts=facts)


def card_itself(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The picture is a photo of the card itself, not of a copy or a screen, and nothing on it was changed."""
    for piece, card in _cards(seen):
        if card.kind is CardKind.RESIDENT:
            yield from (Finding.of_flaw("card_itself", sign, piece) for sign in card.signs)


def one_photo(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Holder and card of the hand-held photo were photographed together, not put together from two pictures."""
    signs = seen.handheld.signs if seen.handheld else ()
    yield from (Finding.of_flaw("one_photo", sign, Piece.HANDHELD) for sign in signs)


def _cards(seen: Seen) -> list[tuple[Piece, CardSeen]]:
    both = (Piece.CARD_FRONT, seen.front), (Piece.CARD_BACK, seen.back)
    return [(piece, card) for piece, card in both if card is not None]
