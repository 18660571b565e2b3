"""A simulated bank. It answers by the four digits of the card before its check digit.

0001: the card is in another name; 0002: with another ID number; 0003: another phone number was left with the bank;
0004: all of it differs. 0005: there is no such card; 0006: of a bank that is not covered; 0007: reported lost; 0008: no
phone number was left with the bank; 0009: something differs, not told what. 0404 is never answered, 0406 by a second
source only. Every other card is the holder's own.
"""

from shiming.providers.contracts import Answer, Factors, Unavailable

ANSWERS = {
    "0001": Factors(False, True, True, True), "0002": Factors(True, False, True, True),
    "0003": Factors(True, True, False, True), "0004": Factors(False, False, False, False),
    "0005": Factors.untold("no_record"), "0006": Factors.untold("unsupported"),
    "0007": Factors.untold("card_problem", "lost"), "0008": Factors.untold("card_problem", "no_phone"),
    "0009": Factors.untold("mismatch"),
}  # fmt: skip


class Simulated:
    """Speaks the `Bank` contract. `first` marks the one that is down for cards with 0406."""

    simulated = True

    def __init__(self, name: str, first: bool = True):
        self.name = name
        self.first = first

    def check(self, name: str, number: str, phone: str, card: str) -> Answer[Factors]:
        told = card[-5:-1]
        if told == "0404" or (told == "0406" and self.first):
            raise Unavailable(f"{self.name} does not answer (simulated).")
        return Answer(ANSWERS.get(told, Factors.all_same()), charged=told != "0005", provenance="simulated", code=told)
