"""A simulated bank. It answers by the four digits of the card before its check digit.

0001: the card is in another name; 0002: with another ID number; 0003: another phone number was left with the bank;
0004: there is no such card; 0404 is never answered, 0406 by a second source only. Every other card is the holder's own.
"""

from shiming.providers.contracts import Factors, Unavailable

ANSWERS = {
    "0001": (False, True, True, True),
    "0002": (True, False, True, True),
    "0003": (True, True, False, True),
    "0004": (False, False, False, False),
}


class Simulated:
    """Speaks the `Bank` contract. `first` marks the one that is down for cards with 0406."""

    simulated = True

    def __init__(self, name: str, first: bool = True):
        self.name = name
        self.first = first

    def check(self, name: str, number: str, phone: str, card: str) -> Factors:
        told = card[-5:-1]
        if told == "0404" or (told == "0406" and self.first):
            raise Unavailable(f"{self.name} does not answer (simulated).")
        return Factors(*ANSWERS.get(told, (True, True, True, True)))
