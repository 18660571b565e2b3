"""How well outside sources are: who may be asked now, and what follows when one does not answer.

What heals by itself (busy, down, limited) is waited for, person by person. A wrong key or an unpaid bill does not heal:
people are alarmed (`operations/alarms.py` looks at what stands here), and the source rests, but for one question now
and then that finds out whether it was mended.
"""

import logging
import zlib
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from sqlalchemy import Connection, Row

from shiming.errors import ShimingError, Unavailability, Unavailable
from shiming.providers.calling import china_midnight
from shiming.providers.terms import PLAIN, Terms
from shiming.store.verification import source_outages
from shiming.telemetry import traces
from shiming.verification.source_answers import Silence
from shiming.workflows.context import Context

log = logging.getLogger("shiming.sources")
DAY = 86_400_000
REST_SECONDS, PROBE_SECONDS = 900, 60
SURE_AFTER = 3  # calls in a row: one person's odd data may look like a mistake of ours to a vendor
NEVER_SURE = ("identity", "sms")  # one holder's account there may lack what we ask for, one notice its template
OWN_LINES = ("play",)  # one app's registration there may lack: it rests for that app, and no other waits
SAY_MS = 60_000  # what comes and goes stands in the log once in so long
BUSY_SECONDS, BUSY_MOST, LONGEST_PAUSE, SPREAD_SECONDS = 2.0, 60.0, 3600.0, 300
LONG_BUSY_TURNS, LONG_BUSY_MOST = 20, 300.0  # after a quarter of an hour it is no burst, and many wait


def terms_of(context: Context, kind: str, source: Any) -> Terms:
    return context.terms.get((kind, source.name), PLAIN)


def admit(context: Context, connection: Connection, kind: str, source: Any) -> Row | None:
    """What is known of an outage of a source that may be asked now. Raises Unavailable where it rests, or where its
    budget is used up: then it is not asked.
    """
    now, row = context.shared_clock(connection), source_outages.outage(connection, kind, source.name)
    if row is not None and row.rests_until:
        probe = now + PROBE_SECONDS * 1000
        if row.rests_until > now or not source_outages.claim(connection, row, probe):
            raise _not_asked(source, Unavailability(row.why), max(row.rests_until, now + 1))
    terms = terms_of(context, kind, source)
    if terms.budget_per_day and spent_today(connection, kind, source.name, now) >= terms.budget_per_day:
        raise _not_asked(source, Unavailability.LIMITED, china_midnight(now), "budget")
    return row


def called(context: Context, kind: str, source: Any, act: Callable[..., Any], *given: Any) -> Any:
    """What a source answers. Raises what its contract has (BadInput, Unavailable); so it is, too, where its adapter
    broke: nobody knows whether the question went out, and only a person can mend it.
    """
    try:
        with traces.span(f"source {kind}", "client", shiming_source=source.name):
            return context.dependencies.of(kind, source.name).call(act, *given)
    except ShimingError:
        raise
    except Exception as fault:
        log.error("%s %s: its adapter broke", kind, source.name, exc_info=fault)
        broke, what = f"{source.name}: its adapter broke.", type(fault).__name__
        raise Unavailable(broke, True, Unavailability.MISCONFIGURED, vendor_code=what) from None


def failed(context: Context, connection: Connection, kind: str, source: Any, why: Unavailable) -> None:
    """Note that a source that was asked did not answer; log it once; where it will not heal, let it rest. Simulated
    ones never rest: they fail by what is typed, for one person, not for all. Nor do those for which every app waits by
    itself.
    """
    if not why.asked:
        return
    now = context.shared_clock(connection)
    row = source_outages.failed(connection, kind, source.name, why.kind, why.vendor_code, now)
    if not _said(row) and (why.kind.alarms or now - (row.told_at or 0) >= SAY_MS):
        source_outages.told(connection, row, now)
        level, code = logging.ERROR if why.kind.alarms else logging.WARNING, f" ({row.vendor_code})"
        log.log(level, "%s %s is %s%s: %s", kind, source.name, why.kind, code if row.vendor_code else "",
                NEXT_OF[why.kind])  # fmt: skip
    if source.simulated or kind in OWN_LINES:
        return
    slow = context.dependencies.of(kind, source.name).rests
    if slow:  # it has cost this process much time already: the others need not lose theirs
        source_outages.rest(connection, row, now + slow)
    sure = why.kind is Unavailability.UNPAID or (row.calls >= SURE_AFTER and kind not in NEVER_SURE)
    if why.kind.alarms and sure:
        source_outages.rest(connection, row, now + REST_SECONDS * 1000)


NEXT_OF = {
    Unavailability.BUSY: "it is asked again within the minute",
    Unavailability.DOWN: "it is asked again, later each time",
    Unavailability.LIMITED: "it is asked again when its quota begins anew",
    Unavailability.MISCONFIGURED: "a person has to mend it: key, permission or request (shiming sources try)",
    Unavailability.UNPAID: "a person has to pay: the account with the vendor has no money",
}


def answered(context: Context, connection: Connection, outage: Row | None) -> None:
    """Note that a source answered: an outage of it that was known is over."""
    if outage is None:
        return
    source_outages.over(connection, outage)
    if _said(outage):
        minutes = (context.shared_clock(connection) - outage.since) // 60_000
        log.warning("%s %s answers again, %d minutes and %d calls later", outage.kind, outage.source, minutes,
                    outage.calls)  # fmt: skip


def _said(outage: Row) -> bool:
    """Whether the log tells of this outage, and not only of one before it."""
    return outage.told_at is not None and outage.told_at >= outage.since


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
    all ask in the same second. A source that names a time which is over is waited for like one that names none.
    """
    doubled = 2 ** min(turn, 20)
    if silent is None or silent.kind is Unavailability.DOWN:
        return min(context.retry_seconds * doubled, LONGEST_PAUSE)
    if silent.kind is Unavailability.BUSY:
        most = BUSY_MOST if turn < LONG_BUSY_TURNS else LONG_BUSY_MOST
        return min(BUSY_SECONDS * doubled, most, context.retry_seconds * doubled)
    if silent.kind is Unavailability.LIMITED and (silent.until or 0) > now:
        return (silent.until - now) / 1000 + zlib.crc32(about.encode()) % SPREAD_SECONDS
    return min(REST_SECONDS, max(context.retry_seconds * doubled, 1.0))


def today_began(now: int) -> int:
    """The last midnight in China: since when a day's budget and its figures count."""
    return china_midnight(now) - DAY


def spent_today(connection: Connection, kind: str, source: str, now: int) -> int:
    """What it has cost since midnight in China."""
    return source_outages.spent(connection, kind, source, today_began(now))


def _not_asked(source: Any, kind: Unavailability, until: int, code: str = "") -> Unavailable:
    return Unavailable(
        f"{source.name} is left alone for a while.", kind=kind, until=until, vendor_code=code, asked=False
    )
