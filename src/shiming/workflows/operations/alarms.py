"""What needs a human is told to the platform's webhooks, as `operations.alarm`: once, then every hour while it lasts.

A worker looks every minute. Where no worker lives nobody tells, so watch `/v1/ready` or `shiming_workers_alive` too.
What a message holds is a word for what is wrong, and numbers.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shiming.errors import ShimingError
from shiming.store import outages
from shiming.store.messaging import outbox
from shiming.store.operations import alarms, figures
from shiming.workflows.context import Context
from shiming.workflows.operations.disks import Disk

log = logging.getLogger("shiming.operations")
QUEUE_OLD, AUDIT_OLD, REMIND = 300_000, 600_000, 3_600_000
"""Milliseconds: since when work is ready to begin; since when an audit row has no checkpoint; between two alarms."""
Keys = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Alarm:
    """`name`: what is wrong; `of`: with which queue, disk, …; `facts`: numbers, or a word of ours."""

    name: str
    of: str
    facts: dict[str, Any]

    @property
    def about(self) -> str:
        return f"alarm:{self.name}:{self.of}"[:40]


def look(context: Context, keys: Keys, disks: Sequence[Disk]) -> int:
    """Tell what is wrong and was not told within the last hour; returns how many were told."""
    with context.database.read() as connection:
        found = [*_queues(context, connection), *_audit(context, connection)]
        since = context.now() - REMIND
        new = [alarm for alarm in (*found, *_keys(keys), *_disks(disks))
               if (alarms.told_at(connection, alarm.about) or 0) <= since]  # fmt: skip
    return sum(map(partial(_tell, context), new))


def _queues(context: Context, connection: Connection) -> Iterator[Alarm]:
    now = context.shared_clock(connection)
    for row in figures.queues(connection):
        if row.since and now - row.since > QUEUE_OLD:
            yield Alarm("queue_old", row.queue, {"seconds": (now - row.since) // 1000, "ready": int(row.ready)})


def _audit(context: Context, connection: Connection) -> Iterator[Alarm]:
    rows, since = figures.unsigned(connection)
    if since and context.now() - since > AUDIT_OLD:
        yield Alarm("audit_unsigned", "trail", {"seconds": (context.now() - since) // 1000, "rows": rows})


def _keys(keys: Keys) -> Iterator[Alarm]:
    """The key file is another one, gone or an old copy; a keys database that is out is an outage, told elsewhere."""
    try:
        keys()
    except ShimingError as fault:
        yield Alarm("keys", "ring", {"code": fault.code})
    except Exception as fault:
        if not outages.met(fault):
            raise


def _disks(disks: Sequence[Disk]) -> Iterator[Alarm]:
    for disk in disks:
        if disk.low():
            yield Alarm("disk_low", disk.kept, {"free_megabytes": disk.free() // 1_000_000})


def _tell(context: Context, alarm: Alarm) -> bool:
    """Tell every live app that has a webhook. Two workers at the same moment tell once: messages are numbered."""
    data = {"alarm": alarm.name, "of": alarm.of, **alarm.facts}
    log.error("alarm: %s of %s %s", alarm.name, alarm.of, alarm.facts)
    try:
        with context.database.write() as connection:
            if (alarms.told_at(connection, alarm.about) or 0) > context.now() - REMIND:
                return False
            for app in outbox.apps_with_endpoints(connection, ".live"):
                for delivery in outbox.tell(connection, app, "", alarm.about, alarms.EVENT, data, context.now()):
                    context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)
    except IntegrityError:
        return False
    return True
