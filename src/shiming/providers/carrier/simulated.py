"""A simulated carrier. It answers by the phone number that is typed.

One that ends in 0001 is registered under another name, 0002 with another ID number, 0003 to somebody else altogether
(all three differ). 0404 is never answered, 0405 not the first time, 0406 by a second source only. Every other phone
number is the holder's own.
"""

from collections import Counter

from shiming.providers.contracts import Factors, Unavailable

ANSWERS = {"0001": (False, True, True), "0002": (True, False, True), "0003": (False, False, False)}


class Simulated:
    """Speaks the `Carrier` contract. `first` marks the one that is down for phone numbers ending in 0406."""

    simulated = True

    def __init__(self, name: str, first: bool = True):
        self.name = name
        self.first = first
        self._asked: Counter[str] = Counter()

    def check(self, name: str, number: str, phone: str) -> Factors:
        self._asked[phone] += 1
        ending = phone[-4:]
        if ending == "0404" or (ending == "0405" and self._asked[phone] == 1) or (ending == "0406" and self.first):
            raise Unavailable(f"{self.name} does not answer (simulated).")
        return Factors(*ANSWERS.get(ending, (True, True, True)))
