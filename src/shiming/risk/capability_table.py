"""The part of a policy document that says what a capability needs: a level, how recently, an age."""

from collections.abc import Mapping

from shiming.account.age import BANDS
from shiming.account.capabilities import Level, Need
from shiming.risk.text_positions import Located

NUMBERS = ("within_days", "min_age", "guardian_until")


class CapabilityTable(Located):
    """Reads `[capabilities]`: `withdraw = "standard"`, or `live = {level = …, within_days = …, min_age = …}`."""

    def capabilities(self) -> dict[str, Need]:
        given = self.get((), self.given, "capabilities", dict).items()
        return {name: self.need(name, row if isinstance(row, dict) else {"level": row}) for name, row in given}

    def need(self, name: str, row: Mapping) -> Need:
        path, levels = ("capabilities", name), [str(level) for level in Level]
        self.known(path, row, ("level", *NUMBERS), "entry")
        self.known(path, [self.get(path, row, "level", str)], levels, "level")
        for own in NUMBERS:
            self.bounded(path, row.get(own))
        need = Need(row["level"], **{own: self.get(path, row, own, int) for own in NUMBERS if own in row})
        self.within((*path, "within_days"), need.within_days)
        self.ages(path, row, need)
        return need

    def ages(self, path: tuple[str, ...], row: Mapping, need: Need) -> None:
        """An age is one at which a band begins, and is known of verified holders only."""
        for own in ("min_age", "guardian_until"):
            if own in row and row[own] not in BANDS:
                raise self.wrong((*path, own), f"must be one of {', '.join(map(str, BANDS))}: no other age is kept.")
        if need.grown and need.level == Level.NONE:
            raise self.wrong((*path, "level"), "an age is known of verified holders only: ask for 'basic' or more.")
        if need.guardian_until and need.guardian_until <= need.min_age:
            raise self.wrong((*path, "guardian_until"), "must be later than min_age, from which age the holder may.")
