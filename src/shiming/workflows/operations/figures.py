"""Figures that are facts of the database, for Prometheus: the same whichever process of an installation is asked.

They are read when they are asked for, for FRESH seconds at most, and by one thread at a time: a database that hangs
costs a scrape PATIENCE seconds and one thread, and what was last known is told no longer than STALE seconds.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Row, text

from shiming import reasons
from shiming.reasons import Outcome
from shiming.store import outages
from shiming.store.backup import last_backup
from shiming.store.database import id_at
from shiming.store.operations import figures as facts
from shiming.store.risk import plays
from shiming.store.verification import source_outages
from shiming.workflows.context import Context
from shiming.workflows.engine import DEAD_AFTER
from shiming.workflows.operations.follow import Follower
from shiming.workflows.queues import QUEUES

log = logging.getLogger("shiming.operations")
FRESH, COUNTED_FRESH, PATIENCE, STALE = 5.0, 600.0, 2.0, 120.0
"""Seconds. COUNTED_FRESH is for what takes a look at every row of a table."""
STATEMENT_MS = 10_000
BROKEN_OFF_MS = 120_000  # after which a call to a source that never ended was broken off by a crash
SECONDS = (0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800, 7200, 86_400, 259_200)
YUAN = 10_000  # of what sources' costs are counted in
STATES = ("ready", "later", "running")
Gauges = list[Metric]


class Latest:
    """What `read` last said, for so many seconds; one thread reads at a time, and nobody waits for it for long."""

    def __init__(self, read: Callable[[], Gauges], fresh: float):
        self._read, self._fresh = read, fresh
        self._said: Gauges = []
        self._at, self._done, self._lock = float("-inf"), threading.Event(), threading.Lock()
        self._done.set()

    def get(self) -> tuple[Gauges, float]:
        """The figures, none where they are too old to be told, and how old they are in seconds."""
        with self._lock:
            if self._done.is_set() and time.monotonic() - self._at >= self._fresh:
                self._done.clear()
                threading.Thread(target=self._run, name="figures", daemon=True).start()
        self._done.wait(PATIENCE)
        age = time.monotonic() - self._at
        return (self._said if age < STALE + self._fresh else []), age

    def _run(self) -> None:
        try:
            self._said = self._read()
            self._at = time.monotonic()
        except Exception as fault:
            if not outages.met(fault):
                log.error("figures could not be read: %s", type(fault).__name__)
        finally:
            self._done.set()


class Figures(Collector):
    """All facts of the database, and what `parts` says is ready (each part's word, "ok" where it is)."""

    def __init__(self, context: Context, parts: Callable[[], Mapping[str, str]] = dict):
        self._context, self._parts = context, parts
        self._decisions = Counter("shiming_decisions", "Decisions, by outcome.", ["outcome", "by"], registry=None)
        self._reasons = Counter("shiming_decision_reasons", "Reasons given.", ["reason"], registry=None)
        self._took = Histogram("shiming_decision_seconds", "From handing in to the decision.", ["level", "by"],
                               registry=None, buckets=SECONDS)  # fmt: skip
        self._asked = Counter("shiming_source_calls", "Calls to outside sources.", ["source", "question", "result"],
                              registry=None)  # fmt: skip
        self._cost = Counter("shiming_source_cost_yuan", "What such calls cost.", ["source"], registry=None)
        self._judged, self._calls = Follower(facts.judged, "jud"), Follower(facts.asked, "cal")
        self._quick, self._counted = Latest(self._read, FRESH), Latest(self._count, COUNTED_FRESH)

    def describe(self) -> list[Metric]:
        """Nothing is read when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        quick, age = self._quick.get()
        yield from quick
        yield from self._counted.get()[0]
        yield gauge("shiming_figures_age_seconds", "How old what was read in the database is.", {(): min(age, 1e6)})
        ready = {(part,): float(word == "ok") for part, word in self._parts().items()}
        yield gauge("shiming_part_ready", "Whether a part of this server can work: 1 or 0.", ready, "part")
        for counted in (self._decisions, self._reasons, self._took, self._asked, self._cost):
            yield from counted.collect()

    def _read(self) -> Gauges:
        with self._context.database.read() as connection:
            self._bound(connection)
            now = self._context.shared_clock(connection)
            self._follow(connection, now)
            return [*_work(connection, now), *_trail(connection, now), *_told(connection, self._context.now()),
                    *_people(connection, now), *_plays(connection, now), *_sources(connection, now),
                    *_backups(connection, now)]  # fmt: skip

    def _count(self) -> Gauges:
        with self._context.database.read() as connection:
            self._bound(connection)
            people = {(app,): people for app, people in facts.faces(connection).items()}
        return [gauge("shiming_faces_stored", "People whose face is stored.", people, "app")]

    def _bound(self, connection: Connection) -> None:
        if not self._context.database.sqlite:
            connection.execute(text(f"SET LOCAL statement_timeout = {STATEMENT_MS}"))

    def _follow(self, connection: Connection, now: int) -> None:
        for row in self._judged.new(connection):
            self._judge(row)
        for row in self._calls.new(connection, lambda row: row.outcome != "sent" or row.at < now - BROKEN_OFF_MS):
            self._asked.labels(row.source, row.question, "broken_off" if row.outcome == "sent" else row.outcome).inc()
            self._cost.labels(row.source).inc((row.cost or 0) / YUAN)

    def _judge(self, row: Row) -> None:
        by = "machine" if row.by == "machine" else "person"
        self._decisions.labels(row.outcome.lower(), by).inc()
        for code in row.codes:
            self._reasons.labels(code if code in reasons.CATALOGUE else "other").inc()
        if row.took is not None and row.outcome != Outcome.WAIT.name:
            self._took.labels(row.level, by).observe(max(0.0, row.took / 1000))


def gauge(name: str, help: str, values: Mapping[tuple, float], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=labels)
    for named, value in values.items():
        family.add_metric(named, value)
    return family


def _age(now: int, since: int | None) -> float:
    return max(0.0, (now - since) / 1000) if since else 0.0


def _work(connection: Connection, now: int) -> Gauges:
    rows = facts.queues(connection)
    depth: dict[tuple, float] = {(queue, state): 0 for queue in QUEUES for state in STATES}
    depth |= {(row.queue, state): getattr(row, state) for row in rows for state in STATES}
    age = {(queue,): 0.0 for queue in QUEUES} | {(row.queue,): _age(now, row.since) for row in rows}
    alive = facts.working(connection, int(DEAD_AFTER * 1000))
    return [
        gauge("shiming_queue_depth", "Work in a queue: ready to begin, for later, running.", depth, "queue", "state"),
        gauge("shiming_queue_age_seconds", "How long the oldest work has been ready to begin.", age, "queue"),
        gauge("shiming_workers_alive", "Processes that run workflows.", {(): alive}),
    ]


def _trail(connection: Connection, now: int) -> Gauges:
    trail = facts.trail(connection)
    return [
        gauge("shiming_audit_entries", "Entries of the audit log that a checkpoint vouches for.", {(): trail.size}),
        gauge("shiming_audit_unsigned_rows", "Audit rows that no checkpoint vouches for yet.", {(): trail.pending}),
        gauge("shiming_audit_lag_seconds", "Age of the first of them.", {(): _age(now, trail.oldest)}),
        gauge("shiming_audit_refused_rows", "Audit rows that this installation did not write.", {(): trail.refused}),
    ]


def _told(connection: Connection, now: int) -> Gauges:
    made = {(r.channel, r.state): r.count for r in facts.delivered(connection, id_at("dlv", now - facts.DAY))}
    receivers: dict[tuple, Any] = {(state,): count for state, count in facts.receivers(connection).items()}
    told = "Messages of the last day, by channel and what became of them."
    return [
        gauge("shiming_deliveries", told, made, "channel", "state"),
        gauge("shiming_webhook_endpoints", "Receivers of webhooks, by how they are.", receivers, "state"),
    ]


def _people(connection: Connection, now: int) -> Gauges:
    rows = facts.cases_open(connection)
    count, age = ({(r.kind,): r.count for r in rows}, {(r.kind,): _age(now, r.since) for r in rows})
    return [
        gauge("shiming_cases_open", "Cases that wait for people.", count, "kind"),
        gauge("shiming_case_age_seconds", "How long the oldest of them has waited.", age, "kind"),
    ]


def _plays(connection: Connection, now: int) -> Gauges:
    rows = plays.counted(connection)
    count = {(row.app, state): getattr(row, state) for row in rows for state in ("reported", "waiting", "refused")}
    age = {(row.app,): _age(now, row.since) for row in rows}
    return [
        gauge("shiming_plays", "Reports of play, by what became of them.", count, "app", "state"),
        gauge("shiming_play_age_seconds", "How long the oldest of them has waited to be told.", age, "app"),
    ]


def _sources(connection: Connection, now: int) -> Gauges:
    silent = {(row.kind, row.source, row.why): _age(now, row.since) for row in source_outages.current(connection)}
    told = "For how long a source that does not answer has not, and why."
    return [gauge("shiming_source_silent_seconds", told, silent, "kind", "source", "why")]


def _backups(connection: Connection, now: int) -> Gauges:
    made = {(kind,): _age(now, at) for kind, at in last_backup.when(connection).items() if at}
    return [gauge("shiming_backup_age_seconds", "Since the last backup was written and proven.", made, "kind")]
