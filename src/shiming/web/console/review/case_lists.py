"""Lists of cases at the console: filtered, paged either way, one's own, and taken away as a sheet."""

from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.slots import masked_ref
from shiming.account.standing import span
from shiming.errors import NotAllowed
from shiming.review.queue import Kind
from shiming.store.account import accounts
from shiming.store.review import case_lists
from shiming.store.review.case_lists import Chosen
from shiming.store.staff import members
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.review.cases import barred, summary
from shiming.web.console.words import REASON, Locale
from shiming.web.http.fields import Strict, Word
from shiming.workflows.context import Context

router = APIRouter(prefix="/console/api", tags=["console: cases"])
ACTION = "case.work"
Reviewer = Annotated[Person, Depends(may(ACTION))]
Day = Annotated[date | None, Field(description="In China: 2026-11-20.")]
WORDS = {"kind": "kind", "state": "case_state", "codes": REASON}


class Filter(Strict):
    """What chooses cases. Without `state` and `own`: those that wait."""

    state: Literal["open", "pending", "decided", "withdrawn"] | None = None
    kind: Kind | None = None
    senior: bool | None = Field(None, description="Escalated, or in need of a senior for another reason.")
    account: Word = None
    reason: Annotated[str | None, Field(pattern="^[a-z_]{3,60}$")] = None
    rule: Word = None
    app: Word = Field(None, description="Another side on which one works on cases; this one if left out.")
    since: Day = None
    until: Day = Field(None, description="The last day that counts.")
    person: Word = Field(None, description="Who has a case now, or has decided it.")
    risk: int | None = Field(None, ge=0, le=100, description="At least so risky.")
    own: Literal["decided", "snoozed", "escalated"] | None = Field(None, description="What one did oneself.")


class Page(Filter):
    order: Literal["urgent", "newest"] = "urgent"
    after: str | None = Field(None, pattern=r"^[0-9]{1,18}(\.cas_[0-9a-z]{26})?$", description="`next` of a page.")
    limit: int = Field(20, ge=1, le=100)
    form: csv_export.Form = "json"
    locale: Locale = Field("zh", description="Of the words beside the codes of a sheet.")


@router.get("/cases")
def listed(person: Reviewer, request: Request, wanted: Annotated[Page, Query()]) -> Any:
    """Cases in the queue's order, each with its account, masked; `barred` where this person may not decide it.

    `form=csv`: all of them at once, up to 10,000, which is kept in the audit trail.
    """
    context, sheet = context_of(request), wanted.form == "csv"
    limit = csv_export.MOST if sheet else wanted.limit
    urgency, _, id = (wanted.after or "").partition(".")
    after = (int(urgency), id) if urgency and not sheet else None
    with context.database.read() as connection:
        by = chosen(context, connection, person, wanted)
        rows = case_lists.page(connection, by, after, limit, wanted.order == "newest")
        items = lines(context, connection, person, rows)
    if sheet:
        return csv_export.taken_away(request, person, "cases", [_flat(item) for item in items], WORDS, wanted.locale)
    return {"items": items, "next": case_lists.place(rows[-1]) if len(rows) == limit else None}


def chosen(context: Context, connection: Connection, person: Person, wanted: Filter) -> Chosen:
    """A filter as the store takes it. Raises NotAllowed for a side on which this person does not work on cases."""
    app = wanted.app or person.app
    if app != person.app and not (person.session and app in _sides(connection, person)):
        raise NotAllowed("You do not work on cases there. Leave out `app`, or name a side on which you do.")
    same = {row.name for row in fields(Chosen)} & Filter.model_fields.keys() - {"app", "since", "until"}
    given = {name: getattr(wanted, name) for name in same}
    since, until = span(wanted.since, wanted.until)
    return Chosen(app, person.name, context.shared_clock(connection), since=since, until=until, **given)


def _sides(connection: Connection, person: Person) -> frozenset[str]:
    return members.sides_allowed(members.by_id(connection, person.id), ACTION)


def lines(context: Context, connection: Connection, person: Person, rows: Any) -> list[dict[str, Any]]:
    """Rows as lists show them: each with its account, masked, and the rule that opened its hold."""
    refs = {id: masked_ref(row.ref) for id, row in accounts.by_ids(connection, {r.account for r in rows}).items()}
    rules = case_lists.rules_of(connection, [row.about for row in rows if row.kind == Kind.HOLD])
    return [{**summary(context, row), **_more(row, person, refs, rules)} for row in rows]


def _more(row: Row, person: Person, refs: dict[str, str], rules: dict[str, str]) -> dict[str, Any]:
    about = {"account": {"id": row.account, "ref": refs.get(row.account, "")}, "barred": barred(row, person)}
    return {**about, "app": row.app, "rule": rules.get(row.about), "decided_at": views.time(row.decided_at)}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """A row of a sheet: no tables in tables."""
    account = item["account"]
    return {**item, "account": account["id"], "ref": account["ref"]}
