"""What became of the holds that a rule opened: how often it was right, as far as people have looked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

FATES = ("open", "stood", "cleared", "upheld", "overturned", "rolled_back")
"""`stood`: met by the holder, or an appeal was turned down. `upheld`: lifted by an appeal. `overturned`: by a reviewer.

`cleared`: the review that the hold itself asked for found nothing. `rolled_back`: with its version.
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a rule: holds by their fate."""

    rule: str
    version: str
    fates: Counter[str]

    @property
    def opened(self) -> int:
        return self.fates.total()

    @property
    def precision(self) -> float | None:
        """Of the holds that stood or were found wrong, the share that stood; None while nobody knows of any."""
        right, wrong = self.fates["stood"], self.fates["upheld"] + self.fates["overturned"]
        return round(right / (right + wrong), 4) if right + wrong else None


def records(counted: Iterable[tuple[str, str, str, int]]) -> list[Record]:
    """Rows of (rule, version, fate, count) put together: one record for each version of each rule, most holds first."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for rule, version, fate, count in counted:
        found.setdefault((rule, version), Counter())[fate] += count
    made = [Record(rule, version, fates) for (rule, version), fates in found.items()]
    return sorted(made, key=lambda r: (-r.opened, r.rule, r.version))
