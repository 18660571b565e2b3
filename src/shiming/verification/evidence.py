"""What a holder can hand in."""

from enum import StrEnum


class Piece(StrEnum):
    """One piece of evidence. A reason names the pieces to redo; everything else that was handed in stays valid."""

    CARD_FRONT = "card_front"  # the side with the portrait
    CARD_BACK = "card_back"  # the side with the emblem and the validity
    FACE = "face"  # a timed sequence of frames answering a challenge
    HANDHELD = "handheld"  # the holder holding the card, face and card in one picture
    IDENTITY = "identity"  # name and ID number, typed or confirmed
    CONSENT = "consent"  # the separate consent to the use of face data
    PHONE = "phone"
    BANK = "bank"
