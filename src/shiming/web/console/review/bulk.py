"""Many holds at once: what it would touch, asked for, agreed to by a second person, and what became of each case."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.review.queue import Kind
from shiming.store.database import new_id
from shiming.store.review import bulks, case_lists, four_eyes
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may, no_key
from shiming.web.console.operations import csv_export
from shiming.web.console.review.case_lists import Filter, chosen, lines
from shiming.web.console.review.cases import taker
from shiming.web.console.words import REASON, Locale
from shiming.web.http.fields import PageQuery, Strict
from shiming.workflows.context import Context
from shiming.workflows.review import bulk

router = APIRouter(prefix="/console/api/bulks", tags=["console: cases"])
LATEST = 50
WORDS = {"action": "bulk_action", "ground": "ground_of", "outcome": "bulk_outcome", "why": "bulk_why", "codes": REASON}


def signed_in(person: Annotated[Person, Depends(may("case.work"))]) -> Person:
    """A reviewer at the console: a key, which many may use, is no second person."""
    return no_key(person)


Reviewer = Annotated[Person, Depends(signed_in)]


class Wanted(Filter):
    action: Literal[bulk.ACTIONS]
    to: str | None = Field(None, max_length=80, description="To whom, where the action is `assign`.")


class NewBulk(Strict):
    id: str = Field(pattern="^blk_[0-9a-z]{26}$", description="`id` of the preview: sent twice, it is one action.")
    action: Literal[bulk.ACTIONS]
    ground: str = Field("", max_length=40, description="Why (GET …/verdicts); for `lift` and `keep`.")
    to: str | None = Field(None, max_length=80)
    cases: list[Annotated[str, Field(pattern="^cas_[0-9a-z]{26}$")]] = Field(min_length=1, max_length=bulk.MOST)
    query: PageQuery = Field("", description="The filter, as addressed.")


@router.get("/preview")
def preview(person: Reviewer, request: Request, wanted: Annotated[Wanted, Query()]) -> dict[str, Any]:
    """Which holds an action would touch now, and why not each: nothing is done. `more`: the filter finds yet others.

    `second`: so many take a second person (`alone` is how many one may still do alone today).
    """
    context = context_of(request)
    with context.database.read() as connection:
        own = Filter(**{**wanted.model_dump(exclude={"action", "to"}), "app": None, "kind": Kind.HOLD})
        by = chosen(context, connection, person, own)
        found = case_lists.page(connection, by, None, bulk.MOST + 1)
        rows = [row for row in found[: bulk.MOST] if row.state == "open"]
        assigned = wanted.action == "assign"
        whose = bulk.taker_called(connection, person.app, wanted.to or "") if assigned else taker(person)
        why = bulk.fitting(rows, whose, by.now)
        items = [{**line, "why": why.get(line["id"])} for line in lines(context, connection, person, rows)]
        alone = bulk.alone(context, connection, person.app, person.name)
    able = len(items) - len(why)
    return {"id": new_id("blk"), "items": items, "able": able, "more": len(found) > bulk.MOST, "alone": alone,
            "second": able > alone}  # fmt: skip


@router.post("", status_code=201)
def ask(body: NewBulk, person: Reviewer, request: Request) -> dict[str, Any]:
    """Do it, or have it wait for a second person where it is about more cases than one may touch alone."""
    wish = bulk.Wish(body.id, body.action, tuple(body.cases), body.ground, body.to, body.query)
    row = bulk.ask(context_of(request), person.app, wish, taker(person))
    return read(row.id, person, request)


@router.get("")
def listed(person: Reviewer, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """The newest on this side, by whomever; those that wait for a second person among them."""
    context, sheet = context_of(request), form == "csv"
    with context.database.read() as connection:
        rows = bulks.listed(connection, person.app, csv_export.MOST if sheet else LATEST)
        counts = bulks.counts(connection, [row.id for row in rows])
    items = [_shown(context, row, person, counts[row.id]) for row in rows]
    if sheet:
        flat = [{**item, "counts": json.dumps(item["counts"])} for item in items]
        words = {"action": "bulk_action", "state": "bulk_state"}
        return csv_export.taken_away(request, person, "bulks", flat, words, locale)
    return {"items": items}


@router.get("/{id}")
def read(id: str, person: Reviewer, request: Request, form: csv_export.Form = "json",
         locale: Locale = "zh") -> Any:  # fmt: skip
    """What was asked for and by whom, and what became of each case: why not, where it failed."""
    context = context_of(request)
    with context.database.read() as connection:
        row = bulks.get(connection, person.app, id)
        items = _items(context, connection, person, row)
        counts = bulks.counts(connection, [id])[id]
    if form == "csv":
        sheet = [{"action": row.action, "ground": row.ground, **item, "account": item["account"]["id"]}
                 for item in items]  # fmt: skip
        return csv_export.taken_away(request, person, "bulk", sheet, WORDS, locale)
    return {**_shown(context, row, person, counts), "items": items}


@router.post("/{id}/confirm")
def confirm(id: str, person: Reviewer, request: Request) -> dict[str, Any]:
    """Second of two people: it begins."""
    bulk.confirm(context_of(request), person.app, id, person.name)
    return read(id, person, request)


@router.delete("/{id}", status_code=204)
def decline(id: str, person: Reviewer, request: Request) -> None:
    """Take one's own back, or decline a colleague's. Nothing has happened to any hold."""
    bulk.decline(context_of(request), person.app, id, person.name)


def _items(context: Context, connection: Connection, person: Person, row: Row) -> list[dict[str, Any]]:
    became = {item.case: item for item in bulks.items(connection, row.id)}
    found = lines(context, connection, person, case_lists.named(connection, person.app, list(became)))
    shown = ("id", "account", "rule", "codes", "risk", "opened_at")
    return [{**{name: line[name] for name in shown}, "outcome": became[line["id"]].state,
             "why": became[line["id"]].code, "at": views.time(became[line["id"]].at)} for line in found]  # fmt: skip


def _shown(context: Context, row: Row, person: Person, counts: dict[str, int]) -> dict[str, Any]:
    over = row.state == bulks.WAITS and row.created_at <= context.now() - four_eyes.DAYS * four_eyes.DAY_MS
    about = {name: getattr(row, name) for name in ("id", "action", "ground", "query", "asked_by", "settled_by")}
    times = {"at": views.time(row.created_at), "ended_at": views.time(row.ended_at)}
    return {**about, **times, "to": row.assignee, "state": "expired" if over else row.state,
            "mine": row.asked_by == person.name, "counts": dict(counts), "cases": sum(counts.values())}  # fmt: skip
