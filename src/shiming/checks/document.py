"""Is the card there, whole, readable, in date and free of contradictions?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from shiming.names import LONG_TERM, IdNumber, begins_at_a_place, possible
from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import CARD_FIELDS, CardKind, CardSeen, Field, Seen, Side

VALIDITY = ("valid_until", "valid_from")


def front_readable(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The front shows one card with its portrait side, and its number, its name and its portrait can be made out."""
    card = seen.front
    if card is None or card.kind is not CardKind.RESIDENT:
        return
    name, piece = "front_readable", Piece.CARD_FRONT
    wrong = list(_not_one_card(name, piece, card, Side.FRONT))
    yield from wrong
    if wrong:
        return
    number = card.fields.get("number")
    lost = [field for field in ("number", "name") if field not in card.fields]
    if number is not None and (number.confidence < policy.number_trusted_at or not possible(number.text)):
        lost.append("number")
    if card.portrait is None and not card.portrait_found and seen.face_consent:
        lost.append("portrait")
    yield from _unreadable(name, piece, card, lost)


def back_readable(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The back shows one card with its emblem side, and its period of validity can be made out."""
    card = seen.back
    if card is None or card.kind is not CardKind.RESIDENT:
        return
    name, piece = "back_readable", Piece.CARD_BACK
    wrong = list(_not_one_card(name, piece, card, Side.BACK))
    yield from wrong
    if not wrong:
        yield from _unreadable(name, piece, card, [f for f in ("valid_until",) if f not in card.fields])


def genuine_for_mode(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Specimen cards are for tests: in live mode they are refused."""
    if not seen.test_mode and any(card and card.specimen for card in (seen.front, seen.back)):
        yield Finding("genuine_for_mode", "specimen_refused", "the card is marked as a specimen", Piece.CARD_FRONT)


def consistent(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Date of birth and sex printed on the card are those that its number says."""
    fields = seen.front.fields if seen.front else {}
    if "number" not in fields or not possible(fields["number"].text):
        return
    number = IdNumber.parse(fields["number"].text)
    said = {"birth": number.birth.isoformat(), "sex": number.sex}
    for field, expected in said.items():
        read = fields.get(field)
        if read and read.confidence >= policy.name_trusted_at and read.text != expected:
            yield Finding(
                "consistent", "document_inconsistent", f"{field} and number disagree", Piece.CARD_FRONT, read.box
            )


def in_date(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The card is valid today; a person looks where it is so only by days that its holder has corrected."""
    until, start = map(seen.on_back, VALIDITY)
    if until and until.text != LONG_TERM and date.fromisoformat(until.text) < today:
        yield Finding("in_date", "document_expired", "its last day has passed", None, until.box)
    elif start and date.fromisoformat(start.text) > today:
        yield Finding("in_date", "document_inconsistent", "its first day has not come", Piece.CARD_BACK, start.box)
    elif disputed := [name for name in VALIDITY if seen.on_back(name) != (seen.back and seen.back.fields.get(name))]:
        what, box = f"the holder reads {' and '.join(disputed)} otherwise", seen.on_back(disputed[0]).box
        yield Finding("in_date", "validity_disputed", what, Piece.CARD_BACK, box)


def to_confirm(card: CardSeen, policy: Policy) -> tuple[str, ...]:
    """The fields of a side that its holder would have to confirm: absent, doubted, or not read surely enough; of a
    card whose number belongs to a place, an address too that begins at none.
    """
    unsure = {name for name in CARD_FIELDS[card.side] if not _trusted(name, card.fields.get(name), policy)}
    if card.region and "address" in card.fields and not begins_at_a_place(card.fields["address"].text):
        unsure.add("address")
    return tuple(name for name in CARD_FIELDS[card.side] if name in unsure)


def _trusted(name: str, field: Field | None, policy: Policy) -> bool:
    least = policy.number_trusted_at if name == "number" else policy.name_trusted_at
    return field is not None and not field.doubt and not field.doubtful and field.confidence >= least


def _not_one_card(check: str, piece: Piece, card: CardSeen, side: Side) -> Iterator[Finding]:
    if card.cards > 1:
        yield Finding(check, "several_cards", f"{card.cards} cards in one picture", piece)
    elif card.side is Side.NONE:
        causes = [flaw for flaw in card.flaws if flaw.code != "document_unreadable"]
        yield from _flaws(check, piece, replace(card, flaws=tuple(causes)))
        if not causes:
            yield Finding(check, "card_not_found", "no card in the picture", piece)
    elif card.side is not side:
        yield Finding(check, "wrong_side", f"the {card.side} instead of the {side}", piece)


def _unreadable(check: str, piece: Piece, card: CardSeen, lost: list[str]) -> Iterator[Finding]:
    """A flaw matters only where something that we need was lost to it; a card that reads well is never sent back."""
    if lost and card.flaws:
        yield from _flaws(check, piece, card)
    elif lost:
        yield Finding(check, "document_unreadable", f"could not make out: {', '.join(lost)}", piece)


def _flaws(check: str, piece: Piece, card: CardSeen) -> Iterator[Finding]:
    return (Finding.of_flaw(check, flaw, piece) for flaw in card.flaws)
