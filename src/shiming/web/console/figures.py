"""The operator's dashboards, in figures: as JSON to draw, as CSV to take away, each number with what it stands for."""

import csv
import io
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from shiming.review import quality
from shiming.store import cases, dashboard, figures
from shiming.web.access import parts_of
from shiming.web.api import views
from shiming.web.console.access import Person, may

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("figures.read"))]
LINK = "/console/api/judgements"
Code = Annotated[str | None, Field(pattern="^[a-z_]{3,60}$")]


@router.get("/figures")
def read(person: Reads, request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30,
         form: Literal["json", "csv"] = "json") -> Any:  # fmt: skip
    """Outcomes by day, first-pass rate, reasons, drop-outs, backlog, appeals, authority; `form=csv` to take away."""
    parts = parts_of(request)
    since = parts.now() - days * dashboard.DAY
    with parts.database.read() as connection:
        found = _figures(connection, person.app, since, parts.now())
    if form == "json":
        return {"days": days, **found}
    return Response(_csv(found), media_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="shiming-{days}-days.csv"'})  # fmt: skip


def _figures(connection: Connection, app: str, since: int, now: int) -> dict[str, Any]:
    judged, passed = dashboard.first_pass(connection, app, since)
    answers = [(a.codes, a.state == "upheld") for a in figures.answered_appeals(connection, app, since)]
    left = dashboard.drop_outs(connection, app, since, now - dashboard.DAY)
    overturned = quality.overturned(answers).items()
    return {
        "outcomes": [{"day": _day(r.day), "outcome": r.outcome.lower(), "by": "person" if r.person else "machine",
                      "count": r.count, "cases": f"{LINK}?day={_day(r.day)}&outcome={r.outcome.lower()}"}
                     for r in dashboard.outcomes(connection, app, since)],
        "first_pass": [{"judged": judged, "passed": passed, "rate": round(passed / judged, 4) if judged else None}],
        "reasons": [{"code": code, "count": count, "cases": f"{LINK}?code={code}"}
                    for code, count in dashboard.reasons(connection, app, since).most_common()],
        "drop_outs": [{"after": piece, "count": count}
                      for piece, count in left.most_common()],
        "backlog": [{"kind": r.kind, "senior": r.senior, "count": r.cases, "late": r.late,
                     "oldest": views.time(r.oldest), "cases": f"/console/api/cases?kind={r.kind}"}
                    for r in cases.waiting(connection, app, now)],
        "appeals": [{"state": state, "count": count}
                    for state, count in sorted(dashboard.answered(connection, app, since).items())],
        "overturned": [{"code": code, **asdict(o), "rate": o.rate} for code, o in overturned],
        "authority": [{"day": _day(r.day), "asked": r.asked, "calls": int(r.calls)}
                      for r in dashboard.authority(connection, app, since)],
        "authority_waits": [{"count": dashboard.outages(connection, app, since), "cases": f"{LINK}?outcome=wait"}],
    }  # fmt: skip


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(number))).isoformat()


def _csv(found: dict[str, Any]) -> str:
    """One line per number: what it is of, then name and value of each of its fields."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["figure", "of", "field", "value"])
    for figure, rows in found.items():
        for row in rows:
            names = [str(value) for name, value in row.items() if isinstance(value, str) and name != "cases"]
            for name, value in row.items():
                if not isinstance(value, str):
                    writer.writerow([figure, " ".join(names), name, "" if value is None else value])
    return out.getvalue()


@router.get("/judgements")
def behind(person: Reads, request: Request, day: date | None = None,
           outcome: Literal["pass", "wait", "ask_again", "refer", "reject"] | None = None, code: Code = None,
           after: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict:  # fmt: skip
    """What a number stands for: judgements by id, outcome and reasons, without people."""
    number = (day - date(1970, 1, 1)).days if day else None
    with parts_of(request).database.read() as connection:
        rows = dashboard.listed(connection, person.app, number, outcome, code, after, limit)
    items = [
        {"id": r.id, "verification": r.verification, "outcome": r.outcome.lower(), "codes": r.codes,
         "by": "machine" if r.by == "machine" else "person", "at": views.time(r.at)} for r in rows
    ]  # fmt: skip
    return views.page(items, limit)
