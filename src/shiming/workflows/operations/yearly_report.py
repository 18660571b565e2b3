"""A year's compliance report: what personal data were used for, who of the staff looked, what was erased and when,
incidents, how many faces are stored. Of people it has ids only, and no names of the staff.
"""

from collections import Counter
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection

from shiming.account.standing import midnight
from shiming.errors import BadInput
from shiming.store.operations import figures, yearly
from shiming.workflows.context import Context
from shiming.workflows.privacy.erasure_requests import TOPIC

SIDES = ("live", "test")
HOUR = 3_600_000
MOST = 10_000  # erasures that are listed one by one; all are counted


def report(context: Context, year: int, side: str = "live") -> dict[str, Any]:
    """The whole report of a year, from its first day in China to its last, or to now."""
    period = bounds(year)
    if context.now() < period[0]:
        raise BadInput(f"{year} has not begun yet.")
    with context.database.read() as connection:
        people = figures.faces(connection)
        looked, looks = yearly.staff_looks(connection, period, side)
        searches = Counter(row.action for row in yearly.noted(connection, period, side, yearly.SEARCHED))
        return {
            "year": year, "side": side, "made_at": _time(context.now()), "over": context.now() >= period[1],
            "purposes": yearly.purposes(connection, period, side),
            "staff": {"people": looked, "looks": looks, "searches": dict(searches)},
            "erasures": _erasures(connection, period, side),
            "incidents": _incidents(connection, period, side),
            "faces": {"people": {app: n for app, n in sorted(people.items()) if app.endswith(f".{side}")},
                      "templates": yearly.templates(connection, side)},
        }  # fmt: skip


def bounds(year: int) -> yearly.Period:
    """A year in China: its first millisecond, and the one after its last. Raises BadInput."""
    if not 2000 <= year <= 2200:
        raise BadInput("Name a year such as 2026.")
    return midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))


def _erasures(connection: Connection, period: yearly.Period, side: str) -> dict[str, Any]:
    """Each with its time and, where its holder had asked for it, how long that took."""
    asked = yearly.erasure_wishes(connection, TOPIC, side)
    done = list(yearly.noted(connection, period, side, yearly.ERASED))
    rows = [
        {"what": row.action, "about": row.object, "at": _time(row.at), "by": _kind(row.actor),
         "asked_at": _time(asked[row.object]) if row.object in asked else None} for row in done
    ]  # fmt: skip
    took = [row.at - asked[row.object] for row in done if row.object in asked and row.action == "verification.erased"]
    return {
        "asked": sum(period[0] <= at < period[1] for at in asked.values()),
        "declined": sum(1 for _ in yearly.noted(connection, period, side, (yearly.DECLINED,))),
        "done": dict(Counter(row.action for row in done)),
        "hours": {"median": round(median(took) / HOUR, 1), "longest": round(max(took) / HOUR, 1)} if took else None,
        "items": rows[:MOST], "more": max(0, len(rows) - MOST),
    }  # fmt: skip


def _kind(actor: str) -> str:
    """Whose deed it was: holder, guardian, time …; whoever else works here or for the platform has no name here."""
    kind, known, _ = actor.partition(":")
    return kind if known or actor in ("machine", "time") else "staff"


def _incidents(connection: Connection, period: yearly.Period, side: str) -> list[dict[str, Any]]:
    times: dict[tuple[str, str], list[int]] = {}
    for name, of, at in yearly.alarms(connection, period, side):
        times.setdefault((name, of), []).append(at)
    return [
        {"alarm": name, "of": of, "count": len(at), "first": _time(at[0]), "last": _time(at[-1])}
        for (name, of), at in sorted(times.items())
    ]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
