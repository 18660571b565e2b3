"""Every rule on one page: how often it spoke, how often it was right, what it cost; on and off in a draft."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.review import precision
from shiming.review.precision import Record
from shiming.risk import document, rule_switch
from shiming.risk.document import Document
from shiming.store.review.dashboard import DAY
from shiming.store.risk import flag_lists
from shiming.store.risk import policies as store
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict
from shiming.workflows.context import Context
from shiming.workflows.risk import policy_rollout

router = APIRouter(prefix="/console/api", tags=["console: policy"])
Reads = Annotated[Person, Depends(may("policy.read"))]
Drafts = Annotated[Person, Depends(may("policy.draft"))]
STATES = ("open", "noted", "upheld", "overturned")
WORDS = {"does": "does", "on": "event_type"}


class Switch(Strict):
    on: bool = Field(description="Whether the rule is in use in the draft that is made.")


@router.get("/rules")
def listed(person: Reads, request: Request, version: Annotated[str | None, Query(max_length=80)] = None,
           days: Annotated[int, Query(ge=1, le=366)] = 90, form: csv_export.Form = "json",
           locale: Locale = "zh") -> Any:  # fmt: skip
    """The rules of a version (or of the one in force) and those that spoke before: hits and flags of the last `days`,
    holds opened then by their fate, precision after appeals, and what they cost by the version's prices, in cents.
    """
    context = context_of(request)
    name = version or context.policies.document(person.app, None, context.now()).limits.version
    with context.database.read() as connection:
        text = store.text_of(connection, person.app, name)
        items = _rows(connection, context, person.app, days, document.read(text, name), text)
    if form == "csv":
        return csv_export.taken_away(request, person, "rules", [_flat(item) for item in items], WORDS, locale)
    return {"version": name, "days": days, "items": items}


@router.post("/policies/{version}/rules/{rule}", status_code=201)
def switch(version: str, rule: str, body: Switch, person: Drafts, request: Request) -> dict[str, str]:
    """A draft like this version, but for one rule that is put out of use or back. Nothing is published by that."""
    context = context_of(request)
    with context.database.read() as connection:
        text = store.text_of(connection, person.app, version)
    made = policy_rollout.draft(context, person.app, rule_switch.switched(text, rule, body.on), person.name)
    return {"version": made}


def _rows(connection: Connection, context: Context, app: str, days: int, policy: Document,
          text: str) -> list[dict[str, Any]]:  # fmt: skip
    now, since = context.now(), context.now() - days * DAY
    flags = _flags(flag_lists.raised(connection, app, since))
    kept, costs = _opened(flag_lists.opened(connection, app, since, now))
    for rule, answered in flag_lists.answered(connection, app, since).items():
        costs[rule].update(answered)
    off = rule_switch.switched_off(text)
    names = list(dict.fromkeys([*policy.plan.rules, *off, *sorted({*flags, *kept})]))
    return [{**_about(policy, name, off), **flags.get(name, dict.fromkeys((*STATES, "flags", "hits"), 0)),
             **_record(kept.get(name)), "cost": _cost(policy, costs.get(name))} for name in names]  # fmt: skip


def _about(policy: Document, name: str, off: list[str]) -> dict[str, Any]:
    """`state`: on, off, or gone (the version has no such rule)."""
    rule = policy.plan.rules.get(name)
    state = "on" if rule else "off" if name in off else "gone"
    on, does = (list(rule.on), rule.does) if rule else ([], None)
    return {"rule": name, "state": state, "does": does, "on": on, "says": dict(rule.says) if rule else {}}


def _flags(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        of = found.setdefault(row.rule, dict.fromkeys((*STATES, "flags", "hits"), 0))
        of[row.state] = row.flags
        of["flags"] += row.flags
        of["hits"] += int(row.hits)
    return found


def _opened(rows: Iterable[Row]) -> tuple[dict[str, Record], dict[str, Counter[str]]]:
    """By rule, all versions together: its holds by fate, and how long they held (ms) and how many were verified."""
    kept: dict[str, Record] = {}
    costs: dict[str, Counter[str]] = {}
    for row in rows:
        kept.setdefault(row.rule, Record(row.rule, "", Counter())).fates[row.fate] += row.count
        costs.setdefault(row.rule, Counter()).update(held=int(row.held), verified=int(row.verified))
    return kept, costs


def _record(kept: Record | None) -> dict[str, Any]:
    fates = {fate: kept.fates[fate] if kept else 0 for fate in precision.FATES}
    return {"holds": {"opened": kept.opened if kept else 0, **fates}, "precision": kept.precision if kept else None}


def _cost(policy: Document, found: Counter[str] | None) -> dict[str, int]:
    """Reviews and answered appeals at the price of a review, verifications at that of a call, days held at theirs."""
    kept, price = found or Counter(), policy.prices.get
    each = {name: kept[name] for name in ("reviews", "appeals", "verified")} | {"held_days": kept["held"] // DAY}
    cents = (each["reviews"] + each["appeals"]) * price("review", 0) + each["verified"] * price("authority_call", 0)
    return {**each, "cents": cents + each["held_days"] * price("held_day", 0)}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    holds = {f"holds_{name}": value for name, value in item["holds"].items()}
    costs = {f"cost_{name}": value for name, value in item["cost"].items()}
    return {name: value for name, value in item.items() if name not in ("holds", "cost", "says")} | holds | costs
