"""How well outside sources are: who may be asked now, what follows when one does not answer, and whom that alarms.

What heals by itself (busy, down, limited) is waited for, person by person. A wrong key or an unpaid bill does not heal:
people are alarmed, and the source rests, but for one question now and then that finds out whether it was mended.
"""

import logging
import zlib
from collections.abc import Iterable
from functools import reduce
from typing import Any

from sqlalchemy import Connection, Row

from shiming.errors import Unavailability, Unavailable
from shiming.providers.calling import china_midnight
from shiming.providers.terms import PLAIN, Terms, side
from shiming.store.messaging import outbox
from shiming.store.verification import source_outages
from shiming.verification.source_answers import Silence
from shiming.workflows.context import Context

log = logging.getLogger("shiming.sources")
DAY = 86_400_000
REST_SECONDS, PROBE_SECONDS = 900, 60
SURE_AFTER = 3  # calls in a row: one person's odd data may look like a mistake of ours to a vendor
REMIND_MS = 3_600_000  # a source that fails on and off alarms once in so long
BUSY_SECONDS, BUSY_MOST, LONGEST_PAUSE, SPREAD_SECONDS = 2.0, 60.0, 3600.0, 300
BUDGET_WARNS = 0.8


def terms_of(context: Context, kind: str, source: Any) -> Terms:
    return context.terms.get((kind, source.name), PLAIN)


def admit(context: Context, connection: Connection, kind: str, source: Any) -> Row | None:
    """What is known of an outage of a source that may be asked now. Raises Unavailable where it rests, or where its
    budget is used up: then it is not asked.
    """
    now, row = context.shared_clock(connection), source_outages.find(connection, kind, source.name)
    if row is not None and row.calls and row.rests_until:
        probe = now + PROBE_SECONDS * 1000
        if row.rests_until > now or not source_outages.claim(connection, row, probe):
            raise _not_asked(source, Unavailability(row.why), max(row.rests_until, now + 1))
    terms = terms_of(context, kind, source)
    if terms.budget_per_day and _spent_today(connection, kind, source, now) >= terms.budget_per_day:
        raise _not_asked(source, Unavailability.LIMITED, china_midnight(now), "budget")
    return row if row is not None and row.calls else None


def failed(context: Context, connection: Connection, kind: str, source: Any, why: Unavailable) -> None:
    """Note that a source that was asked did not answer; log it once; where it will not heal, alarm people and let it
    rest. Simulated ones never rest: they fail by what is typed, for one person, not for all.
    """
    if not why.asked:
        return
    now = context.shared_clock(connection)
    begins, row = source_outages.failed(connection, kind, source.name, why.kind, why.vendor_code, now)
    if begins:
        level = logging.ERROR if why.kind.alarms else logging.WARNING
        log.log(level, "%s %s is %s%s: %s", kind, source.name, why.kind, f" ({row.vendor_code})" if row.vendor_code
                else "", NEXT_OF[why.kind])  # fmt: skip
    slow = context.dependencies.of(kind, source.name).rests
    if slow and not source.simulated:  # it has cost this process much time already: the others need not lose theirs
        source_outages.rest(connection, row, now + slow)
    if not why.kind.alarms:
        return
    if row.told_at is None or now - row.told_at >= REMIND_MS:
        source_outages.told(connection, row, now)
        _alarm(context, connection, kind, source, row.why, row.vendor_code)
    if not source.simulated and (why.kind is Unavailability.UNPAID or row.calls >= SURE_AFTER):
        source_outages.rest(connection, row, now + REST_SECONDS * 1000)


NEXT_OF = {
    Unavailability.BUSY: "it is asked again within the minute",
    Unavailability.DOWN: "it is asked again, later each time",
    Unavailability.LIMITED: "it is asked again when its quota begins anew",
    Unavailability.MISCONFIGURED: "a person has to mend it: key, permission or request (shiming sources try)",
    Unavailability.UNPAID: "a person has to pay: the account with the vendor has no money",
}


def answered(
    context: Context, connection: Connection, kind: str, source: Any, outage: Row | None, cost: int = 0
) -> None:
    """Note that it answered: an outage that was known is over. Warn once where its budget comes to an end."""
    now = context.shared_clock(connection)
    if outage is not None:
        source_outages.over(connection, outage)
        minutes = (now - outage.since) // 60_000
        log.warning("%s %s answers again, %d minutes and %d calls later", kind, source.name, minutes, outage.calls)
    budget = terms_of(context, kind, source).budget_per_day
    if budget and cost:
        spent = _spent_today(connection, kind, source, now)
        if spent - cost < budget * BUDGET_WARNS <= spent:
            log.error("%s %s has used up %d %% of its budget of the day", kind, source.name, spent * 100 // budget)
            _alarm(context, connection, kind, source, "budget", None)


def silence(faults: Iterable[Unavailable]) -> Silence | None:
    """Of several sources that did not answer, the silence that is over first."""
    return reduce(sooner, (Silence(fault.kind, fault.until) for fault in faults), None)


def sooner(one: Silence | None, other: Silence | None) -> Silence | None:
    """The silence that is over first."""
    given = [each for each in (one, other) if each is not None]
    return min(given, key=lambda each: (_ORDER.index(each.kind), each.until or 0), default=None)


_ORDER = [Unavailability.BUSY, Unavailability.DOWN, Unavailability.MISCONFIGURED, Unavailability.UNPAID,
          Unavailability.LIMITED]  # fmt: skip


def pause(context: Context, silent: Silence | None, turn: int, now: int, about: str) -> float:
    """Seconds until a question that nobody answered is put again, in its next turn. At the beginning of a new quota not
    all ask in the same second.
    """
    doubled = 2 ** min(turn, 20)
    if silent is None or silent.kind is Unavailability.DOWN:
        return min(context.retry_seconds * doubled, LONGEST_PAUSE)
    if silent.kind is Unavailability.BUSY:
        return min(BUSY_SECONDS * doubled, BUSY_MOST, context.retry_seconds * doubled)
    if silent.kind is Unavailability.LIMITED and silent.until:
        return max(0.0, (silent.until - now) / 1000) + zlib.crc32(about.encode()) % SPREAD_SECONDS
    return min(REST_SECONDS, max(context.retry_seconds * doubled, 1.0))


def _alarm(context: Context, connection: Connection, kind: str, source: Any, why: str, vendor_code: str | None) -> None:
    """Tell the webhooks of every app on the source's side."""
    data = {"source": source.name, "kind": kind, "why": str(why), "vendor_code": vendor_code or ""}
    ending = f".{side(terms_of(context, kind, source), source)}"
    for app in outbox.apps_with_endpoints(connection, ending):
        for delivery in outbox.tell(connection, app, "", f"{kind}:{source.name}", "source.alarm", data, context.now()):
            context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def _spent_today(connection: Connection, kind: str, source: Any, now: int) -> int:
    return source_outages.spent(connection, kind, source.name, china_midnight(now) - DAY)


def _not_asked(source: Any, kind: Unavailability, until: int, code: str = "") -> Unavailable:
    return Unavailable(
        f"{source.name} is left alone for a while.", kind=kind, until=until, vendor_code=code, asked=False
    )
