"""Play of games, reported to an outside system where a source for it is configured; elsewhere nothing is written.

An event of play and the note that it is to be reported are one transaction. Workers report, oldest first, and of each
app one at a time: no app waits for another, and what a crash broke off is told again under the same ids.
"""

import time
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming.errors import Unavailable
from shiming.providers.contracts import MOST_PLAYS, Play, PlayReports
from shiming.providers.terms import recipient
from shiming.risk.events import Event
from shiming.store.risk import events
from shiming.store.risk import plays as store
from shiming.store.verification import authority_calls as calls
from shiming.store.verification.authority_calls import PLAY, Inquiry
from shiming.verification.recipients import Recipient
from shiming.verification.source_answers import Silence
from shiming.workflows import source_health
from shiming.workflows.account import ages
from shiming.workflows.context import Context
from shiming.workflows.source_asking import since, unanswered

TYPES = ("play_start", "play_end")
LEASE_MS, MINUTE = 180_000, 60_000
"""After which somebody who reports of an app is taken for dead: longer than any call to a source may take."""
MOST_TURNS = 3
"""Doublings of the pause before a silent source is told again: what waits is to be told within minutes of its return,
and one call brings many."""
ADULT = 18


def note(context: Context, connection: Connection, app: str, taken: Iterable[Event]) -> None:
    """Note which of these events are to be reported, in the transaction that takes them."""
    ids = [event.id for event in sorted(taken, key=lambda event: event.order) if event.type in TYPES]
    if ids and context.plays_of(app):
        store.add(connection, app, ids, context.now())


def told_to(context: Context, connection: Connection, account: Row) -> tuple[Recipient, int] | None:
    """Whom an account's play is reported to, and when (milliseconds) there was any last. None: nobody, or no play."""
    source = context.plays_of(account.app)
    last = events.last_of(connection, account.id, TYPES) if source else None
    return (recipient(context.terms, source, PLAY), last) if last else None


def keep_up(context: Context) -> None:
    """Once a minute: have what waits of each app reported."""
    with context.database.read() as connection:
        now = context.shared_clock(connection)
        apps = store.due(connection, now)
    for app in filter(context.plays_of, apps):
        with context.database.write() as connection:
            context.enqueue(connection, "report_play", f"play:{app}:{now // MINUTE}", app)


def report(context: Context, app: str) -> str:
    """Report all that waits of an app, unless somebody does; where nobody takes it, queue the next try."""
    source = context.plays_of(app)
    while source and (rows := _claimed(context, app)):
        if not _told(context, app, source, rows):
            return "later"
    return "over"


def _claimed(context: Context, app: str) -> Sequence[Row]:
    """What is to be reported next, which nobody else does meanwhile; nothing where somebody does, or nothing waits."""
    with context.database.write() as connection:
        now = context.shared_clock(connection)
        if not store.claim(connection, app, now, now + LEASE_MS):
            return ()
        rows = store.oldest(connection, app, MOST_PLAYS)
        if not rows:
            store.told(connection, app, (), {})
        return rows


def _told(context: Context, app: str, source: PlayReports, rows: Sequence[Row]) -> bool:
    """Whether the source takes reports now; how this call ended is written down in either case."""
    about, began = Inquiry(rows[0].id, 0, app, "", ""), time.monotonic()
    call = ""
    try:
        with context.database.write() as connection:
            outage = source_health.admit(context, connection, PLAY, source)
            call = calls.sent(connection, about, PLAY, source.name, context.shared_clock(connection))
        plays = [_play(context, row) for row in rows]
        refused = source_health.called(context, PLAY, source, source.report, app, plays)
    except Unavailable as why:
        _later(context, app, source, about.about, call, why, since(began))
        return False
    cost = source_health.terms_of(context, PLAY, source).cost("report", "", None)
    with context.database.write() as connection:
        calls.ended(connection, call, "answered", cost=cost, ms=since(began))
        store.told(connection, app, [row.id for row in rows], {id: why[:120] for id, why in refused.items()})
        if not store.others_wait(connection, app):
            source_health.answered(context, connection, outage)
    return True


def _play(context: Context, row: Row) -> Play:
    """The device is the keyed hash that we keep. An account's mark says whether a minor plays; nothing is opened."""
    device, verified = row.facts.get("device", ""), row.facts.get("level", 0) > 0
    grown = ages.at_least(context.lookup, row.account, row.age_mark, ADULT)
    minor = None if row.age_mark is None else not grown
    return Play(row.id, row.type == "play_start", row.at, row.facts["session"], row.ref, device, verified, minor)


def _later(context: Context, app: str, source: PlayReports, first: str, call: str, why: Unavailable, ms: int) -> None:
    """The app waits, as long as this kind of silence takes, and no other does."""
    with context.database.write() as connection:
        if call:
            unanswered(context, connection, PLAY, source, call, why, ms)
        now, failures = context.shared_clock(connection), store.failures(connection, app)
        turn, silent = min(failures, MOST_TURNS), Silence(why.kind, why.until)
        pause = source_health.pause(context, silent, turn, now, app)
        store.wait(connection, app, now + int(pause * 1000))
        context.enqueue(connection, "report_play", f"play:{app}:{first}:{failures}", app, delay=pause)
