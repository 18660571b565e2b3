"""Who looked at whom: for the privacy officer."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from shiming.account.standing import span
from shiming.store.audit import access_log
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Word, cursor

router = APIRouter(prefix="/console/api", tags=["console: people"])
WORDS = {"role": "role", "why": "why"}
Privacy = Annotated[Person, Depends(may("looks.read"))]


@router.get("/looks")
def latest(person: Privacy, request: Request, by: Word = None, after: cursor("lok") = None,
           since: date | None = None, until: date | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
           form: csv_export.Form = "json", locale: Locale = "zh") -> Any:  # fmt: skip
    """Every look of staff at somebody's data, newest first: who, at what, why; of days in China, the last one too."""
    limit, after = (csv_export.MOST, None) if form == "csv" else (limit, after)
    with context_of(request).database.read() as connection:
        rows = access_log.latest(connection, person.app, by or None, after, limit, *span(since, until))
    shown = ("id", "by", "role", "account", "about", "what", "why")
    items = [{name: getattr(r, name) for name in shown} | {"at": views.time(r.at)} for r in rows]
    if form == "csv":
        return csv_export.taken_away(request, person, "looks", items, WORDS, locale)
    return views.page(items, limit)
