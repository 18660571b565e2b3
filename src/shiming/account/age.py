"""Age as policy uses it: the band that somebody is in, and the days on which the next ones begin.

A birthday begins at midnight in China (standing.day_of). Nothing is kept of the date of birth but the birthdays that
still lie ahead; of an adult, nothing.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

BANDS = (8, 14, 16, 18)
"""Ages that Chinese law ties something to: spending at all, face data, going live, full capacity. Policy uses these."""
_REACHED = "0000-00-00"


@dataclass(frozen=True, slots=True)
class Age:
    """The days on which the ages of BANDS are reached; None for one that was reached when this was written."""

    days: tuple[date | None, ...]

    @classmethod
    def born(cls, birth: date, today: date) -> Self:
        """What is known today of somebody born on `birth`."""
        return cls(tuple(birthday(birth, years) for years in BANDS)).past(today)

    @classmethod
    def read(cls, text: str) -> Self:
        """From `text`. Raises ValueError."""
        return cls(tuple(None if each == _REACHED else date.fromisoformat(each) for each in text.split()))

    @property
    def text(self) -> str:
        """Always of the same length: sealed, a child's age looks like an adult's."""
        return " ".join(day.isoformat() if day else _REACHED for day in self.days)

    def band(self, today: date) -> int:
        """The age at which the band of `today` began: 0, or one of BANDS."""
        return max((years for years in BANDS if self.since(years, today) is None), default=0)

    def since(self, years: int, today: date) -> date | None:
        """The day on which the age of `years` (one of BANDS) is reached; None where it has been by `today`."""
        day = self.days[BANDS.index(years)]
        return day if day and day > today else None

    def changes(self, today: date) -> date | None:
        """The day on which the next band begins; None for adults."""
        return min((day for day in self.days if day and day > today), default=None)

    def past(self, today: date) -> Self:
        """The same without the days that are over."""
        return replace(self, days=tuple(self.since(years, today) for years in BANDS))

    def younger(self, other: "Age") -> bool:
        return _sortable(self) > _sortable(other)


GROWN = Age((None,) * len(BANDS))
"""Somebody who has reached every age that a policy can ask for."""


def birthday(birth: date, years: int) -> date:
    """The day on which that age is reached. Who was born on 29 February has it on 1 March of common years."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def _sortable(age: Age) -> tuple[date, ...]:
    return tuple(day or date.min for day in age.days)
