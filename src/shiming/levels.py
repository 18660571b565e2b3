"""What each level asks for, and the next step. No current page is stored: the step follows from level and evidence."""

from collections.abc import Iterable

from shiming.account.capabilities import Level
from shiming.policy import Policy
from shiming.verification.evidence import Piece

__all__ = ["Level", "ends_with_a_person", "missing", "needs"]


def needs(level: str, face_consent: bool | None, policy: Policy, known: bool = False) -> tuple[Piece, ...]:
    """The pieces that `level` asks for, in the order in which a holder is asked.

    `face_consent` None: not answered yet. False takes the route without face recognition: the hand-held photo and a
    person who looks. `known`: the account has its person already; standard asks only newcomers for the hand-held photo.
    """
    factors = tuple(piece for piece in (Piece.PHONE, Piece.BANK) if piece in policy.factors_at.get(level, ()))
    if level == Level.BASIC:
        return (Piece.IDENTITY, *factors)
    card = (Piece.CONSENT, Piece.CARD_FRONT, Piece.CARD_BACK, Piece.IDENTITY)
    if face_consent is False:
        return (*card, *factors, Piece.HANDHELD)
    asked = level in policy.handheld_at and not (known and level == Level.STANDARD)
    handheld = (Piece.HANDHELD,) if asked else ()
    return (*card, *factors, *handheld, Piece.FACE)


def missing(needed: Iterable[Piece], present: Iterable[Piece]) -> tuple[Piece, ...]:
    """What is still to be handed in, next step first."""
    have = set(present)
    return tuple(piece for piece in needed if piece not in have)


def ends_with_a_person(face_consent: bool | None, level: str) -> bool:
    """Whether the machine alone may never approve: the route without face recognition always ends with a person."""
    return level != Level.BASIC and face_consent is not True
