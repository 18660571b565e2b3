"""What needs a human is told to the platform's webhooks, as `operations.alarm`: once, then every hour while it lasts.

The live side of every app hears it; of a source that serves the test side, the test side. A worker looks every minute.
Where no worker lives nobody tells, so watch `/v1/ready` or `shiming_workers_alive` too. What a message holds is a word
for what is wrong, and numbers.
"""

import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shiming.errors import ShimingError
from shiming.store import outages
from shiming.store.backup import last_backup
from shiming.store.database import now_ms
from shiming.store.messaging import outbox
from shiming.store.operations import alarms, figures
from shiming.workflows import source_figures
from shiming.workflows.context import Context
from shiming.workflows.operations.disks import Disk

log = logging.getLogger("shiming.operations")
QUEUE_OLD, AUDIT_OLD, AUDIT_REFUSED, REMIND = 300_000, 120_000, 86_400_000, 3_600_000
"""Milliseconds: since when work is ready to begin; since when an audit row has no checkpoint; for how long one tells of
rows that are not ours; between two alarms."""
ABOUT = 40  # characters of what a message is about
Keys = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Alarm:
    """`name`: what is wrong; `of`: with which queue, disk, source …; `facts`: numbers, or a word of ours (or a
    vendor's code); `side` of apps that is told; `remind`: milliseconds until it is told again.
    """

    name: str
    of: str
    facts: dict[str, Any]
    side: str = "live"
    remind: int = REMIND

    @property
    def about(self) -> str:
        """As messages have it; two alarms never have the same."""
        whole = f"alarm:{self.name}:{self.of}"
        return whole if len(whole) <= ABOUT else f"{whole[: ABOUT - 9]}~{zlib.crc32(whole.encode()):08x}"


def look(context: Context, keys: Keys, disks: Sequence[Disk], backup_hours: int = 0,
         outside: Keys = lambda: None) -> int:  # fmt: skip
    """Tell what is wrong and was not told within the last hour; returns how many were told. `backup_hours`: after which
    a backup is too old, 0 for never. `outside` raises where the key outside does not answer.
    """
    with context.database.read() as connection:
        found = [
            *_queues(context, connection),
            *_audit(context, connection),
            *_sources(context, connection),
            *_backups(connection, backup_hours),
        ]
        new = [alarm for alarm in (*found, *_keys("ring", keys), *_keys("outside", outside), *_disks(disks))
               if _due(context, connection, alarm)]  # fmt: skip
    return sum(map(partial(tell, context), new))


def _queues(context: Context, connection: Connection) -> Iterator[Alarm]:
    now = context.shared_clock(connection)
    for row in figures.queues(connection):
        if row.since and now - row.since > QUEUE_OLD:
            yield Alarm("queue_old", row.queue, {"seconds": (now - row.since) // 1000, "ready": int(row.ready)})


def _audit(context: Context, connection: Connection) -> Iterator[Alarm]:
    trail, now = figures.trail(connection), context.now()
    if trail.oldest and now - trail.oldest > AUDIT_OLD:
        yield Alarm("audit_unsigned", "trail", {"seconds": (now - trail.oldest) // 1000, "rows": trail.pending})
    if trail.refused_at and now - trail.refused_at < AUDIT_REFUSED:
        yield Alarm("audit_refused", "trail", {"rows": trail.refused})


def _sources(context: Context, connection: Connection) -> Iterator[Alarm]:
    for one in source_figures.ailing(context, connection):
        yield Alarm(f"source_{one.why}", f"{one.kind}.{one.name}", dict(one.facts), one.side)


def _backups(connection: Connection, hours: int) -> Iterator[Alarm]:
    """Of an installation that has written any: what takes no backups here is not ours to know."""
    if not hours:
        return
    now = now_ms(connection)
    for kind, at in last_backup.when(connection).items():
        age = (now - at) // 3_600_000 if at is not None else 0
        if age >= hours:
            yield Alarm("backup_old", kind, {"hours": age})


def _keys(of: str, keys: Keys) -> Iterator[Alarm]:
    """The key file is another one, gone or an old copy, or the key outside does not answer; a keys database that is out
    is an outage, told elsewhere.
    """
    try:
        keys()
    except ShimingError as fault:
        yield Alarm("keys", of, {"code": fault.code})
    except Exception as fault:
        if not outages.met(fault):
            raise


def _disks(disks: Sequence[Disk]) -> Iterator[Alarm]:
    for disk in disks:
        if disk.low():
            yield Alarm("disk_low", disk.kept, {"free_megabytes": disk.free() // 1_000_000})


def _due(context: Context, connection: Connection, alarm: Alarm) -> bool:
    return (alarms.told_at(connection, alarm.about) or 0) <= context.now() - alarm.remind


def tell(context: Context, alarm: Alarm) -> bool:
    """Tell all apps of that side that have a webhook. Two workers at the same moment tell once: it is numbered."""
    data = {"alarm": alarm.name, "of": alarm.of, **alarm.facts}
    try:
        with context.database.write() as connection:
            if not _due(context, connection, alarm):
                return False
            log.error("alarm: %s of %s %s", alarm.name, alarm.of, alarm.facts)
            for app in outbox.apps_with_endpoints(connection, f".{alarm.side}"):
                for delivery in outbox.tell(connection, app, "", alarm.about, alarms.EVENT, data, context.now()):
                    context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)
    except IntegrityError:
        return False
    return True
