"""The part of a policy document that says what a capability needs: a level, how recently, an age, permitted hours."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from shiming.account.age import BANDS
from shiming.account.capabilities import Level, Need, Spending
from shiming.account.hours import DAY, WEEKDAYS, Hours
from shiming.risk.features import Feature
from shiming.risk.text_positions import Located

AGES = ("min_age", "guardian_until", "hours_until")
NUMBERS = ("within_days", *AGES)
MOST_DAYS = 1000
_SPAN = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")


class CapabilityTable(Located):
    """Reads `[capabilities]`: `withdraw = "standard"`, or `live = {level = …, within_days = …, min_age = …}`, and
    `[calendars]`: `minors = {weekdays = ["fri"], hours = ["20:00-21:00"], holidays = [2026-10-01], closed = […]}`."""

    hours: Mapping[str, Hours]
    features: Mapping[str, Feature]

    def calendars(self) -> dict[str, Hours]:
        return {name: self.calendar(("calendars", name), row) for name, row in self.tables("calendars").items()}

    def calendar(self, path: tuple[str, ...], row: Mapping) -> Hours:
        self.known(path, row, ("weekdays", "hours", "holidays", "closed"), "entry")
        weekdays = self.words(path, row, "weekdays", [])
        self.known((*path, "weekdays"), weekdays, WEEKDAYS, "weekday")
        spans = tuple(self.span((*path, "hours"), text) for text in self.words(path, row, "hours"))
        if any(after[0] < before[1] for before, after in pairwise(spans)):
            raise self.wrong((*path, "hours"), "must be in order and apart.")
        holidays, closed = (self.days(path, row, own) for own in ("holidays", "closed"))
        return Hours(frozenset(map(WEEKDAYS.index, weekdays)), spans, holidays, closed)

    def span(self, path: tuple[str, ...], text: str) -> tuple[int, int]:
        """Minutes after midnight."""
        found = _SPAN.fullmatch(text)
        start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3)) if found else (0, 0)
        if not start < end <= DAY:
            raise self.wrong(path, "write 20:00-21:00; a night has two: 00:00-06:00 and 22:00-24:00.")
        return start, end

    def days(self, path: tuple[str, ...], row: Mapping, name: str) -> frozenset[date]:
        given = self.get(path, row, name, list, [])
        if len(given) > MOST_DAYS or any(isinstance(day, datetime) or not isinstance(day, date) for day in given):
            raise self.wrong((*path, name), f"must be at most {MOST_DAYS} dates such as 2026-10-01, without quotes.")
        return frozenset(given)

    def capabilities(self) -> dict[str, Need]:
        given = self.get((), self.given, "capabilities", dict).items()
        return {name: self.need(name, row if isinstance(row, dict) else {"level": row}) for name, row in given}

    def need(self, name: str, row: Mapping) -> Need:
        path, levels = ("capabilities", name), [str(level) for level in Level]
        self.known(path, row, ("level", *NUMBERS, "hours", "spending"), "entry")
        self.known(path, [self.get(path, row, "level", str)], levels, "level")
        for own in NUMBERS:
            self.bounded(path, row.get(own))
        numbers = {own: self.get(path, row, own, int) for own in NUMBERS if own in row}
        need = Need(row["level"], **numbers, hours=self.hours_of(path, row), spending=self.spending(path, row))
        self.within((*path, "within_days"), need.within_days)
        self.ages(path, row, need)
        return need

    def spending(self, path: tuple[str, ...], row: Mapping) -> tuple[Spending, ...]:
        limits = tuple(self.limit_for((*path, "spending"), each) for each in self.get(path, row, "spending", list, []))
        if any(before.until >= after.until for before, after in pairwise(limits)):
            raise self.wrong((*path, "spending"), "write the limits in the order of their `until`, each age once.")
        return limits

    def limit_for(self, path: tuple[str, ...], row: Any) -> Spending:
        if not isinstance(row, dict):
            raise self.wrong(path, "is a list of {until = 16, once = 5000, most = 20000, feature = …}, in cents.")
        self.known(path, row, ("until", "once", "most", "feature"), "entry")
        until, once, most = (self.get(path, row, own, int) for own in ("until", "once", "most"))
        if until not in BANDS or once < 0 or most < 0:
            raise self.wrong(path, f"`until` is one of {', '.join(map(str, BANDS))}; amounts are cents, none below 0.")
        sums = [own for own, feature in self.features.items() if feature.kind == "sum" and feature.by == "account"]
        self.known(path, [feature := self.get(path, row, "feature", str)], sums, "sum by account")
        return Spending(until, once, most, feature)

    def hours_of(self, path: tuple[str, ...], row: Mapping) -> Hours | None:
        if ("hours" in row) != ("hours_until" in row):
            raise self.wrong((*path, "hours"), "`hours` names a calendar, `hours_until` the age until which it binds.")
        if "hours" not in row:
            return None
        self.known((*path, "hours"), [name := self.get(path, row, "hours", str)], self.hours, "calendar")
        return self.hours[name]

    def ages(self, path: tuple[str, ...], row: Mapping, need: Need) -> None:
        """An age is one at which a band begins, and is known of verified holders only."""
        for own in AGES:
            if own in row and row[own] not in BANDS:
                raise self.wrong((*path, own), f"must be one of {', '.join(map(str, BANDS))}: no other age is kept.")
        if need.grown and need.level == Level.NONE:
            raise self.wrong((*path, "level"), "an age is known of verified holders only: ask for 'basic' or more.")
        for own in ("guardian_until", "hours_until"):
            if own in row and row[own] <= need.min_age:
                raise self.wrong((*path, own), "must be later than min_age, from which age the holder may.")
