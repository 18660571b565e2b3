"""Hours in which something is permitted, as data: spans of the day, on weekdays and holidays. All times are China's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD = 400  # days in which the next opening is looked for
DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """When something is open: from and to in minutes after midnight, in order and apart, on these `weekdays` (0:
    Monday) and `holidays`, and not on the days of `closed`."""

    weekdays: frozenset[int]
    spans: tuple[tuple[int, int], ...]
    holidays: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()

    def on(self, day: date) -> bool:
        return day not in self.closed and (day.weekday() in self.weekdays or day in self.holidays)

    def until(self, at: datetime) -> datetime | None:
        """Until when it is open, of a time at which it is; None: it is closed then, or never closes."""
        end = None
        for start, over in self._spans(at.date()):
            if start > (end or at):
                break
            if (end or at) < over:
                end = over
        return end

    def opens(self, at: datetime) -> datetime | None:
        """The next opening after a time at which it is closed; None: none within AHEAD days."""
        return next((start for start, _ in self._spans(at.date()) if start > at), None)

    def _spans(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        for day in (first + timedelta(n) for n in range(AHEAD)):
            if self.on(day):
                midnight = datetime.combine(day, time())
                yield from ((midnight + timedelta(minutes=a), midnight + timedelta(minutes=b)) for a, b in self.spans)
