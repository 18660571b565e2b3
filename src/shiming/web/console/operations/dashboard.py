"""The operator's dashboards, in figures: as JSON to draw, as CSV to take away, each number with what it stands for."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection

from shiming.review import precision, quality
from shiming.store.review import cases, dashboard, drilldown, quality_counts
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("figures.read"))]


@router.get("/figures")
def read(person: Reads, request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30,
         form: csv_export.Form = "json") -> Any:  # fmt: skip
    """Outcomes by day, first-pass rate, reasons, drop-outs, backlog, appeals, rules, authority; `form=csv` as a sheet.

    Each number's `cases` is where the rows are that it counts.
    """
    context = context_of(request)
    with context.database.read() as connection:
        found = _figures(connection, person.app, days, context.now())
    return {"days": days, **found} if form == "json" else csv_export.numbers(f"{days}-days", found)


def _figures(connection: Connection, app: str, days: int, now: int) -> dict[str, Any]:
    since = now - days * dashboard.DAY
    return {**_verifications(connection, app, days, since, now), **_people(connection, app, days, since, now),
            **_authority(connection, app, days, since)}  # fmt: skip


def _verifications(connection: Connection, app: str, days: int, since: int, now: int) -> dict[str, Any]:
    rows = dashboard.judged(connection, app, since)
    left = dashboard.drop_outs(connection, app, since, now - dashboard.DAY)
    outcomes: Counter[tuple] = Counter()
    for row in rows:
        outcomes[row.day, row.outcome, bool(row.person)] += row.count
    firsts = [row for row in rows if row.at_first and row.outcome != "WAIT"]
    judged, passed = (sum(row.count for row in of) for of in (firsts, [r for r in firsts if r.outcome == "PASS"]))
    return {
        "outcomes": [{"day": _day(day), "outcome": outcome.lower(), "by": "person" if person else "machine",
                      "count": count, "cases": _link("judgements", days, day=_day(day), outcome=outcome.lower(),
                                                     person=person)}
                     for (day, outcome, person), count in outcomes.items() if outcome != "WAIT"],
        "authority_waits": [{"count": sum(row.count for row in rows if row.outcome == "WAIT"),
                             "cases": _link("judgements", days, outcome="wait")}],
        "first_pass": [{"judged": judged, "passed": passed, "rate": round(passed / judged, 4) if judged else None,
                        "cases": _link("judgements", days, first=True)}],
        "reasons": [{"code": code, "count": count, "cases": _link("judgements", days, code=code)}
                    for code, count in dashboard.reasons(connection, app, since).most_common()],
        "drop_outs": [{"after": piece, "count": count, "cases": _link("drop_outs", days, after=piece)}
                      for piece, count in left.most_common()],
    }  # fmt: skip


def _people(connection: Connection, app: str, days: int, since: int, now: int) -> dict[str, Any]:
    """What waits for people, what they overturned, and whose fault it was."""
    answered = quality_counts.answered_appeals(connection, app, since)
    overturned = quality.overturned((a.codes, a.state == "upheld") for a in answered).items()
    kept = precision.records(map(tuple, drilldown.rules(connection, app, since)))
    return {
        "backlog": [{"kind": r.kind, "senior": bool(r.senior), "count": r.cases, "late": r.late,
                     "oldest": views.time(r.oldest),
                     "cases": _link("backlog", days, kind=r.kind, senior=bool(r.senior))}
                    for r in cases.waiting(connection, app, now)],
        "appeals": [{"state": state, "count": count, "cases": _link("appeals", days, state=state)}
                    for state, count in sorted(dashboard.appealed(connection, app, since).items())],
        "overturned": [{"code": code, **asdict(o), "rate": o.rate,
                        "cases": _link("appeals", days, code=code, answered=True)} for code, o in overturned],
        "wrong": [{"what": what, "count": count, "cases": _link("appeals", days, wrong=what, answered=True)}
                  for what, count in Counter(a.wrong for a in answered if a.wrong).most_common()],
        "rules": [_rule(r, days) for r in kept],
    }  # fmt: skip


def _authority(connection: Connection, app: str, days: int, since: int) -> dict[str, Any]:
    return {
        "authority": [{"day": _day(r.day), "asked": r.asked, "calls": int(r.calls),
                       "yuan": round(int(r.cost or 0) / 10_000, 4), "cases": _link("authority", days, day=_day(r.day))}
                      for r in dashboard.authority(connection, app, since)],
    }  # fmt: skip


def _rule(record: precision.Record, days: int) -> dict[str, Any]:
    """A version of a rule: its holds by fate, each fate with its own rows behind it."""
    named = {"rule": record.rule, "version": record.version}
    fates = {fate: record.fates[fate] for fate in precision.FATES}
    links = {fate: _link("rules", days, **named, fate=fate) for fate, count in fates.items() if count}
    return {**named, "opened": record.opened, **fates, "precision": record.precision,
            "cases": _link("rules", days, **named), "behind": links}  # fmt: skip


def _link(figure: str, days: int, **which: Any) -> str:
    """Where the rows are that a number counts."""
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in which.items()}
    return f"/console/api/behind/{figure}?{urlencode({'days': days, **plain})}"


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(number))).isoformat()
