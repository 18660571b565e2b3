"""Are name and number possible, and are they those on the card?"""

from collections.abc import Iterator
from datetime import date

from shiming.names import BadNumber, IdNumber, possible, usual
from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import Field, Seen


def number_valid(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The number is possible: length, date of birth, check digit; synthetic regions in tests only."""
    if seen.typed is None or seen.typed.vouched:
        return
    try:
        number = IdNumber.parse(seen.typed.number)
    except BadNumber as bad:
        what, facts = f"the number's {bad.why} is not possible", {"number_fault": bad.why}
        yield Finding("number_valid", "number_invalid", what, Piece.IDENTITY, facts=facts)
        return
    if number.birth > today:
        yield Finding("number_valid", "number_invalid", "the date of birth lies ahead", Piece.IDENTITY)
    if number.synthetic and not seen.test_mode:
        yield Finding("number_valid", "number_invalid", "the region code does not exist", Piece.IDENTITY)


def number_on_card(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The number given is the number on the card."""
    read = _read(seen, "number")
    if seen.typed is None or read is None or read.confidence < policy.number_trusted_at:
        return
    if possible(read.text) and possible(seen.typed.number) and read.text != seen.typed.number:
        yield Finding("number_on_card", "document_number_mismatch", "the card shows another number", None, read.box)


def name_on_card(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The name given is the name on the card, wherever the card's characters could be read for certain."""
    read = _read(seen, "name")
    if (
        seen.typed is None
        or seen.typed.vouched
        or read is None
        or (read.confidence < policy.name_trusted_at and not read.doubtful)
    ):
        return
    if _clearly_another(read, seen.typed.name):
        yield Finding("name_on_card", "document_name_mismatch", "the card shows another name", None, read.box)


def _clearly_another(read: Field, typed: str) -> bool:
    """Whether a character that was read for certain differs; rare ones, which models misread, never count."""
    card, given = _folded(read.text), _folded(typed)
    if len(card) != len(given):
        return not read.doubtful
    sure = [i for i in range(len(card)) if i not in read.doubtful]
    return any(card[i] != given[i] for i in sure)


def _folded(name: str) -> str:
    """The name with printed variants of a character made one, dots kept, so that positions stay what they were."""
    return "".join(usual(char) or char for char in name)


def _read(seen: Seen, field: str) -> Field | None:
    return seen.front.fields.get(field) if seen.front else None
