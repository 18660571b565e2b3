"""What a number of a dashboard stands for: rows by id and reason, without people, as JSON or CSV."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.errors import NotFound
from shiming.store.review import dashboard, drilldown
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import REASON, Locale
from shiming.web.http.fields import Strict, Word

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("figures.read"))]
Measures = Annotated[Person, Depends(may("quality.read"))]
WORDS = {"outcome": "outcome", "state": "state", "kind": "kind", "fate": "fate", "verdict": "verdict",
         "expected": "verdict", "codes": REASON, "reason": REASON}  # fmt: skip
TIMES = ("at", "deadline", "lifted_at", "answered_at")


class Which(Strict):
    """What chooses the rows; each number's link names what belongs to it."""

    days: int = Field(30, ge=1, le=366)
    day: date | None = None
    outcome: Literal["pass", "wait", "ask_again", "refer", "reject"] | None = None
    code: Annotated[str | None, Field(pattern="^[a-z_]{3,60}$")] = None
    first: bool = False
    decided: bool = False
    person: bool | None = None
    after: Word = None
    kind: Word = None
    senior: bool | None = None
    late: bool = False
    state: Word = None
    answered: bool = False
    wrong: Word = None
    rule: Word = None
    version: Word = None
    fate: Word = None
    offset: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(50, ge=1, le=200)
    form: csv_export.Form = "json"
    locale: Locale = "zh"


def _query(figure: str, app: str, which: Which, now: int) -> Any:
    since, day = now - which.days * dashboard.DAY, (which.day - date(1970, 1, 1)).days if which.day else None
    match figure:
        case "judgements":
            return drilldown.judged(
                app, since, day, which.outcome, which.code, which.first, which.person, which.decided
            )
        case "drop_outs":
            return drilldown.dropped_out(app, since, now - dashboard.DAY, which.after or "nothing")
        case "backlog":
            return drilldown.waiting(app, which.kind, which.senior, now if which.late else None)
        case "appeals":
            return drilldown.appealed(app, since, which.state, which.code, which.wrong, None, which.answered)
        case "authority":
            return drilldown.asked(app, since, day)
        case "rules":
            return drilldown.of_rule(app, since, which.rule, which.version, which.fate)
    raise NotFound(f"There is no figure '{figure}'.")


@router.get("/behind/{figure}")
def rows(figure: str, which: Annotated[Which, Query()], person: Reads, request: Request) -> Any:
    """The rows that a number counts, newest first; `offset` and `limit` page them, `form=csv` takes them away."""
    return _shown(request, person, figure, _query(figure, person.app, which, context_of(request).now()), which)


class SessionScope(Which):
    """The same for figures of quality."""

    by: Word = None
    measures: Literal["blind", "known"] | None = None
    decider: Word = None


@router.get("/measured")
def measured(person: Measures, request: Request, which: Annotated[SessionScope, Query()]) -> Any:
    """The rulings behind a figure of quality; with `decider`, answered appeals against what they had decided."""
    since = context_of(request).now() - which.days * dashboard.DAY
    if which.decider or which.code:
        query = drilldown.appealed(person.app, since, which.state, which.code, None, which.decider, True)
        return _shown(request, person, "appeals", query, which)
    query = drilldown.ruled(person.app, since, which.by, which.measures)
    return _shown(request, person, "rulings", query, which)


def _shown(request: Request, person: Person, figure: str, query: Any, which: Which) -> Any:
    with context_of(request).database.read() as connection:
        found = drilldown.page(connection, query, which.offset, which.limit)
        cases = drilldown.cases_of(connection, [r.verification for r in found if getattr(r, "verification", None)])
    items = [_row(row, cases) for row in found]
    if which.form == "csv":
        return csv_export.taken_away(request, person, figure, items, WORDS, which.locale)
    return {"items": items, "next": which.offset + len(items) if len(items) == which.limit else None}


def _row(row: Row, cases: dict[str, str]) -> dict[str, Any]:
    """One row as it is shown; where there is a case about it, its id leads on."""
    shown = {name: value for name, value in row._mapping.items() if value is not None and name != "expected"}
    shown |= {name: views.time(shown[name]) for name in TIMES if name in shown}
    if "outcome" in shown:
        shown |= {"outcome": shown["outcome"].lower(), "by": "machine" if row.by == "machine" else "person"}
    if "took" in shown:
        shown["took"] = round(shown["took"] / 1000, 1)
    if "cost" in shown:
        shown["yuan"] = int(shown.pop("cost")) / 10_000
    if getattr(row, "expected", None):
        shown["expected"] = row.expected["verdict"]
    if found := cases.get(shown.get("verification", "")):
        shown["case"] = found
    return shown | ({"case": row.id} if row.id.startswith("cas_") else {})
