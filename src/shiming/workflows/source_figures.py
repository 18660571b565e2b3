"""Outside sources in figures: how well they are, what they were asked today, what that cost, who needs a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from shiming.errors import Unavailability
from shiming.providers.terms import side
from shiming.store.database import iso, moment
from shiming.store.verification import source_outages
from shiming.workflows import source_health
from shiming.workflows.context import Context
from shiming.workflows.messaging import receipts

BUDGET_WARNS = 80  # per cent of a day's budget


def of(context: Context, connection: Connection, wanted: str | None) -> list[dict[str, Any]]:
    """Every source of a side (None: of both). Cost in ten-thousandths of a yuan."""
    now = context.shared_clock(connection)
    since = source_health.today_began(now)
    sick = {(row.kind, row.source): row for row in source_outages.current(connection)}
    found = []
    for kind, source in all_sources(context):
        terms = source_health.terms_of(context, kind, source)
        if wanted not in (None, side(terms, source)):
            continue
        today = source_outages.today(connection, kind, source.name, side(terms, source), since)
        named = {"kind": kind, "name": source.name, "side": side(terms, source)}
        health = _health(sick.get((kind, source.name)), now)
        today["codes"] = [_code(row) for row in source_outages.by_code(
            connection, kind, source.name, side(terms, source), since)]  # fmt: skip
        ours = {"budget": terms.budget_per_day or None, "receipts": receipts.path(context, kind, source)}
        found.append({**named, "adapter": terms.adapter or "(setting)", **health, **today, **ours})
    return found


@dataclass(frozen=True, slots=True)
class Ailing:
    """A source that a person has to see to. `why`: misconfigured, unpaid, or budget (it comes to its end)."""

    kind: str
    name: str
    side: str
    why: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def ailing(context: Context, connection: Connection) -> Iterator[Ailing]:
    """Those that do not heal by themselves, on both sides."""
    now = context.shared_clock(connection)
    sick = {(row.kind, row.source): row for row in source_outages.current(connection)}
    for kind, source in all_sources(context):
        row, terms = sick.get((kind, source.name)), source_health.terms_of(context, kind, source)
        named = kind, source.name, side(terms, source)
        if row is not None and Unavailability(row.why).alarms:
            yield Ailing(*named, row.why, {"code": row.vendor_code or "", "calls": row.calls})
        if terms.budget_per_day:
            used = source_health.spent_today(connection, kind, source.name, now) * 100 // terms.budget_per_day
            if used >= BUDGET_WARNS:
                yield Ailing(*named, "budget", {"percent": used})


def all_sources(context: Any) -> Iterator[tuple[str, Any]]:
    """Everybody outside (of a Context, or whatever has its lists), with their kinds, in the order of asking."""
    lists = {"authority": context.authorities, "carrier": context.carriers, "bank": context.banks,
             "identity": context.identities, "sms": context.channels.sms, "mail": context.channels.mail,
             "play": context.plays}  # fmt: skip
    for kind, listed in lists.items():
        yield from ((kind, source) for source in listed)


def _code(row: Row) -> dict[str, Any]:
    """How some of today's calls ended: `mean_ms` and `slowest_ms` None where no time was kept."""
    counted = {"calls": row.calls, "cost": int(row.cost or 0)}
    times = {"mean_ms": row.mean and round(row.mean), "slowest_ms": row.slowest}
    return {"outcome": row.outcome, "code": row.code, **counted, **times}


def _health(outage: Row | None, now: int) -> dict[str, Any]:
    if outage is None:
        return {"state": "well", "since": None, "breaker": "closed", "vendor_code": None}
    breaker = "closed" if not outage.rests_until else "open" if outage.rests_until > now else "half_open"
    return {"state": outage.why, "since": iso(moment(outage.since)), "breaker": breaker,
            "vendor_code": outage.vendor_code}  # fmt: skip
