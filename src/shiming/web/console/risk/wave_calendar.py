"""The calendar of waves: when versions of a policy tell holders, begin and end, on every side that one may see."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection, Row

from shiming.account.standing import day_of
from shiming.risk import waves
from shiming.store.risk import policies as store
from shiming.store.staff import members
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.risk.policies import able
from shiming.web.console.words import Locale

router = APIRouter(prefix="/console/api", tags=["console: policy"])
ACTION = "policy.read"
Reads = Annotated[Person, Depends(may(ACTION))]
Month = Annotated[str | None, Query(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", description="In China; else this one.")]
WORDS = {"what": "wave_what", "stage": "wave_stage", "state": "policy_state"}


@router.get("/policy_waves")
def listed(person: Reads, request: Request, month: Month = None, form: csv_export.Form = "json",
           locale: Locale = "zh") -> Any:  # fmt: skip
    """What lies in a month, by time: `wave` (a version begins for a share or kinds of accounts), `notice` (holders whom
    it will ask are told from then on), `end` (it was taken back); how far it is, and what one may do about it.
    """
    context = context_of(request)
    today = context.today().isoformat()
    with context.database.read() as connection:
        sides = _sides(connection, person)
        rows = store.with_waves(connection, sides)
    found = [entry for row in rows for entry in _entries(sides[row.app], row, context.now())]
    wanted = month or today[:7]
    items = sorted((e for e in found if e["day"].startswith(wanted)), key=lambda e: (e["at"], e["app"], e["version"]))
    if form == "csv":
        return csv_export.taken_away(request, person, "policy_waves", items, WORDS, locale)
    return {"month": wanted, "today": today, "items": items}


def _sides(connection: Connection, person: Person) -> dict[str, Person]:
    """Every side whose policies this person may read, with who they are there."""
    row = members.by_id(connection, person.id)
    return {side: replace(person, app=side, roles=members.roles_on(row, side))
            for side in members.sides_allowed(row, ACTION)}  # fmt: skip


def _entries(person: Person, row: Row, now: int) -> Iterator[dict[str, Any]]:
    about = {"app": row.app, "version": row.version, "state": row.state, "can": able(person, row)}
    for wave in row.waves:
        of = {**about, "share": wave["share"], "kinds": wave["kinds"]}
        if wave["notice_at"] is not None:
            yield {**of, "what": "notice", "stage": waves.stage(row.state, wave, "told", now), **_on(wave["notice_at"])}
        yield {**of, "what": "wave", "stage": waves.stage(row.state, wave, "done", now), **_on(wave["at"])}
    if row.ended_at:
        yield {**about, "share": 0, "kinds": [], "what": "end", "stage": "done", **_on(row.ended_at)}


def _on(ms: int) -> dict[str, Any]:
    """A moment, and the day in China on which it lies."""
    return {"at": views.time(ms), "day": day_of(ms).isoformat()}
