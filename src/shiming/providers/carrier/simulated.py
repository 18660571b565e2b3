"""A simulated carrier. It answers by the phone number that is typed.

One that ends in 0001 is registered under another name, 0002 with another ID number, 0003 to somebody else altogether
(all three differ). 0004 is not on record, 0005 of a range that it does not cover; of 0006 it says that name and number
do not belong together, of 0007 that something differs, not what. 0404 is never answered, 0405 not the first time, 0406
by a second source only. Every other phone number is the holder's own.
"""

from collections import Counter

from shiming.providers.contracts import Answer, Factors, Unavailable

ANSWERS = {
    "0001": Factors(False, True, True), "0002": Factors(True, False, True), "0003": Factors(False, False, False),
    "0004": Factors.untold("no_record"), "0005": Factors.untold("unsupported"),
    "0006": Factors.untold("record_mismatch"), "0007": Factors.untold("mismatch"),
}  # fmt: skip


class Simulated:
    """Speaks the `Carrier` contract. `first` marks the one that is down for phone numbers ending in 0406."""

    simulated = True

    def __init__(self, name: str, first: bool = True):
        self.name = name
        self.first = first
        self._asked: Counter[str] = Counter()

    def check(self, name: str, number: str, phone: str) -> Answer[Factors]:
        self._asked[phone] += 1
        ending = phone[-4:]
        if ending == "0404" or (ending == "0405" and self._asked[phone] == 1) or (ending == "0406" and self.first):
            raise Unavailable(f"{self.name} does not answer (simulated).")
        said = ANSWERS.get(ending, Factors.all_same())
        free = said.outcome in ("no_record", "unsupported")
        return Answer(said, f"{self.name}-{self._asked.total()}", not free, "simulated", ending)
