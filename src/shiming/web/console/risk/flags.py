"""Flags at the console: what rules found, filtered, and people's word on each."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.account.slots import masked_ref
from shiming.account.standing import span
from shiming.store.risk import flag_lists
from shiming.store.risk.flag_lists import Chosen
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.account import moments
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict, Word
from shiming.workflows.risk import flagging

router = APIRouter(prefix="/console/api/flags", tags=["console: cases"])
Reviewer = Annotated[Person, Depends(may("case.work"))]
WORDS = {"does": "does", "state": "flag_state"}


class Page(Strict):
    state: Literal["open", "noted", "upheld", "overturned"] | None = None
    rule: Word = None
    does: Literal["hold", "review", "note"] | None = None
    account: Word = None
    person: Word = Field(None, description="Who has given their word on it.")
    since: date | None = Field(None, description="In China: 2026-11-20.")
    until: date | None = Field(None, description="The last day that counts.")
    after: str | None = Field(None, pattern="^flg_[0-9a-z]{26}$", description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=100)
    form: csv_export.Form = "json"
    locale: Locale = "zh"


class Said(Strict):
    word: Literal["upheld", "overturned"]


@router.get("")
def listed(person: Reviewer, request: Request, wanted: Annotated[Page, Query()]) -> Any:
    """What rules found on this side, newest first, accounts masked; `form=csv`: all, up to 10,000, which is kept."""
    sheet = wanted.form == "csv"
    given = wanted.model_dump(include={"state", "rule", "does", "account", "person"})
    since, until = span(wanted.since, wanted.until)
    by, limit = Chosen(person.app, since=since, until=until, **given), csv_export.MOST if sheet else wanted.limit
    with context_of(request).database.read() as connection:
        rows = flag_lists.page(connection, by, None if sheet else wanted.after, limit)
    items = [_shown(row) for row in rows]
    if sheet:
        flat = [{**item, "account": item["account"]["id"], "ref": item["account"]["ref"],
                 "values": str(item["values"])} for item in items]  # fmt: skip
        return csv_export.taken_away(request, person, "flags", flat, WORDS, wanted.locale)
    return views.page(items, limit)


@router.post("/{id}/word")
def word(id: str, body: Said, person: Reviewer, request: Request) -> dict[str, str]:
    """Whether a flag was rightly raised. `overturned` lifts the hold that it opened. Said once."""
    flagging.decide(context_of(request), person.app, id, body.word, person.name)
    return {"id": id, "state": body.word}


def _shown(row: Row) -> dict[str, Any]:
    about = {name: getattr(row, name) for name in ("id", "rule", "policy", "does", "state", "hits", "hold")}
    account = {"id": row.account, "ref": masked_ref(row.ref)}
    times = {"at": views.time(row.at), "decided_at": views.time(row.decided_at)}
    return {**about, **times, "account": account, "values": moments.masked(row.said), "decided_by": row.decided_by}
